"""Periods beyond the season's."""

import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster
from skgru.ets import _cycles, _selection

DAY, WEEK = 24, 168


@pytest.fixture(scope="module")
def hours():
    rng = np.random.default_rng(0)
    t = np.arange(6 * WEEK)
    weekend = np.where(t // DAY % 7 >= 5, -20.0, 8.0)
    return 100 + 10 * np.sin(2 * np.pi * t / DAY) + weekend + rng.normal(size=t.size)


def test_a_pattern_is_found_and_taken_off(hours):
    offsets = np.array([0, len(hours)])
    (pattern,) = _cycles.estimate(hours, offsets, DAY, (WEEK,))
    expected = np.where(np.arange(WEEK) // DAY >= 5, -20.0, 8.0)
    assert pattern.shape == (1, WEEK)
    assert np.abs(pattern[0] - expected).max() < 2
    rest = _cycles.remove(hours, offsets, (pattern,)).reshape(-1, DAY)
    assert np.ptp(rest.mean(axis=1)) < 2


def test_noise_has_hardly_any_pattern():
    noise = np.random.default_rng(1).normal(size=6 * WEEK)
    (pattern,) = _cycles.estimate(noise, np.array([0, noise.size]), DAY, (WEEK,))
    assert pattern.std() < 0.15


@pytest.mark.parametrize("start", [0, 5, 100])
def test_phases_follow_time(hours, start):
    values = hours[start:]
    (pattern,) = _cycles.estimate(values, np.array([0, len(values)]), DAY, (WEEK,))
    times = np.arange(len(values), len(values) + WEEK)[None]
    expected = np.where((times[0] + start) // DAY % 7 >= 5, -20.0, 8.0)
    assert np.abs(_cycles.at((pattern,), times)[0] - expected).max() < 2.5


def test_missing_values_and_short_series(hours):
    gaps = hours.copy()
    gaps[200:230] = np.nan
    offsets = np.array([0, len(gaps), len(gaps) + 2 * WEEK])
    (pattern,) = _cycles.estimate(np.r_[gaps, hours[: 2 * WEEK]], offsets, DAY, (WEEK,))
    assert np.isfinite(pattern).all()
    assert (pattern[1] == 0).all()
    assert pattern[0].std() > 8


@pytest.mark.parametrize("sp", [[DAY, WEEK], DAY])
def test_weeks_are_forecast(hours, sp):
    y = pd.Series(hours[:-WEEK])
    found = ETSForecaster(sp=sp).fit(y).predict(np.arange(1, WEEK + 1))
    assert np.abs(found.to_numpy() - hours[-WEEK:]).mean() < 2


YEAR = 365.25 / 7


@pytest.fixture(scope="module")
def weeks():
    rng = np.random.default_rng(0)
    t = np.arange(30 * 52)
    return 100 + 0.02 * t + 10 * np.sin(2 * np.pi * t / YEAR) + rng.normal(size=t.size)


def error(forecaster, values, h=26):
    found = forecaster.fit(pd.Series(values[:-h])).predict(np.arange(1, h + 1))
    return np.abs(found.to_numpy() - values[-h:]).mean()


@pytest.mark.parametrize("end", [160, 400, 1300, 1560])
def test_years_of_weeks_are_forecast_unasked(weeks, end):
    assert error(ETSForecaster(), weeks[: end + 26]) < 2.5
    assert error(ETSForecaster(sp=[1]), weeks[: end + 26]) > 3


def test_a_year_is_longer_than_52_weeks(weeks):
    (pattern,) = _cycles.estimate(weeks, np.array([0, len(weeks)]), 1, (52,))
    times = np.arange(len(weeks), len(weeks) + 3 * 52)
    expected = 10 * np.sin(2 * np.pi * times / YEAR)
    assert np.abs(_cycles.at((pattern,), times[None])[0] - expected).mean() < 1


@pytest.mark.parametrize("phi", [0.0, 0.8, 1.0])
def test_no_year_is_seen_in_most_series_without_one(phi):
    noise = np.random.default_rng(0).normal(size=(40, 400))
    series = np.zeros_like(noise)
    for t in range(1, 400):
        series[:, t] = phi * series[:, t - 1] + noise[:, t]
    (patterns,) = _cycles.estimate(series.ravel(), np.arange(0, 40 * 400 + 1, 400), 1, (52,))
    assert patterns.any(axis=1).mean() < 0.5


def test_a_trend_is_no_year():
    trend = np.arange(300.0)
    (pattern,) = _cycles.estimate(trend, np.array([0, 300]), 1, (52,))
    assert np.abs(pattern).max() < 1e-9


@pytest.mark.parametrize(("freq", "found"), [("W", True), ("7D", True), ("D", False), ("h", False)])
def test_only_weeks_have_a_year_of_weeks(weeks, freq, found):
    y = pd.Series(weeks[:400], pd.date_range("2000-01-02", periods=400, freq=freq))
    plain, without = (ETSForecaster(sp=sp).fit(y).predict(fh=[1, 9]) for sp in (1, [1]))
    assert plain.equals(without) != found
    frame = y.rename("value").rename_axis("time").reset_index().assign(id="a")
    long = ETSForecaster().forecast_long(frame, 9)["forecast"]
    np.testing.assert_allclose(long.iloc[[0, 8]], plain, rtol=1e-12)


def test_short_series_have_no_year(weeks):
    assert _cycles.estimate(weeks[:156], np.array([0, 156]), 1, (52,)) == ()


def test_a_panel_of_long_and_short_series(weeks, monkeypatch):
    parts = {name: weeks[:n] for name, n in {"a": 40, "b": 300, "c": 50, "d": 400}.items()}
    panel = pd.concat({name: pd.DataFrame({"y": y}) for name, y in parts.items()})
    fh = np.arange(1, 14)
    monkeypatch.setattr(_selection, "_BLOCK", 1)
    forecaster = ETSForecaster().fit(panel)
    copy = ETSForecaster.from_json(forecaster.to_json())
    for name, y in parts.items():
        alone = ETSForecaster().fit(pd.DataFrame({"y": y})).predict(fh)["y"]
        for found in (forecaster.predict(fh), copy.predict(fh)):
            np.testing.assert_allclose(found.loc[name, "y"], alone, rtol=1e-9)


def test_columns_leave_the_year_to_them(weeks):
    t = np.arange(len(weeks))
    columns = pd.DataFrame({"wave": np.sin(2 * np.pi * t / YEAR)})
    forecaster = ETSForecaster().fit(pd.Series(weeks[:1000]), X=columns[:1000])
    found = forecaster.predict(np.arange(1, 27), X=columns[1000:1026])
    assert np.abs(found.to_numpy() - weeks[1000:1026]).mean() < 1.5


def test_a_list_of_one_leaves_weeks_out(hours):
    forecaster = ETSForecaster(sp=[DAY]).fit(pd.Series(hours[:-WEEK]))
    found = forecaster.predict(np.arange(1, WEEK + 1))
    assert np.abs(found.to_numpy() - hours[-WEEK:]).mean() > 4


def test_one_model_with_two_periods_updates_and_is_written(hours):
    model = ETSForecaster("add", trend=None, seasonal="add", sp=[DAY, WEEK])
    forecaster = model.fit(pd.Series(hours[:900]))
    copy = ETSForecaster.from_json(forecaster.to_json())
    fh = np.arange(1, 50)
    np.testing.assert_array_equal(copy.predict(fh), forecaster.predict(fh))
    new = pd.Series(hours[900:950], index=np.arange(900, 950))
    forecaster.update(new, update_params=False)
    assert np.abs(forecaster.predict(fh).to_numpy() - hours[950:999]).mean() < 2


@pytest.mark.parametrize(
    ("sp", "message"), [([24, 100], "multiple"), ([], "empty"), ([24, 24], "multiple"), ([0], "sp")]
)
def test_other_lists_are_refused(sp, message):
    with pytest.raises(ValueError, match=message):
        ETSForecaster(sp=sp).fit(pd.Series(np.arange(50.0)))
