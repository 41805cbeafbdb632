"""GRURegressor of skgru.sktime: the one of skgru behind sktime's data types."""

import inspect

import numpy as np
import pandas as pd
import pytest
from sktime.base import load
from sktime.datatypes import convert

import skgru
from skgru.sktime import GRURegressor

SMALL = {"units": 4, "embedding_units": 8, "epochs": 4, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    X = np.random.default_rng(0).normal(size=(40, 2, 12))
    return X, X[:, 0].mean(axis=1) - X[:, 1, -1]


def parameters(cls):
    return {name: p.default for name, p in inspect.signature(cls).parameters.items()}


def test_parameters_are_those_of_the_regressor_for_scikit_learn():
    theirs = parameters(skgru.GRURegressor)
    assert theirs.pop("warm_start") is False  # sktime's fit starts anew
    assert list(parameters(GRURegressor).items()) == list(theirs.items())


def test_it_adds_nothing_to_the_regressor_for_scikit_learn(data):
    X, y = data
    ours = GRURegressor(**SMALL).fit(X, y)
    plain = skgru.GRURegressor(**SMALL).fit(X.transpose(0, 2, 1), y)
    np.testing.assert_array_equal(ours.predict(X), plain.predict(X.transpose(0, 2, 1)))
    assert isinstance(ours.estimator_, skgru.GRURegressor)


@pytest.mark.parametrize("mtype", ["df-list", "pd-multiindex", "nested_univ"])
def test_every_mtype_gives_the_same(data, mtype):
    X, y = data
    given = convert(X, "numpy3D", mtype, as_scitype="Panel")
    np.testing.assert_array_equal(
        GRURegressor(**SMALL).fit(given, y).predict(given),
        GRURegressor(**SMALL).fit(X, y).predict(X),
    )


def test_unequal_lengths_and_missing_values(data):
    X, y = data
    frames = [pd.DataFrame(row.T[: 5 + i % 8].copy()) for i, row in enumerate(X)]
    frames[3].iloc[1, 0] = np.nan
    reg = GRURegressor(**SMALL).fit(frames, y)
    together = reg.predict(frames)
    alone = np.concatenate([reg.predict([frame]) for frame in frames])
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-5)
    plain = skgru.GRURegressor(**SMALL).fit([frame.to_numpy() for frame in frames], y)
    np.testing.assert_array_equal(plain.predict([frame.to_numpy() for frame in frames]), together)


@pytest.mark.parametrize("form", [np.asarray, pd.Series, pd.DataFrame])
def test_one_target_in_any_form(data, form):
    X, y = data
    predicted = GRURegressor(**SMALL).fit(X, form(y)).predict(X)
    assert predicted.shape == (40,)
    np.testing.assert_array_equal(predicted, GRURegressor(**SMALL).fit(X, y).predict(X))


def test_several_targets_are_one_network(data):
    X, y = data
    targets = np.stack([y, X[:, 0].max(axis=1)], axis=1)
    reg = GRURegressor(**SMALL).fit(X, targets)
    assert reg.estimator_.n_outputs_ == 2
    plain = skgru.GRURegressor(**SMALL).fit(X.transpose(0, 2, 1), targets)
    np.testing.assert_array_equal(reg.predict(X), plain.predict(X.transpose(0, 2, 1)))
    frame = pd.DataFrame(targets, columns=["level", "peak"])
    named = GRURegressor(**SMALL).fit(X, frame).predict(X)
    assert list(named.columns) == ["level", "peak"]
    np.testing.assert_array_equal(named, reg.predict(X))


@pytest.mark.parametrize("to_disk", [True, False])
def test_save_and_load(data, to_disk, tmp_path):
    X, y = data
    reg = GRURegressor(**SMALL).fit(X, y)
    if to_disk:
        reg.save(tmp_path / "model")
        again = load(tmp_path / "model.zip")
    else:
        again = load(reg.save())
    np.testing.assert_array_equal(again.predict(X), reg.predict(X))


def test_it_learns(data):
    X, y = data
    reg = GRURegressor(units=16, epochs=60, random_state=0).fit(X, y)
    assert reg.score(X, y) > 0.8
