"""GRUForecaster in sktime's data types: what it promises beyond the conformance suite."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sktime.datasets import load_airline, load_longley
from sktime.utils._testing.hierarchical import _make_hierarchical
from threadpoolctl import threadpool_info, threadpool_limits

from skgru.gru import _training
from skgru.sktime import GRUForecaster, _highway

SMALL = {"units": 4, "embedding_units": 4, "epochs": 2, "random_state": 0}
FH = [1, 2, 3]


def panel_of(*lengths, seed=0, freq="D"):
    """Seasonal series of these lengths that end together, each on its own scale."""
    rng = np.random.default_rng(seed)
    frames = {}
    for i, n in enumerate(lengths):
        t = np.arange(n)
        values = 10.0**i * (5 + t / 20 + np.sin(2 * np.pi * t / 7) + 0.1 * rng.normal(size=n))
        index = pd.period_range(end="2020-12-31", periods=n, freq=freq)
        frames[f"s{i}"] = pd.DataFrame({"y": values}, index=index.rename("time"))
    return pd.concat(frames, names=["series"])


@pytest.fixture(scope="module")
def airline():
    return load_airline()


@pytest.fixture(scope="module")
def fitted(airline):
    return GRUForecaster(random_state=0).fit(airline[:-12], fh=range(1, 13))


def test_defaults_beat_the_seasonal_naive_forecast(airline, fitted):
    error = (fitted.predict() - airline[-12:]).abs().mean()
    naive = np.abs(airline[-12:] - airline[-24:-12].to_numpy()).mean()
    assert error < 0.7 * naive


def test_quantiles_are_in_order_around_the_forecast(fitted):
    quantiles = fitted.predict_quantiles(alpha=[0.01, 0.025, 0.3, 0.5, 0.8, 0.99]).to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    np.testing.assert_allclose(quantiles[:, 3], fitted.predict())


def test_variance_is_that_of_the_quantiles(fitted):
    interval = fitted.predict_interval(coverage=0.683).to_numpy()
    deviation = np.sqrt(fitted.predict_var().to_numpy()[:, 0])
    assert np.median(deviation / ((interval[:, 1] - interval[:, 0]) / 2)) == pytest.approx(1, 0.3)


def test_a_longer_horizon_goes_on_from_its_own_forecasts(airline, fitted):
    longer = fitted.predict(fh=range(1, 31))
    np.testing.assert_allclose(longer[:12], fitted.predict(fh=range(1, 13)))
    assert longer.corr(airline[-48:-18].set_axis(longer.index)) > 0.5


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_forecasts_follow_the_scale(airline, fitted, factor):
    scaled = GRUForecaster(random_state=0).fit(factor * airline[:-12], fh=range(1, 13))
    np.testing.assert_allclose(scaled.predict() / factor, fitted.predict(range(1, 13)), rtol=0.02)


def test_the_same_seed_gives_the_same_forecast(airline):
    first, second = (GRUForecaster(**SMALL).fit(airline, fh=FH).predict() for _ in range(2))
    pd.testing.assert_series_equal(first, second)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
def test_few_values_are_enough_for_a_forecast(airline, n):
    forecaster = GRUForecaster(**SMALL).fit(airline[:n], fh=range(1, 7))
    interval = forecaster.predict_interval(coverage=0.9).to_numpy()
    assert np.isfinite(interval).all()
    forecast = forecaster.predict()
    assert forecast.between(0.4 * airline[:n].min(), 2.5 * airline[:n].max()).all()


def test_a_constant_series_goes_on():
    forecast = GRUForecaster(**SMALL).fit(pd.Series([3.0] * 40), fh=FH).predict()
    np.testing.assert_allclose(forecast, 3, rtol=1e-3)


def test_no_observed_value_is_refused():
    y = pd.Series([np.nan] * 10)
    with pytest.raises(ValueError, match="at least one observed value"):
        GRUForecaster(**SMALL).fit(y, fh=FH)


def test_missing_values_are_bridged(airline):
    holed = airline.copy()
    holed.iloc[[0, 5, 60, 61, 100, -1]] = np.nan
    forecast = GRUForecaster(random_state=0).fit(holed, fh=range(1, 13)).predict()
    full = GRUForecaster(random_state=0).fit(airline, fh=range(1, 13)).predict()
    assert (forecast / full - 1).abs().mean() < 0.15


def test_a_panel_is_one_model_and_each_series_keeps_its_scale():
    y = panel_of(60, 90, 120)
    forecaster = GRUForecaster(**SMALL).fit(y, fh=FH)
    forecast = forecaster.predict()
    assert forecast.index.names == y.index.names
    assert list(forecast.index.get_level_values(0).unique()) == ["s0", "s1", "s2"]
    for key in ("s0", "s1", "s2"):
        ratio = forecast.loc[key, "y"].to_numpy() / y.loc[key, "y"].iloc[-14:].mean()
        assert (abs(ratio - 1) < 0.5).all()


def test_series_that_end_early_are_forecast_to_the_common_end():
    y = panel_of(60, 60)
    y = y.drop(y.loc[["s0"]].index[-4:])
    forecaster = GRUForecaster(**SMALL).fit(y, fh=FH)
    assert len(forecaster.predict()) == 6
    times = forecaster.predict().loc["s0"].index
    assert times[0] == pd.Period("2021-01-01", "D")


def test_hierarchies_of_timestamps_without_frequency():
    y = _make_hierarchical(min_timepoints=20, max_timepoints=25, random_state=0)
    forecast = GRUForecaster(**SMALL).fit(y, fh=[2]).predict()
    last = y.index.get_level_values(-1).max()
    assert set(forecast.index.get_level_values(-1)) == {last + pd.Timedelta(days=2)}


def test_columns_are_series_of_the_same_model(airline):
    y = pd.DataFrame({"a": airline, "b": 1000 * airline[::-1].to_numpy()})
    forecast = GRUForecaster(**SMALL).fit(y, fh=FH).predict()
    assert list(forecast.columns) == ["a", "b"]
    assert (forecast["b"] > 100 * forecast["a"]).all()


def test_what_is_known_ahead_is_used():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=220)})
    y = 5 * X["x"] + 0.1 * rng.normal(size=220) + 100
    forecaster = GRUForecaster(random_state=0).fit(y[:200], X[:200], fh=range(1, 6))
    error = (forecaster.predict(X=X[200:205]) - y[200:205]).abs().mean()
    assert error < 1 < y.std()


def test_longley_with_exogenous_variables():
    y, X = load_longley()
    forecast = GRUForecaster(**SMALL).fit(y[:-3], X[:-3], fh=FH).predict(X=X[-3:])
    assert np.isfinite(forecast).all()


@pytest.mark.parametrize(
    ("ahead", "message"),
    [
        (slice(0), "3 of 3 are missing, the first at step 1"),
        (slice(-3, -1), "1 of 3 are missing, the first at step 3"),
        (slice(3), "3 of 3 are missing"),
    ],
    ids=["none", "too few", "other dates"],
)
def test_times_that_x_does_not_tell_are_refused(ahead, message):
    y, X = load_longley()
    forecaster = GRUForecaster(**SMALL).fit(y[:-3], X[:-3], fh=FH)
    with pytest.raises(ValueError, match=message):
        forecaster.predict(X=X[ahead] if len(X[ahead]) else None)
    assert len(forecaster.predict(fh=[0])) == 1  # what is past needs no more of X
    assert len(forecaster.predict(fh=[2], X=X[-2:-1])) == 1


def test_x_of_a_panel_reaches_on_from_the_end_of_each_series():
    y = panel_of(60, 60)
    X = y.rename(columns={"y": "x"})
    y = y.drop(y.loc[["s0"]].index[-4:])
    forecaster = GRUForecaster(**SMALL).fit(y, X.loc[y.index], fh=FH)
    ahead = pd.concat({k: panel_of(3).loc["s0"].shift(3, "D") for k in ("s0", "s1")})
    ahead = ahead.rename(columns={"y": "x"}).rename_axis(y.index.names)
    assert np.isfinite(forecaster.predict(X=ahead)).all(axis=None)
    with pytest.raises(ValueError, match=r"series \('s0',\) 1 of 3 .* step 5"):
        forecaster.predict(X=ahead.iloc[1:])


def test_update_moves_the_start_and_trains_only_if_asked(airline):
    forecaster = GRUForecaster(**SMALL).fit(airline[:100], fh=FH)
    model = forecaster.model_
    forecaster.update(airline[100:110], update_params=False)
    assert forecaster.model_ is model
    assert forecaster.predict().index[0] == airline.index[110]
    forecaster.update(airline[110:120])
    assert forecaster.model_ is not model
    assert forecaster.predict().index[0] == airline.index[120]


def test_update_without_training_is_a_fit_seen_later(airline):
    early = GRUForecaster(**SMALL).fit(airline[:100], fh=FH)
    early.update(airline[100:101], update_params=False).update(airline[101:], update_params=False)
    at_once = GRUForecaster(**SMALL).fit(airline[:100], fh=FH)
    at_once.update(airline[100:], update_params=False)
    pd.testing.assert_series_equal(early.predict(), at_once.predict())


def test_update_refuses_times_before_the_first_one_seen(airline):
    forecaster = GRUForecaster(**SMALL).fit(airline[12:], fh=FH)
    expected = forecaster.predict()
    with pytest.raises(ValueError, match=r"first one seen, 1950-01.* at 1949-12\. Fit again"):
        forecaster.update(airline[:12], update_params=False)
    pd.testing.assert_series_equal(forecaster.predict(), expected)
    y = panel_of(60, 40)
    panel = GRUForecaster(**SMALL).fit(y, fh=FH)
    early = y.loc[["s0"]].iloc[:10].rename(index={"s0": "s1"}, level=0)
    with pytest.raises(ValueError, match=r"series \('s1',\)"):
        panel.update(early, update_params=False)


@pytest.mark.parametrize("holes", [[], [104, 105]])
def test_in_sample_forecasts_are_those_of_one_step_ahead(airline, holes):
    y = airline.astype(float)
    y.iloc[holes] = np.nan
    forecaster = GRUForecaster(**SMALL).fit(y[:100], fh=FH)
    rolling = []
    for i in range(100, 110):
        rolling.append(forecaster.predict(fh=[1]))
        forecaster.update(y[i : i + 1], update_params=False)
    expected = pd.concat([*rolling, forecaster.predict(fh=[1, 2])])
    found = forecaster.predict(fh=[*range(-9, 1), 1, 2])
    pd.testing.assert_series_equal(found, expected, check_freq=False, rtol=1e-5)
    pd.testing.assert_series_equal(
        forecaster.predict(fh=y.index[100:110]), found[:10], check_names=False
    )


def test_in_sample_forecasts_of_a_panel_count_from_each_end():
    y = panel_of(60, 60)
    y = y.drop(y.loc[["s0"]].index[-4:])
    forecaster = GRUForecaster(**SMALL).fit(y, fh=FH)
    found = forecaster.predict(fh=[-6, -2, 1])
    ahead = forecaster.predict(fh=[-1, 1])
    assert found.loc["s0"].iloc[-1].equals(ahead.loc["s0"].iloc[-1])
    assert abs(found.loc["s0", "y"] - 8).max() < 3
    assert abs(found.loc["s1", "y"] - 80).max() < 30


def test_times_before_the_first_whole_window_are_refused(airline):
    forecaster = GRUForecaster(**SMALL, window_length=20).fit(airline, fh=[0])
    assert len(forecaster.predict(fh=range(21 - len(airline), 1))) == len(airline) - 20
    with pytest.raises(ValueError, match=r"look back 20 values .* 1 steps too early"):
        forecaster.predict(fh=range(20 - len(airline), 1))


def test_residuals_are_those_of_in_sample_forecasts(airline):
    y = airline.astype(float)
    y.iloc[60] = np.nan
    forecaster = GRUForecaster(**SMALL, window_length=20).fit(y, fh=FH)
    residuals = forecaster.predict_residuals()
    assert len(residuals) == len(y) - 20
    expected = y[20:] - forecaster.predict(fh=range(21 - len(y), 1))
    pd.testing.assert_series_equal(residuals, expected, check_freq=False)
    pd.testing.assert_series_equal(
        residuals[-5:], forecaster.predict_residuals(y[-5:]), check_freq=False
    )
    assert list(residuals.index[residuals.isna()]) == [y.index[60]]


def test_residuals_of_a_panel_begin_after_the_first_window_of_each_series():
    y = panel_of(60, 40)
    y = y.drop(y.loc[["s0"]].index[-4:])
    forecaster = GRUForecaster(**SMALL, window_length=10).fit(y, fh=FH)
    residuals = forecaster.predict_residuals()
    assert residuals.groupby(level=0).size().to_dict() == {"s0": 46, "s1": 30}
    fitted = forecaster.predict(fh=range(-20, -3))
    expected = y.loc[fitted.index] - fitted
    pd.testing.assert_frame_equal(residuals.loc[fitted.index], expected)


def test_residuals_of_columns_begin_where_all_have_a_window(airline):
    columns = pd.DataFrame({"a": airline, "b": airline.where(airline.index > "1955-01")})
    forecaster = GRUForecaster(**SMALL, window_length=12).fit(columns, fh=FH)
    residuals = forecaster.predict_residuals()
    assert residuals.index[0] == pd.Period("1956-02", "M")
    assert np.isfinite(residuals).all(axis=None)


def test_series_without_a_whole_window_have_no_residuals(airline):
    y = panel_of(60, 8)
    forecaster = GRUForecaster(**SMALL, window_length=10).pretrain(y, fh=FH).fit(y, fh=FH)
    assert list(forecaster.predict_residuals().index.unique(0)) == ["s0"]
    forecaster.fit(y.loc[["s1"]], fh=FH)
    with pytest.raises(ValueError, match="more values than the 10 of a window"):
        forecaster.predict_residuals()


def test_the_course_of_the_training_is_told(airline):
    forecaster = GRUForecaster(**SMALL).fit(airline, fh=FH)
    assert forecaster.n_iter_ == len(forecaster.loss_curve_) == SMALL["epochs"]
    assert forecaster.stop_reason_ == "epochs"
    assert not hasattr(GRUForecaster(), "n_iter_")


def test_intervals_of_the_past_are_refused(airline):
    forecaster = GRUForecaster(**SMALL).fit(airline, fh=FH)
    with pytest.raises(NotImplementedError, match="in-sample"):
        forecaster.predict_interval(fh=[-1, 0])


def test_pretraining_forecasts_series_never_seen():
    seen, new = panel_of(90, 90, 90), panel_of(50, seed=1).loc["s0", "y"]
    forecaster = GRUForecaster(random_state=0, units=8, epochs=3)
    forecaster.pretrain(seen, fh=range(1, 8))
    before = forecaster.pretrained_model_.networks
    forecast = forecaster.clone().fit(new[:-7], fh=range(1, 8)).predict()
    assert (forecast - new[-7:]).abs().mean() < new.std() / 2
    forecaster.pretrain(panel_of(70, 70, seed=2))
    assert forecaster.pretrained_model_.networks is not before


def test_another_frequency_after_pretraining_is_refused(airline):
    forecaster = GRUForecaster(**SMALL).pretrain(panel_of(90, 90), fh=FH)
    with pytest.raises(ValueError, match="same frequency"):
        forecaster.fit(airline, fh=FH)


def test_interruption_keeps_what_was_reached(airline, monkeypatch):
    plan = _training._batches.plan
    calls = iter(range(100))

    def interrupted(*arguments):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return plan(*arguments)

    monkeypatch.setattr(_training._batches, "plan", interrupted)
    with pytest.warns(UserWarning, match="interrupted"):
        forecaster = GRUForecaster(random_state=0, epochs=50).fit(airline, fh=FH)
    assert len(forecaster.model_.loss_curve) == 2
    assert np.isfinite(forecaster.predict()).all()


def test_blas_has_one_thread_while_weights_are_solved_for(airline, monkeypatch):
    """More of them take many times as long where other processes want the cores."""
    threads, solve = set(), _highway.fit

    def watched(*arguments):
        threads.update(x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas")
        return solve(*arguments)

    monkeypatch.setattr(_highway, "fit", watched)
    with threadpool_limits(2, user_api="blas"):
        GRUForecaster(**SMALL).fit(airline, fh=FH)
        after = {x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas"}
    assert threads == {1}
    assert after == {2}


def test_progress_is_shown_if_asked(airline, capsys):
    GRUForecaster(**SMALL, verbose=1).fit(airline, fh=FH)
    assert "GRUForecaster  epoch" in capsys.readouterr().out
    GRUForecaster(**SMALL).fit(airline, fh=FH)
    assert not capsys.readouterr().out


def test_pickled_and_back(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_series_equal(again.predict(), fitted.predict())


def test_construction_and_fit_are_without_warnings(airline):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GRUForecaster(**SMALL).fit(airline, fh=FH).predict()


@pytest.mark.parametrize(
    ("name", "value"),
    [("window_length", 0), ("sp", "yes"), ("horizon", 0), ("n_estimators", 0), ("dropout", 1)],
)
def test_parameters_are_checked(airline, name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        GRUForecaster(**{**SMALL, name: value}).fit(airline, fh=FH)
