"""GRUClassifier: labels of any kind, weights of classes, probabilities."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from skgru import GRUClassifier

SMALL = GRUClassifier(units=4, epochs=15, random_state=0)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    return rng.normal(size=(60, 8)) + y[:, np.newaxis], y


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([-3, 0, 7]),
        np.array([0.0, 1.0, 2.0]),
        np.array([2**40, 2**40 + 1, 2**41]),
    ],
    ids=str,
)
def test_labels_of_any_kind(data, labels):
    X, y = data
    plain, named = clone(SMALL).fit(X, y), clone(SMALL).fit(X, labels[y])
    np.testing.assert_array_equal(named.classes_, labels)
    np.testing.assert_array_equal(labels[plain.predict(X)], named.predict(X))
    np.testing.assert_array_equal(plain.predict_proba(X), named.predict_proba(X))


def test_booleans(data):
    X, y = data
    clf = clone(SMALL).fit(X, y > 0)
    assert clf.predict(X).dtype == bool
    assert clf.score(X, y > 0) > 0.8


def test_probabilities_and_decisions_agree(data):
    X, y = data
    clf = clone(SMALL).fit(X, y)
    proba = clf.predict_proba(X)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.log(proba), clf.predict_log_proba(X), atol=1e-5)
    decision = clf.decision_function(X)
    np.testing.assert_array_equal(decision.argmax(axis=1), clf.predict(X))
    binary = clone(SMALL).fit(X, y > 0)
    odds = binary.predict_proba(X)[:, 1] / binary.predict_proba(X)[:, 0]
    np.testing.assert_allclose(binary.decision_function(X), np.log(odds), atol=1e-4)


def test_one_class_is_predicted():
    clf = clone(SMALL).fit(np.random.default_rng(0).normal(size=(5, 3)), ["only"] * 5)
    assert clf.predict(np.zeros((2, 3))).tolist() == ["only", "only"]
    np.testing.assert_array_equal(clf.predict_proba(np.zeros((2, 3))), 1)


def test_balanced_classes_are_what_their_weights_say(data):
    X, y = data
    keep = (y != 2) | (np.arange(60) % 5 == 0)
    X, y = X[keep], y[keep]
    weights = {label: len(y) / (3 * np.sum(y == label)) for label in range(3)}
    one = clone(SMALL).set_params(class_weight="balanced").fit(X, y)
    other = clone(SMALL).set_params(class_weight=weights).fit(X, y)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-4)
    plain = clone(SMALL).fit(X, y)
    assert one.predict_proba(X)[:, 2].mean() > plain.predict_proba(X)[:, 2].mean()


def test_partial_fit_knows_its_classes(data):
    X, y = data
    clf = clone(SMALL).partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert clf.predict_proba(X).shape == (60, 3)
    clf.partial_fit(X, y)
    with pytest.raises(ValueError, match=r"not among the classes \[0, 1, 2\]: \[5\]"):
        clf.partial_fit(X, np.where(y == 2, 5, y))
    with pytest.raises(ValueError, match="differ from those of the first call"):
        clf.partial_fit(X, y, classes=[0, 1])
    assert clf.n_iter_ == 2
    with pytest.raises(ValueError, match="not among the classes"):
        clone(SMALL).partial_fit(X, y, classes=[0, 1])


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (None, "y is None"),
        (np.linspace(0, 1, 60), "continuous"),
        (np.full(60, np.nan), "NaN"),
        (np.zeros((60, 2)), "1d array"),
        (np.zeros(59), "X has 60, y has 59"),
    ],
    ids=str,
)
def test_bad_labels(data, y, words):
    with pytest.raises(ValueError, match=words):
        clone(SMALL).fit(data[0], y)


def test_rows_that_early_stopping_cannot_hold_out_are_named():
    X, y = np.random.default_rng(0).normal(size=(12, 4)), np.array(["often"] * 11 + ["rare"])
    clf = clone(SMALL).set_params(early_stopping=True)
    with pytest.raises(ValueError, match=r"two different rows of each; \['rare'\] came with one"):
        clf.fit(X, y)
    y[:6] = "rare"
    with pytest.raises(ValueError, match=r"holds out 1 of 10 .* 2 classes, each part needs 2 rows"):
        clf.set_params(validation_fraction=0.1).fit(X[:10], y[:10])
    assert clf.set_params(validation_fraction=0.2).fit(X[:10], y[:10]).validation_score_curve_


@pytest.mark.parametrize("weights", ["bal", 2, [1, 2]])
def test_a_wrong_class_weight_is_refused_by_its_name(data, weights):
    with pytest.raises(ValueError, match=r"'class_weight' parameter .* 'balanced', a dict"):
        clone(SMALL).set_params(class_weight=weights).fit(*data)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, np.float32("nan")], ids=str)
@pytest.mark.parametrize("container", [list, lambda y: np.array(y, dtype=object), pd.Series])
def test_missing_labels_are_counted(data, missing, container):
    y = [missing, *("a", "b", "c") * 19, missing, "a"]
    with pytest.raises(ValueError, match=r"Input y contains NaN or None: 2 of 60 labels.* row 0"):
        clone(SMALL).fit(data[0], container(y))


def test_the_answer_for_a_series_does_not_depend_on_the_others(data):
    X, y = data
    for given in (X, list(X), pd.Series(list(X))):
        clf = clone(SMALL).fit(given, y)
        np.testing.assert_array_equal(clf.predict_proba(list(X)), clf.predict_proba(X))
        long, short = np.zeros(11), np.ones(5)
        together = clf.predict_proba([long, short])
        alone = [clf.predict_proba([series])[0] for series in (long, short)]
        np.testing.assert_allclose(together, alone, atol=1e-6)
        np.testing.assert_allclose(clf.predict_proba([long, long])[1], alone[0], atol=1e-6)


def test_a_list_of_equal_rows_is_fitted_as_the_array_is(data):
    X, y = data
    models = [clone(SMALL).fit(given, y) for given in (X, X.tolist(), list(X), tuple(X))]
    for model in models[1:]:
        np.testing.assert_array_equal(model.predict_proba(X), models[0].predict_proba(X))


def test_folds_whose_rows_happen_to_be_equally_long(data):
    X = data[0]
    series = pd.Series([X[0, :5], *X[1:6]])
    for given in (list(series), series.to_numpy(), series):
        found = cross_val_predict(clone(SMALL), given, [0, 1] * 3, cv=LeaveOneOut())
        assert found.shape == (6,)
