"""What the classifier and the regressor promise alike, through their public methods."""

import copy
import io
import multiprocessing
import pickle
import signal
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError

import skgru
from skgru import GRUClassifier, GRURegressor

SMALL = {"units": 4, "epochs": 3, "random_state": 0}
BOTH = [GRUClassifier(**SMALL), GRURegressor(**SMALL)]
both = pytest.mark.parametrize("estimator", BOTH, ids=lambda e: type(e).__name__)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 6, 2))
    return X, (X[:, :, 0].sum(axis=1) > 0).astype(int)


def answer(estimator, X):
    """The finest-grained prediction that there is."""
    proba = getattr(estimator, "predict_proba", None)
    return proba(X) if proba else estimator.predict(X)


# ---------------------------------------------------------------- randomness


@both
def test_the_seed_decides_everything(estimator, data):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one, other = (clone(estimator).fit(*data) for _ in range(2))
    np.testing.assert_array_equal(answer(one, data[0]), answer(other, data[0]))
    changed = clone(estimator).set_params(random_state=1).fit(*data)
    assert (answer(one, data[0]) != answer(changed, data[0])).any()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@both
def test_a_random_state_instance_moves_on(estimator, data):
    estimator = clone(estimator).set_params(random_state=np.random.RandomState(0))
    first = answer(estimator.fit(*data), data[0])
    assert (first != answer(estimator.fit(*data), data[0])).any()


@both
def test_order_of_rows_does_not_matter(estimator, data):
    X, y = data
    order = np.random.default_rng(1).permutation(len(X))
    one, other = clone(estimator).fit(X, y), clone(estimator).fit(X[order], y[order])
    np.testing.assert_array_equal(answer(one, X), answer(other, X))


@both
def test_a_weight_acts_as_repetition(estimator, data):
    X, y = data
    weights = np.random.default_rng(1).integers(0, 3, len(X))
    one = clone(estimator).fit(X, y, sample_weight=weights)
    other = clone(estimator).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    np.testing.assert_array_equal(answer(one, X), answer(other, X))


# ---------------------------------------------------------------- unequal lengths, missing values


@pytest.fixture(scope="module")
def ragged():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(length, 2)) for length in rng.integers(1, 12, 30)]
    return series, np.arange(30) % 2


@both
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
@pytest.mark.parametrize("patch_length", [None, "auto"])
def test_a_series_answers_as_if_alone(estimator, ragged, bidirectional, pooling, patch_length):
    series, y = ragged
    estimator = clone(estimator).set_params(
        bidirectional=bidirectional, pooling=pooling, patch_length=patch_length, units=(3, 4)
    )
    estimator.fit(series, y)
    together = answer(estimator, series)
    alone = np.concatenate([answer(estimator, [one]) for one in series])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@both
def test_nan_padding_is_no_padding(estimator, ragged):
    series, y = ragged
    padded = np.full((len(series), 15, 2), np.nan)
    for row, one in zip(padded, series):
        row[: len(one)] = one
    from_list = answer(clone(estimator).fit(series, y), series)
    from_array = answer(clone(estimator).fit(padded, y), padded)
    np.testing.assert_allclose(from_array, from_list, atol=1e-6)


@both
def test_missing_values_give_finite_answers(estimator, data):
    X, y = data
    X = np.where(np.random.default_rng(2).uniform(size=X.shape) < 0.3, np.nan, X)
    X[:, 0, 0] = 0.0  # no series without a value
    estimator = clone(estimator).fit(X, y)
    assert np.isfinite(answer(estimator, X)).all()
    assert estimator.__sklearn_tags__().input_tags.allow_nan


@both
@pytest.mark.parametrize("factor", [1e-30, 1e8, 1e30, 1e300])
def test_any_scale_gives_finite_answers(estimator, data, factor):
    X, y = data
    estimator = clone(estimator).fit(X * factor, y)
    assert np.isfinite(answer(estimator, X * factor)).all()
    assert np.isfinite(answer(estimator, X * 1e300)).all()


