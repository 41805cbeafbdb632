"""What the engine returns is exact: against the textbook, statsmodels and R, and a true optimum."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skgru.ets import _prediction, _presets, _recursion, _selection
from skgru.ets._model import ETSFit, ETSSpec, Settings

CLOSE = 1e-8
LO = 1e-4
REFERENCE = json.loads(
    (Path(__file__).parents[1] / "references" / "statsmodels_ets.json").read_text()
)


def every_spec(sp):
    """All models that a period allows: 30 with a season, 10 without."""
    return _selection.candidates("auto", "auto", "auto", "auto" if sp > 1 else None, sp, False)


def grown(n, sp, seed, gaps=0):
    """A positive series with growth and season; the last digits are rounded away."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    season = 1 + 0.15 * np.sin(2 * np.pi * t / sp) * (sp > 1)
    y = np.round((80 + 0.7 * t) * season * np.exp(0.05 * rng.standard_normal(n)), 2)
    y[rng.choice(np.arange(2, n - 2), gaps, replace=False)] = np.nan
    return y


def wandering(n, sp, seed):
    """A series whose level walks and whose season changes."""
    rng = np.random.default_rng(seed)
    season = rng.normal(0, 12, sp) * (sp > 1)
    changes = np.cumsum(rng.normal(0, 1.5, n)) * (np.arange(n) % 2)
    return 300 + np.cumsum(rng.normal(0, 6, n)) + np.resize(season, n) + changes


# One panel for each period; name: series.
PANELS = {
    1: {
        "yearly": grown(15, 1, 1),
        "long": wandering(120, 1, 2),
        "missing": grown(40, 1, 3, gaps=6),
        "noise": 50 + np.random.default_rng(4).normal(0, 5, 33),
        "huge": 1e9 * grown(30, 1, 5),
    },
    4: {
        "quarterly": grown(36, 4, 6),
        "wandering": wandering(60, 4, 7),
        "missing": grown(50, 4, 8, gaps=8),
        "tiny": 1e-7 * grown(40, 4, 9),
    },
    12: {"monthly": grown(72, 12, 10), "wandering": wandering(115, 12, 11)},
}
CASES = [(sp, name) for sp, panel in PANELS.items() for name in panel]


def fit_panel(series, settings, n_jobs=1):
    """`_selection.fit` of a list of series."""
    offsets = np.cumsum([0, *map(len, series)], dtype=np.int64)
    return _selection.fit(np.concatenate(series), offsets, settings, n_jobs=n_jobs)


@pytest.fixture(scope="module")
def fitted():
    """Settings and Fits of each panel by its period: all 30 models, searched thoroughly."""
    result = {}
    for sp, panel in PANELS.items():
        settings = Settings(specs=every_spec(sp), sp=sp, search=_presets.THOROUGH)
        result[sp] = settings, fit_panel(list(panel.values()), settings)
    return result


def models(fitted, sp, name):
    """Series and the fitted models of one case."""
    settings, fits = fitted[sp]
    i = list(PANELS[sp]).index(name)
    found = [
        _selection.single(fits, settings, i, j)
        for j in range(len(settings.specs))
        if fits.status[i, j] == 0
    ]
    return PANELS[sp][name], found


def loss(fit, values, smoothing=None, initial=None):
    """-2 log likelihood by the kernel, which `test_recursion` compares with the textbook."""
    smoothing = fit.smoothing if smoothing is None else smoothing
    states = (fit.initial if initial is None else initial).copy()
    error, trend, _, season = fit.spec.code
    work = np.empty((2, len(values)))
    sse, logs, n = _recursion.run(
        values, error, trend, season, fit.sp, 0, smoothing, states, work[0], work[1]
    )
    return n * np.log(sse) + 2 * logs * error if sse > 0 else -np.inf


