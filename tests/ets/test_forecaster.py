"""ETSForecaster: what goes in and comes out, and that it is what the engine says."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sktime.exceptions import NotFittedError
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from skgru import ETSForecaster

AHEAD = [1, 2, 3, 7]


def values(n=60, seed=0, level=100.0):
    t = np.arange(n)
    season = 10 * np.sin(2 * np.pi * t / 12)
    return level + 0.5 * t + season + np.random.default_rng(seed).normal(scale=2, size=n)


@pytest.fixture
def y():
    return pd.Series(values(), index=pd.period_range("2015-01", periods=60, freq="M"), name="sales")


@pytest.fixture
def panel():
    index = pd.period_range("2015-01", periods=60, freq="M")
    frames = {
        name: pd.DataFrame({"sales": values(n, seed)}, index=index[:n])
        for seed, (name, n) in enumerate({"a": 60, "b": 45, "c": 30}.items())
    }
    return pd.concat(frames, names=["shop", "month"])


def one_model(**parameters):
    return ETSForecaster(
        "add", trend="add", damped_trend=False, seasonal="add", sp=12, **parameters
    )


class TestCombination:
    def test_weights_sum_to_one(self, y):
        forecaster = ETSForecaster(sp=12).fit(y)
        assert len(forecaster.weights_) == 15
        assert forecaster.weights_.sum() == pytest.approx(1)
        assert forecaster.weights_.idxmax() == forecaster.model_

    def test_forecast_is_the_weighted_mean(self, y):
        forecaster = ETSForecaster(combine="candidates").fit(y)
        parts = []
        for name in forecaster.weights_.index:
            error, trend, _ = name[4:-1].split(",")
            words = {"A": "add", "M": "mul", "N": None}
            one = ETSForecaster(
                words[error],
                trend=words[trend[0]],
                damped_trend=trend.endswith("d"),
                seasonal=None,
                search="combine",
            )
            parts.append(one.fit(y).predict(AHEAD))
        expected = sum(w * part for w, part in zip(forecaster.weights_, parts))
        # With other candidates beside it, a model starts from their optimum.
        np.testing.assert_allclose(forecaster.predict(AHEAD), expected, rtol=5e-3)

    def test_naming_a_part_selects_one_model(self, y):
        forecaster = ETSForecaster(trend="add", sp=12).fit(y)
        assert np.count_nonzero(forecaster.weights_) == 1
        assert forecaster.weights_[forecaster.model_] == 1

    def test_criteria_rank_the_models(self, y):
        forecaster = ETSForecaster(sp=12).fit(y)
        assert forecaster.criteria_.idxmin() == forecaster.model_
        params = forecaster.get_fitted_params()
        assert forecaster.criteria_.min() == pytest.approx(params["aicc"])


class TestFittedParameters:
    def test_names(self, y):
        params = one_model().fit(y).get_fitted_params()
        expected = {"alpha", "beta", "gamma", "phi", "initial_level", "initial_trend"}
        expected |= {"initial_seasonal", "sigma2", "loglik", "aic", "aicc", "bic", "model"}
        assert expected <= set(params)
        assert params["model"] == "ETS(A,A,A)"
        assert params["phi"] is None
        assert params["initial_seasonal"].shape == (12,)

    def test_criteria_by_hand(self, y):
        params = one_model().fit(y).get_fitted_params()
        k, n = 17, 60  # alpha, beta, gamma, level, trend, 11 seasons, variance
        assert params["aic"] == pytest.approx(-2 * params["loglik"] + 2 * k)
        assert params["aicc"] == pytest.approx(params["aic"] + 2 * k * (k + 1) / (n - k - 1))
        assert params["bic"] == pytest.approx(-2 * params["loglik"] + k * np.log(n))

    def test_fixed_parameters_stay(self, y):
        forecaster = ETSForecaster(
            "add", trend="add", damped_trend=True, seasonal=None,
            alpha=0.4, beta=0.1, phi=0.9, initial_level=95.0, initial_trend=0.5,
        )  # fmt: skip
        params = forecaster.fit(y).get_fitted_params()
        assert [params[name] for name in ("alpha", "beta", "phi")] == pytest.approx([0.4, 0.1, 0.9])
        assert params["initial_level"] == pytest.approx(95)
        assert params["initial_trend"] == pytest.approx(0.5)

    def test_of_each_series_of_a_panel(self, panel):
        params = ETSForecaster().fit(panel).get_fitted_params()
        assert params["alpha"].index.tolist() == ["a", "b", "c"]
        assert params["weights"].shape == (3, 6)


class TestInSample:
    def test_one_step_forecasts_by_hand(self, y):
        forecaster = ETSForecaster("add", trend=None, seasonal=None, alpha=0.5).fit(y)
        level = forecaster.get_fitted_params()["initial_level"]
        expected = []
        for value in y:
            expected.append(level)
            level += 0.5 * (value - level)
        found = forecaster.predict(np.arange(-59, 1))
        np.testing.assert_allclose(found, expected)
        np.testing.assert_allclose(forecaster.predict([1]), level)
        assert found.index.equals(y.index)

    def test_residuals(self, y):
        forecaster = ETSForecaster(sp=12).fit(y)
        expected = y - forecaster.predict(np.arange(-59, 1))
        pd.testing.assert_series_equal(forecaster.predict_residuals(), expected)
        pd.testing.assert_series_equal(forecaster.predict_residuals(y), expected)

    def test_residuals_of_a_panel(self, panel):
        forecaster = ETSForecaster(sp=12).fit(panel)
        found = forecaster.predict_residuals()
        assert found.index.equals(panel.index)
        for shop in "abc":
            alone = ETSForecaster(sp=12).fit(panel.loc[shop]).predict_residuals()
            np.testing.assert_allclose(found.loc[shop], alone, atol=1e-7)

    def test_intervals_around_the_forecasts(self, y):
        forecaster = ETSForecaster(sp=12).fit(y)
        fh = [-30, -1, 0, 1, 2]
        interval = forecaster.predict_interval(fh, coverage=0.95)["sales"][0.95]
        point, variance = forecaster.predict(fh), forecaster.predict_var(fh)["sales"]
        assert ((interval["lower"] < point) & (point < interval["upper"])).all()
        np.testing.assert_allclose(
            interval["upper"] - interval["lower"], 2 * 1.96 * np.sqrt(variance), rtol=0.25
        )

    def test_before_the_first_value(self, y):
        with pytest.raises(ValueError, match="starts 1 steps after the first time asked for"):
            ETSForecaster().fit(y).predict([-60])

    def test_states(self, y):
        forecaster = one_model().fit(y)
        states = forecaster.states_
        assert states.columns.tolist() == ["level", "slope", "season"]
        assert states.index.equals(y.index)
        last = states.iloc[-1]
        expected = last["level"] + last["slope"] + states["season"].iloc[-12]
        assert forecaster.predict([1]).iloc[0] == pytest.approx(expected)


class TestDistributions:
    def test_one_model_is_normal(self, y):
        forecaster = one_model().fit(y)
        distribution = forecaster.predict_proba(AHEAD)
        assert type(distribution).__name__ == "Normal"
        np.testing.assert_allclose(distribution.mean()["sales"], forecaster.predict(AHEAD))
        quantiles = forecaster.predict_quantiles(AHEAD, alpha=[0.1, 0.5])
        np.testing.assert_allclose(distribution.quantile([0.1, 0.5]), quantiles, rtol=1e-6)

    def test_mixture(self, y):
        forecaster = ETSForecaster(sp=12, combine="candidates").fit(y)
        fh = [-3, 0, *AHEAD]
        distribution = forecaster.predict_proba(fh)
        assert type(distribution).__name__ == "NormalMixture"
        quantiles = forecaster.predict_quantiles(fh, alpha=[0.1, 0.5, 0.9])
        np.testing.assert_allclose(distribution.quantile([0.1, 0.5, 0.9]), quantiles, rtol=1e-6)
        np.testing.assert_allclose(distribution.mean()["sales"], forecaster.predict(fh))
        np.testing.assert_allclose(distribution.var(), forecaster.predict_var(fh))

    def test_mixture_with_models_of_logarithms(self, y):
        forecaster = ETSForecaster(sp=12).fit(y)
        fh = [-3, 0, *AHEAD]
        distribution = forecaster.predict_proba(fh)
        assert type(distribution).__name__ == "NormalMixture"
        levels = [0.025, 0.5, 0.9]
        quantiles = forecaster.predict_quantiles(fh, alpha=levels)
        for level, column in zip(levels, quantiles):
            at = quantiles[[column]].set_axis(distribution.columns, axis=1)
            np.testing.assert_allclose(distribution.cdf(at), level, atol=2e-3)
        np.testing.assert_allclose(distribution.var(), forecaster.predict_var(fh), rtol=0.02)

    @pytest.mark.parametrize("parameters", [{"boxcox": 0.3}, {"nonnegative": True}])
    def test_other_distributions_have_the_same_quantiles(self, panel, parameters):
        forecaster = ETSForecaster(sp=12, **parameters).fit(panel)
        distribution = forecaster.predict_proba(AHEAD)
        quantiles = forecaster.predict_quantiles(AHEAD, alpha=[0.1, 0.5, 0.9])
        np.testing.assert_allclose(distribution.quantile([0.1, 0.5, 0.9]), quantiles, rtol=2e-3)
        np.testing.assert_allclose(distribution.var(), forecaster.predict_var(AHEAD), rtol=2e-2)

    def test_of_panels_and_columns(self, panel):
        panel["returns"] = panel["sales"] / 7
        distribution = ETSForecaster(sp=12).fit(panel).predict_proba([1, 2])
        forecast = ETSForecaster(sp=12).fit(panel).predict([1, 2])
        assert distribution.index.equals(forecast.index)
        np.testing.assert_allclose(distribution.mean(), forecast, rtol=1e-3)

    def test_simulated_quantiles_depend_on_the_seed_alone(self, y):
        def quantiles(seed):
            forecaster = ETSForecaster(
                "mul", trend="mul", seasonal=None, random_state=seed, n_simulations=500
            )
            return forecaster.fit(y).predict_quantiles(AHEAD, alpha=[0.1, 0.9])

        pd.testing.assert_frame_equal(quantiles(3), quantiles(3))
        assert not quantiles(3).equals(quantiles(4))

    def test_simulate(self, y):
        forecaster = one_model(random_state=0).fit(y)
        futures = forecaster.simulate(3, n_simulations=4000)
        assert futures.shape == (3, 4000)
        np.testing.assert_allclose(futures.mean(axis=1), forecaster.predict([1, 2, 3]), rtol=1e-2)
        variance = forecaster.predict_var([1, 2, 3])["sales"]
        np.testing.assert_allclose(futures.var(axis=1), variance, rtol=0.1)
        pd.testing.assert_frame_equal(futures, forecaster.simulate(3, n_simulations=4000))

    def test_a_constant_series_is_certain(self):
        forecaster = ETSForecaster().fit(pd.Series([5.0] * 20))
        assert (forecaster.predict_interval([1, 2]) == 5).all(axis=None)
        assert (forecaster.predict_var([1, 2]) == 0).all(axis=None)
        assert (forecaster.predict_proba([1, 2]).mean() == 5).all(axis=None)


class TestPanels:
    def test_each_series_is_as_if_alone(self, panel):
        forecaster = ETSForecaster(sp=12).fit(panel)
        fh = [-3, 0, 1, 4]
        forecast, interval = forecaster.predict(fh), forecaster.predict_interval(fh)
        for shop in "abc":
            alone = ETSForecaster(sp=12).fit(panel.loc[shop])
            np.testing.assert_allclose(forecast.loc[shop], alone.predict(fh), rtol=1e-9)
            np.testing.assert_allclose(interval.loc[shop], alone.predict_interval(fh), rtol=1e-7)
            expected = alone.predict(fh).index
            assert forecast.loc[shop].index.tolist() == expected.tolist()

    def test_threads_change_nothing(self, panel):
        one, two = ETSForecaster(sp=12), ETSForecaster(sp=12, n_jobs=2)
        pd.testing.assert_frame_equal(
            one.fit(panel).predict_interval(AHEAD), two.fit(panel).predict_interval(AHEAD)
        )

    def test_columns_are_series(self, y):
        frame = pd.DataFrame({"a": y, "b": 2 * y + 5})
        forecast = ETSForecaster(sp=12).fit(frame).predict(AHEAD)
        for name in frame:
            alone = ETSForecaster(sp=12).fit(frame[name]).predict(AHEAD)
            np.testing.assert_allclose(forecast[name], alone, rtol=1e-9)

    def test_dates(self, panel):
        index = panel.index.set_levels(panel.index.levels[1].to_timestamp(), level=1)
        dated = panel.set_axis(index)
        forecast = ETSForecaster(sp=12).fit(dated).predict([1, 2])
        expected = ETSForecaster(sp=12).fit(panel).predict([1, 2])
        np.testing.assert_allclose(forecast, expected)
        assert forecast.loc["b"].index[0] == pd.Timestamp("2018-10-01")

    def test_an_absolute_horizon_is_the_same_for_all(self, panel):
        fh = pd.PeriodIndex(["2020-02", "2020-03"], freq="M")
        forecast = ETSForecaster(sp=12).fit(panel).predict(fh)
        alone = ETSForecaster(sp=12).fit(panel.loc["c"]).predict([32, 33])
        np.testing.assert_allclose(forecast.loc["c"], alone, rtol=1e-9)

    def test_update_of_one_series(self, panel):
        forecaster = ETSForecaster(sp=12).fit(panel)
        before = forecaster.predict([1])
        new = pd.concat(
            {"b": pd.DataFrame({"sales": [130.0]}, index=pd.PeriodIndex(["2018-10"], freq="M"))},
            names=["shop", "month"],
        )
        after = forecaster.update(new, update_params=False).predict([1])
        np.testing.assert_array_equal(after.loc["a"], before.loc["a"])
        assert after.loc["b"].index[0] == pd.Period("2018-11", freq="M")

    def test_an_error_names_the_series(self, panel):
        panel.iloc[70, 0] = np.inf
        with pytest.raises(ValueError, match="Series b has an infinite value at step 10"):
            ETSForecaster().fit(panel)

    def test_summary_of_one(self, panel):
        forecaster = ETSForecaster(sp=12).fit(panel)
        assert "ETS(" in forecaster.summary("b")
        with pytest.raises(ValueError, match="There is no series 'z'"):
            forecaster.summary("z")


class TestUpdate:
    @pytest.mark.parametrize("sp", [1, 12])
    def test_states_move_as_in_one_pass(self, y, sp):
        once = ETSForecaster(sp=sp).fit(y[:50])
        stepwise = ETSForecaster(sp=sp).fit(y[:50])
        once.update(y[50:], update_params=False)
        for i in range(50, 60):
            stepwise.update(y[i : i + 1], update_params=False)
        np.testing.assert_allclose(stepwise.predict(AHEAD), once.predict(AHEAD), rtol=1e-12)
        np.testing.assert_allclose(
            once.predict(np.arange(-59, 1)), stepwise.predict(np.arange(-59, 1))
        )

    @pytest.mark.parametrize("how", [{"combine": False}, {"nonnegative": True}, {}])
    def test_missing_values_at_the_end_widen_forecasts(self, y, how):
        forecaster = ETSForecaster(sp=12, **how).fit(y[:50])
        far = forecaster.predict_var(np.arange(6, 9)), forecaster.predict_interval([6, 7, 8])
        futures = forecaster.simulate(8).iloc[5:]
        forecaster.update(y[50:55] * np.nan, update_params=False)
        near = forecaster.predict_var([1, 2, 3]), forecaster.predict_interval([1, 2, 3])
        for a, b in zip((*far, futures), (*near, forecaster.simulate(3))):
            pd.testing.assert_frame_equal(a, b, rtol=1e-7)

    def test_integers_two_apart(self):
        y = pd.Series(np.arange(0.0, 60, 2), index=pd.RangeIndex(0, 60, 2))
        forecaster = ETSForecaster("add", trend="add").fit(y)
        later = ForecastingHorizon([60, 64], is_relative=False)
        np.testing.assert_allclose(forecaster.predict(later), [60, 64], atol=0.01)
        found = forecaster.predict([1, 3])  # as of dates two days apart, steps are those of y
        np.testing.assert_allclose(found, [60, 64], atol=0.01)
        assert found.index.tolist() == [60, 64]
        assert forecaster.simulate(2).index.tolist() == [60, 62]
        assert forecaster.predict_residuals(y).index.equals(y.index)
        splits = ExpandingWindowSplitter(fh=[1], initial_window=27)
        errors = evaluate(ETSForecaster("add", trend="add"), splits, y, error_score="raise")
        assert len(errors) == 3
        with pytest.raises(ValueError, match="steps of 2, and 61 in fh is not on it"):
            forecaster.predict(ForecastingHorizon([61], is_relative=False))

    def test_panels_in_any_order_have_labels_that_slice(self):
        labels = pd.MultiIndex.from_product([[3, 1, 2], range(12)], names=["i", "t"])
        panel = pd.DataFrame({"y": np.arange(36.0)}, index=labels)
        found = ETSForecaster().fit(panel).predict(fh=[1, 2])
        assert found.unstack(0)["y"].columns.tolist() == panel.unstack(0)["y"].columns.tolist()
        assert found.sort_index().loc[1:2].shape == (4, 1)

    def test_known_values_change_nothing(self, y):
        forecaster = ETSForecaster(sp=12).fit(y)
        before = forecaster.predict(AHEAD)
        forecaster.update(y[40:], update_params=False)
        np.testing.assert_allclose(forecaster.predict(AHEAD), before)

    def test_corrected_values_are_filtered_again(self, y):
        forecaster = one_model().fit(y)
        corrected = y[55:].copy()
        corrected.iloc[0] += 30
        forecaster.update(corrected, update_params=False)
        fresh = one_model().fit(y[:55]).get_fitted_params()
        assert forecaster.get_fitted_params()["alpha"] != fresh["alpha"]
        assert forecaster.predict_residuals().iloc[55] > 10

    def test_new_parameters_are_those_of_a_fit(self, y):
        updated = ETSForecaster(sp=12).fit(y[:50]).update(y[50:], update_params=True)
        fresh = ETSForecaster(sp=12).fit(y)
        np.testing.assert_allclose(updated.predict(AHEAD), fresh.predict(AHEAD))

    def test_a_model_that_cannot_go_on(self, y):
        forecaster = ETSForecaster("mul", trend=None, seasonal="mul", sp=12).fit(y)
        new = pd.Series([-1e6] * 3, index=pd.period_range("2020-01", periods=3, freq="M"))
        with pytest.raises(ValueError, match="update_params=True"):
            forecaster.update(new, update_params=False)

    def test_missing_values_move_time_on(self, y):
        forecaster = one_model().fit(y)
        expected = forecaster.predict([3])
        new = pd.Series([np.nan] * 2, index=pd.period_range("2020-01", periods=2, freq="M"))
        found = forecaster.update(new, update_params=False).predict([1])
        assert found.iloc[0] == pytest.approx(expected.iloc[0])


class TestMissing:
    def test_a_gap_is_a_missing_value(self, y):
        holed = y.copy()
        holed.iloc[[10, 30]] = np.nan
        dropped = y.drop(y.index[[10, 30]])
        expected = ETSForecaster(sp=12).fit(holed).predict(AHEAD)
        pd.testing.assert_series_equal(
            ETSForecaster(sp=12).fit(dropped).predict(AHEAD), expected, check_names=False
        )

    def test_forecasts_inside_a_gap(self, y):
        holed = y.copy()
        holed.iloc[40:44] = np.nan
        found = ETSForecaster(sp=12).fit(holed).predict(np.arange(-19, -15))
        assert np.abs(found - y.iloc[40:44]).max() < 15


class TestEdges:
    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_a_few_values(self, n):
        y = pd.Series([3.0, 4.0, 6.0][:n])
        with pytest.warns(UserWarning, match="fewer than 4 values"):
            forecaster = ETSForecaster().fit(y)
        np.testing.assert_allclose(forecaster.predict([1, 2]), y.iloc[-1], rtol=1e-3)
        assert np.isfinite(forecaster.predict_interval([1, 2])).all(axis=None)

    def test_too_few_for_the_model(self):
        forecaster = ETSForecaster(trend="add", seasonal="add", sp=12)
        with pytest.warns(UserWarning, match="too few values for every model asked for"):
            forecaster.fit(pd.Series(values(12)))
        assert forecaster.model_ == "ETS(A,N,N)"

    @pytest.mark.parametrize("constant", [0.0, 5.0, -3.0])
    @pytest.mark.parametrize("sp", [1, 4])
    def test_constant(self, constant, sp):
        forecast = ETSForecaster(sp=sp).fit(pd.Series([constant] * 24)).predict(AHEAD)
        np.testing.assert_allclose(forecast, constant, atol=1e-12)

    def test_negative_values_leave_additive_models(self):
        y = pd.Series(values() - 130)
        forecaster = ETSForecaster(sp=12).fit(y)
        used = forecaster.weights_[forecaster.weights_ > 0].index
        assert not any("M" in name for name in used)
        with pytest.raises(ValueError, match=r"values of at most 0, and ETS\(M,N,N\).* needs pos"):
            ETSForecaster("mul").fit(y)

    @pytest.mark.parametrize("scale", [1e-9, 1e9])
    def test_scale(self, y, scale):
        expected = scale * ETSForecaster(sp=12).fit(y).predict(AHEAD)
        found = ETSForecaster(sp=12).fit(scale * y).predict(AHEAD)
        np.testing.assert_allclose(found, expected, rtol=1e-3)

    def test_nothing_infinite_comes_out(self):
        y = pd.Series(1e200 * values())
        with pytest.raises(ValueError, match="a quantile overflows"):
            ETSForecaster().fit(y).predict_interval([1])

    def test_undated(self):
        index = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-07", "2020-01-19"])
        forecaster = ETSForecaster().fit(pd.Series([1.0, 2.0, 3.0, 2.0], index=index))
        with pytest.raises(ValueError, match="no frequency"):
            forecaster.predict([1])
        assert forecaster.states_.index.tolist() == [index[-1]]
        twin = ETSForecaster.from_json(forecaster.to_json())
        assert twin.predict([0]).equals(forecaster.predict([0]))

    def test_not_fitted(self):
        with pytest.raises(NotFittedError):
            ETSForecaster().summary()
        with pytest.raises(NotFittedError):
            ETSForecaster().weights_  # noqa: B018


class TestTransformations:
    def test_logarithms(self, y):
        forecaster = ETSForecaster(sp=12, boxcox=0).fit(y)
        expected = np.exp(ETSForecaster(sp=12, boxcox=1).fit(np.log(y)).predict(AHEAD) + 1)
        # lambda 1 subtracts 1 before and adds it after: undo by hand
        found = forecaster.predict(AHEAD)
        np.testing.assert_allclose(found, expected / np.e, rtol=1e-4)

    def test_bias_adjustment_raises_the_forecast(self, y):
        median = ETSForecaster(sp=12, boxcox=0).fit(y)
        mean = ETSForecaster(sp=12, boxcox=0, bias_adjust=True).fit(y)
        assert (mean.predict(AHEAD) > median.predict(AHEAD)).all()
        middle = median.predict_quantiles(AHEAD, alpha=[0.5])["sales"][0.5]
        np.testing.assert_allclose(median.predict(AHEAD), middle, rtol=0.02)

    def test_an_automatic_lambda_is_reported(self, y):
        params = ETSForecaster(sp=12, boxcox="auto").fit(y).get_fitted_params()
        assert 0 <= params["boxcox"] <= 1

    def test_nonnegative(self):
        y = pd.Series(np.r_[20.0 - np.arange(19), 0.5, 0.2])
        forecaster = ETSForecaster(nonnegative=True, trend="add", damped_trend=False).fit(y)
        assert (forecaster.predict(AHEAD) >= 0).all()
        assert (forecaster.predict_interval(AHEAD) >= 0).all(axis=None)
        assert (forecaster.simulate(3) >= 0).all(axis=None)

    def test_an_update_is_transformed_too(self, y):
        forecaster = ETSForecaster(sp=12, boxcox=0.3).fit(y[:50])
        forecaster.update(y[50:], update_params=False)
        assert np.abs(forecaster.predict(np.arange(-9, 1)) / y[50:] - 1).max() < 0.15


class TestRegressors:
    @pytest.fixture
    def X(self, y):  # noqa: N802
        rng = np.random.default_rng(1)
        index = pd.period_range("2015-01", periods=70, freq="M")
        return pd.DataFrame({"price": rng.normal(size=70), "promo": rng.integers(0, 2, 70)}, index)

    def test_coefficients_are_found(self, y, X):
        z = y + X.loc[y.index] @ [12.0, -20.0]
        forecaster = ETSForecaster(sp=12).fit(z, X)
        found = forecaster.get_fitted_params()["coefficients"]
        np.testing.assert_allclose(found, [12, -20], atol=1.5)
        future = X.iloc[60:63]
        expected = ETSForecaster(sp=12, boxcox=1).fit(y).predict([1, 2, 3])
        expected += future @ [12.0, -20.0]
        np.testing.assert_allclose(forecaster.predict([1, 2, 3], future), expected, atol=4)

    def test_columns_go_by_name(self, y, X):
        forecaster = ETSForecaster().fit(y, X)
        pd.testing.assert_series_equal(
            forecaster.predict(AHEAD, X), forecaster.predict(AHEAD, X[["promo", "price"]])
        )

    def test_they_are_needed_for_forecasts(self, y, X):
        forecaster = ETSForecaster().fit(y, X)
        with pytest.raises(ValueError, match="pass X with a row for each time of fh"):
            forecaster.predict([1])
        with pytest.raises(ValueError, match=r"X needs a row .* none for 2020-01"):
            forecaster.predict([1], X.iloc[:60])
        with pytest.raises(ValueError, match="X is missing at a time of fh"):
            forecaster.predict([1], X * np.nan)
        assert np.isfinite(forecaster.predict([0, -1])).all()

    def test_residuals_of_a_panel(self, y, X):
        both = {"a": y.to_frame("y"), "b": 3 * y[:40].to_frame("y")}
        panel = pd.concat(both, names=["i", "t"])
        wide = pd.concat({name: X.loc[frame.index] for name, frame in both.items()})
        wide.index.names = ["i", "t"]
        found = ETSForecaster().fit(panel, wide).predict_residuals()
        alone = ETSForecaster().fit(y, X.loc[y.index]).predict_residuals()
        np.testing.assert_allclose(found.loc["a", "y"], alone, atol=1e-7)

    def test_update(self, y, X):
        z = y + X.loc[y.index] @ [12.0, -20.0]
        forecaster = ETSForecaster(sp=12).fit(z[:50], X)
        forecaster.update(z[50:], X, update_params=False)
        assert np.abs(forecaster.predict_residuals()[50:]).max() < 12


class TestJson:
    @pytest.mark.parametrize(
        "index",
        [
            pd.period_range("2015-01", periods=60, freq="M"),
            pd.date_range("2015-01-31", periods=60, freq="ME"),
            pd.RangeIndex(60),
        ],
    )
    def test_same_forecasts(self, index):
        y = pd.Series(values(), index=index, name="y")
        forecaster = ETSForecaster(sp=12, bounds={"alpha": (0.1, 0.9)}).fit(y)
        twin = ETSForecaster.from_json(forecaster.to_json())
        fh = [-5, 0, 1, 2]
        pd.testing.assert_series_equal(twin.predict(fh), forecaster.predict(fh))
        pd.testing.assert_frame_equal(twin.predict_interval(fh), forecaster.predict_interval(fh))
        assert twin.get_params() == forecaster.get_params()
        assert twin.summary() == forecaster.summary()

    def test_panels_files_and_transformations(self, panel, tmp_path):
        forecaster = ETSForecaster(sp=12, boxcox="auto").fit(panel)
        forecaster.to_json(tmp_path / "model.json")
        twin = ETSForecaster.from_json(tmp_path / "model.json")
        pd.testing.assert_frame_equal(twin.predict(AHEAD), forecaster.predict(AHEAD))

    def test_regressors(self, y):
        X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=61)})
        X.index = pd.period_range("2015-01", periods=61, freq="M")
        forecaster = ETSForecaster().fit(y, X)
        twin = ETSForecaster.from_json(forecaster.to_json())
        pd.testing.assert_series_equal(twin.predict([1], X), forecaster.predict([1], X))

    def test_it_goes_on_with_updates(self, y):
        twin = ETSForecaster.from_json(ETSForecaster(sp=12).fit(y[:50]).to_json())
        expected = ETSForecaster(sp=12).fit(y[:50]).update(y[50:], update_params=False)
        found = twin.update(y[50:], update_params=False)
        pd.testing.assert_series_equal(found.predict(AHEAD), expected.predict(AHEAD))

    def test_it_is_plain_json(self, y):
        record = json.loads(ETSForecaster().fit(y).to_json())
        assert record["class"] == "ETSForecaster"
        record["version"] = 99
        with pytest.raises(ValueError, match="reads records of version 1; got 99"):
            ETSForecaster.from_json(json.dumps(record))
        with pytest.raises(ValueError, match="no record of ETSForecaster"):
            ETSForecaster.from_json("{}")


class TestRefit:
    def test_smoothing_parameters_stay(self, y):
        forecaster = one_model().fit(y)
        other = forecaster.refit(2 * y[:40] + 3)
        for name in ("alpha", "beta", "gamma"):
            params = other.get_fitted_params()
            assert params[name] == pytest.approx(forecaster.get_fitted_params()[name], rel=1e-6)
        assert other.cutoff[0] == y.index[39]

    def test_its_own_series_changes_little(self, y):
        forecaster = ETSForecaster(sp=12).fit(y)
        np.testing.assert_allclose(
            forecaster.refit(y).predict(AHEAD), forecaster.predict(AHEAD), rtol=1e-2
        )

    def test_on_a_panel(self, y, panel):
        other = ETSForecaster(sp=12).fit(y).refit(panel)
        forecast = other.predict(AHEAD)
        assert forecast.shape == (3 * len(AHEAD), 1)
        twin = ETSForecaster.from_json(other.to_json())
        pd.testing.assert_frame_equal(twin.predict(AHEAD), forecast)

    def test_of_one_series_only(self, panel):
        with pytest.raises(ValueError, match="refit takes the models of one series"):
            ETSForecaster().fit(panel).refit(panel)


def test_period_of_the_index(y):
    forecaster = ETSForecaster(sp="auto").fit(y)
    assert forecaster.sp_ == 12
    assert "period 12" in forecaster.summary()


def test_score_is_the_percentage_error(y):
    forecaster = ETSForecaster(sp=12).fit(y[:57])
    expected = np.mean(np.abs(1 - forecaster.predict([1, 2, 3]) / y[57:]))
    assert forecaster.score(y[57:], fh=[1, 2, 3]) == pytest.approx(expected)


def test_verbose_shows_progress(panel, capsys):
    ETSForecaster(verbose=1).fit(panel)
    assert "3/3 series" in capsys.readouterr().out


def test_no_warning_at_construction(y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ETSForecaster(sp=12).fit(y).predict([1])


def test_summary_is_as_in_r(y):
    text = one_model().fit(y).summary()
    for part in ("ETS(A,A,A)", "alpha", "Initial states", "sigma", "AICc", "MASE"):
        assert part in text
    assert "weighted mean" not in text
    assert "weighted mean" in ETSForecaster(sp=12).fit(y).summary()


def test_half_hours_have_the_season_of_the_day():
    index = pd.date_range("2024-01-01", periods=480, freq="30min")
    day = 10 * np.sin(2 * np.pi * np.arange(480) / 48)
    y = pd.Series(50 + day + np.random.default_rng(0).normal(0, 0.5, 480), index=index)
    forecaster = ETSForecaster(sp="auto").fit(y[:-48])
    assert forecaster.sp_ == 48
    assert (forecaster.predict(np.arange(1, 49)) - y[-48:]).abs().mean() < 1


@pytest.mark.parametrize("kind", ["dates", "quarters", "integers", "zone"])
def test_update_with_times_of_another_kind(kind):
    y = pd.Series(np.arange(24.0) % 5 + 1, pd.period_range("2020-01", periods=24, freq="M"))
    forecaster = ETSForecaster(trend=None).fit(y[:-1])
    later = {
        "dates": y.to_timestamp(),
        "quarters": pd.Series(np.ones(1), pd.period_range("2024Q1", periods=1, freq="Q")),
        "integers": y.reset_index(drop=True),
        "zone": y.to_timestamp().tz_localize("UTC"),
    }[kind][-1:]
    with pytest.raises(ValueError, match=r"kind that was fitted, period\[M\]; got .* Convert"):
        forecaster.update(later)


class TestIntegersThatMayBeDates:
    MONTHS = np.array([100 * year + month for year in range(2018, 2022) for month in range(1, 13)])

    def test_a_series(self):
        y = pd.Series(np.arange(48.0) % 12 + 1, self.MONTHS)
        with pytest.warns(UserWarning, match="span 312 steps, but only 48 .* Are these dates") as w:
            ETSForecaster(trend=None).fit(y)
        assert w[0].filename == __file__

    def test_a_panel(self):
        y = pd.DataFrame({"y": np.arange(48.0) % 12 + 1}, self.MONTHS)
        with pytest.warns(UserWarning, match="span 624 steps, but only 96"):
            ETSForecaster(trend=None).fit(pd.concat({"a": y, "b": y}, names=["id", "time"]))

    def test_the_cure(self):
        times = pd.Index(self.MONTHS).astype(str)
        months = pd.PeriodIndex(pd.to_datetime(times, format="%Y%m"), freq="M")
        y = pd.Series(np.arange(48.0) % 12 + 1, months)
        assert ETSForecaster(trend=None, sp="auto").fit(y).sp_ == 12

    @pytest.mark.parametrize("index", ["half the rows", "years", "periods", "weeks"])
    def test_ordinary_gaps_pass_in_silence(self, index):
        kept = np.sort(np.random.default_rng(0).choice(np.arange(96), 48, replace=False))
        times = {
            "half the rows": pd.Index(kept),
            "years": pd.Index(np.delete(np.arange(1970, 2023), [1, 2, 3, 20, 40])),
            "periods": pd.period_range("2000-01", periods=480, freq="M")[::7].delete([3, 4])[:48],
            "weeks": pd.Index([100 * year + week for year in (20, 21) for week in range(1, 53)]),
        }[index]
        ETSForecaster(trend=None).fit(pd.Series(np.arange(len(times)) % 7 + 1.0, times))


def test_all_series_without_a_value_are_counted():
    values = {f"s{i}": pd.DataFrame({"y": np.arange(5.0) * (np.nan if i else 1)}) for i in range(9)}
    message = "8 series have no value .*: Series s1, Series s2, .*Series s5 and 3 more. .*Drop them"
    with pytest.raises(ValueError, match=message):
        ETSForecaster().fit(pd.concat(values, names=["id", "time"]))


def test_futures_are_those_of_a_seed():
    forecaster = ETSForecaster(trend=None).fit(pd.Series(np.arange(24.0) % 5 + 1))
    assert forecaster.simulate(3).equals(forecaster.simulate(3))
    assert not forecaster.simulate(3).equals(forecaster.simulate(3, random_state=1))
