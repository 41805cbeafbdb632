from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skgru.ets import _simulation
from skgru.ets._model import ETSFit, ETSSpec


def fitted(problem, sigma2=1e-4, final=None):
    states = problem.states if final is None else final
    n = len(problem.values)
    room = n - (problem.spec.n_parameters(problem.sp) - 1)
    return ETSFit(
        problem.spec,
        problem.sp,
        *problem.smoothing,
        problem.states,
        np.asarray(states, float),
        0.0,
        sigma2 * room,
        n,
        n,
    )


@pytest.mark.parametrize("sp", [1, 4])
def test_paths_are_those_of_the_textbook(book, sp):
    for name in book.names:
        if sp == 1 and name[-1] != "N":
            continue
        problem = book.pose(name, sp)
        error, trend, _, season = problem.spec.code
        scale = 0.02 if error else 1.0
        drawn = scale * np.random.default_rng(0).standard_normal((5, 11))
        out = np.empty_like(drawn)
        _simulation.walk(
            *(problem.states, error, trend, season, sp, 1 % sp, problem.smoothing, drawn, out)
        )
        expected = [problem.textbook.simulate(problem.states, row, 1 % sp) for row in drawn]
        np.testing.assert_allclose(out, expected, rtol=1e-10)


def test_same_generator_same_paths_on_any_thread(book):
    fit = fitted(book.pose("MAdM", 4))

    def run(seed):
        return _simulation.paths(fit, 8, 50, np.random.default_rng(seed))

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, range(8)))
    for seed, paths in enumerate(together):
        np.testing.assert_array_equal(paths, run(seed))
    assert np.ptp(together[0][:, 0]) > 0
    assert not np.array_equal(together[0], together[1])


def test_paths_start_where_they_are_told(book):
    """From the last states by default, at the phase of the next value; anew from initial states."""
    problem = book.pose("ANA", 4, n=30)
    final = problem.states + np.arange(6.0)
    fit = fitted(problem, 0.0, final)
    rng = np.random.default_rng(0)
    textbook = problem.textbook
    np.testing.assert_allclose(
        _simulation.paths(fit, 5, 2, rng), [textbook.forecast(final, 5, 30)] * 2
    )
    np.testing.assert_allclose(
        _simulation.paths(fit, 5, 1, rng, states=fit.initial),
        [textbook.forecast(fit.initial, 5, 0)],
    )
    np.testing.assert_allclose(
        _simulation.paths(fit, 5, 1, rng, states=fit.initial, phase=3),
        [textbook.forecast(fit.initial, 5, 3)],
    )
    np.testing.assert_array_equal(fit.final, final)


def test_normal_innovations_have_the_variance():
    drawn = _simulation.innovations(0, 4.0, 100_000, np.random.default_rng(0))
    assert drawn.std() == pytest.approx(2, rel=0.01)
    assert drawn.min() < -2


@pytest.mark.parametrize("sigma2", [0.01, 1.0, 1e4])
def test_innovations_of_a_multiplicative_error_leave_values_positive(sigma2):
    drawn = _simulation.innovations(1, sigma2, (100, 500), np.random.default_rng(0))
    assert drawn.min() > -1
    assert np.isfinite(drawn).all()
    if sigma2 == 1.0:  # the truncated mean: density over probability of what remains
        assert drawn.mean() == pytest.approx(0.2420 / 0.8413, abs=0.015)


def test_a_bootstrap_draws_the_residuals(book):
    residuals = np.array([-0.5, np.nan, 0.25, 0.5])
    drawn = _simulation.innovations(0, 1.0, 1000, np.random.default_rng(0), residuals)
    np.testing.assert_array_equal(np.unique(drawn), [-0.5, 0.25, 0.5])
    below = _simulation.innovations(1, 1.0, 1000, np.random.default_rng(0), [-1.5, 0.5])
    assert below.min() > -1
    fit = fitted(book.pose("ANN", 1))
    first = _simulation.paths(fit, 1, 100, np.random.default_rng(0), residuals)[:, 0]
    np.testing.assert_allclose(np.unique(first) - fit.final[0], [-0.5, 0.25, 0.5])


def test_a_bootstrap_without_residuals_is_refused():
    with pytest.raises(ValueError, match="at least one residual"):
        _simulation.innovations(0, 1.0, 3, np.random.default_rng(0), [np.nan])


def test_unsound_models_stay_finite(book):
    """Wild noise and long horizons, in all 30 models."""
    for name in book.names:
        spec = ETSSpec.parse(name)
        problem = book.pose(name, 4)
        fit = fitted(problem, 4.0 if spec.error == "M" else 1e6)
        paths = _simulation.paths(fit, 300, 20, np.random.default_rng(0))
        assert np.isfinite(paths).all(), name
        assert np.isfinite(paths.var(axis=0)).all(), name


def test_no_steps_and_no_paths_are_empty(book):
    fit = fitted(book.pose("MAM", 4))
    assert _simulation.paths(fit, 0, 3, np.random.default_rng(0)).shape == (3, 0)
    assert _simulation.paths(fit, 3, 0, np.random.default_rng(0)).shape == (0, 3)
