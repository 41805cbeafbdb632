"""GRUClassifier: labels of any kind, weights of classes, probabilities."""

import numpy as np
import pytest
from sklearn.base import clone

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


def test_stratified_validation_needs_two_of_each(data):
    X, y = data
    y = np.where(np.arange(60) == 0, 9, y)
    clf = clone(SMALL).set_params(early_stopping=True)
    with pytest.raises(ValueError, match="class"):
        clf.fit(X, y)