def spectral_radius(fit, smoothing=None):
    """Of D = F - g w', the matrix of the textbook's chapter 10 (additive components)."""
    alpha, beta, gamma, phi = fit.smoothing if smoothing is None else smoothing
    has_trend, has_season = fit.spec.trend != "N", fit.spec.season != "N"
    m = fit.sp if has_season else 0
    size = 1 + has_trend + m
    F, g, w = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    F[0, 0], g[0], w[0] = 1, alpha, 1
    if has_trend:
        F[0, 1] = F[1, 1] = w[1] = phi
        g[1] = beta
    if has_season:
        first = 1 + has_trend
        F[first, -1] = w[-1] = 1
        g[first] = gamma
        F[first + 1 :, first:-1] = np.eye(m - 1)
    values = np.linalg.eigvals(F - np.outer(g, w))
    if has_season:  # level and seasons share a direction that no forecast sees: one root at 1
        values = np.delete(values, np.argmin(np.abs(values - 1)))
    return np.abs(values).max()


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["model"])
def test_statsmodels_says_the_same(case):
    spec, sp = ETSSpec.parse(case["model"]), REFERENCE["sp"]
    values, smoothing = np.array(case["values"]), np.array(case["smoothing"])
    n = len(values)
    states = np.array([case["level"], case["slope"], *case["season"]])
    error, trend, _, season = spec.code
    residuals, forecasts = np.empty((2, n))
    sse, logs, _ = _recursion.run(
        values, error, trend, season, sp, 0, smoothing, states, residuals, forecasts
    )
    assert_allclose(forecasts, case["fitted"], rtol=CLOSE)
    # The full Gaussian likelihood with the variance concentrated out.
    loglik = -0.5 * (n * np.log(sse) + 2 * logs * error) - n / 2 * (np.log(2 * np.pi / n) + 1)
    assert_allclose(loglik, case["loglik"], rtol=CLOSE)
    fit = ETSFit(spec, sp, *smoothing, states, states, -2 * loglik, sse, n, n)
    assert_allclose(_prediction.mean(fit, len(case["forecast"])), case["forecast"], rtol=CLOSE)


@pytest.mark.parametrize(("sp", "name"), CASES)
def test_loss_and_states_are_the_textbooks(book, fitted, sp, name):
    values, found = models(fitted, sp, name)
    assert len(found) >= 6
    for fit in found:
        textbook = book.Textbook(fit.spec, sp, fit.smoothing)
        run = textbook.filter(values, fit.initial)
        about = f"{fit.spec.name} on {name}"
        expected = textbook.loss(values, fit.initial)
        assert_allclose(fit.loss, expected, rtol=CLOSE, atol=1e-7, err_msg=about)
        assert_allclose(fit.sse, np.nansum(np.square(run.residuals)), rtol=1e-7, err_msg=about)
        scale = np.nanmax(np.abs(values))
        assert_allclose(fit.final, run.states, rtol=CLOSE, atol=1e-9 * scale, err_msg=about)
        assert_allclose(
            _prediction.mean(fit, 15),
            textbook.forecast(run.states, 15, len(values)),
            rtol=CLOSE,
            err_msg=about,
        )
        assert fit.n_observed == np.sum(~np.isnan(values))
        assert fit.n_times == len(values)


@pytest.mark.parametrize(("sp", "name"), CASES)
def test_parameters_lie_in_the_region(fitted, sp, name):
    for fit in models(fitted, sp, name)[1]:
        alpha, beta, gamma, phi = fit.smoothing
        has_beta, has_gamma, has_phi = fit.spec.uses[1:]
        tiny = 1e-12
        assert LO - tiny <= alpha <= 1 - LO + tiny
        assert LO - tiny <= beta <= alpha + tiny if has_beta else beta == 0
        assert LO - tiny <= gamma <= 1 - alpha + tiny if has_gamma else gamma == 0
        assert 0.8 <= phi <= 0.98 if has_phi else phi == 1
        assert spectral_radius(fit) <= 1 + 1e-6, fit.spec.name


@pytest.mark.parametrize(("sp", "name"), CASES)
def test_seasons_are_normalised(fitted, sp, name):
    for fit in models(fitted, sp, name)[1]:
        season = fit.initial[2:]
        if fit.spec.season == "A":
            assert abs(season.mean()) <= 1e-9 * max(1e-9, np.abs(fit.initial[0]))
        elif fit.spec.season == "M":
            assert season.mean() == pytest.approx(1, rel=1e-9)


