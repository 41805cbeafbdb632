"""Fitting a panel: what comes back is what was asked for, whatever the data."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

from skgru.ets import _presets, _recursion, _selection
from skgru.ets._model import ETSSpec, Fits, Fixed, Search, Settings

DEFAULT = np.array([[1e-4, 0.9999]] * 3 + [[0.8, 0.98]])
ALL = [
    error + trend + season
    for error in "AM"
    for trend in ("N", "A", "Ad", "M", "Md")
    for season in "NAM"
]


def specs(*names):
    return tuple(ETSSpec.parse(name) for name in names)


def panel(sp=4, seed=0, n_series=6):
    """Series of several lengths, with gaps and a season."""
    rng = np.random.default_rng(seed)
    series = []
    for i in range(n_series):
        n = 30 + 7 * i
        t = np.arange(n)
        y = 50 + 0.3 * t + 8 * np.sin(2 * np.pi * t / sp) + np.cumsum(rng.standard_normal(n))
        y[rng.random(n) < 0.05 * (i % 2)] = np.nan
        series.append(y)
    return series


def fit(series, settings, **options):
    offsets = np.r_[0, np.cumsum([len(y) for y in series])]
    return _selection.fit(np.concatenate(series), offsets, settings, **options)


def settings_of(names=ALL, sp=4, search=_presets.THOROUGH, **options):
    return Settings(specs(*names), sp, search, **options)


def run(y, fits, settings, i, j):
    """Filter series i with model j: what `_recursion.run` returns, and its final states."""
    error, trend, _, season = settings.specs[j].code
    states = fits.initial[i, j].copy()
    r, f = np.empty((2, len(y)))
    returned = _recursion.run(
        y, error, trend, season, settings.sp, 0, fits.smoothing[i, j], states, r, f
    )
    return returned, states, y - f


def assert_same(one: Fits, other: Fits):
    for name, a, b in zip(Fits._fields, one, other):
        assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize("objective", ["likelihood", "mse", "mae", "amse"])
@pytest.mark.parametrize("sp", [1, 4])
def test_losses_and_states_are_those_of_a_run(sp, objective):
    series, settings = panel(), settings_of(sp=4, objective=objective)
    if sp == 1:
        settings = settings_of([name for name in ALL if name.endswith("N")], 1, objective=objective)
    fits = fit(series, settings)
    assert (fits.status == 0).mean() > 0.95
    for i, y in enumerate(series):
        for j, spec in enumerate(settings.specs):
            if fits.status[i, j]:
                continue
            (sse, logs, n), final, _ = run(y, fits, settings, i, j)
            loss = n * np.log(sse) + (2 * logs if spec.error == "M" else 0)
            assert_allclose(fits.loss[i, j], loss, atol=1e-10 * max(1, abs(loss)))
            assert_allclose(fits.sse[i, j], sse, rtol=1e-10)
            assert_allclose(fits.final[i, j], final, rtol=1e-10, atol=1e-12)
            season = fits.initial[i, j, 2:]
            if spec.season != "N":
                assert_allclose(season.mean(), spec.season == "M", atol=1e-10)


def test_a_general_optimiser_finds_nothing_better():
    y = panel()[2]
    settings = settings_of(["ANN", "MNN", "AAdN", "MAdN", "MAA", "MAM", "MMN"])
    fits = fit([y], settings)
    for j, spec in enumerate(settings.specs):
        error, trend, _, season = spec.code
        free = np.r_[True, spec.trend != "N", [spec.season != "N"] * 4]
        used = np.array(spec.uses)
        r, f = np.empty((2, len(y)))

        def loss(x, code=(error, trend, season), free=free, used=used, j=j, r=r, f=f):
            smoothing, states = fits.smoothing[0, j].copy(), fits.initial[0, j].copy()
            smoothing[used] = x[: used.sum()]
            states[free] *= 1 + 0.1 * x[used.sum() :]
            alpha, beta, gamma, _ = smoothing
            low, high = DEFAULT[:, 0] - 1e-12, DEFAULT[:, 1] + 1e-12
            if (smoothing[used] < low[used]).any() or (smoothing[used] > high[used]).any():
                return 1e9
            if beta > alpha or gamma > 1 - alpha + 1e-12:
                return 1e9
            sse, logs, n = _recursion.run(y, *code, 4, 0, smoothing, states, r, f)
            return n * np.log(sse) + 2 * logs if np.isfinite(sse) else 1e9

        start = np.r_[fits.smoothing[0, j][used], np.zeros(free.sum())]
        found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 2000})
        assert found.fun > fits.loss[0, j] - 0.02


def test_threads_and_blocks_change_nothing(monkeypatch):
    series = panel(n_series=9)
    settings = settings_of(search=_presets.select(4))
    expected = fit(series, settings)
    monkeypatch.setattr(_selection, "_BLOCK", 10_000)
    done = []
    assert_same(fit(series, settings, n_jobs=2, after_block=done.append), expected)
    assert len(done) > 2
    assert done[-1] == 9
    for i, y in enumerate(series):
        assert_array_equal(fit([y], settings).loss[0], expected.loss[i])


def test_an_interruption_stops_between_blocks(monkeypatch):
    monkeypatch.setattr(_selection, "_BLOCK", 10_000)

    def interrupt(n_done):
        raise KeyboardInterrupt

    for n_jobs in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            fit(panel(), settings_of(["ANN"]), n_jobs=n_jobs, after_block=interrupt)


@pytest.mark.parametrize("exponent", [-100, -9, 9, 100])
def test_units_change_nothing(exponent):
    series, settings = panel(n_series=2), settings_of()
    c = 2.0 ** round(exponent / np.log10(2))  # exactly representable
    one, other = fit(series, settings), fit([c * y for y in series], settings)
    assert_array_equal(other.smoothing, one.smoothing)
    assert_allclose(other.initial[:, :, 0], c * one.initial[:, :, 0], rtol=1e-12)
    n = one.n_observed[:, None]
    assert_allclose(other.loss, one.loss + 2 * n * np.log(c), rtol=1e-10)


@pytest.mark.parametrize("sp", [1, 4, 12, 52])
@pytest.mark.parametrize("objective", ["likelihood", "mse", "mae", "amse"])
def test_nothing_that_data_can_be_gives_a_number_that_is_none(sp, objective):
    rng = np.random.default_rng(0)
    series = [
        *(rng.random(n) + 1 for n in (1, 2, 3, 4, 5, 7, 12, 13, 20, 30)),
        np.full(30, 4.0),
        np.zeros(30),
        rng.standard_normal(40),
        np.r_[[np.nan] * 2, 3.0, np.nan],
        np.arange(1.0, 40),
        1.1 ** np.arange(50.0),
        np.tile([1.0, 2, 3, 4], 10),
        np.r_[np.ones(30), 1e6, np.ones(30)],
        np.r_[np.zeros(30), 1.0],
        1e9 + rng.standard_normal(50),
        1e200 * (10 + rng.standard_normal(50)),
        1e-200 * (10 + rng.standard_normal(50)),
        np.exp(3 * rng.standard_normal(50)),
    ]
    candidates = _selection.candidates("auto", "auto", "auto", "auto", sp, restrict=False)
    settings = Settings(candidates, sp, _presets.select(sp), objective=objective)
    fits = fit(series, settings)
    fitted = np.isin(fits.status, (0, 2))
    assert (fits.status[:, 0] == 0).all()  # ETS(A,N,N)
    for array in (fits.smoothing, fits.initial, fits.final, fits.loss, fits.sse):
        assert np.isfinite(array[fitted]).all()
    weights = _selection.weights(_selection.criteria(fits, settings), fits.n_observed)
    assert_allclose(weights.sum(axis=1), 1)
    for i, y in enumerate(series):
        if (y[~np.isnan(y)] <= 0).any():
            ruled_out = np.array(["M" in spec.name for spec in settings.specs])
            assert (fits.status[i, ruled_out] == 1).all()


def test_a_slope_that_is_given_is_every_trend_s():
    settings = replace(settings_of(["ANN", "AAN", "MAN", "AAdN"]), fixed=Fixed(slope=1.5))
    fits = fit(panel(n_series=2), settings)
    assert_array_equal(fits.initial[:, 1:, 1], 1.5)


@pytest.mark.parametrize("seed", [4, 9, 10])
def test_the_choice_is_not_lost_between_two_optima(seed):
    # A slope that hardly moves and one that does are often optima of one model.
    rng = np.random.default_rng(seed)
    series = [
        1000 + 20 * np.arange(n) + 30 * rng.normal(size=n).cumsum() + 10 * rng.normal(size=n)
        for n in rng.integers(15, 50, 100)
    ]
    specs = _selection.candidates("auto", "auto", "auto", None, 1)
    chosen, sought = (
        _selection.criteria(fit(series, settings), settings).min(axis=1)
        for search in (_presets.select(1), _presets.THOROUGH)
        for settings in [Settings(specs, 1, search)]
    )
    assert (chosen - sought).max() < 0.1


def test_a_constant_is_forecast_exactly():
    fits = fit([np.full(20, 7.0)], settings_of(["ANN"]))
    assert_allclose(fits.final[0, 0, 0], 7.0, rtol=1e-14)
    assert fits.sse[0, 0] < 1e-24


def test_series_without_values_are_ruled_out():
    fits = fit([np.full(9, np.nan), np.empty(0)], settings_of())
    assert (fits.status == 1).all()
    assert not _selection.weights(np.full((2, 3), np.inf), np.zeros(2)).any()


def test_the_count_rule():
    y = np.random.default_rng(0).random(10) + 1
    fits = fit([y, y[:5], y[:4]], settings_of(["ANN", "AAN", "AAdN", "ANA"]))
    # Parameters: 3, 5, 6 and 7 for sp = 4.
    assert_array_equal(fits.status, [[0, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 1]])


def test_equal_bounds_fix_parameters():
    bounds = DEFAULT.copy()
    bounds[0], bounds[1], bounds[3] = 0.3, 0.4, 0.9
    settings = settings_of(["AAdA", "MAdM", "MAdN"], bounds=bounds)
    fits = fit(panel(), settings)
    assert (fits.status == 0).all()
    assert_allclose(fits.smoothing[..., 0], 0.3)
    assert_allclose(fits.smoothing[..., 1], 0.4)
    assert_allclose(fits.smoothing[..., 3], 0.9)


def test_own_bounds_are_kept():
    bounds = np.array([[0.2, 0.4], [0.05, 0.1], [0.3, 0.5], [0.9, 0.95]])
    fits = fit(panel(), settings_of(["AAdA", "MAdM"], bounds=bounds))
    found = fits.smoothing[fits.status == 0]
    assert (found >= bounds[:, 0] - 1e-12).all()
    assert (found <= bounds[:, 1] + 1e-12).all()


def test_given_states_are_kept():
    season = np.array([1.0, -2.0, 3.0, 0.5])
    given = Fixed(45.0, 0.2, season)
    names = ["AAA", "MAdA", "ANN", "AAN"]
    fits = fit(panel(), settings_of(names, fixed=given))
    assert (fits.status == 0).all()
    assert_allclose(fits.initial[..., 0], 45.0, rtol=1e-14)
    assert_allclose(fits.initial[:, [0, 1, 3], 1], 0.2, rtol=1e-14)
    assert_allclose(fits.initial[:, :2, 2:], np.broadcast_to(season, (6, 2, 4)), rtol=1e-14)
    part = fit(panel(), settings_of(["AAA", "MAM"], fixed=Fixed(level=45.0)))
    assert (part.status == 0).all()
    assert_allclose(part.initial[..., 0], 45.0, rtol=1e-14)
    held = fit(panel(), settings_of(["AAA"], fixed=Fixed(season=season)))
    assert_allclose(held.initial[:, 0, 2:], np.broadcast_to(season, (6, 4)), rtol=1e-14)
    free = fit(panel(), settings_of(["AAA"]))
    assert (free.loss < held.loss + 1e-2).all()
    assert (held.loss < fit(panel(), settings_of(["AAA"], fixed=given)).loss + 1e-2).all()


@pytest.mark.parametrize("region", ["usual", "both", "admissible"])
def test_regions(region):
    rng = np.random.default_rng(3)
    series = [20 + np.cumsum(np.cumsum(rng.standard_normal(60))) for _ in range(10)]
    fits = fit(series, settings_of(["AAN", "ANA", "AAA", "AAdA"], region=region))
    alpha, beta, gamma, phi = np.moveaxis(fits.smoothing, 2, 0)
    assert (fits.status == 0).all()
    if region == "admissible":
        assert alpha.max() > 1
    else:
        assert (beta <= alpha + 1e-12).all()
        assert (gamma <= 1 - alpha + 1e-12).all()
    if region != "usual":
        for i in range(len(series)):
            for j in (2, 3):
                middle = alpha[i, j] * (1 - phi[i, j]) + beta[i, j]
                g = gamma[i, j]
                roots = np.roots(
                    [1, alpha[i, j] + beta[i, j] - phi[i, j], middle, middle,
                     middle + g - 1, phi[i, j] * (1 - alpha[i, j] - g)]
                )  # fmt: skip
                assert np.abs(roots).max() < 1 + 1e-8


def test_objectives_are_the_better_the_more_they_are_asked_for():
    series = panel(n_series=4)
    one_step = {}
    for objective in ("mse", "mae", "likelihood"):
        settings = settings_of(["ANN", "AAN", "ANA", "MAM"], objective=objective)
        fits = fit(series, settings)
        errors = [run(y, fits, settings, i, j)[2] for i, y in enumerate(series) for j in range(4)]
        one_step[objective] = (
            np.array([np.nansum(e**2) for e in errors]),
            np.array([np.nansum(np.abs(e)) for e in errors]),
        )
    assert (one_step["mse"][0] <= one_step["mae"][0] * 1.001).all()
    assert (one_step["mse"][0] <= one_step["likelihood"][0] * 1.001).all()
    assert np.median(one_step["mae"][1] / one_step["mse"][1]) < 1


def test_pruning_does_not_change_the_choice():
    series = panel(n_series=8)
    candidates = _selection.candidates("auto", "auto", "auto", "auto", 4)
    settings = Settings(candidates, 4, _presets.SELECT)
    pruned = _selection.criteria(fit(series, settings), settings)
    whole = replace(settings, search=_presets.THOROUGH)
    best = _selection.criteria(fit(series, whole), whole)
    assert_allclose(pruned.min(axis=1), best.min(axis=1), atol=0.05)


def test_candidates_are_those_of_r():
    names = [spec.name for spec in _selection.candidates("auto", "auto", "auto", "auto", 12)]
    assert len(names) == 15
    assert names[0] == "ETS(A,N,N)"
    assert not {"ETS(A,N,M)", "ETS(A,A,M)", "ETS(M,M,A)"} & set(names)
    assert len(_selection.candidates("auto", "auto", "auto", "auto", 1)) == 6
    assert len(_selection.candidates("auto", "auto", "auto", "auto", 12, restrict=False)) == 30
    additive = _selection.candidates("auto", "auto", "auto", "auto", 12, positive=False)
    assert {spec.name for spec in additive} == {
        "ETS(A,N,N)", "ETS(A,A,N)", "ETS(A,Ad,N)", "ETS(A,N,A)", "ETS(A,A,A)", "ETS(A,Ad,A)",
    }  # fmt: skip


def test_a_named_model_is_the_only_candidate():
    assert _selection.candidates("add", "mul", True, "mul", 4) == specs("AMdM")
    assert _selection.candidates("mul", None, False, "add", 4) == specs("MNA")
    assert _selection.candidates("A", "M", False, "N", 4, positive=False) == ()


def test_candidates_refuse_what_is_no_part():
    with pytest.raises(ValueError, match=r"trend is .* got 'linear'"):
        _selection.candidates("auto", "linear", "auto", "auto", 4)
    with pytest.raises(ValueError, match="error is"):
        _selection.candidates(None, None, False, None, 4)
    with pytest.raises(ValueError, match="sp=1"):
        _selection.candidates("auto", "auto", "auto", "add", 1)


def test_criteria_are_those_of_a_single_fit():
    series, settings = panel(), settings_of()
    fits = fit(series, settings)
    for name in ("aicc", "aic", "bic"):
        table = _selection.criteria(fits, replace(settings, criterion=name))
        for i in range(len(series)):
            for j in np.flatnonzero(fits.status[i] == 0):
                single = _selection.single(fits, settings, i, j)
                assert_allclose(table[i, j], getattr(single, name), rtol=1e-12)
    weights = _selection.weights(table, fits.n_observed)
    assert_allclose(weights.sum(axis=1), 1)
    assert_array_equal(weights.argmax(axis=1), table.argmin(axis=1))


def test_a_search_needs_no_seasonal_starts():
    search = Search(np.array([[0.3, 0.2, 0.1, 0.95]]))
    assert (fit(panel(), settings_of(["MAM", "ANN"], search=search)).status == 0).all()


def test_too_many_steps_are_refused():
    with pytest.raises(ValueError, match="30 steps; got 31"):
        fit(panel(), settings_of(objective="amse", n_steps=31))
