"""Series of tokens through the public estimators."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skgru import GRUClassifier, GRURegressor

SMALL = {"units": 16, "embedding_units": 8, "epochs": 40, "random_state": 0}


@pytest.fixture(scope="module")
def tokens():
    """Whether token 3 comes before token 4, among others: order alone tells."""
    rng = np.random.default_rng(0)
    X = [rng.integers(5, 12, (rng.integers(6, 12), 1)) for _ in range(160)]
    y = rng.random(160) < 0.5
    for row, first in zip(X, y):
        i, j = np.sort(rng.choice(len(row), 2, replace=False))
        row[i], row[j] = (3, 4) if first else (4, 3)
    return X, y


@pytest.fixture(scope="module")
def fitted(tokens):
    X, y = tokens
    return GRUClassifier(vocabulary_size="auto", **SMALL).fit(X[:120], y[:120])


def test_order_of_tokens_is_learnt(tokens, fitted):
    X, y = tokens
    assert fitted.score(X[120:], y[120:]) > 0.9
    assert fitted.model_.spec.n_tokens == 12


def test_the_number_of_tokens_may_be_given(tokens, fitted):
    X, y = tokens
    other = GRUClassifier(vocabulary_size=12, **SMALL).fit([row[:, 0] for row in X[:120]], y[:120])
    np.testing.assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))


def test_a_row_is_predicted_as_if_alone(tokens, fitted):
    X, _ = tokens
    together = fitted.predict_proba(X[:20])
    alone = np.concatenate([fitted.predict_proba([row]) for row in X[:20]])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_a_table_of_tokens_is_a_list_of_series(tokens):
    X, y = tokens
    table = np.stack([row[:6, 0] for row in X])
    series = GRUClassifier(vocabulary_size=12, **SMALL).fit(table[:, :, np.newaxis], y)
    flat = GRUClassifier(vocabulary_size=12, **SMALL).fit(table, y)
    np.testing.assert_array_equal(flat.predict_proba(table), series.predict_proba(table))


def test_training_goes_on_with_the_fitted_vocabulary(tokens):
    X, y = tokens
    clf = GRUClassifier(vocabulary_size="auto", units=4, embedding_units=4, random_state=0)
    clf.partial_fit(X[:80], y[:80], classes=[False, True])
    few = [np.minimum(row, 6) for row in X[80:]]
    clf.partial_fit(few, y[80:])
    assert clf.model_.spec.n_tokens == 12


def test_copies_predict_alike(tokens, fitted):
    X, y = tokens
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(
        clone(fitted).fit(X[:120], y[:120]).predict_proba(X), fitted.predict_proba(X)
    )


def test_the_keras_model_is_the_same_network(tokens, fitted):
    X, _ = tokens
    lengths = np.array([len(row) for row in X[:9]], np.int32)
    padded = np.zeros((9, lengths.max(), 1), np.float32)
    for row, series in zip(padded, X):
        row[: len(series)] = series
    found = fitted.to_keras()([padded, lengths])
    np.testing.assert_allclose(np.asarray(found), fitted.predict_proba(X[:9]), atol=1e-5)


def test_a_regressor_reads_tokens_too(tokens):
    X, _ = tokens
    y = np.array([(row == 7).sum() for row in X], float)
    reg = GRURegressor(vocabulary_size="auto", units=16, epochs=40, random_state=0)
    assert reg.fit(X[:120], y[:120]).score(X[120:], y[120:]) > 0.8


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([[1], [12]], r"whole number in \[0, 12\); sample 0 has 12 at step 1"),
        ([[1], [-1]], "has -1 at step 1"),
        ([[0.5], [1]], "has 0.5 at step 0"),
        ([[1], [np.nan], [2]], "has nan at step 1"),
    ],
)
def test_what_is_no_token_is_refused(fitted, row, message):
    with pytest.raises(ValueError, match=message):
        fitted.predict([row])


def test_two_channels_are_no_tokens():
    with pytest.raises(ValueError, match="has one channel; it has 2"):
        GRUClassifier(vocabulary_size=5).fit(np.ones((4, 3, 2)), [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("patch_length", 2), ("embedding_units", None), ("network", print)],
)
def test_contradicting_parameters_are_refused(parameter, value):
    clf = GRUClassifier(vocabulary_size=5, **{parameter: value})
    with pytest.raises(ValueError, match=f"With `vocabulary_size`, the '{parameter}'"):
        clf.fit([[1, 2], [2, 1]], [0, 1])