def candidates_near(fit, values, rng, n):
    """Feasible parameters near the fitted ones: (smoothing, initial) pairs."""
    alpha, beta, gamma, phi = fit.smoothing
    has_beta, has_gamma, has_phi = fit.spec.uses[1:]
    shares = np.array(
        [
            alpha,
            (beta - LO) / max(alpha - LO, 1e-12) if has_beta else 0.0,
            (gamma - LO) / max(1 - alpha - LO, 1e-12) if has_gamma else 0.0,
            phi,
        ]
    )
    scale = np.sqrt(fit.sse / fit.n_observed) * (1 if fit.spec.error == "A" else fit.initial[0])
    sizes = np.array([scale, 0.1 * scale, *[scale] * fit.sp])
    if fit.spec.trend == "M":
        sizes[1] /= fit.initial[0]
    if fit.spec.season == "M":
        sizes[2:] /= fit.initial[0]
    used = np.array([True, fit.spec.trend != "N", *[fit.spec.season != "N"] * fit.sp])
    for k in range(n):
        step = 10.0 ** rng.uniform(-3, 0)
        moves = rng.standard_normal(4 + len(sizes))
        if k % 2:  # one direction alone
            moves *= np.arange(len(moves)) == rng.integers(len(moves))
        moved = shares + 0.3 * step * moves[:4]
        moved = np.clip(moved, [LO, 0, 0, 0.8], [1 - LO, 1, 1, 0.98])
        smoothing = np.array(
            [
                moved[0],
                has_beta * (LO + (moved[0] - LO) * moved[1]),
                has_gamma * (LO + (1 - moved[0] - LO) * moved[2]),
                moved[3] if has_phi else 1.0,
            ]
        )
        if (
            has_beta
            and has_gamma
            and spectral_radius(fit, smoothing) > max(1, spectral_radius(fit))
        ):
            continue
        yield smoothing, fit.initial + step * used * sizes * moves[4:]


@pytest.mark.parametrize(("sp", "name"), CASES)
def test_nothing_nearby_is_better(fitted, sp, name):
    values, found = models(fitted, sp, name)
    rng = np.random.default_rng(0)
    for fit in found:
        gains = [
            fit.loss - loss(fit, values, smoothing, initial)
            for smoothing, initial in candidates_near(fit, values, rng, 300)
        ]
        assert max(gains) < 1e-3, f"{fit.spec.name} on {name}: better by {max(gains):.4g}"


@pytest.mark.parametrize("sp", PANELS)
def test_neighbours_threads_and_order_do_not_matter(sp):
    settings = Settings(specs=every_spec(sp), sp=sp, search=_presets.select(sp))
    series = list(PANELS[sp].values())
    one, two = fit_panel(series, settings), fit_panel(series, settings, n_jobs=2)
    back = fit_panel(series[::-1], settings)
    for name in one._fields:
        assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
        assert_array_equal(getattr(one, name), getattr(back, name)[::-1], err_msg=name)


@pytest.mark.parametrize("sp", PANELS)
def test_criteria_count_parameters_as_r_does(fitted, sp):
    settings, fits = fitted[sp]
    for criterion in ("aic", "aicc", "bic"):
        asked = dataclasses.replace(settings, criterion=criterion)
        table = _selection.criteria(fits, asked)
        for i, j in zip(*np.nonzero(fits.status == 0)):
            spec, n = settings.specs[j], fits.n_observed[i]
            alphas = 1 + (spec.trend != "N") + (spec.season != "N") + spec.damped
            states = 1 + (spec.trend != "N") + (sp - 1) * (spec.season != "N")
            k = alphas + states + 1
            expected = fits.loss[i, j] + 2 * k
            if criterion == "aicc":
                expected += 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else np.inf
            elif criterion == "bic":
                expected += k * (np.log(n) - 2)
            assert_allclose(table[i, j], expected, rtol=1e-12)


def test_models_that_multiply_need_positive_values():
    settings = Settings(specs=every_spec(4), sp=4, search=_presets.select(4))
    zero = grown(40, 4, 12)
    zero[17] = 0.0
    fits = fit_panel([zero, zero - 50, grown(40, 4, 12)], settings)
    multiply = np.array(["M" in spec.name for spec in settings.specs])
    assert (fits.status[:2, multiply] == 1).all()
    assert (fits.status[:2, ~multiply] != 1).all()
    assert (fits.status[2] != 1).all()


@pytest.mark.parametrize("n", range(4, 16))
def test_models_with_more_parameters_than_values_are_ruled_out(n):
    settings = Settings(specs=every_spec(4), sp=4, search=_presets.select(4))
    fits = fit_panel([grown(n, 4, n)[:n]], settings)
    for spec, status in zip(settings.specs, fits.status[0]):
        if spec.n_parameters(4) - 1 >= n - 1 and spec.name != "ETS(A,N,N)":
            assert status == 1, spec.name
    assert np.isfinite(_selection.criteria(fits, settings)).any()


@pytest.mark.parametrize(("sp", "name"), CASES)
@pytest.mark.parametrize("exponent", [-6, 5])
def test_the_optimum_scales_with_the_series(fitted, sp, name, exponent):
    c = 10.0**exponent
    settings, fits = fitted[sp]
    i = list(PANELS[sp]).index(name)
    other = fit_panel([c * PANELS[sp][name]], settings)
    kept = (fits.status[i] == 0) & (other.status[0] == 0)
    assert_array_equal(fits.status[i] == 0, other.status[0] == 0)
    shift = 2 * fits.n_observed[i] * np.log(c)
    # Error M too: sum of log f moves by n log c, and its residuals not at all.
    assert_allclose(other.loss[0, kept], fits.loss[i, kept] + shift, atol=0.05)


