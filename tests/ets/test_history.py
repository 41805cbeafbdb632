"""Mixtures of one-step forecasts and states moved over new values, against the recursion."""

import numpy as np
import pytest

from skgru.ets import _history
from skgru.ets._model import ETSSpec
from skgru.ets._recursion import run

SP = 4
SPECS = [
    ETSSpec("A"),
    ETSSpec("M", "A"),
    ETSSpec("M", "A", True, "M"),
    ETSSpec("A", "N", False, "A"),
]
CODES = np.array([spec.code for spec in SPECS], np.int64)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    offsets = np.array([0, 20, 33], np.int64)
    values = rng.normal(10, 1, size=33)
    values[5] = np.nan
    initial = np.zeros((2, 4, 2 + SP))
    initial[:, :, 0] = 10
    initial[:, 2, 2:] = [1.1, 0.9, 1.0, 1.0]
    initial[:, 3, 2:] = [0.5, -0.5, 0.1, -0.1]
    smoothing = np.zeros((2, 4, 4))
    smoothing[:] = [0.3, 0.05, 0.1, 0.9]
    smoothing[:, [0, 1, 3], 3] = 1
    weights = np.array([[0.1, 0.2, 0.3, 0.4], [0.0, 0.5, 0.5, 0.0]])
    return values, offsets, initial, smoothing, weights


def one(values, initial, smoothing, j):
    states, residuals, forecasts = initial.copy(), *np.empty((2, len(values)))
    error, trend, _, season = CODES[j]
    run(values, error, trend, season, SP, 0, smoothing, states, residuals, forecasts)
    return states, forecasts


def test_mixture_of_one_step_forecasts(problem):
    values, offsets, initial, smoothing, weights = problem
    sigma2 = np.full((2, 4), 0.04)
    means, variances = np.empty((2, len(values)))
    _history.describe(
        values, offsets, initial, smoothing, sigma2, CODES, weights, SP, means, variances
    )
    for i in range(2):
        rows = slice(offsets[i], offsets[i + 1])
        f = np.stack([one(values[rows], initial[i, j], smoothing[i, j], j)[1] for j in range(4)])
        spread = np.where(CODES[:, :1] == 1, 0.04 * f**2, 0.04)
        expected = weights[i] @ f
        np.testing.assert_allclose(means[rows], expected)
        np.testing.assert_allclose(
            variances[rows], weights[i] @ (spread + (f - expected) ** 2), rtol=1e-6
        )


@pytest.mark.parametrize("unchanged", [12, 7])
def test_states_move_over_new_values(problem, unchanged):
    values, offsets, initial, smoothing, weights = problem
    n_times = np.array([12, 12], np.int64)
    final, expected = np.zeros_like(initial), np.zeros_like(initial)
    for i in range(2):
        for j in range(4):
            rows = values[offsets[i] : offsets[i] + 12]
            final[i, j] = one(rows, initial[i, j], smoothing[i, j], j)[0]
            rows = values[offsets[i] : offsets[i + 1]]
            expected[i, j] = one(rows, initial[i, j], smoothing[i, j], j)[0]
    first = np.full(2, unchanged)
    _history.advance(values, offsets, first, n_times, initial, smoothing, CODES, weights, SP, final)
    used = weights > 0
    np.testing.assert_allclose(final[used], expected[used])


def test_a_candidate_that_fails_loses_its_weight(problem):
    values, offsets, initial, smoothing, weights = problem
    final = initial.copy()
    zero = np.zeros(2, np.int64)
    _history.advance(-values, offsets, zero, zero, initial, smoothing, CODES, weights, SP, final)
    assert weights[0, 0] > 0
    assert weights[0, 2] == 0
