"""Periods beyond the season's."""

import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster
from skgru.ets import _cycles

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