# R's file, where there is one --------------------------------------------------------------------


def numbers(text):
    return np.array(text.split(), float)


@pytest.fixture(scope="module")
def m3(data):
    """Rows (training values, period, what R gave) of every 20th M3 series."""
    pd = pytest.importorskip("pandas")
    series = pd.read_csv(data / "forecast" / "m3.csv.gz")
    series = series[series["split"] == "train"].set_index("id")
    reference = pd.read_csv(data / "forecast" / "m3_ets_R.csv.gz").set_index("id")
    return [
        (name, numbers(series.at[name, "values"]), int(series.at[name, "period"]), row)
        for name, row in reference.iloc[::20].iterrows()
    ]


def r_parameters(row, sp):
    """Model, smoothing parameters and initial states of a row of R's file."""
    spec = ETSSpec.parse(row["method"])
    rest = list(numbers(row["par"]))
    smoothing = [rest.pop(0) if used else absent for used, absent in zip(spec.uses, (0, 0, 0, 1))]
    level = rest.pop(0)
    slope = rest.pop(0) if spec.trend != "N" else 0.0
    season = np.zeros(sp)
    if spec.season != "N":
        # R gives s(0), s(-1), ... without the last, which makes their sum 0 or sp.
        last = (sp if spec.season == "M" else 0) - sum(rest)
        season = np.array([*rest, last])[::-1]
    return spec, np.array(smoothing), np.array([level, slope, *season])


def test_r_says_the_same_at_its_own_optimum(book, m3):
    for name, values, sp, row in m3:
        spec, smoothing, initial = r_parameters(row, sp)
        states, n = initial.copy(), len(values)
        error, trend, _, season = spec.code
        work = np.empty((2, n))
        sse, logs, _ = _recursion.run(
            values, error, trend, season, sp, 0, smoothing, states, work[0], work[1]
        )
        lost = n * np.log(sse) + 2 * logs * error
        about = f"{name} {spec.name}"
        # R prints its parameters to ten digits.
        assert_allclose(-0.5 * lost, row["loglik"], atol=1e-5, err_msg=about)
        assert_allclose(book.Textbook(spec, sp, smoothing).loss(values, initial), lost, rtol=CLOSE)
        fit = ETSFit(spec, sp, *smoothing, initial, states, lost, sse, n, n)
        assert_allclose(
            [fit.aic, fit.aicc, fit.bic], [row["aic"], row["aicc"], row["bic"]], atol=1e-5
        )
        if spec.name == "ETS(M,Ad,M)":
            continue  # R's class 3 leaves the damping out of the first step: l + b, not l + phi b
        means, h = numbers(row["mean"]), int(row["h"])
        # Beyond a period R's mean of class 3 is that of the distribution, not the point forecast.
        exact = min(h, sp) if spec.season == "M" else h
        assert_allclose(_prediction.mean(fit, h)[:exact], means[:exact], rtol=1e-6, err_msg=about)
        widths = (numbers(row["hi95"]) - numbers(row["lo95"])) / 2 / 1.959963984540054
        steps = np.arange(1, h + 1)
        if spec.name in ("ETS(A,N,A)", "ETS(M,N,A)"):
            # Without a trend R lets gamma act one step early, at h = sp instead of sp + 1.
            steps = steps[steps < sp]
        assert_allclose(
            np.sqrt(_prediction.variance(fit, h))[steps - 1],
            widths[steps - 1],
            rtol=1e-6,
            err_msg=about,
        )


@pytest.mark.parametrize("sp", [1, 4, 12])
def test_the_optimum_is_seldom_worse_than_rs(m3, sp):
    rows = [row for row in m3 if row[2] == sp]
    specs = _selection.candidates("auto", "auto", "auto", "auto" if sp > 1 else None, sp)
    for search, share_worse in ((_presets.select(sp), 0.03), (_presets.THOROUGH, 0.01)):
        settings = Settings(specs=specs, sp=sp, search=search)
        fits = fit_panel([row[1] for row in rows], settings)
        above = _selection.criteria(fits, settings).min(axis=1) - [row[3]["aicc"] for row in rows]
        assert np.mean(above > 0.01) <= share_worse
        assert above.max() < 1
        assert np.mean(above < -0.01) > 0.5