@both
def test_two_dimensions_are_one_channel(estimator, data):
    X, y = data[0][:, :, 0], data[1]
    one, other = clone(estimator).fit(X, y), clone(estimator).fit(X[:, :, np.newaxis], y)
    np.testing.assert_array_equal(answer(one, X), answer(other, X))
    np.testing.assert_array_equal(answer(one, X[:, :, np.newaxis]), answer(other, X))


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(2, 6),
    n_timesteps=st.integers(1, 12),
    n_channels=st.integers(1, 3),
    dtype=st.sampled_from(["f4", "f8", "i2", "u1", "?"]),
    seed=st.integers(0, 9),
)
def test_any_shape_and_dtype_is_trained_and_predicted(n, n_timesteps, n_channels, dtype, seed):
    X = np.random.default_rng(seed).integers(0, 2, (n, n_timesteps, n_channels)).astype(dtype)
    for estimator in BOTH:
        estimator = clone(estimator).set_params(epochs=1).fit(X, np.arange(n) % 2)
        result = answer(estimator, X[::-1])
        assert len(result) == n
        assert np.isfinite(result).all()


# ---------------------------------------------------------------- going on, stopping, failing


@both
def test_going_on_with_another_architecture_names_what_differs(estimator, data):
    estimator = clone(estimator).set_params(warm_start=True).fit(*data)
    with pytest.raises(ValueError, match=r"another: units=\(9,\), where the fit had \(4,\)\. "):
        estimator.set_params(units=9).fit(*data)
    with pytest.raises(ValueError, match=r"another: `network` is another\. "):
        estimator.set_params(units=4, network=dict).fit(*data)


@both
def test_warm_start_goes_on(estimator, data):
    estimator = clone(estimator).set_params(warm_start=True).fit(*data)
    first = estimator.best_loss_
    for _ in range(5):
        estimator.fit(*data)
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 18
    assert estimator.best_loss_ < first
    estimator.set_params(units=5)
    with pytest.raises(ValueError, match="fitted architecture"):
        estimator.fit(*data)
    assert estimator.n_iter_ == 18


@both
def test_partial_fit_learns_from_parts(estimator, data):
    X, y = data
    estimator = clone(estimator)
    for _ in range(20):
        for part in np.array_split(np.arange(len(X)), 2):
            estimator.partial_fit(X[part], y[part])
    assert estimator.n_iter_ == 40
    assert np.mean(estimator.loss_curve_[-2:]) < np.mean(estimator.loss_curve_[:2])


@both
@pytest.mark.parametrize("engine", ["numba", "keras"])
def test_partial_fits_are_one_training(estimator, data, engine):
    """Two passes of one update each make the steps of one fit of two epochs."""
    X, y = data
    options = {"batch_size": 40, "dropout": 0, "engine": engine, "schedule": "constant"}
    parts = clone(estimator).set_params(**options)
    whole = clone(estimator).set_params(**options, epochs=2).fit(X, y)
    parts.partial_fit(X, y).partial_fit(X, y)
    np.testing.assert_allclose(answer(parts, X), answer(whole, X), rtol=1e-4)
    restarted = pickle.loads(pickle.dumps(clone(parts).partial_fit(X, y))).partial_fit(X, y)
    assert np.abs(answer(restarted, X) - answer(whole, X)).max() > 1e-4


def test_early_stopping_needs_rows_to_score(data):
    X = data[0]
    model = GRURegressor(units=3, early_stopping=True, epochs=2, random_state=0)
    with pytest.raises(ValueError, match=r"needs 2 row.*validation_fraction=0.1 of 10 different"):
        model.fit(X[:10], np.arange(10.0))
    assert len(model.fit(X[:11], np.arange(11.0)).validation_score_curve_) == 2


