"""ETSForecaster within sktime's own tools."""

import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster

# Of sktime's own compositions, about its next release.
pytestmark = pytest.mark.filterwarnings("ignore:The default of config ``remember_data``")


@pytest.fixture(scope="module")
def y():
    from sktime.datasets import load_airline

    return load_airline()


def test_transformed_target(y):
    from sktime.forecasting.compose import TransformedTargetForecaster
    from sktime.transformations.difference import Differencer
    from sktime.transformations.series.boxcox import LogTransformer

    pipe = TransformedTargetForecaster(
        [("log", LogTransformer()), ("season", Differencer(lags=12)), ("ets", ETSForecaster())]
    )
    forecast = pipe.fit(y[:-12]).predict(np.arange(1, 13))
    assert np.mean(np.abs(forecast / y[-12:] - 1)) < 0.1
    interval = pipe.predict_interval([1, 2])
    assert (interval.iloc[:, 0] < interval.iloc[:, 1]).all()


def test_forecasting_pipeline(y):
    from sklearn.preprocessing import StandardScaler
    from sktime.forecasting.compose import ForecastingPipeline
    from sktime.transformations.adapt import TabularToSeriesAdaptor

    X = pd.DataFrame({"x": np.sin(np.arange(len(y)))}, index=y.index)
    pipe = ForecastingPipeline(
        [("scale", TabularToSeriesAdaptor(StandardScaler())), ("ets", ETSForecaster(sp=12))]
    )
    z = y + 50 * X["x"]
    forecast = pipe.fit(z[:-12], X[:-12]).predict(np.arange(1, 13), X[-12:])
    assert np.mean(np.abs(forecast / z[-12:] - 1)) < 0.1


def test_grid_search(y):
    from sktime.forecasting.model_selection import ForecastingGridSearchCV
    from sktime.split import ExpandingWindowSplitter

    search = ForecastingGridSearchCV(
        ETSForecaster(sp=12),
        cv=ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=96, step_length=12),
        param_grid={"seasonal": [None, "mul"], "trend": ["add"]},
        error_score="raise",
    )
    search.fit(y)
    assert search.best_params_["seasonal"] == "mul"
    assert len(search.predict([1, 2])) == 2


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_evaluate(y, strategy):
    from sktime.forecasting.model_evaluation import evaluate
    from sktime.split import ExpandingWindowSplitter

    results = evaluate(
        ETSForecaster(sp=12),
        cv=ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=108, step_length=12),
        y=y,
        strategy=strategy,
        error_score="raise",
    )
    assert len(results) == 3
    assert results["test_MeanAbsolutePercentageError"].max() < 0.1


def test_ensemble(y):
    from sktime.forecasting.compose import EnsembleForecaster
    from sktime.forecasting.naive import NaiveForecaster

    parts = [("ets", ETSForecaster(sp=12)), ("naive", NaiveForecaster(sp=12))]
    forecast = EnsembleForecaster(parts).fit(y).predict([1, 2])
    single = [part.clone().fit(y).predict([1, 2]) for _, part in parts]
    np.testing.assert_allclose(forecast, sum(single) / 2)


@pytest.mark.filterwarnings("ignore:Found elements in the index of X named '__total'")  # sktime
def test_hierarchical_reconciliation():
    from sktime.forecasting.reconcile import ReconcilerForecaster
    from sktime.transformations.hierarchical.aggregate import Aggregator
    from sktime.utils._testing.hierarchical import _bottom_hier_datagen

    y = Aggregator().fit_transform(_bottom_hier_datagen(no_levels=2, no_bottom_nodes=4))
    forecaster = ReconcilerForecaster(ETSForecaster(), method="ols").fit(y, fh=[1, 2])
    forecast = forecaster.predict()
    total = forecast.loc[("__total", "__total")]
    bottom = forecast[forecast.index.get_level_values(1) != "__total"]
    np.testing.assert_allclose(total, bottom.groupby(level=-1).sum(), rtol=1e-6)


def test_hierarchy_is_fitted_in_one_call():
    from sktime.utils._testing.hierarchical import _make_hierarchical

    y = _make_hierarchical(min_timepoints=20, max_timepoints=30, same_cutoff=False)
    forecaster = ETSForecaster().fit(y)
    assert not hasattr(forecaster, "forecasters_")
    forecast = forecaster.predict([1, 2])
    for label in y.index.droplevel(-1).unique():
        alone = ETSForecaster().fit(y.loc[label]).predict([1, 2])
        found = forecast.loc[label].rename_axis(None)
        pd.testing.assert_frame_equal(found, alone, check_freq=False)


def test_benchmark(y, tmp_path):
    from sktime.benchmarking.forecasting import ForecastingBenchmark
    from sktime.performance_metrics.forecasting import MeanAbsolutePercentageError
    from sktime.split import ExpandingWindowSplitter

    benchmark = ForecastingBenchmark()
    benchmark.add_estimator(ETSForecaster(sp=12), "ets")
    benchmark.add_task(
        lambda: y,
        ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=120, step_length=12),
        [MeanAbsolutePercentageError()],
        task_id="airline",
    )
    results = benchmark.run(str(tmp_path / "results.csv"))
    assert results["model_id"].tolist() == ["ets"]
    assert results["MeanAbsolutePercentageError_mean"].item() < 0.1
