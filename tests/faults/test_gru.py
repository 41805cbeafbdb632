"""What GRUClassifier and GRURegressor make of faulty input: a clear error or the right answer."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skgru import GRUClassifier, GRURegressor

CLASSES = [GRUClassifier, GRURegressor]
each_class = pytest.mark.parametrize("cls", CLASSES)
SMALL = {"units": 4, "embedding_units": 4, "epochs": 2, "batch_size": 8, "random_state": 0}

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 9))
Y = {GRUClassifier: np.where(X.sum(axis=1) > 0, "up", "down"), GRURegressor: X.sum(axis=1)}


def answer(model, data):
    """Probabilities or predictions, which must be finite."""
    found = model.predict_proba(data) if hasattr(model, "predict_proba") else model.predict(data)
    assert np.isfinite(found).all()
    if hasattr(model, "predict_proba"):
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    return found


@pytest.fixture(scope="module")
def plain():
    """Each class fitted to the plain data."""
    return {cls: cls(**SMALL).fit(X, Y[cls]) for cls in CLASSES}


def changed(where, value):
    """The data with one value replaced."""
    data = X.copy()
    data[where] = value
    return data


# ---------------------------------------------------------------------- X that cannot be read

REFUSED = {
    "row of NaN": (changed(3, np.nan), "series 3 holds only NaN"),
    "inf": (changed((2, 4), np.inf), "sample 2, time step 4"),
    "-inf": (changed((2, 4), -np.inf), "infinity"),
    "no rows": (X[:0], "0 sample"),
    "no steps": (X[:, :0], "0 feature|at least one time step"),
    "no channels": (np.empty((24, 9, 0)), "at least one time step and one channel"),
    "scalar": (3.0, "Expected 2D|scalar"),
    "one-dimensional": (X[:, 0], "Expected 2D"),
    "four-dimensional": (X.reshape(24, 3, 3, 1), "4 dimensions"),
    "None": (None, "NoneType|None|Expected 2D"),
    "words": (np.full((24, 9), "a"), "could not convert|numeric"),
    "complex": (X + 1j, "[Cc]omplex"),
    "sparse": (sp.csr_array(X), "[Ss]parse"),
    "ragged with an empty row": ([*X[:23, :, None], np.empty((0, 1))], "series 23 has the shape"),
    "ragged with unequal channels": ([*X[:23, :, None], np.ones((4, 2))], "series 23 has 2"),
    "ragged with a cube": ([*X[:23, :, None], np.ones((4, 1, 1))], "series 23 has 3 dimensions"),
    "dates": (np.full((24, 9), np.datetime64("2020")), "date|dtype|numeric|DType"),
    "a dictionary": ({"a": 1}, "."),
    "too few rows for y": (X[:20], "number of samples|inconsistent"),
}


@each_class
@pytest.mark.parametrize("fault", REFUSED)
def test_x_that_is_refused(cls, fault):
    data, message = REFUSED[fault]
    model = cls(**SMALL)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(data, Y[cls])
    with pytest.raises(NotFittedError):
        model.predict(X)


@each_class
@pytest.mark.parametrize("fault", ["row of NaN", "inf", "no rows", "one-dimensional", "words"])
def test_x_that_is_refused_by_predict(cls, fault, plain):
    data, message = REFUSED[fault]
    with pytest.raises((ValueError, TypeError), match=message):
        plain[cls].predict(data)
    answer(plain[cls], X)


# ---------------------------------------------------------------------- X that looks different

EQUAL = {
    "list of lists": X.tolist(),
    "data frame": pd.DataFrame(X),
    "objects": X.astype(object),
    "Fortran order": np.asfortranarray(X),
    "negative strides": X[::-1].copy()[::-1],
    "every second column": np.repeat(X, 2, axis=1)[:, ::2],
    "channels": X[:, :, None],
    "big endian": X.astype(">f8"),
    "list of series": list(X[:, :, None]),
    "list of rows": list(X),
    "column of series": pd.Series(list(X)),
    "trailing NaN": np.pad(X[:, :, None], ((0, 0), (0, 3), (0, 0)), constant_values=np.nan),
}


@each_class
@pytest.mark.parametrize("form", EQUAL)
def test_every_form_of_the_same_data_gives_the_same_model(cls, form, plain):
    data = EQUAL[form]
    before = copy.deepcopy(data)
    model = cls(**SMALL).fit(data, Y[cls])
    np.testing.assert_allclose(answer(model, data), answer(plain[cls], X), atol=1e-5)
    if isinstance(data, np.ndarray) and data.dtype != object:
        np.testing.assert_array_equal(data, before)


@each_class
@pytest.mark.parametrize("how", ["read-only", "memory map"])
def test_data_that_cannot_be_written(cls, how, plain, tmp_path):
    data = X.copy()
    if how == "memory map":
        np.save(tmp_path / "X.npy", data)
        data = np.load(tmp_path / "X.npy", mmap_mode="r")
    else:
        data.setflags(write=False)
    model = cls(**SMALL).fit(data, Y[cls])
    np.testing.assert_array_equal(answer(model, data), answer(plain[cls], X))


FINITE = {
    "a missing value": changed((2, 4), np.nan),
    "a missing channel": np.stack([X, np.full_like(X, np.nan)], axis=2),
    "huge": X * 1e30,
    "beyond float32": X * 1e300,
    "tiny": X * 1e-30,
    "denormal": X * 1e-310,
    "far from zero": X + 1e8,
    "constant": np.full_like(X, 7.0),
    "zeros": np.zeros_like(X),
    "one step": X[:, :1],
    "one value outside of all": changed((0, 0), 1e15),
    "bool": X > 0,
    "bytes": (X * 10).astype(np.uint8),
    "float16": X.astype(np.float16),
    "int64": (X * 2**40).astype(np.int64),
    "lengths from 1 to 9": [row[: 1 + i % 9, None] for i, row in enumerate(X)],
    "many channels": rng.normal(size=(24, 3, 40)),
}


@each_class
@pytest.mark.parametrize("kind", FINITE)
def test_answers_are_finite(cls, kind):
    data = FINITE[kind]
    assert len(answer(cls(**SMALL).fit(data, Y[cls]), data)) == 24


@each_class
@pytest.mark.parametrize("value", [np.nan, 1e38, 1e300, -1e300])
def test_answers_to_values_not_seen_in_training_are_finite(cls, value, plain):
    answer(plain[cls], changed((5, 3), value))


# ---------------------------------------------------------------------- y


@each_class
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda y: None, "y"),
        (lambda y: y[:20], "samples"),
        (lambda y: np.concatenate([y, y]), "samples"),
        (lambda y: np.where(np.arange(24) == 5, np.nan, np.arange(24.0)), "NaN|continuous"),
        (lambda y: np.where(np.arange(24) == 5, np.inf, np.arange(24.0)), "infinity|continuous"),
        (lambda y: [None] * 24, "None|NoneType|NaN|unknown"),
        (lambda y: np.zeros((24, 2, 2)), "dim|shape|y"),
        (lambda y: [[1], [1, 2]] * 12, "."),
    ],
    ids=["None", "short", "long", "NaN", "inf", "Nones", "cube", "ragged"],
)
def test_y_that_is_refused(cls, make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        cls(**SMALL).fit(X, make(Y[cls]))


def test_continuous_labels_are_refused():
    with pytest.raises(ValueError, match="continuous"):
        GRUClassifier(**SMALL).fit(X, Y[GRURegressor])


def test_words_are_no_numbers():
    with pytest.raises(ValueError, match=r"convert|numeric"):
        GRURegressor(**SMALL).fit(X, Y[GRUClassifier])


@pytest.mark.parametrize(
    "labels",
    [("yes", "no"), (True, False), (-5, 700), (0.0, 1.0), ("", "\0"), ("é", "🙂")],
    ids=str,
)
def test_labels_of_any_kind_come_back(labels):
    y = np.array(labels, object if isinstance(labels[0], str) else None)[(X[:, 0] > 0).astype(int)]
    found = GRUClassifier(**SMALL).fit(X, y).predict(X)
    assert set(found.tolist()) <= set(labels)


def test_bytes_are_no_labels():
    with pytest.raises(TypeError, match="bytes"):
        GRUClassifier(**SMALL).fit(X, np.where(X[:, 0] > 0, b"a", b"b"))


def test_one_class_is_predicted():
    assert (GRUClassifier(**SMALL).fit(X, ["a"] * 24).predict(X) == "a").all()


@pytest.mark.parametrize("y", [np.full(24, 3.5), np.zeros(24), np.full(24, 1e8)])
def test_a_constant_target_is_predicted(y):
    model = GRURegressor(**SMALL).fit(X, y)
    np.testing.assert_array_equal(answer(model, X), y)
    several = GRURegressor(**SMALL).fit(X, np.column_stack([y, X[:, 0]]))
    np.testing.assert_array_equal(answer(several, X)[:, 0], y)
    assert np.ptp(answer(model.partial_fit(X, y + X[:, 0] + 1), X)) > 0


@pytest.mark.parametrize("size", [1e-200, 1e-40, 1e-9, 1e9, 1e40, 1e200])
@pytest.mark.parametrize("offset", [0, 1e8])
def test_targets_of_any_size_are_met(size, offset):
    y = (np.arange(24.0) + offset) * size
    found = answer(GRURegressor(**SMALL).fit(X, y), X) / size - offset
    assert abs(found - 11.5).max() < 30
    assert np.ptp(found) > 0


# ---------------------------------------------------------------------- weights and parameters


@each_class
@pytest.mark.parametrize(
    "weights",
    [np.zeros(24), np.full(24, -1.0), np.full(24, np.nan), np.ones(23), np.ones((24, 2)), "a"],
    ids=["zero", "negative", "NaN", "short", "table", "word"],
)
def test_weights_that_are_refused(cls, weights):
    with pytest.raises((ValueError, TypeError)):
        cls(**SMALL).fit(X, Y[cls], sample_weight=weights)


WRONG = [
    ("units", 0),
    ("units", -1),
    ("units", "many"),
    ("units", ()),
    ("units", 2.5),
    ("bidirectional", "yes"),
    ("pooling", "median"),
    ("pooling", ("max", "max")),
    ("patch_length", 0),
    ("embedding_units", -3),
    ("context_length", 0),
    ("dropout", 1.0),
    ("dropout", np.nan),
    ("recurrent_dropout", -0.1),
    ("weight_decay", -1),
    ("clipnorm", 0),
    ("augmentation", "flip"),
    ("epochs", 0),
    ("epochs", -1),
    ("epochs", "long"),
    ("batch_size", 0),
    ("learning_rate", -1),
    ("learning_rate", np.nan),
    ("learning_rate", np.inf),
    ("schedule", "linear"),
    ("validation_fraction", 0),
    ("validation_fraction", 1.5),
    ("n_iter_no_change", 0),
    ("tol", -1),
    ("network", "lstm"),
    ("engine", "torch"),
    ("vocabulary_size", 0),
    ("random_state", "seed"),
    ("verbose", -1),
]


@each_class
@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda v: repr(v))
def test_a_wrong_parameter_is_named_at_fit(cls, name, value):
    model = cls(**SMALL).set_params(**{name: value})
    with pytest.raises(ValueError, match=name if name != "random_state" else "seed"):
        model.fit(X, Y[cls])


# ---------------------------------------------------------------------- state


@each_class
@pytest.mark.parametrize("method", ["predict", "transform", "score", "to_keras"])
def test_before_fit(cls, method):
    arguments = {"predict": (X,), "transform": (X,), "score": (X, Y[cls]), "to_keras": ()}
    with pytest.raises(NotFittedError):
        getattr(cls(**SMALL), method)(*arguments[method])


@each_class
def test_a_failed_refit_leaves_the_model(cls, plain):
    model = copy.deepcopy(plain[cls])
    for wrong in (changed((1, 1), np.inf), None):
        with pytest.raises((ValueError, TypeError)):
            model.fit(wrong, Y[cls])
        np.testing.assert_array_equal(answer(model, X), answer(plain[cls], X))
    with pytest.raises(ValueError, match="epochs"):
        model.set_params(epochs=-1).fit(X, Y[cls])
    np.testing.assert_array_equal(answer(model, X), answer(plain[cls], X))


@each_class
def test_a_refit_is_a_fresh_fit(cls, plain):
    other = cls(**SMALL).fit(rng.normal(size=(12, 5, 3)), Y[cls][:12])
    np.testing.assert_array_equal(answer(other.fit(X, Y[cls]), X), answer(plain[cls], X))


@each_class
def test_an_interrupted_fit_can_be_used(cls, monkeypatch):
    from skgru.gru import _batches

    plan, calls = _batches.plan, []

    def interrupt(*arguments):
        calls.append(0)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return plan(*arguments)

    monkeypatch.setattr(_batches, "plan", interrupt)
    model = cls(**SMALL)
    with pytest.warns(UserWarning, match="interrupted by user after 1 of 2 epochs"):
        model.fit(X, Y[cls])
    assert model.n_iter_ == 1
    answer(model, X)


@each_class
def test_an_interruption_before_the_first_epoch_leaves_nothing(cls, monkeypatch):
    from skgru.gru import _batches

    def interrupt(*arguments):
        raise KeyboardInterrupt

    model = cls(**SMALL)
    monkeypatch.setattr(_batches, "plan", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y[cls])
    monkeypatch.undo()
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.fit(X, Y[cls])


@each_class
def test_other_data_at_predict(cls, plain):
    with pytest.raises(ValueError, match=r"8 features|8 time steps"):
        plain[cls].predict(X[:, :8])
    with pytest.raises(ValueError, match="2 features"):
        plain[cls].predict(np.ones((3, 9, 2)))
    answer(plain[cls], [row[:5, None] for row in X])


@each_class
@pytest.mark.parametrize("how", ["pickle", "deepcopy", "clone"])
def test_copies(cls, how, plain):
    model = plain[cls]
    if how == "clone":
        again = clone(model).fit(X, Y[cls])
    else:
        again = copy.deepcopy(model) if how == "deepcopy" else pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(answer(again, X), answer(model, X))


@each_class
def test_a_truncated_pickle_is_an_error(cls, plain):
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        pickle.loads(pickle.dumps(plain[cls])[:-200])


# ---------------------------------------------------------------------- threads and seeds


@each_class
def test_threads_fit_and_predict_at_once(cls, plain):
    expected = answer(plain[cls], X)

    def work(own):
        model = cls(**SMALL).fit(X, Y[cls]) if own else plain[cls]
        return [answer(model, X) for _ in range(5)]

    with ThreadPoolExecutor(4) as pool:  # hands on what a thread raises
        found = list(pool.map(work, [False, True, False, True]))
    for answers in found:
        for one in answers:
            np.testing.assert_array_equal(one, expected)


@each_class
def test_the_global_generator_is_left_alone(cls, plain):
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    model = cls(**SMALL).fit(X, Y[cls])
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(answer(model, X), answer(plain[cls], X))