@both
def test_early_stopping_keeps_the_best(estimator, data):
    X, y = data
    rng = np.random.default_rng(0)
    estimator = clone(estimator).set_params(
        early_stopping=True, validation_fraction=0.3, n_iter_no_change=2, epochs=200
    )
    estimator.fit(X, rng.permutation(y))  # nothing to learn: validation rests at once
    assert estimator.n_iter_ < 200
    assert len(estimator.validation_score_curve_) == estimator.n_iter_
    rest = estimator.validation_score_curve_[-3:]
    assert max(rest[1:]) <= rest[0] + estimator.tol or len(rest) < 3


@both
@pytest.mark.parametrize("name", ["X", "y", "parameter", "weights"])
def test_a_failed_fit_leaves_the_estimator_as_it_was(estimator, data, name):
    X, y = data
    estimator = clone(estimator).fit(X, y)
    before, attributes = answer(estimator, X), set(vars(estimator))
    bad = {"X": X, "y": y, "sample_weight": np.ones(len(X))}
    if name == "X":
        bad["X"] = np.where(X == X.max(), np.inf, X[:, :, :1])
    elif name == "y":
        bad["y"] = y[:-1]
    elif name == "weights":
        bad["sample_weight"] = np.zeros(len(X))
    else:
        estimator.set_params(units=0)
    with pytest.raises(ValueError, match=r"inf|same number|zero|units"):
        estimator.fit(**bad)
    assert set(vars(estimator)) == attributes
    np.testing.assert_array_equal(answer(estimator, X), before)


@both
def test_a_failed_first_fit_leaves_it_unfitted(estimator, data):
    estimator = clone(estimator)
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(np.full((3, 2), np.nan), [0, 1, 0])
    with pytest.raises(NotFittedError):
        estimator.predict(data[0])
    assert not [name for name in vars(estimator) if name.endswith("_")]


@both
def test_divergence_is_an_error(estimator, data):
    estimator = clone(estimator).set_params(learning_rate=1e30, clipnorm=None, epochs=50)
    with pytest.raises(ValueError, match=r"diverged in epoch \d+"):
        estimator.fit(*data)


class InterruptAfter:
    """A scikit-learn callback that presses Ctrl-C at the end of an epoch."""

    def __init__(self, epochs):
        self.epochs = epochs

    def setup(self, estimator, context):
        self.seen = 0

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.seen += context.task_name == "epoch"
        if context.task_name == "epoch" and self.seen == self.epochs:
            signal.raise_signal(signal.SIGINT)


@both
def test_interruption_keeps_what_was_reached(estimator, data):
    estimator = clone(estimator).set_params(epochs=500).set_callbacks(InterruptAfter(2))
    with pytest.warns(UserWarning, match="interrupted by user after 2 of 500 epochs"):
        estimator.fit(*data)
    assert estimator.n_iter_ == 2
    assert np.isfinite(answer(estimator, data[0])).all()


class Recorder:
    """A scikit-learn callback that scores the network of each epoch and stops after the third."""

    def setup(self, estimator, context):
        self.scores = []

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.task_name == "epoch":
            self.scores.append((fitted_estimator.loss_curve_[-1], fitted_estimator.score(X, y)))
            return len(self.scores) == 3
        return False


@both
def test_callbacks_see_each_epoch_and_may_stop(estimator, data):
    recorder = Recorder()
    estimator = clone(estimator).set_params(epochs=10).set_callbacks(recorder).fit(*data)
    assert estimator.n_iter_ == 3
    assert [loss for loss, _ in recorder.scores] == estimator.loss_curve_
    assert recorder.scores[-1][1] == estimator.score(*data)


@both
@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 10), (2, 20)])
def test_progress_in_a_log(estimator, data, capsys, verbose, lines):
    clone(estimator).set_params(epochs=20, verbose=verbose).fit(*data)
    printed = capsys.readouterr().out.splitlines()
    assert lines <= len(printed) <= lines + 1
    assert all(type(estimator).__name__ in line and "loss" in line for line in printed)


# ---------------------------------------------------------------- copies, processes, threads


