"""The panel estimators inside sktime's tools: each tool once, with what it is used for."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold
from sktime.benchmarking.classification import ClassificationBenchmark
from sktime.classification.compose import ClassifierPipeline
from sktime.classification.dummy import DummyClassifier
from sktime.classification.ensemble import BaggingClassifier, WeightedEnsembleClassifier
from sktime.classification.model_selection import TSCGridSearchCV
from sktime.datasets import load_airline, load_basic_motions, load_longley
from sktime.forecasting.compose import (
    AutoEnsembleForecaster,
    EnsembleForecaster,
    make_reduction,
)
from sktime.regression.compose import RegressorPipeline
from sktime.transformations.series.detrend import Detrender
from sktime.transformations.series.exponent import ExponentTransformer

import skgru
from skgru.sktime import GRUClassifier, GRUForecaster, GRURegressor

SMALL = {"units": 4, "embedding_units": 8, "epochs": 4, "random_state": 0}

# Every forecaster of sktime that does not say what 1.3 will change warns of it, ours or not.
KEEPS_DATA = pytest.mark.filterwarnings("ignore:The default of config ``remember_data``")


@pytest.fixture(scope="module")
def motions():
    X, y = load_basic_motions("train")
    return X.iloc[::2], y[::2]


def test_classifier_pipeline(motions):
    X, y = motions
    pipeline = ExponentTransformer(2) * GRUClassifier(**SMALL)
    assert isinstance(pipeline, ClassifierPipeline)
    squared = ExponentTransformer(2).fit_transform(X)
    np.testing.assert_array_equal(
        pipeline.fit(X, y).predict_proba(X),
        GRUClassifier(**SMALL).fit(squared, y).predict_proba(squared),
    )


def test_regressor_pipeline(motions):
    X, _ = motions
    y = np.linspace(0, 1, len(X))
    pipeline = ExponentTransformer(2) * GRURegressor(**SMALL)
    assert isinstance(pipeline, RegressorPipeline)
    assert pipeline.fit(X, y).predict(X).shape == (len(X),)


def test_classification_benchmark(motions, tmp_path):
    benchmark = ClassificationBenchmark()
    benchmark.add_estimator(GRUClassifier(**SMALL), "gru")
    benchmark.add_estimator(DummyClassifier(), "dummy")
    folds = KFold(2, shuffle=True, random_state=0)
    benchmark.add_task(motions, folds, [accuracy_score], task_id="motions")
    table = benchmark.run(str(tmp_path / "results.csv"))
    assert list(table["model_id"]) == ["gru", "dummy"]
    assert table["accuracy_score_mean"].between(0, 1).all()


def test_grid_search(motions):
    grid = {"units": [2, 4], "pooling": ["last", ("mean", "max")]}
    search = TSCGridSearchCV(
        GRUClassifier(**SMALL), grid, cv=KFold(2, shuffle=True, random_state=0)
    )
    search.fit(*motions)
    assert set(search.best_params_) == set(grid)
    assert search.predict(motions[0]).shape == (20,)


def test_weighted_ensemble(motions):
    X, y = motions
    members = [("gru", GRUClassifier(**SMALL)), ("dummy", DummyClassifier())]
    proba = WeightedEnsembleClassifier(members, weights=[3, 1]).fit(X, y).predict_proba(X)
    parts = [member.clone().fit(X, y).predict_proba(X) for _, member in members]
    np.testing.assert_allclose(proba, (3 * parts[0] + parts[1]) / 4, atol=1e-6)


def test_bagging(motions):
    X, y = motions
    bag = BaggingClassifier(GRUClassifier(**SMALL), n_estimators=2, random_state=0)
    proba = bag.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-6)


def test_cross_validated_predictions(motions):
    X, labels = motions
    y = np.unique(labels, return_inverse=True)[1]  # sktime's pooling of folds wants numbers
    predicted = GRUClassifier(**SMALL).fit_predict(X, y, cv=2)
    assert set(predicted) <= set(y)


@KEEPS_DATA
@pytest.mark.parametrize("strategy", ["recursive", "direct", "multioutput"])
@pytest.mark.parametrize(
    ("estimator", "scitype"),
    [
        (GRURegressor(**SMALL), "time-series-regressor"),
        (skgru.GRURegressor(**SMALL), "tabular-regressor"),
    ],
    ids=["panel", "tabular"],
)
def test_reduction(estimator, scitype, strategy):
    """Which of the two it has been given, sktime finds out by itself."""
    y = load_airline().iloc[:48]
    forecaster = make_reduction(estimator, strategy, window_length=12)
    explicit = make_reduction(estimator, strategy, window_length=12, scitype=scitype)
    forecast = forecaster.fit(y, fh=[1, 2, 3]).predict()
    assert type(forecaster) is type(explicit)
    assert (forecast.index == pd.period_range("1953-01", periods=3, freq="M")).all()
    assert forecast.notna().all()


@KEEPS_DATA
def test_reduction_with_exogenous_channels():
    y, X = load_longley()
    forecaster = make_reduction(GRURegressor(**SMALL), "direct", window_length=4)
    forecaster.fit(y.iloc[:-2], X.iloc[:-2], fh=[1, 2])
    forecast = forecaster.predict(X=X.iloc[-2:])
    assert (forecast.index == y.index[-2:]).all()
    network = forecaster.estimators_[0].estimator_
    assert network.n_channels_in_ == 1 + X.shape[1]
    assert network.n_timesteps_in_ == 4


def smoothing_and_network():
    return [("ets", skgru.ETSForecaster(sp=12)), ("gru", GRUForecaster(epochs=4, random_state=0))]


@KEEPS_DATA
def test_mean_of_smoothing_and_a_network():
    y = load_airline()[:-12]
    forecast = EnsembleForecaster(smoothing_and_network()).fit(y, fh=range(1, 13)).predict()
    parts = [part.fit(y, fh=range(1, 13)).predict() for _, part in smoothing_and_network()]
    np.testing.assert_allclose(forecast, (parts[0] + parts[1]) / 2)


@KEEPS_DATA
@pytest.mark.parametrize("method", ["inverse-variance", "feature-importance"])
def test_learnt_weights_of_smoothing_and_a_network(method):
    y = load_airline()
    ensemble = AutoEnsembleForecaster(
        smoothing_and_network(), method=method, test_size=12, random_state=0
    )
    forecast = ensemble.fit(y[:-12], fh=range(1, 13)).predict()
    assert np.sum(ensemble.weights_) == pytest.approx(1)
    assert np.min(ensemble.weights_) > 0
    assert (forecast - y[-12:]).abs().mean() < 0.7 * abs(y[-12:] - y[-24:-12].to_numpy()).mean()


@KEEPS_DATA
def test_a_network_on_what_smoothing_leaves():
    y = load_airline()[:-12]
    smoothing, network = (part for _, part in smoothing_and_network())
    both = (Detrender(smoothing) * network).fit(y, fh=[1, 2, 3]).predict()
    errors = y - smoothing.clone().fit(y).predict(fh=y.index)
    expected = smoothing.clone().fit(y).predict(fh=[1, 2, 3])
    expected = expected + network.clone().fit(errors, fh=[1, 2, 3]).predict()
    np.testing.assert_allclose(both, expected, rtol=1e-6)
