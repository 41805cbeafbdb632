import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from skgru.ets import _prediction, _recursion, _simulation
from skgru.ets._model import ETSFit, ETSSpec

CLOSED = [
    *("ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA"),
    *("MNN", "MAN", "MAdN", "MNA", "MAA", "MAdA", "MNM", "MAM", "MAdM"),
]


def fitted(name, sp=4, sigma2=0.01, smoothing=(0.4, 0.1, 0.3, 0.9), n_times=21, scale=1.0):
    """A fit with a level near 100 and the variance given."""
    spec = ETSSpec.parse(name)
    smoothing = np.where(spec.uses, smoothing, (0, 0, 0, 1))
    states = np.zeros(2 + sp)
    states[0] = 100 * scale
    states[1] = {"N": 0, "A": 2 * scale, "M": 1.01}[spec.trend]
    wave = np.cos(np.arange(sp))
    if spec.season != "N":
        states[2:] = 10 * scale * wave if spec.season == "A" else 1 + 0.3 * wave
    room = max(n_times - (spec.n_parameters(sp) - 1), 1)
    sse = sigma2 * room * (scale**2 if spec.error == "A" else 1)
    return ETSFit(spec, sp, *smoothing, states, states, 0.0, sse, n_times, n_times)


def test_additive_errors_by_hand():
    level = fitted("ANN", sigma2=9.0, smoothing=(0.5, 0, 0, 1))
    np.testing.assert_allclose(_prediction.variance(level, 3), [9, 9 * 1.25, 9 * 1.5])
    # Responses of (A,Ad,A) with period 2: alpha + beta phi = 0.45; + gamma and beta phi^2 = 0.675.
    trend = fitted("AAdA", 2, 1.0, (0.4, 0.1, 0.2, 0.5))
    np.testing.assert_allclose(
        _prediction.variance(trend, 3), [1, 1 + 0.45**2, 1 + 0.45**2 + 0.675**2]
    )


def test_a_multiplicative_error_by_hand():
    level = fitted("MNN", sigma2=0.04, smoothing=(0.5, 0, 0, 1))
    second = 1e4 * ((1 + 0.25 * 0.04) * 1.04 - 1)
    np.testing.assert_allclose(_prediction.variance(level, 2), [400, second])


def test_a_multiplicative_season_by_hand():
    """At the third step of period 2 the factor has moved once, the level twice."""
    a, g, v = 0.4, 0.3, 0.04
    fit = fitted("MNM", 2, v, (a, 0, g, 1), n_times=20)
    moved = 1 + v * (a * a + 4 * a * g + g * g) + 3 * v * v * a * a * g * g
    square = moved * (1 + a * a * v) * (1 + v) - (1 + a * g * v) ** 2
    expected = (fit.final[0] * fit.final[2]) ** 2 * square
    assert _prediction.variance(fit, 3)[2] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_are_the_variances_of_simulated_futures(name):
    n, sp, h = 200_000, 4, 12
    fit = fitted(name, sp, 0.01 if name[0] == "M" else 100.0)
    drawn = _simulation.paths(fit, h, n, np.random.default_rng(0))
    around = (drawn - drawn.mean(axis=0)) ** 2
    error = around.std(axis=0) / np.sqrt(n)
    assert np.all(np.abs(around.mean(axis=0) - _prediction.variance(fit, h)) < 4 * error)
    if fit.spec.season != "M":
        error = drawn.std(axis=0) / np.sqrt(n)
        assert np.all(np.abs(drawn.mean(axis=0) - _prediction.mean(fit, h)) < 4 * error)


@pytest.mark.parametrize("name", CLOSED)
def test_after_missing_values_innovations_have_gone_unseen(name):
    n, sp, h, gap = 200_000, 4, 4, 3
    fit = fitted(name, sp, 0.01 if name[0] == "M" else 100.0)
    states, space = fit.final.copy(), np.empty((2, gap))
    error, trend, _, season = fit.spec.code
    phase, missing = fit.n_times % sp, np.full(gap, np.nan)
    _recursion.run(missing, error, trend, season, sp, phase, fit.smoothing, states, *space)
    after = replace(fit, final=states, n_times=fit.n_times + gap)
    np.testing.assert_allclose(_prediction.rewound(after, gap).final, fit.final, rtol=1e-12)
    drawn = _simulation.paths(fit, gap + h, n, np.random.default_rng(0))[:, gap:]
    around = (drawn - drawn.mean(axis=0)) ** 2
    margin = 4 * around.std(axis=0) / np.sqrt(n)
    assert np.all(np.abs(around.mean(axis=0) - _prediction.variance(after, h, gap)) < margin)


def test_other_models_have_no_closed_form(book):
    for name in set(book.names) - set(CLOSED):
        assert _prediction.variance(fitted(name), 3) is None
    assert len(book.names) == 30


