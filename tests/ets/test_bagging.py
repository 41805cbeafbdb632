"""Bagging by way of the estimator."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster

FH = [-2, 0, 1, 2, 12]


@pytest.fixture(scope="module")
def y():
    t = np.arange(60)
    noise = np.random.default_rng(0).normal(0, 3, 60)
    values = (100 + t) * (1 + 0.2 * np.sin(2 * np.pi * t / 12)) + noise
    return pd.Series(values, index=pd.period_range("2015-01", periods=60, freq="M"))


@pytest.fixture(scope="module")
def bagged(y):
    return ETSForecaster(sp=12, bagging=15, random_state=0).fit(y)


@pytest.fixture(scope="module")
def plain(y):
    return ETSForecaster(sp=12).fit(y)


def test_the_models_told_of_are_those_of_the_series(bagged, plain):
    assert bagged.model_ == plain.model_
    pd.testing.assert_series_equal(bagged.weights_, plain.weights_)
    pd.testing.assert_frame_equal(bagged.states_, plain.states_)
    pd.testing.assert_series_equal(bagged.predict([-2, 0]), plain.predict([-2, 0]))
    assert "over 15 versions" in bagged.summary()


def test_forecasts_ahead_are_near_those_of_the_series(bagged, plain):
    change = bagged.predict([1, 2, 12]) / plain.predict([1, 2, 12]) - 1
    assert (change.abs() > 1e-6).all()
    assert (change.abs() < 0.05).all()


def test_the_seed_decides(y, bagged):
    again = ETSForecaster(sp=12, bagging=15, random_state=0).fit(y)
    other = ETSForecaster(sp=12, bagging=15, random_state=1).fit(y)
    pd.testing.assert_series_equal(again.predict(FH), bagged.predict(FH))
    assert not np.allclose(other.predict([1]), bagged.predict([1]), rtol=1e-9)


def test_distributions_agree(bagged):
    levels = [0.025, 0.3, 0.5, 0.7, 0.975]
    fh = [1, 2, 12]
    found = bagged.predict_quantiles(fh, alpha=levels).to_numpy()
    assert (np.diff(found, axis=1) > 0).all()
    drawn = bagged.simulate(12, n_simulations=20_000).iloc[[0, 1, 11]].to_numpy()
    below = (drawn[:, :, None] <= found[:, None, :]).mean(axis=1)
    np.testing.assert_allclose(below, np.tile(levels, (3, 1)), atol=0.02)
    variance = bagged.predict_var(fh).to_numpy()[:, 0]
    np.testing.assert_allclose(drawn.var(axis=1), variance, rtol=0.1)
    np.testing.assert_allclose(drawn.mean(axis=1), bagged.predict(fh), rtol=0.01)
    np.testing.assert_allclose(bagged.predict_proba(fh).var(), bagged.predict_var(fh), rtol=0.1)


def test_a_panel_and_a_long_frame(y, bagged):
    panel = pd.concat({"a": y, "b": 2 * y[:40]}, names=["shop", "month"]).to_frame("sold")
    forecaster = ETSForecaster(sp=12, bagging=15, random_state=0).fit(panel)
    np.testing.assert_allclose(forecaster.predict(FH).loc["a", "sold"], bagged.predict(FH))
    found = ETSForecaster(sp=12, bagging=15, random_state=0).forecast_long(
        panel.reset_index(), 2, id="shop", time="month", value="sold", coverage=0.9
    )
    np.testing.assert_allclose(found["forecast"], forecaster.predict([1, 2])["sold"])
    interval = forecaster.predict_interval([1, 2], coverage=0.9)
    np.testing.assert_allclose(found[["lower_90", "upper_90"]], interval)


def test_columns_are_series(y, bagged):
    frame = pd.DataFrame({"a": y, "b": y + 1000})
    forecaster = ETSForecaster(sp=12, bagging=15, random_state=0).fit(frame)
    pd.testing.assert_series_equal(
        forecaster.predict(FH)["a"], bagged.predict(FH), check_names=False
    )


def test_updates_reach_all_versions(y):
    forecaster = ETSForecaster(sp=12, bagging=8, random_state=0).fit(y[:50])
    before = forecaster.predict([12])
    forecaster.update(y[50:], update_params=False)
    after = forecaster.predict([2])
    assert after.index[0] == before.index[0]
    assert abs(after.iloc[0] / before.iloc[0] - 1) > 1e-4
    expected = ETSForecaster(sp=12, bagging=8, random_state=0).fit(y)
    refitted = forecaster.update(y[50:], update_params=True)
    pd.testing.assert_series_equal(refitted.predict(FH), expected.predict(FH))


def test_copies(bagged):
    expected = bagged.predict_interval(FH)
    for twin in (
        pickle.loads(pickle.dumps(bagged)),
        copy.deepcopy(bagged),
        ETSForecaster.from_json(bagged.to_json()),
    ):
        pd.testing.assert_frame_equal(twin.predict_interval(FH), expected)


def test_what_it_is_not_for(y, bagged):
    X = pd.DataFrame({"x": np.arange(60.0)}, index=y.index)
    with pytest.raises(ValueError, match="Bagging is for series without exogenous X"):
        ETSForecaster(bagging=5).fit(y, X)
    with pytest.raises(ValueError, match="bagging is an integer of at least 2; got 1"):
        ETSForecaster(bagging=1).fit(y)
    with pytest.raises(ValueError, match="without bagging"):
        bagged.refit(y)


def test_gaps_constants_and_short_series():
    holed = pd.Series(50 + np.random.default_rng(0).normal(size=30))
    holed[[3, 4, 17]] = np.nan
    assert np.isfinite(ETSForecaster(bagging=5).fit(holed).predict_interval([1, 2])).all(axis=None)
    constant = ETSForecaster(bagging=5).fit(pd.Series([5.0] * 20))
    assert (constant.predict_interval([1, 2]) == 5).all(axis=None)
    with pytest.warns(UserWarning, match="fewer than 4 values"):
        short = ETSForecaster(bagging=5).fit(pd.Series([3.0, 4.0, 6.0]))
    np.testing.assert_allclose(short.predict([1]), 6, rtol=1e-3)
