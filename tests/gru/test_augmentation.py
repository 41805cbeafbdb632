"""Variants keep what makes a series itself: its length, its range, its order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skgru.gru import _augmentation


def warp(values, lengths, seed=0):
    values = np.asarray(values, np.float32)
    out = np.empty_like(values)
    _augmentation.warp(values, np.asarray(lengths), np.random.default_rng(seed), out)
    return out


@given(st.integers(1, 60), st.integers(0, 20), st.integers(0, 9))
def test_a_rising_series_keeps_rising_in_its_range(length, padding, seed):
    values = np.minimum(np.arange(length + padding), length - 1.0)
    out = warp(np.tile(values[:, np.newaxis], (8, 1, 1)), np.full(8, length), seed)
    assert (np.diff(out, axis=1) >= 0).all()
    assert out.min() >= 0
    assert out.max() <= length - 1
    assert (out[:, length - 1 :] == out[:, length - 1 : length]).all()
    if length < _augmentation.SHORTEST:
        np.testing.assert_array_equal(out, np.tile(values[:, np.newaxis], (8, 1, 1)))


def test_channels_stay_together_and_some_rows_stay():
    steps = np.arange(50.0)
    values = np.tile(np.stack([steps, -2 * steps], axis=1), (400, 1, 1))
    out = warp(values, np.full(400, 50))
    np.testing.assert_allclose(out[:, :, 1], -2 * out[:, :, 0], rtol=1e-5)
    same = (out == values).all(axis=(1, 2)).mean()
    assert same == pytest.approx(1 - _augmentation.SHARE, abs=0.07)
    changed = out[(out != values).any(axis=(1, 2)), :, 0]
    kept = (changed[:, -1] - changed[:, 0]) / 49
    assert 0.84 < kept.min() < kept.max() <= 1
    np.testing.assert_allclose(np.abs(changed - steps).mean(), 2, atol=1.5)


def test_the_generator_decides():
    values = np.random.default_rng(0).normal(size=(5, 30, 1))
    np.testing.assert_array_equal(warp(values, np.full(5, 30)), warp(values, np.full(5, 30)))
    assert (warp(values, np.full(5, 30), 1) != warp(values, np.full(5, 30), 2)).any()
