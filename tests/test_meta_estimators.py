"""The estimators inside scikit-learn's tools: each tool once, with what it is used for."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier, VotingClassifier, VotingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skgru import GRUClassifier, GRURegressor

CLF = GRUClassifier(units=4, epochs=8, learning_rate=0.01, random_state=0)
REG = GRURegressor(units=4, epochs=8, learning_rate=0.01, random_state=0)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 6))
    X[::2] += 0.7
    return X, np.where(np.arange(90) % 2, "low", "high")


@pytest.fixture(scope="module")
def target(data):
    return data[0].mean(axis=1)


def test_pipeline_of_tables(data):
    assert make_pipeline(StandardScaler(), clone(CLF)).fit(*data).score(*data) > 0.7


def test_pipeline_of_panels(data):
    X = np.stack([data[0], -data[0]], axis=2)
    sums = FunctionTransformer(lambda X: np.cumsum(X, axis=1))
    assert make_pipeline(sums, clone(CLF)).fit(X, data[1]).score(X, data[1]) > 0.7


def test_column_transformer_feeds_it(data):
    X, y = data
    frame = pd.DataFrame(X, columns=list("abcdef"))
    columns = ColumnTransformer([("scale", StandardScaler(), list("abc"))], remainder="passthrough")
    pipeline = make_pipeline(columns.set_output(transform="pandas"), clone(CLF)).fit(frame, y)
    assert pipeline.score(frame, y) > 0.7
    assert list(pipeline[-1].feature_names_in_) == list(pipeline[0].get_feature_names_out())
    with pytest.raises(ValueError, match="feature names"):
        pipeline[-1].predict(frame[list("fedcba")])


def test_it_is_a_feature_step(data):
    X, y = data
    pipeline = make_pipeline(clone(CLF), LogisticRegression()).set_output(transform="pandas")
    assert pipeline.fit(X, y).score(X, y) > 0.7
    assert len(pipeline[:-1].get_feature_names_out()) == 16


@pytest.mark.parametrize(
    "search",
    [
        lambda e, n: GridSearchCV(e, {"units": [2, 4]}, cv=2, n_jobs=n),
        lambda e, n: RandomizedSearchCV(
            e, {"learning_rate": loguniform(1e-3, 1e-1)}, n_iter=2, cv=2, n_jobs=n, random_state=0
        ),
        lambda e, n: HalvingGridSearchCV(
            e, {"pooling": ["last", ("mean", "max")]}, cv=2, n_jobs=n, random_state=0
        ),
    ],
    ids=["grid", "random", "halving"],
)
def test_searches_give_the_same_on_two_workers(data, search):
    one, two = (search(clone(CLF), n).fit(*data) for n in (1, 2))
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(one.predict_proba(data[0]), two.predict_proba(data[0]))


def test_search_over_series_of_unequal_length(data):
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(length, 2)) for length in rng.integers(2, 9, 30)]
    search = GridSearchCV(clone(CLF), {"units": [2, 3]}, cv=2).fit(series, np.arange(30) % 2)
    assert search.predict(series).shape == (30,)


def test_cross_validate_routes_weights(data):
    X, y = data
    weights = np.where(y == "low", 1e-6, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        clf = clone(CLF).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        result = cross_validate(
            clf, X, y, params={"sample_weight": weights}, return_estimator=True, cv=3
        )
    assert (result["test_score"] > 0.99).all()
    assert all((e.predict(X) == "high").mean() > 0.9 for e in result["estimator"])


def test_stacking(data):
    stack = StackingClassifier([("gru", clone(CLF)), ("linear", LogisticRegression())], cv=2)
    assert stack.fit(*data).score(*data) > 0.7


def test_voting(data, target):
    vote = VotingClassifier([("a", clone(CLF)), ("b", LogisticRegression())], voting="soft")
    assert vote.fit(*data).score(*data) > 0.7
    mean = VotingRegressor([("a", clone(REG)), ("b", Ridge())]).fit(data[0], target)
    assert mean.score(data[0], target) > 0.7


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(data, method):
    X, y = data
    calibrated = CalibratedClassifierCV(clone(CLF), method=method, cv=2).fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    frozen = FrozenEstimator(clone(CLF).fit(X, y))
    assert CalibratedClassifierCV(frozen, method=method).fit(X, y).score(X, y) > 0.7


def test_learning_curve(data):
    sizes, _, scores = learning_curve(clone(CLF), *data, train_sizes=[0.3, 1.0], cv=3)
    assert scores.shape == (2, 3)
    assert sizes[0] < sizes[1]


def test_permutation_importance(data, target):
    X, _ = data
    X = np.concatenate([X, np.random.default_rng(1).normal(size=(90, 1))], axis=1)
    reg = clone(REG).set_params(patch_length=7, epochs=40).fit(X, target)
    importance = permutation_importance(reg, X, target, n_repeats=3, random_state=0)
    assert importance.importances_mean[:6].min() > importance.importances_mean[6]


def test_multi_output_agrees_in_shape(data, target):
    Y = np.stack([target, -target], axis=1)
    native = clone(REG).fit(data[0], Y)
    wrapped = MultiOutputRegressor(clone(REG)).fit(data[0], Y)
    assert native.predict(data[0]).shape == wrapped.predict(data[0]).shape


def test_cross_val_predict_of_probabilities(data):
    proba = cross_val_predict(clone(CLF), *data, method="predict_proba", cv=3)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)


def test_html_before_and_after_fit(data):
    clf = clone(CLF)
    assert "GRUClassifier" in clf._repr_html_()
    assert "GRUClassifier" in clf.fit(*data)._repr_html_()


def test_global_output_setting(data):
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(clone(CLF).fit_transform(*data), pd.DataFrame)
