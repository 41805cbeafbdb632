"""Fits that were cut off go on, and end as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import skgru
from skgru import _checkpoint
from skgru._checkpoint import Checkpoint

X = np.random.default_rng(0).normal(size=(60, 20))
LABELS = np.where(X[:, :10].sum(axis=1) > 0, "up", "down")
TOKENS = np.random.default_rng(0).integers(5, size=(60, 8))


def classifier(**parameters):
    small = {"units": 3, "embedding_units": 4, "epochs": 5, "random_state": 0}
    return skgru.GRUClassifier(**{**small, **parameters})


def arrays(estimator):
    model = estimator.model_
    return [model.parameters] if hasattr(model, "parameters") else model.weights


def assert_same(a, b):
    for name in ("loss_curve_", "validation_score_curve_", "stop_reason_", "n_iter_"):
        assert getattr(a, name, None) == getattr(b, name, None)
    for one, other in zip(arrays(a), arrays(b), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def epochs_run(monkeypatch):
    """Counts the epochs that the CPU engine runs."""
    from skgru.gru._native import NumbaEngine

    counted, run = [], NumbaEngine.run_epoch

    def count(self, *arguments):
        counted.append(1)
        return run(self, *arguments)

    monkeypatch.setattr(NumbaEngine, "run_epoch", count)
    return counted


def in_slices(make, fit, most=100):
    """Fit with no time again and again until it is done; the fits that it took."""
    for n in range(1, most):
        estimator = fit(make(max_time=1e-9))
        if estimator.stop_reason_ != "max_time":
            return estimator, n
    raise AssertionError("it never ends")


# ---------------------------------------------------------------------- going on


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"early_stopping": True, "n_iter_no_change": 2, "epochs": 12},
        {"recurrent_dropout": 0.2, "units": (3, 2), "schedule": "constant"},
        {"vocabulary_size": "auto"},
        {"engine": "keras", "epochs": 2, "recurrent_dropout": 0.2},
    ],
    ids=["plain", "stopping", "dropout", "tokens", "keras"],
)
def test_slices_of_time_make_a_whole(parameters, tmp_path):
    data = TOKENS if "vocabulary_size" in parameters else X
    whole = classifier(**parameters).fit(data, LABELS)

    def make(**more):
        return classifier(**parameters, checkpoint_dir=tmp_path / "new" / "folder", **more)

    found, n = in_slices(make, lambda estimator: estimator.fit(data, LABELS))
    assert_same(found, whole)
    assert n == whole.n_iter_
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 1


def test_a_regressor_and_weights_of_rows(tmp_path):
    weight = np.arange(60.0)
    make = skgru.GRURegressor(units=3, embedding_units=4, epochs=3, random_state=np.int64(3))
    whole = clone(make).fit(X, X[:, :2], weight)

    def limited(**more):
        return clone(make).set_params(checkpoint_dir=str(tmp_path), **more)

    found, n = in_slices(limited, lambda estimator: estimator.fit(X, X[:, :2], weight))
    assert n == 3
    assert_same(found, whole)


@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout": 0.2, "recurrent_dropout": 0.2, "n_layers": 2},
        {"level": "word", "batch_size": 70},
        {"level": SimpleNamespace(encode=lambda text: [ord(c) for c in text], decode=str)},
    ],
    ids=["dropout", "word", "tokenizer"],
)
def test_a_language_model_goes_on_amid_an_epoch(parameters, tmp_path):
    words = np.random.default_rng(0).integers(40, 300, size=1200)
    text = " ".join(f"w{word}" for word in words)
    small = {"units": 4, "epochs": 2, "batch_size": 32, **parameters, "random_state": 0}
    whole = skgru.GRULanguageModel(**small).fit(text)

    def make(**more):
        return skgru.GRULanguageModel(**small, checkpoint_dir=tmp_path, **more)

    found, n = in_slices(make, lambda model: model.fit(text))
    assert n % 2 == 0
    assert n // 2 >= (1 if small["batch_size"] == 70 else 3)  # an update a slice
    assert_same(found, whole)


@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout": 0.2, "n_layers": 2},
        {"level": "word", "early_stopping": True, "n_iter_no_change": 2, "learning_rate": 0.1},
    ],
    ids=["dropout", "stopping"],
)
def test_pairs_go_on_amid_an_epoch(parameters, tmp_path):
    sources = [f"a{i % 31} b{i % 7} c{i}" for i in range(120)]
    targets = [f"b{i % 7} a{i % 31}" for i in range(120)]
    small = {"units": 4, "embedding_units": 3, "epochs": 4, "random_state": 0, **parameters}
    whole = skgru.GRUSeq2Seq(batch_size=40, **small).fit(sources, targets)

    def make(**more):
        more["beam_width"] = 1  # is no part of training
        return skgru.GRUSeq2Seq(batch_size=40, **small, checkpoint_dir=tmp_path, **more)

    found, n = in_slices(make, lambda model: model.fit(sources, targets))
    assert n == 3 * whole.n_iter_
    assert_same(found, whole)


def test_a_transcriber_goes_on(tmp_path):
    frames = np.random.default_rng(0).normal(size=(12, 30, 4))
    texts = ["ab", "b", "cab"] * 4
    small = {"units": 3, "embedding_units": 4, "epochs": 4, "early_stopping": True}
    whole = skgru.GRUTranscriber(**small, random_state=0).fit(frames, texts)

    def make(**more):
        decoder = {"decoder": "beam", "language_model": skgru.GRULanguageModel()}
        more |= decoder if len(list(tmp_path.iterdir())) else {}  # which may be set afterwards
        return skgru.GRUTranscriber(**small, random_state=0, checkpoint_dir=tmp_path, **more)

    found, n = in_slices(make, lambda model: model.fit(frames, texts))
    assert n == 4
    assert_same(found, whole)


def test_what_is_done_is_not_done_again(tmp_path, epochs_run):
    first = classifier(checkpoint_dir=tmp_path).fit(X, LABELS)
    assert len(epochs_run) == 5
    shuffled = np.random.default_rng(1).permutation(60)  # the same data to a fit
    again = classifier(checkpoint_dir=tmp_path, verbose=1, max_time=100.0)
    assert_same(first, again.fit(X[shuffled], LABELS[shuffled]))
    assert len(epochs_run) == 5


def test_an_interruption(tmp_path, monkeypatch, epochs_run):
    from skgru.gru._native import NumbaEngine

    whole, run = classifier().fit(X, LABELS), NumbaEngine.run_epoch
    n_before = len(epochs_run)

    def interrupt(self, order, rates):
        if len(epochs_run) - n_before == 3:
            self.differentiate(order[0])  # amid an epoch
            raise KeyboardInterrupt
        return run(self, order, rates)

    with monkeypatch.context() as patch:
        patch.setattr(NumbaEngine, "run_epoch", interrupt)
        with pytest.warns(UserWarning, match="after 3 of 5"):
            cut = classifier(checkpoint_dir=tmp_path).fit(X, LABELS)
    assert cut.stop_reason_ == "interrupted"
    n_before = len(epochs_run)
    assert_same(classifier(checkpoint_dir=tmp_path).fit(X, LABELS), whole)
    assert len(epochs_run) - n_before == 2


CHILD = """
import sys
import numpy as np
from skgru import GRUClassifier, _checkpoint
_checkpoint.INTERVAL = 0
X = np.random.default_rng(0).normal(size=(60, 20))
labels = np.where(X[:, :10].sum(axis=1) > 0, "up", "down")
small = {"units": 3, "embedding_units": 4, "epochs": 300, "random_state": 0}
GRUClassifier(**small, checkpoint_dir=sys.argv[1]).fit(X, labels)
"""


def start(code, folder):
    environment = {**os.environ, "PYTHONPATH": str(Path(skgru.__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], env=environment)


def kill_when_there_is_something(code, folder):
    """Run a child until it has written a checkpoint, and end it as a power cut would."""
    child = start(code, folder)
    try:
        while not list(folder.glob("*.checkpoint")):
            assert child.poll() is None
            time.sleep(0.005)
    finally:
        child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        child.wait()


def test_a_killed_process(tmp_path, epochs_run):
    kill_when_there_is_something(CHILD, tmp_path)
    found = classifier(epochs=300, checkpoint_dir=tmp_path).fit(X, LABELS)
    assert 0 < len(epochs_run) < 300
    assert_same(found, classifier(epochs=300).fit(X, LABELS))


TEXT_CHILD = """
import sys
from skgru import GRULanguageModel, _checkpoint
_checkpoint.INTERVAL = 0
small = {"units": 4, "epochs": 2, "batch_size": 1, "sequence_length": 8, "random_state": 0}
GRULanguageModel(**small, checkpoint_dir=sys.argv[1]).fit("the cat sat on the mat. " * 400)
"""


def test_a_killed_process_amid_a_text(tmp_path):
    kill_when_there_is_something(TEXT_CHILD, tmp_path)
    small = {"units": 4, "epochs": 2, "batch_size": 1, "sequence_length": 8, "random_state": 0}
    text = "the cat sat on the mat. " * 400
    cut = skgru.GRULanguageModel(**small, checkpoint_dir=tmp_path, max_time=1e-9).fit(text)
    assert cut.n_iter_ == 1  # it was killed in the first epoch
    found = skgru.GRULanguageModel(**small, checkpoint_dir=tmp_path).fit(text)
    assert_same(found, skgru.GRULanguageModel(**small).fit(text))


def test_a_search_goes_on(tmp_path, epochs_run):
    def search(grid, **parameters):
        return GridSearchCV(classifier(**parameters), grid, cv=2).fit(X, LABELS)

    whole = search({"units": [2, 3, 4]})
    epochs_run.clear()
    search({"units": [2, 3]}, checkpoint_dir=tmp_path)
    n_before = len(epochs_run)
    found = search({"units": [2, 3, 4]}, checkpoint_dir=tmp_path)
    assert len(epochs_run) - n_before <= 5 * (2 + 1)  # two folds of the new one, and the refit
    scores = "mean_test_score"
    np.testing.assert_array_equal(found.cv_results_[scores], whole.cv_results_[scores])
    assert_same(found.best_estimator_, whole.best_estimator_)
    n_before = len(epochs_run)
    search({"units": [2, 3, 4]}, checkpoint_dir=tmp_path)
    assert len(epochs_run) == n_before


def test_panels_of_sktime_share_it(tmp_path):
    from skgru.sktime import GRUClassifier

    small = {"units": 3, "embedding_units": 4, "epochs": 5, "random_state": 0}
    panel = GRUClassifier(**small, checkpoint_dir=tmp_path).fit(X[:, np.newaxis], LABELS)
    assert_same(panel.estimator_, classifier().fit(X, LABELS))
    assert len(list(tmp_path.iterdir())) == 1


def test_two_fits_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(_checkpoint, "INTERVAL", 0)
    with ThreadPoolExecutor(2) as pool:
        fits = pool.map(lambda _: classifier(checkpoint_dir=tmp_path).fit(X, LABELS), range(4))
        first, *others = list(fits)
    for other in others:
        assert_same(first, other)
    assert len(list(tmp_path.iterdir())) == 1


# ---------------------------------------------------------------------- which file


def test_other_fits_have_other_files(tmp_path):
    def fit(values=X, y=LABELS, weight=None, **parameters):
        classifier(checkpoint_dir=tmp_path, epochs=1, **parameters).fit(values, y, weight)
        return len(list(tmp_path.iterdir()))

    other = X.copy()
    other[3, 4] += 1e-3
    kinds = [
        fit(),
        fit(other),
        fit(y=LABELS[::-1]),
        fit(weight=np.arange(1.0, 61.0)),
        fit(random_state=1),
        fit(class_weight={"up": 1, "down": 2}),
        fit(class_weight={"up": 2, "down": 1}),
        fit(early_stopping=True),
        fit(learning_rate=0.1),
    ]
    assert kinds == [*range(1, 10)]
    assert fit(verbose=True, max_time=9.0) == 9


def test_partial_fit_keeps_nothing(tmp_path):
    estimator = classifier(checkpoint_dir=tmp_path).partial_fit(X, LABELS)
    assert not list(tmp_path.iterdir())
    assert estimator.stop_reason_ == "epochs"


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"random_state": None}, "whole number"),
        ({"random_state": np.random.RandomState(0)}, "whole number"),
        ({"warm_start": True}, "warm_start=False"),
        ({"network": lambda n, m: None}, "checkpoint_dir=None"),
        ({"class_weight": {"up": slice(3), "down": 1}}, "slice"),
        ({"checkpoint_dir": 3}, "path of a folder"),
        ({"checkpoint_dir": ""}, "path of a folder"),
    ],
)
def test_a_fit_that_could_not_go_on_is_refused(parameters, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "class_weight" in parameters:
        monkeypatch.setattr("skgru.gru._targets.weigh_classes", lambda *a: a[-1])
    with pytest.raises(ValueError, match=message):
        classifier(**{"checkpoint_dir": tmp_path, **parameters}).fit(X, LABELS)
    assert not list(tmp_path.iterdir())


def test_keras_on_other_backends_keeps_its_optimizer_to_itself(tmp_path, monkeypatch):
    from skgru.gru import _epoch, _portable

    monkeypatch.setattr(_epoch, "KerasEngine", _portable.KerasEngine)
    with pytest.raises(ValueError, match="set engine='numba'"):
        classifier(engine="keras", checkpoint_dir=tmp_path).fit(X, LABELS)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    classifier(checkpoint_dir=folder).fit(X, LABELS)
    (path,) = folder.iterdir()
    return path, path.read_bytes()


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), what=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_file_is_named(written, place, what, cut):
    path, content = written
    at = int(place * len(content))
    flipped = bytes([content[at] ^ what])
    path.write_bytes(content[:at] if cut else content[:at] + flipped + content[at + 1 :])
    with pytest.raises(ValueError, match=r"checkpoint .*GRUClassifier-.* is damaged.*Remove this"):
        classifier(checkpoint_dir=path.parent).fit(X, LABELS)


def lose_losses(state):
    state["course"]["loss"] = []


def forget_best(state):
    del state["course"]["best"]


def shrink(state):
    state["engine"]["weights"][0] = np.zeros(1, np.float32)


def spoil(state):
    state["engine"]["weights"][0][:] = np.nan


@pytest.mark.parametrize("harm", [lose_losses, forget_best, shrink, spoil, dict.clear])
def test_a_sound_file_of_a_state_that_is_none_is_refused(tmp_path, harm):
    classifier(checkpoint_dir=tmp_path).fit(X, LABELS)
    (path,) = tmp_path.iterdir()
    checkpoint, states = Checkpoint(path), []
    checkpoint.resume(states.append)
    harm(states[0])
    checkpoint.keep(lambda: states[0])
    checkpoint.write()
    with pytest.raises(ValueError, match=r"is damaged.*Remove this"):
        classifier(checkpoint_dir=tmp_path).fit(X, LABELS)


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="'checkpoint_dir' parameter of GRUClassifier must be a fold"):
        classifier(checkpoint_dir=tmp_path / "file").fit(X, LABELS)


def test_a_file_of_another_fit_is_refused(tmp_path):
    classifier(checkpoint_dir=tmp_path).fit(X, LABELS)
    (first,) = tmp_path.iterdir()
    classifier(checkpoint_dir=tmp_path, random_state=1).fit(X, LABELS)
    (second,) = {*tmp_path.iterdir()} - {first}
    second.rename(first)
    with pytest.raises(ValueError, match="no such fit"):
        classifier(checkpoint_dir=tmp_path).fit(X, LABELS)


def test_a_full_disk_does_not_end_a_training(tmp_path, monkeypatch):
    def refuse(path):
        raise OSError("No space left on device")

    monkeypatch.setattr(_checkpoint, "replacing", refuse)
    with pytest.warns(UserWarning, match="No space left on device"):
        found = classifier(checkpoint_dir=tmp_path).fit(X, LABELS)
    assert_same(found, classifier().fit(X, LABELS))


# ---------------------------------------------------------------------- states


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ARRAYS = st.lists(st.floats(width=32), max_size=4).map(np.float32)
STATES = st.recursive(
    PLAIN | ARRAYS,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


def equal(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and a == b


@settings(max_examples=40, deadline=None)
@given(state=st.dictionaries(st.text(), STATES))
def test_states_come_back(tmp_path_factory, state):
    state.pop("$array", None)
    path = tmp_path_factory.mktemp("state") / "one.checkpoint"
    checkpoint = Checkpoint(path)
    found = []
    checkpoint.resume(found.append)
    assert not found
    checkpoint.keep(lambda: state)
    assert not path.exists()  # it is not due
    checkpoint.write()
    checkpoint.resume(found.append)
    assert equal(found, [state])


def test_generators_come_back(tmp_path):
    rng = np.random.default_rng(5)
    rng.integers(3, dtype=np.int32)  # half of what is drawn waits for the next
    checkpoint = Checkpoint(tmp_path / "one.checkpoint")
    checkpoint.keep(lambda: {"rng": rng.bit_generator.state})
    checkpoint.write()
    wanted, other = rng.integers(9, size=5, dtype=np.int32), np.random.default_rng(0)
    checkpoint.resume(lambda state: setattr(other.bit_generator, "state", state["rng"]))
    np.testing.assert_array_equal(other.integers(9, size=5, dtype=np.int32), wanted)
