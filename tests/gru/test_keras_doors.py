"""Keras models out of the estimators, and users' own Keras architectures into them."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skgru import GRUClassifier, GRURegressor

SMALL = {"units": 4, "epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    X = 5 + 3 * np.random.default_rng(0).normal(size=(30, 9, 2))
    return X, (X[:, :, 0].mean(axis=1) > 5).astype(int)


@pytest.fixture(scope="module")
def ragged():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(length, 2)) for length in rng.integers(2, 9, 30)], np.arange(30) % 3


def pad(series):
    padded = np.zeros((len(series), max(map(len, series)), series[0].shape[1]))
    for row, one in zip(padded, series):
        row[: len(one)] = one
    return padded, np.array([len(one) for one in series])


@pytest.mark.parametrize("patch_length", [None, "auto", 4])
def test_a_classifier_as_a_keras_model(data, patch_length):
    X, y = data
    clf = GRUClassifier(**SMALL, patch_length=patch_length).fit(X, y)
    np.testing.assert_allclose(np.asarray(clf.to_keras()(X)), clf.predict_proba(X), atol=1e-5)


def test_a_regressor_as_a_keras_model(data):
    X, y = data
    Y = np.stack([100 + y, -X[:, 0, 0]], axis=1)
    reg = GRURegressor(**SMALL).fit(X, Y)
    np.testing.assert_allclose(np.asarray(reg.to_keras()(X)), reg.predict(X), rtol=1e-4)


def test_unequal_lengths_as_a_keras_model(ragged):
    series, y = ragged
    clf = GRUClassifier(**SMALL).fit(series, y)
    result = np.asarray(clf.to_keras()(list(pad(series))))
    np.testing.assert_allclose(result, clf.predict_proba(series), atol=1e-5)


def test_the_keras_model_opens_where_skgru_is_absent(data, tmp_path):
    X, y = data
    clf = GRUClassifier(**SMALL).fit(X, y)
    clf.to_keras().save(tmp_path / "model.keras")
    np.savez(tmp_path / "case.npz", X=X, proba=clf.predict_proba(X))
    code = """
import sys
import keras, numpy as np
case = np.load("case.npz")
proba = np.asarray(keras.saving.load_model("model.keras")(case["X"]))
np.testing.assert_allclose(proba, case["proba"], atol=1e-5)
assert "skgru" not in sys.modules
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env=environment)


@pytest.mark.parametrize("engines", [("numba", "keras"), ("keras", "numba")])
def test_training_goes_on_in_the_other_engine(data, engines):
    X, y = data
    clf = GRUClassifier(**SMALL, warm_start=True, engine=engines[0]).fit(X, y)
    before = clf.loss_curve_[-1]
    clf.set_params(engine=engines[1], epochs=30).fit(X, y)
    assert clf.n_iter_ == 33
    assert clf.loss_curve_[-1] < before


def test_engines_give_the_same_network(data):
    X, y = data
    one, other = (
        GRUClassifier(units=6, epochs=2, dropout=0, random_state=0, engine=engine).fit(X, y)
        for engine in ("numba", "keras")
    )
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-4)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-3)


# ---------------------------------------------------------------- a user's own architecture


def sequences(n_timesteps, n_channels):
    import keras

    return keras.Sequential(
        [
            keras.layers.Input((n_timesteps, n_channels)),
            keras.layers.GRU(5, return_sequences=True),
            keras.layers.Dropout(0.1),
        ]
    )


def vector(n_timesteps, n_channels):
    import keras

    return keras.layers.LSTM(6)


def with_batch_norm(n_timesteps, n_channels):
    import keras

    return keras.Sequential(
        [
            keras.layers.Input((n_timesteps, n_channels)),
            keras.layers.Conv1D(8, 3, padding="same"),
            keras.layers.BatchNormalization(momentum=0.5),
            keras.layers.Activation("relu"),
            keras.layers.GRU(5),
        ]
    )


@pytest.mark.parametrize("network", [sequences, vector, with_batch_norm])
@pytest.mark.parametrize("cls", [GRUClassifier, GRURegressor])
def test_own_architecture(data, network, cls):
    X, y = data
    estimator = cls(network=network, epochs=40, learning_rate=0.01, random_state=0).fit(X, y)
    assert estimator.score(X, y) > (0.8 if cls is GRUClassifier else 0.3)
    twin = clone(estimator).fit(X, y)
    np.testing.assert_array_equal(twin.predict(X), estimator.predict(X))
    loaded = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(loaded.predict(X), estimator.predict(X))
    features = estimator.transform(X)
    assert features.shape[1] == len(estimator.get_feature_names_out())
    assert len(estimator.to_keras()(X)) == len(X)


def test_own_architecture_on_unequal_lengths(ragged):
    series, y = ragged
    clf = GRUClassifier(network=vector, epochs=2, random_state=0).fit(series, y)
    together = clf.predict_proba(series)
    alone = np.concatenate([clf.predict_proba([one]) for one in series])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    with pytest.raises(ValueError, match="mask"):
        clone(clf).set_params(network=with_batch_norm).fit(series, y)


def test_own_architecture_in_a_search(data):
    search = GridSearchCV(
        GRUClassifier(network=vector, epochs=2, random_state=0), {"dropout": [0, 0.3]}, cv=2
    )
    assert search.fit(*data).predict(data[0]).shape == (30,)


def test_what_is_no_layer_is_refused(data):
    with pytest.raises(TypeError, match="must return a Keras layer or model"):
        GRUClassifier(network=lambda n_timesteps, n_channels: "gru").fit(*data)
