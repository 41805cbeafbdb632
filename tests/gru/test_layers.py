"""Losses of the CPU engine against plain formulas and finite differences."""

import numpy as np
import pytest

from skgru.gru import _layers

LEVELS = np.array([0.1, 0.5, 0.9], "float32")


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(4, 6)).astype("float32")
    targets = rng.normal(size=(4, 2)).astype("float32")
    targets[1, 0] = np.nan
    return outputs, targets, np.array([1, 2, 0, 0.5], "float32")


def slow_pinball(outputs, targets, weights):
    total = 0.0
    for row, wanted, weight in zip(outputs.astype(float), targets, weights):
        for quantiles, target in zip(row.reshape(2, 3), wanted):
            for quantile, level in zip(quantiles, LEVELS):
                if np.isfinite(target):
                    over = target - quantile
                    total += weight * (level * over if over > 0 else (level - 1) * over) / 6
    return total


def test_pinball_by_the_formula(rows):
    outputs, targets, weights = rows
    expected = slow_pinball(*rows)
    assert _layers.pinball(outputs.copy(), targets, weights, LEVELS) == pytest.approx(expected)


def test_pinball_gradient_by_finite_differences(rows):
    outputs, targets, weights = rows
    found = outputs.copy()
    _layers.pinball(found, targets, weights, LEVELS)
    for index in np.ndindex(outputs.shape):
        step = np.zeros(outputs.shape)
        step[index] = 1e-6
        above, below = (slow_pinball(outputs + s, targets, weights) for s in (step, -step))
        assert found[index] == pytest.approx((above - below) / 2e-6 / len(outputs), abs=1e-6)


def test_scatter_adds_what_was_looked_up():
    rows = np.array([[0, 2], [2, 2]], np.int32)
    d_table = np.zeros((3, 2), np.float32)
    _layers.scatter(rows, np.arange(8, dtype=np.float32).reshape(4, 2), d_table)
    np.testing.assert_array_equal(d_table, [[0, 1], [0, 0], [12, 15]])