@pytest.mark.parametrize("sp", [1, 4])
def test_means_are_those_of_the_textbook(book, sp):
    for name in book.names:
        if sp == 1 and name[-1] != "N":
            continue
        fit = fitted(name, sp)
        expected = book.Textbook(fit.spec, sp, fit.smoothing).forecast(fit.final, 9, 21 % sp)
        np.testing.assert_allclose(_prediction.mean(fit, 9), expected, rtol=1e-12)


@pytest.mark.parametrize("name", CLOSED)
def test_a_tiny_variance_is_not_lost_in_rounding(name):
    small = _prediction.variance(fitted(name, sigma2=1e-24), 12)
    middle = _prediction.variance(fitted(name, sigma2=1e-10), 12)
    np.testing.assert_allclose(small * 1e14, middle, rtol=1e-8)
    np.testing.assert_array_equal(_prediction.variance(fitted(name, sigma2=0.0), 12), 0)


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(CLOSED), scale=st.floats(1e-6, 1e6), n_times=st.integers(9, 40))
def test_variances_have_the_square_of_the_unit(name, scale, n_times):
    one = _prediction.variance(fitted(name, n_times=n_times), 9)
    other = _prediction.variance(fitted(name, n_times=n_times, scale=scale), 9)
    np.testing.assert_allclose(other, one * scale**2, rtol=1e-10)


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(CLOSED), h=st.integers(1, 30))
def test_a_longer_horizon_changes_no_shorter_one(name, h):
    fit = fitted(name)
    np.testing.assert_allclose(
        _prediction.variance(fit, h), _prediction.variance(fit, 30)[:h], rtol=1e-12
    )


def test_within_the_series_a_multiplicative_error_grows_with_the_forecast():
    np.testing.assert_allclose(
        _prediction.insample_variance(fitted("MNN", sigma2=0.04), [10, -5]), [4, 1]
    )
    np.testing.assert_allclose(
        _prediction.insample_variance(fitted("ANN", sigma2=0.04), [10, -5]), [0.04, 0.04]
    )


# forecast::ets of R on all 3003 series of M3. Left out are the models where R departs from the
# book: without a trend and with an additive season it counts the season's share one step early
# (floor(h / m) for floor((h - 1) / m)), and for (M,Ad,M) its forecast adds the undamped slope.
@pytest.mark.parametrize("method", [f"ETS({n[0]},{n[1:-1]},{n[-1]})" for n in CLOSED])
def test_bounds_are_those_of_r(data, method):
    if method in ("ETS(A,N,A)", "ETS(M,N,A)", "ETS(M,Ad,M)"):
        return
    with gzip.open(data / "forecast" / "m3_ets_R.csv.gz", "rt") as file:
        rows = pd.read_csv(file).query("method == @method")
    panel = pd.read_csv(data / "forecast" / "m3.csv.gz").query("split == 'train'")
    values = panel.set_index("id")["values"]
    for row in rows.itertuples():
        fit = filtered(row, np.array(values[row.id].split(), float))
        assert fit.loglik == pytest.approx(row.loglik, abs=1e-6)
        mean, low, high = (np.array(text.split(), float) for text in (row.mean, row.lo95, row.hi95))
        if fit.spec.season == "M":  # R moves the means of later periods by terms of order sigma2
            mean, low, high = mean[: fit.sp], low[: fit.sp], high[: fit.sp]
        deviation = np.sqrt(_prediction.variance(fit, row.h))
        half = ndtri(0.975) * deviation[: len(mean)]
        np.testing.assert_allclose((high - low) / 2, half, rtol=1e-6)
        np.testing.assert_allclose(_prediction.mean(fit, row.h)[: len(mean)], mean, rtol=1e-6)


def filtered(row, values):
    """R's fit: its parameters, and the series filtered from its starting states."""
    spec, sp = ETSSpec.parse(row.method), int(row.sp)
    numbers = iter(map(float, row.par.split()))
    smoothing = np.array([next(numbers) if used else d for used, d in zip(spec.uses, (0, 0, 0, 1))])
    states = np.zeros(2 + sp)
    states[0] = next(numbers)
    if spec.trend != "N":
        states[1] = next(numbers)
    if spec.season != "N":
        # R names the newest season first and leaves out the oldest, time 0's.
        seasons = list(numbers)
        states[2:] = [sp * (spec.season == "M") - sum(seasons), *seasons[::-1]]
    final, n = states.copy(), len(values)
    error, trend, _, season = spec.code
    sse, logs, n_observed = _recursion.run(
        *(values, error, trend, season, sp, 0, smoothing, final, np.empty(n), np.empty(n))
    )
    loss = n * np.log(sse) + 2 * logs * error
    return ETSFit(spec, sp, *smoothing, states, final, loss, sse, n_observed, n)