@both
def test_copies_answer_alike(estimator, data):
    estimator = clone(estimator).fit(*data)
    expected = answer(estimator, data[0])
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    buffer.seek(0)
    for twin in (
        pickle.loads(pickle.dumps(estimator)),
        copy.deepcopy(estimator),
        copy.copy(estimator),
        joblib.load(buffer),
    ):
        np.testing.assert_array_equal(answer(twin, data[0]), expected)
    n_weights = sum(weight.size for weight in estimator.model_.weights)
    assert len(pickle.dumps(estimator)) < 4 * n_weights + 6000


@both
def test_another_version_is_named(estimator, data, monkeypatch):
    text = pickle.dumps(clone(estimator).fit(*data))
    monkeypatch.setattr(skgru, "__version__", "99.0")
    with pytest.warns(InconsistentVersionWarning, match=r"skgru 99\.0"):
        pickle.loads(text)


@both
def test_threads_give_what_one_gives(estimator, data):
    estimator = clone(estimator).fit(*data)
    expected = answer(estimator, data[0])
    barrier = threading.Barrier(8)

    def work(_):
        barrier.wait()
        return [answer(estimator, data[0]) for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        for results in pool.map(work, range(8)):
            for result in results:
                np.testing.assert_array_equal(result, expected)


@both
@pytest.mark.parametrize("engine", ["numba", "keras"])
def test_a_forked_child_predicts(estimator, data, engine):
    estimator = clone(estimator).set_params(engine=engine).fit(*data)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=lambda: queue.put(answer(estimator, data[0])))
    with warnings.catch_warnings():
        # JAX and Python warn of any fork once threads run; that it works here is the test.
        warnings.simplefilter("ignore")
        child.start()
    np.testing.assert_array_equal(queue.get(timeout=60), answer(estimator, data[0]))
    child.join(timeout=10)
    assert child.exitcode == 0


# ---------------------------------------------------------------- features, parameters


@both
def test_transform_gives_named_features(estimator, data):
    estimator = clone(estimator).set_output(transform="pandas")
    frame = estimator.fit_transform(*data)
    assert frame.shape == (40, 16)  # 4 units, two directions, two poolings
    name = type(estimator).__name__.lower()
    assert list(frame.columns[:2]) == [f"{name}0", f"{name}1"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("units", 0),
        ("units", -1),
        ("units", ()),
        ("units", (8, 0)),
        ("units", "many"),
        ("units", True),
        ("units", 2.5),
        ("bidirectional", "yes"),
        ("pooling", "median"),
        ("pooling", ()),
        ("pooling", ("mean", "median")),
        ("patch_length", 0),
        ("patch_length", "big"),
        ("patch_stride", 0),
        ("embedding_units", 0),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("recurrent_dropout", 1),
        ("weight_decay", -1),
        ("clipnorm", 0),
        ("epochs", 0),
        ("epochs", -1),
        ("epochs", "many"),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("learning_rate", -1),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("schedule", "linear"),
        ("validation_fraction", 1),
        ("n_iter_no_change", 0),
        ("tol", -1),
        ("warm_start", "yes"),
        ("network", 3),
        ("engine", "torch"),
        ("verbose", -1),
        ("random_state", "seed"),
    ],
)
@both
def test_a_bad_parameter_is_named_with_what_is_allowed(estimator, data, name, value):
    estimator = clone(estimator).set_params(**{name: value})
    words = "cannot be used to seed" if name == "random_state" else f"{name!r} parameter of .* must"
    with pytest.raises(ValueError, match=words):
        estimator.fit(*data)


@both
@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"patch_length": 7}, "patch_length=7 needs series of at least 7 time steps; .* has 6"),
        ({"patch_length": 2, "patch_stride": 3}, "must not exceed 'patch_length'"),
        ({"pooling": ("max", "max")}, "must not name a pooling twice"),
        ({"network": print, "engine": "numba"}, "engine='numba' trains skgru's own"),
    ],
)
def test_parameters_that_contradict(estimator, data, parameters, words):
    with pytest.raises(ValueError, match=words):
        clone(estimator).set_params(**parameters).fit(*data)
