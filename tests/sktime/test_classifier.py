"""GRUClassifier of skgru.sktime: the one of skgru behind sktime's data types."""

import inspect

import numpy as np
import pandas as pd
import pytest
from sktime.base import load
from sktime.datasets import load_japanese_vowels, load_unit_test
from sktime.datatypes import convert

import skgru
from skgru.sktime import GRUClassifier

SMALL = {"units": 4, "embedding_units": 8, "epochs": 4, "random_state": 0}
MTYPES = ["numpy3D", "df-list", "pd-multiindex", "nested_univ"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = np.array(["low", "high"])[np.arange(30) % 2]
    return rng.normal(size=(30, 2, 12)) + (y == "high")[:, np.newaxis, np.newaxis], y


@pytest.fixture(scope="module")
def vowels():
    """A nested panel of unequal lengths and 12 channels, three speakers."""
    X, y = load_japanese_vowels("train")
    return X.iloc[:90:3].reset_index(drop=True), y[:90:3]


def parameters(cls):
    return {name: p.default for name, p in inspect.signature(cls).parameters.items()}


def test_parameters_are_those_of_the_classifier_for_scikit_learn():
    theirs = parameters(skgru.GRUClassifier)
    assert theirs.pop("warm_start") is False  # sktime's fit starts anew
    assert list(parameters(GRUClassifier).items()) == list(theirs.items())


def test_it_adds_nothing_to_the_classifier_for_scikit_learn(data):
    X, y = data
    ours = GRUClassifier(**SMALL).fit(X, y)
    plain = skgru.GRUClassifier(**SMALL).fit(X.transpose(0, 2, 1), y)
    np.testing.assert_array_equal(ours.predict_proba(X), plain.predict_proba(X.transpose(0, 2, 1)))
    np.testing.assert_array_equal(ours.predict(X), plain.predict(X.transpose(0, 2, 1)))
    assert isinstance(ours.estimator_, skgru.GRUClassifier)
    assert ours.estimator_.loss_curve_ == plain.loss_curve_


@pytest.mark.parametrize("mtype", MTYPES)
def test_every_mtype_gives_the_same(data, mtype):
    X, y = data
    expected = GRUClassifier(**SMALL).fit(X, y).predict_proba(X)
    given = convert(X, "numpy3D", mtype, as_scitype="Panel")
    clf = GRUClassifier(**SMALL).fit(given, y)
    np.testing.assert_array_equal(clf.predict_proba(given), expected)
    assert clf.estimator_.n_timesteps_in_ == 12


@pytest.mark.parametrize("mtype", MTYPES[1:])
def test_unequal_lengths(vowels, mtype):
    X, y = vowels
    clf = GRUClassifier(**SMALL).fit(X, y)
    given = convert(X, "nested_univ", mtype, as_scitype="Panel")
    np.testing.assert_array_equal(
        GRUClassifier(**SMALL).fit(given, y).predict_proba(given), clf.predict_proba(X)
    )
    ragged = [frame.to_numpy() for frame in convert(X, "nested_univ", "df-list", "Panel")]
    plain = skgru.GRUClassifier(**SMALL).fit(ragged, y)
    np.testing.assert_array_equal(plain.predict_proba(ragged), clf.predict_proba(X))


def test_rows_do_not_mix(vowels):
    """A row alone is predicted as among others; sktime's PyTorch class fails here."""
    X, y = vowels
    clf = GRUClassifier(**SMALL).fit(X, y)
    together = clf.predict_proba(X)
    alone = np.concatenate([clf.predict_proba(X.iloc[[i]]) for i in range(len(X))])
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-6)
    np.testing.assert_allclose(clf.predict_proba(X.iloc[::-1])[::-1], together, atol=1e-6)


def test_other_lengths_than_in_training(data):
    X, y = data
    clf = GRUClassifier(**SMALL).fit(X, y)
    assert clf.predict_proba(X[:, :, :9]).shape == (30, 2)
    frames = [pd.DataFrame(row.T[: 5 + i % 8]) for i, row in enumerate(X)]
    alone = np.concatenate([clf.predict_proba([frame]) for frame in frames])
    np.testing.assert_allclose(clf.predict_proba(frames), alone, rtol=0, atol=1e-6)
    ragged = GRUClassifier(**SMALL).fit(frames, y)
    assert ragged.predict_proba(X).shape == (30, 2)


