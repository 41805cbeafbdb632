import numpy as np
import pytest

from skgru.ets._combination import panel_mean, panel_quantiles, panel_variance
from skgru.ets._mixture import Mixture
from skgru.ets._model import ETSFit, ETSSpec, Fits
from skgru.ets._recursion import rewind

CLOSED = (
    *("ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA"),
    *("MNN", "MAN", "MAdN", "MNA", "MAA", "MAdA", "MNM", "MAM", "MAdM"),
)
LEVELS = [0.975, 0.025, 0.5]
SP, H = 4, 10


def panel(names, n_series=20, seed=0):
    """Candidates of random parameters for every series, and weights; some are 0."""
    rng = np.random.default_rng(seed)
    specs = [ETSSpec.parse(name) for name in names]
    shape = (n_series, len(specs))
    smoothing = rng.uniform(0.02, 0.3, (*shape, 4))
    smoothing[..., 3] = 0.9
    final = np.zeros((*shape, 2 + SP))
    final[..., 0] = rng.uniform(80, 120, shape)
    sse = np.empty(shape)
    for j, spec in enumerate(specs):
        smoothing[:, j] = np.where(spec.uses, smoothing[:, j], (0, 0, 0, 1))
        final[:, j, 1] = {"N": 0, "A": 1, "M": 1.01}[spec.trend]
        wave = rng.uniform(-1, 1, (n_series, SP))
        if spec.season != "N":
            final[:, j, 2:] = 10 * wave if spec.season == "A" else 1 + 0.2 * wave
        sse[:, j] = 0.1 if spec.error == "M" else 1000.0
    n_times = rng.integers(40, 60, n_series)
    weights = rng.dirichlet(np.ones(len(specs)), n_series) * (rng.random(shape) < 0.7)
    weights[:, 0] += 0.01
    fits = Fits(
        *(np.zeros(shape, np.int8), smoothing, final, final),
        *(np.zeros(shape), sse, n_times - 2, n_times),
    )
    return fits, specs, np.array([spec.code for spec in specs]), weights


def mixtures(fits, specs, weights, n_paths=5000):
    """The same series by series."""
    for i in range(len(weights)):
        members = [
            ETSFit(
                *(spec, SP, *fits.smoothing[i, j], fits.initial[i, j], fits.final[i, j]),
                *(0.0, fits.sse[i, j], int(fits.n_observed[i]), int(fits.n_times[i])),
            )
            for j, spec in enumerate(specs)
        ]
        yield Mixture(members, weights[i], H, 0, n_paths)


def test_a_panel_is_its_series_one_by_one():
    fits, specs, codes, weights = panel(CLOSED)
    alone = list(mixtures(fits, specs, weights))
    arguments = (fits, codes, weights, SP, H)
    np.testing.assert_allclose(panel_mean(*arguments), [m.mean() for m in alone], rtol=1e-12)
    np.testing.assert_allclose(
        panel_variance(*arguments), [m.variance() for m in alone], rtol=1e-10
    )
    np.testing.assert_allclose(
        panel_quantiles(*arguments, LEVELS), [m.quantile(LEVELS) for m in alone], rtol=1e-9
    )


@pytest.mark.parametrize("names", [CLOSED, ("ANN", "AMN", "ANM", "MMdM")])
def test_variances_after_a_gap_are_those_of_the_steps_since_the_last_value(names):
    fits, _, codes, weights = panel(names, 3)
    gaps = np.array([0, 3, 5])
    final = fits.final.copy()
    for i, gap in enumerate(gaps):
        for j, (_, trend, _, _) in enumerate(codes):
            rewind(fits.final[i, j], trend, fits.smoothing[i, j, 3], gap, final[i, j])
    before = fits._replace(final=final, n_times=fits.n_times - gaps)
    arguments, room = (codes, weights, SP), {"n_paths": 200}
    found = panel_variance(fits, *arguments, H, **room, gaps=gaps)
    quantiles = panel_quantiles(fits, *arguments, H, LEVELS, **room, gaps=gaps)
    for i, gap in enumerate(gaps):
        far = panel_variance(before, *arguments, gap + H, **room)
        np.testing.assert_allclose(found[i], far[i, gap:], rtol=1e-10)
        far = panel_quantiles(before, *arguments, gap + H, LEVELS, **room)
        np.testing.assert_allclose(quantiles[i], far[i, :, gap:], rtol=1e-9)


def test_candidates_without_a_closed_form_are_simulated():
    fits, specs, codes, weights = panel(("ANN", "AMN", "ANM", "MMdM"), 6)
    weights[0, 1:] = 0
    alone = list(mixtures(fits, specs, weights, 500))
    arguments = (fits, codes, weights, SP, H)
    np.testing.assert_allclose(panel_mean(*arguments), [m.mean() for m in alone], rtol=1e-12)
    np.testing.assert_allclose(panel_variance(*arguments, 500), [m.variance() for m in alone])
    np.testing.assert_allclose(
        panel_quantiles(*arguments, LEVELS, 500), [m.quantile(LEVELS) for m in alone], rtol=1e-9
    )


@pytest.mark.parametrize("names", [CLOSED, ("ANN", "AMN", "MMdM")])
def test_other_series_change_nothing(names):
    fits, _, codes, weights = panel(names, 8)
    half = Fits(*(array[5:] for array in fits))
    whole = panel_quantiles(fits, codes, weights, SP, H, LEVELS)
    part = panel_quantiles(half, codes, weights[5:], SP, H, LEVELS)
    np.testing.assert_array_equal(part, whole[5:])
    np.testing.assert_array_equal(
        panel_variance(half, codes, weights[5:], SP, H),
        panel_variance(fits, codes, weights, SP, H)[5:],
    )


def test_a_series_without_weights_has_no_forecast():
    fits, _, codes, weights = panel(CLOSED, 3)
    weights[1] = 0
    arguments = (fits, codes, weights, SP, H)
    for result in (
        panel_mean(*arguments),
        panel_variance(*arguments),
        panel_quantiles(*arguments, LEVELS),
    ):
        assert np.isnan(result[1]).all()
        assert np.isfinite(result[[0, 2]]).all()


def test_a_candidate_that_overflows_loses_its_weight():
    fits, _, codes, weights = panel(("ANN", "AAN", "MAN"), 2)
    fits.final[0, 1, 1] = 1e308
    without = weights.copy()
    without[0, 1] = 0
    for function, rest in ((panel_mean, ()), (panel_variance, ()), (panel_quantiles, (LEVELS,))):
        np.testing.assert_array_equal(
            function(fits, codes, weights, SP, H, *rest),
            function(fits, codes, without, SP, H, *rest),
        )


def test_read_only_arrays_are_read():
    fits, _, codes, weights = panel(CLOSED, 3)
    expected = panel_mean(fits, codes, weights, SP, H)
    for array in (*fits, codes, weights):
        array.flags.writeable = False
    np.testing.assert_array_equal(panel_mean(fits, codes, weights, SP, H), expected)


def test_levels_lie_strictly_between_0_and_1():
    fits, _, codes, weights = panel(("ANN",), 2)
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        panel_quantiles(fits, codes, weights, SP, H, [0.0, 0.5])
