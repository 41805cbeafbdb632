import numpy as np
import pandas as pd
import pytest

from skgru.sktime import _calendar


@pytest.mark.parametrize(
    ("freq", "season"),
    [
        ("M", 12),
        ("Q", 4),
        ("D", 7),
        ("h", 24),
        ("2h", 12),
        ("30min", 48),
        ("Y", None),
        ("5h", None),
    ],
)
def test_seasons_of_frequencies(freq, season):
    assert _calendar.season(pd.period_range("2020", periods=2, freq=freq).freq) == season


def test_features_go_round_with_the_year():
    found = _calendar.features(pd.period_range("2020-01", periods=24, freq="M"))
    np.testing.assert_allclose(found[:12], found[12:], atol=1e-12)
    np.testing.assert_allclose((found**2).sum(axis=1), 1)


def test_years_have_no_features():
    assert _calendar.features(pd.period_range("2020", periods=3, freq="Y")).shape == (3, 0)


@pytest.mark.parametrize("period", [4, 12, 24])
def test_a_season_is_detected(period):
    t = np.arange(300)
    rng = np.random.default_rng(0)
    wave = np.sin(2 * np.pi * t / period) + 0.2 * rng.normal(size=300) + t / 10
    assert _calendar.detect([wave]) == period


def test_noise_and_short_series_have_none():
    rng = np.random.default_rng(0)
    assert _calendar.detect([rng.normal(size=300).cumsum()]) == 1
    assert _calendar.detect([np.arange(4.0)]) == 1