def test_missing_values(data):
    X, y = data
    holes = X.copy()
    holes[np.random.default_rng(1).uniform(size=X.shape) < 0.2] = np.nan
    clf = GRUClassifier(**SMALL).fit(holes, y)
    plain = skgru.GRUClassifier(**SMALL).fit(holes.transpose(0, 2, 1), y)
    np.testing.assert_array_equal(
        clf.predict_proba(holes), plain.predict_proba(holes.transpose(0, 2, 1))
    )
    padded = np.concatenate([X, np.full((30, 2, 3), np.nan)], axis=2)  # a shorter series
    np.testing.assert_array_equal(clf.predict_proba(padded), clf.predict_proba(X))


def test_instances_keep_their_order(data):
    X, y = data
    frame = convert(X, "numpy3D", "pd-multiindex", as_scitype="Panel")
    names = [f"{(7 * i) % 30:02d}" for i in range(30)]  # not sorted
    frame.index = pd.MultiIndex.from_tuples(
        [(names[i], t) for i, t in frame.index], names=["series", "time"]
    )
    expected = GRUClassifier(**SMALL).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(
        GRUClassifier(**SMALL).fit(frame, y).predict_proba(frame), expected
    )


@pytest.mark.parametrize(
    "labels", [np.array(["b", "a"]), np.array([-1, 5]), np.array([True, False])], ids=str
)
def test_labels_of_any_kind(data, labels):
    X, y = data
    y = labels[(y == "high").astype(int)]
    clf = GRUClassifier(**SMALL).fit(X, y)
    np.testing.assert_array_equal(clf.classes_, np.sort(labels))
    np.testing.assert_array_equal(clf.classes_, clf.estimator_.classes_)
    predicted = clf.predict(X)
    assert predicted.dtype == labels.dtype
    np.testing.assert_array_equal(predicted, clf.classes_[clf.predict_proba(X).argmax(axis=1)])


def test_labels_of_a_pandas_series(data):
    X, y = data
    clf = GRUClassifier(**SMALL).fit(X, pd.Series(y, index=range(100, 130)))
    np.testing.assert_array_equal(clf.predict(X), GRUClassifier(**SMALL).fit(X, y).predict(X))


def test_one_class_is_predicted(data):
    X, _ = data
    with pytest.warns(UserWarning, match="single label"):
        clf = GRUClassifier(**SMALL).fit(X, np.full(30, "only"))
    assert set(clf.predict(X)) == {"only"}
    np.testing.assert_array_equal(clf.predict_proba(X), np.ones((30, 1)))


def test_several_targets(data):
    X, y = data
    targets = pd.DataFrame({"level": y, "odd": np.arange(30) % 3})
    predicted = GRUClassifier(**SMALL).fit(X, targets).predict(X)
    assert list(predicted.columns) == ["level", "odd"]


def test_class_weight(data):
    X, y = data
    weights = {"low": 1e-4, "high": 1e4}
    clf = GRUClassifier(class_weight=weights, **{**SMALL, "epochs": 30}).fit(X, y)
    assert (clf.predict(X) == "high").mean() > 0.9


def test_seed_decides(data):
    X, y = data
    first, again = (GRUClassifier(**SMALL).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = GRUClassifier(**{**SMALL, "random_state": 1}).fit(X, y).predict_proba(X)
    assert (other != first).any()


@pytest.mark.parametrize("to_disk", [True, False])
def test_save_and_load(data, to_disk, tmp_path):
    X, y = data
    clf = GRUClassifier(**SMALL).fit(X, y)
    if to_disk:
        clf.save(tmp_path / "model")
        again = load(tmp_path / "model.zip")
    else:
        again = load(clf.save())
    assert isinstance(again, GRUClassifier)
    np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))


def test_what_was_fitted_can_be_asked_for(data):
    X, y = data
    fitted = GRUClassifier(**SMALL).fit(X, y).get_fitted_params()
    assert {"classes", "estimator", "estimator__model", "estimator__loss_curve"} <= set(fitted)


def test_errors_reach_the_user(data):
    X, y = data
    with pytest.raises(ValueError, match="epochs"):
        GRUClassifier(epochs=-1).fit(X, y)
    with pytest.raises(ValueError, match="expecting 2 features"):
        GRUClassifier(**SMALL).fit(X, y).predict(X[:, :1])


def test_it_learns():
    X, y = load_unit_test("train")
    X_test, y_test = load_unit_test("test")
    clf = GRUClassifier(units=8, epochs=30, random_state=0).fit(X, y)
    assert clf.score(X_test, y_test) > 0.75
