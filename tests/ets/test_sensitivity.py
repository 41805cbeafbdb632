"""Gradients and Gram matrices against central differences, for all 30 models."""

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skgru.ets import _horizon, _layout, _loss, _recursion, _sensitivity, _step

NAMES = [
    error + trend + season
    for error in "AM"
    for trend in ("N", "A", "Ad", "M", "Md")
    for season in "NAM"
]
CASES = [(name, sp) for name in NAMES for sp in (1, 4, 12) if sp > 1 or name.endswith("N")]
USUAL = 0


@pytest.fixture(autouse=True, scope="module")
def _far():
    _horizon.prepare_far()


@numba.njit
def describe(error, trend, damped, season, sp, objective, n_steps):
    return _layout.describe(
        error, trend, damped, season, sp, objective, n_steps, USUAL, False, False, False
    )


@numba.njit
def accumulate(values, model, smoothing, states, far):
    work = _layout.room(values.size, model.sp)
    if far:
        sse = _horizon.accumulate_far(values, model, smoothing, states, work)
    else:
        sse = _sensitivity.accumulate(values, model, smoothing, states, work)
    return sse, work.gram, work.gradient


@numba.njit
def measure(values, model, n_observed, smoothing, states):
    work = _layout.room(values.size, model.sp)
    return _loss.measure(values, model, n_observed, smoothing, states, work)


@numba.njit
def move(model, step, states):
    moved = states.copy()
    _sensitivity.move(model, step, moved)
    return moved


@numba.njit
def concentrate(values, model, smoothing, states, n_observed):
    work = _layout.room(values.size, model.sp)
    sse = _sensitivity.accumulate(values, model, smoothing, states, work)
    _step.concentrate(model, sse, n_observed, work)
    return sse, work.gradient


def pose(book, name, sp, objective=0, **options):
    """A problem in units of its level, the model and the columns of its smoothing parameters."""
    problem = book.pose(name, sp, **options)
    states = problem.states.copy()
    states[0] /= 100
    if problem.spec.trend != "M":
        states[1] /= 100
    if problem.spec.season == "A":
        states[2:] /= 100
    model = describe(*problem.spec.code, sp, objective, 3)
    columns = np.array([model.n_states, model.beta, model.gamma, model.phi])
    return problem.values / 100, model, problem.smoothing, states, columns


def differences(function, model, smoothing, states, columns, apart=1e-6):
    """Central differences of `function(smoothing, states)` by all free parameters."""
    slopes = []
    for k in range(model.n_states + model.n_smooth):
        ends = []
        for sign in (1, -1):
            step = np.zeros(model.width)
            step[k] = sign * apart
            moved = smoothing + sign * apart * (columns == k)
            ends.append(function(moved, move(model, step * (k < model.n_states), states)))
        slopes.append((ends[0] - ends[1]) / (2 * apart))
    return np.array(slopes)


def residuals(values, model, sp, smoothing, states):
    """One-step residuals by a run of the recursion."""
    r, f = np.empty((2, values.size))
    _recursion.run(
        values, model.error, model.trend, model.season, sp, 0, smoothing, states.copy(), r, f
    )
    return np.nan_to_num(r)


@pytest.mark.parametrize("missing", [0.0, 0.15], ids=["whole", "missing"])
@pytest.mark.parametrize(("name", "sp"), CASES)
def test_the_gram_matrix_is_that_of_differences(book, name, sp, missing):
    values, model, smoothing, states, columns = pose(book, name, sp, missing=missing)
    jacobian = differences(
        lambda p, x: residuals(values, model, sp, p, x), model, smoothing, states, columns
    )
    r = residuals(values, model, sp, smoothing, states)
    size = len(jacobian)
    sse, gram, gradient = accumulate(values, model, smoothing, states, False)
    gram = gram[: model.width**2].reshape(model.width, model.width)[:size, :size]
    assert_allclose(sse, r @ r, rtol=1e-10)
    assert_allclose(gradient[:size], jacobian @ r, atol=1e-6 * max(1, np.abs(jacobian @ r).max()))
    expected = jacobian @ jacobian.T
    assert_allclose(gram, expected, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize(("name", "sp"), CASES)
def test_the_gradient_of_the_likelihood_is_that_of_differences(book, name, sp):
    values, model, smoothing, states, columns = pose(book, name, sp, missing=0.1)
    n = int((~np.isnan(values)).sum())
    expected = differences(
        lambda p, x: measure(values, model, n, p, x), model, smoothing, states, columns
    )
    if name[0] == "M":
        sse, gradient = concentrate(values, model, smoothing, states, n)
    else:
        sse, _, gradient = accumulate(values, model, smoothing, states, False)
    found = 2 * n * gradient[: len(expected)] / sse
    assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["ANN", "AAdN", "AAA", "AAdM", "AMdA", "AMM"])
def test_long_series_pass_in_batches(book, name):
    values, model, smoothing, states, columns = pose(book, name, 4, n=300, noise=0.01)
    n = values.size
    expected = differences(
        lambda p, x: measure(values, model, n, p, x), model, smoothing, states, columns
    )
    sse, _, gradient = accumulate(values, model, smoothing, states, False)
    found = 2 * n * gradient[: len(expected)] / sse
    assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("n", [40, 200])
@pytest.mark.parametrize("name", ["ANN", "AAdN", "AAA", "ANM", "AMdA"])
def test_errors_several_steps_ahead(book, name, n):
    values, model, smoothing, states, columns = pose(
        book, name, 4, objective=_layout.HORIZONS, n=n, missing=0.05, noise=0.01
    )
    n_observed = int((~np.isnan(values)).sum())
    expected = differences(
        lambda p, x: measure(values, model, n_observed, p, x), model, smoothing, states, columns
    )
    sse, _, gradient = accumulate(values, model, smoothing, states, True)
    assert_allclose(
        n_observed * np.log(sse), measure(values, model, n_observed, smoothing, states), rtol=1e-10
    )
    found = 2 * n_observed * gradient[: len(expected)] / sse
    assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["ANN", "AAdN", "AAA"])
def test_absolute_errors_weigh_the_squares(book, name):
    values, model, smoothing, states, columns = pose(
        book, name, 4, objective=_layout.ABSOLUTES, missing=0.05
    )
    n = int((~np.isnan(values)).sum())
    total, _, gradient = accumulate(values, model, smoothing, states, False)
    assert_allclose(2 * n * np.log(total), measure(values, model, n, smoothing, states), rtol=1e-8)
    expected = differences(
        lambda p, x: measure(values, model, n, p, x), model, smoothing, states, columns, 1e-8
    )
    found = 2 * n * gradient[: len(expected)] / total
    assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
