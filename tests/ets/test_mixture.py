import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from skgru.ets import _prediction, _simulation
from skgru.ets._mixture import Mixture, clipped_moments
from skgru.ets._model import ETSFit, ETSSpec

LEVELS = [0.001, 0.025, 0.1, 0.5, 0.9, 0.975, 0.999]
NORMAL = ("ANN", "AAdA", "MAN", "MNM")


def fitted(name, sigma2=None, level=100.0, sp=4, scale=1.0):
    """A fit that forecasts about its level; relative variance 0.01 unless told."""
    spec = ETSSpec.parse(name)
    states = np.zeros(2 + sp)
    states[0] = level * scale
    states[1] = {"N": 0, "A": 3 * scale, "M": 1.02}[spec.trend]
    wave = np.cos(np.arange(sp))
    if spec.season != "N":
        states[2:] = 10 * scale * wave if spec.season == "A" else 1 + 0.2 * wave
    smoothing = np.where(spec.uses, (0.5, 0.1, 0.2, 0.9), (0, 0, 0, 1))
    if sigma2 is None:
        sigma2 = 0.01 if spec.error == "M" else 100.0
    room = 41 - (spec.n_parameters(sp) - 1)
    sse = sigma2 * room * (scale**2 if spec.error == "A" else 1)
    return ETSFit(spec, sp, *smoothing, states, states, 0.0, sse, 41, 41)


def mixed(names=NORMAL, weights=(0.1, 0.4, 0.3, 0.2), h=6, scale=1.0, **options):
    return Mixture([fitted(name, scale=scale) for name in names], weights, h, **options)


def test_moments_are_those_of_the_law_of_total_variance():
    mixture, weights = mixed(), np.array([0.1, 0.4, 0.3, 0.2])
    means = np.stack([_prediction.mean(fit, 6) for fit in mixture.fits])
    variances = np.stack([_prediction.variance(fit, 6) for fit in mixture.fits])
    np.testing.assert_allclose(mixture.mean(), weights @ means)
    second = weights @ (variances + means**2)
    np.testing.assert_allclose(mixture.variance(), second - (weights @ means) ** 2)


def test_quantiles_solve_the_cumulative_distribution():
    mixture = mixed()
    deviations = np.sqrt(mixture.variances)

    def cdf(x, t):
        return mixture.weights @ norm.cdf(x, mixture.means[:, t], deviations[:, t])

    found = mixture.quantile(LEVELS)
    for i, level in enumerate(LEVELS):
        for t in range(6):
            expected = brentq(lambda x, t=t, p=level: cdf(x, t) - p, -1e3, 1e3, xtol=1e-12)
            assert found[i, t] == pytest.approx(expected, abs=1e-8)
    np.testing.assert_allclose(mixture.cdf(found), np.repeat(LEVELS, 6).reshape(7, 6), atol=1e-10)


def test_quantiles_and_moments_are_those_of_many_draws():
    mixture = mixed(("ANN", "MAM", "MMN"), (0.2, 0.5, 0.3), n_paths=50_000, rng=0)
    drawn = mixture.sample(400_000, 1)
    levels = [0.025, 0.3, 0.5, 0.975]
    deviation = np.sqrt(mixture.variance())
    gap = (np.quantile(drawn, levels, axis=0) - mixture.quantile(levels)) / deviation
    assert np.abs(gap).max() < 0.02
    np.testing.assert_allclose(drawn.var(axis=0), mixture.variance(), rtol=0.01)
    # The point forecast of the simulated component is not quite its mean.
    np.testing.assert_allclose(drawn.mean(axis=0), mixture.mean(), rtol=5e-3)


def test_joint_paths_are_futures_of_the_models_drawn():
    mixture = mixed(h=4)
    paths = mixture.paths(200_000, 0)
    np.testing.assert_allclose(paths.mean(axis=0), mixture.mean(), rtol=1e-3)
    np.testing.assert_allclose(paths.var(axis=0), mixture.variance(), rtol=0.02)
    # Steps hang together, other than those of `sample`.
    assert np.corrcoef(paths[:, :2].T)[0, 1] > 0.3


def test_simulated_components_are_ordered_samples():
    fit = fitted("MMM")
    mixture = Mixture([fit], [2.0], 3, 5, n_paths=1001)
    drawn = _simulation.paths(fit, 3, 1001, np.random.default_rng(5))
    np.testing.assert_allclose(
        mixture.quantile(LEVELS), np.quantile(drawn, LEVELS, axis=0, method="hazen"), rtol=1e-8
    )
    np.testing.assert_allclose(mixture.mean(), _prediction.mean(fit, 3))
    np.testing.assert_allclose(mixture.variance(), drawn.var(axis=0))


def test_a_bootstrap_simulates_every_component():
    residuals = np.array([-5.0, 0.0, 1.0])
    mixture = mixed(("ANN", "ANN"), (0.0, 1.0), h=1, bootstrap=[None, residuals], rng=0)
    first = 100 + np.array([-5, 1])
    np.testing.assert_allclose(mixture.quantile([0.01, 0.99])[:, 0], first)


