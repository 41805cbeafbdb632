"""Versions of a series: what they keep of it, and the parts they are made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skgru.ets import _bootstrap


def test_local_lines_keep_lines():
    line = 3.0 + 0.5 * np.arange(40)
    np.testing.assert_allclose(_bootstrap.local_lines(line, 7), line)


def test_a_clean_season_is_found():
    t = np.arange(48)
    season = np.tile([3.0, -1.0, -4.0, 2.0], 12)
    values = 10 + 0.3 * t + season
    np.testing.assert_allclose(_bootstrap.decompose(values, 4), values, atol=0.05)


def test_noise_stays_in_the_remainder():
    noise = np.random.default_rng(0).normal(size=240)
    values = 100 + 0.2 * np.arange(240) + noise
    remainder = values - _bootstrap.decompose(values, 12)
    assert np.corrcoef(remainder, noise)[0, 1] > 0.8


def test_blocks_are_runs_of_the_remainder():
    drawn = _bootstrap.resample(np.arange(30.0), 5, 40, np.random.default_rng(0))
    assert drawn.shape == (40, 30)
    follows = np.diff(drawn, axis=1) == 1
    assert follows.mean() > 0.75  # four of five
    assert len(np.unique(drawn)) == 30


@given(
    arrays(float, st.integers(1, 30), elements=st.floats(1e-3, 1e6)),
    st.sampled_from([1, 4, 12]),
    st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_versions_are_finite_positive_and_have_the_gaps(values, sp, n_missing):
    values[1 : 1 + n_missing] = np.nan
    found = _bootstrap.versions(values, sp, 3, np.random.default_rng(0))
    assert found.shape == (3, len(values))
    assert (np.isnan(found) == np.isnan(values)).all()
    assert (found[:, np.isfinite(values)] > 0).all()


@pytest.mark.parametrize("values", [[5.0] * 20, [1.0, 2.0, 3.0]])
def test_nothing_to_draw(values):
    found = _bootstrap.versions(np.array(values), 1, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(found, [values, values])


def test_moments_are_about_those_of_the_series():
    rng = np.random.default_rng(3)
    t = np.arange(120)
    values = 100 + 20 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 4, 120)
    found = _bootstrap.versions(values, 12, 200, rng)
    np.testing.assert_allclose(found.mean(axis=0), _bootstrap.decompose(values, 12), atol=1.5)
    spread = (found - found.mean(axis=0)).std()
    assert 2.5 < spread < 4.5
