"""Scaling sees observed values only, and survives any magnitude."""

import numpy as np
import pytest

from skgru import GRUClassifier
from skgru.gru import _scaling, _sequences


def read(X):
    return _sequences.read(GRUClassifier(), X, reset=True)


def learn(X, weights=None):
    sequences = read(X)
    weights = np.ones(len(X)) if weights is None else weights
    return _scaling.learn(sequences, np.arange(len(X)), weights)


def test_mean_and_spread_of_observed_steps():
    X = [np.array([[1.0, 0.0], [3.0, np.nan]]), np.array([[5.0, 8.0]])]
    center, scale = learn(X)
    np.testing.assert_allclose(center, [3, 4])
    np.testing.assert_allclose(scale, [np.std([1, 3, 5]), 4])


def test_weights_are_repetitions():
    X = np.random.default_rng(0).normal(size=(5, 4, 2))
    weights = np.array([1.0, 2, 0, 1, 3])
    for one, other in zip(
        learn(X, weights), learn(np.repeat(X, weights.astype(int), axis=0)), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("factor", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_magnitude_does_not_matter(factor):
    X = np.random.default_rng(0).normal(size=(6, 5, 1))
    sequences = read(X * factor)
    scaled = _scaling.apply(learn(X * factor), sequences, None, 5)
    np.testing.assert_allclose(scaled, _scaling.apply(learn(X), read(X), None, 5), rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 7.0, 0.1, 1e8 / 3])
def test_a_constant_channel_becomes_zero(value):
    X = np.full((3, 4), value)
    np.testing.assert_array_equal(_scaling.apply(learn(X), read(X), None, 4), 0)


def test_missing_values_carry_the_last_one_forward():
    X = np.array([[np.nan, 2.0, np.nan, 4.0], [1.0, 1.0, 1.0, 3.0]])
    scaled = _scaling.apply(_scaling.Scaling(np.ones(1), np.ones(1)), read(X), None, 4)
    np.testing.assert_array_equal(scaled[..., 0], [[0, 1, 1, 3], [0, 0, 0, 2]])


def test_rows_are_continued_by_their_last_step():
    series = [np.array([[1.0], [2.0]]), np.array([[3.0]])]
    scaled = _scaling.apply(_scaling.Scaling(np.zeros(1), np.ones(1)), read(series), None, 4)
    np.testing.assert_array_equal(scaled[..., 0], [[1, 2, 2, 2], [3, 3, 3, 3]])


def test_blocks_do_not_change_the_result(monkeypatch):
    X = np.random.default_rng(0).normal(size=(50, 7, 2))
    whole = _scaling.apply(learn(X), read(X), np.arange(50)[::-1], 9)
    monkeypatch.setattr(_sequences, "BLOCK_BYTES", 300)
    np.testing.assert_allclose(
        _scaling.apply(learn(X), read(X), np.arange(50)[::-1], 9), whole, rtol=1e-6
    )


def test_columns():
    y = np.array([[1.0, 5.0], [3.0, 5.0]])
    center, scale = _scaling.learn_columns(y, np.array([1.0, 3.0]))
    np.testing.assert_allclose(center, [2.5, 5])
    np.testing.assert_allclose(scale, [np.sqrt(0.75), 1])