def test_a_component_without_variance_is_a_point():
    mixture = Mixture([fitted("ANN", 0.0, 50.0)], [1.0], 3)
    np.testing.assert_array_equal(mixture.quantile([0.01, 0.99]), np.full((2, 3), 50.0))
    np.testing.assert_array_equal(mixture.variance(), 0)
    np.testing.assert_array_equal(mixture.cdf([[49.0] * 3, [50.0] * 3]), [[0] * 3, [1] * 3])
    np.testing.assert_array_equal(mixture.sample(4, 0), np.full((4, 3), 50.0))


def test_points_among_others_are_steps_of_the_distribution():
    members = [fitted("ANN", 0.0, 90.0), fitted("ANN", 0.0, 110.0), fitted("ANN", 1.0, 100.0)]
    mixture = Mixture(members, [0.3, 0.3, 0.4], 1)
    found = mixture.quantile([0.1, 0.29, 0.5, 0.71, 0.9])[:, 0]
    np.testing.assert_allclose(found, [90, 90, 100, 110, 110], atol=1e-6)


def test_models_without_weight_are_dropped():
    one, other = mixed(weights=(0, 3, 0, 1)), mixed(("AAdA", "MNM"), (0.75, 0.25))
    assert len(one.fits) == 2
    np.testing.assert_array_equal(one.quantile(LEVELS), other.quantile(LEVELS))


def test_models_whose_forecasts_explode_are_dropped():
    members = [fitted("ANN"), fitted("ANN", level=1e200)]
    mixture = Mixture(members, [0.5, 0.5], 3)
    np.testing.assert_array_equal(mixture.mean(), 100)
    with pytest.raises(ValueError, match="the largest is 1e"):
        Mixture(members[1:], [1.0], 3)


@pytest.mark.parametrize("weights", [(1, 1), (0, 0, 0, 0), (1, 1, 1, -1), (1, 1, 1, np.nan)])
def test_weights_that_make_no_mixture_are_refused(weights):
    with pytest.raises(ValueError, match="one weight of at least 0"):
        mixed(weights=weights)


@pytest.mark.parametrize("levels", [0.0, [0.5, 1.0], [np.nan], [[0.5]]])
def test_levels_lie_strictly_between_0_and_1(levels):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        mixed().quantile(levels)


@pytest.mark.parametrize(("mean", "sd"), [(1.0, 2.0), (-3.0, 1.0), (8.0, 1.0), (0.0, 1.0)])
def test_clipped_moments_are_the_integrals(mean, sd):
    def moment(power):
        return quad(lambda x: x**power * norm.pdf(x, mean, sd), 0, mean + 12 * sd)[0]

    first, variance = clipped_moments(mean, sd**2)
    assert first == pytest.approx(moment(1), abs=1e-8)
    assert variance == pytest.approx(moment(2) - moment(1) ** 2, abs=1e-7)


def test_clipped_moments_of_points():
    means, variances = clipped_moments([-1.0, 0.0, 2.0], [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(means, [0, 0, 2])
    np.testing.assert_array_equal(variances, 0)


def test_a_nonnegative_mixture_is_clipped_throughout():
    members = [fitted("ANN", 400.0, 5.0), fitted("AMN", 25.0, 5.0)]
    mixture = Mixture(members, [0.5, 0.5], 4, 0, n_paths=50_000, nonnegative=True)
    free = Mixture(members, [0.5, 0.5], 4, 0, n_paths=50_000)
    np.testing.assert_array_equal(mixture.quantile(LEVELS), np.maximum(free.quantile(LEVELS), 0.0))
    drawn = mixture.sample(400_000, 0)
    assert drawn.min() == 0
    np.testing.assert_allclose(drawn.var(axis=0), mixture.variance(), rtol=0.03)
    assert np.all(mixture.mean() > free.mean())
    np.testing.assert_array_equal(mixture.cdf(np.full(4, -1e-9)), 0)
    np.testing.assert_array_equal(mixture.cdf(np.zeros(4)), free.cdf(np.zeros(4)))
    assert mixture.paths(100, 0).min() == 0


WEIGHTS = st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda w: sum(w) > 1e-3)
PLACES = st.lists(st.floats(0.001, 0.999), min_size=2, max_size=6)


@settings(max_examples=40, deadline=None)
@given(weights=WEIGHTS, levels=PLACES)
def test_quantiles_rise_with_the_level(weights, levels):
    found = mixed(weights=weights).quantile(levels)
    assert np.all(np.diff(found[np.argsort(levels, kind="stable")], axis=0) >= 0)


@settings(max_examples=40, deadline=None)
@given(weights=WEIGHTS, scale=st.floats(1e-9, 1e9))
def test_everything_has_the_unit_of_the_series(weights, scale):
    one, other = mixed(weights=weights), mixed(weights=weights, scale=scale)
    np.testing.assert_allclose(other.mean(), one.mean() * scale, rtol=1e-10)
    np.testing.assert_allclose(other.variance(), one.variance() * scale**2, rtol=1e-10)
    np.testing.assert_allclose(other.quantile(LEVELS), one.quantile(LEVELS) * scale, rtol=1e-8)
