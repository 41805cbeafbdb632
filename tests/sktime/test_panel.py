"""Panels of every mtype -> what the GRU engine reads."""

import numpy as np
import pandas as pd
import pytest
from sktime.datatypes import convert

from skgru.sktime import _panel

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def equal():
    return RNG.normal(size=(4, 2, 6))  # n, channels, timesteps


@pytest.fixture(scope="module")
def unequal():
    return [pd.DataFrame(RNG.normal(size=(n, 2))) for n in (5, 3, 7)]


def test_time_comes_before_channels(equal):
    np.testing.assert_array_equal(_panel.read(equal), equal.transpose(0, 2, 1))


def test_equal_lengths_are_an_array_whatever_they_came_in(equal):
    frames = convert(equal, "numpy3D", "df-list", as_scitype="Panel")
    np.testing.assert_array_equal(_panel.read(frames), equal.transpose(0, 2, 1))


def test_unequal_lengths_are_a_list(unequal):
    series = _panel.read(unequal)
    assert [values.shape for values in series] == [(5, 2), (3, 2), (7, 2)]
    np.testing.assert_array_equal(series[1], unequal[1])


def test_another_length_than_the_fitted_one_is_a_list(equal):
    assert isinstance(_panel.read(equal, 6), np.ndarray)
    series = _panel.read(equal, 7)
    assert isinstance(series, list)
    assert series[0].shape == (6, 2)
