"""What is saved is what is loaded, and nothing else loads."""

import copy
import json
import os
import re
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

import skgru
import skgru.sktime
from skgru import _archive
from skgru.persistence import load, save
from skgru.persistence._registry import CLASSES


def assert_same(a, b):
    """Answers equal to the last bit, labels and types included."""
    assert a.keys() == b.keys()
    for name, one in a.items():
        other = b[name]
        assert type(one) is type(other)
        if isinstance(one, pd.DataFrame | pd.Series):
            (pd.testing.assert_frame_equal if one.ndim == 2 else pd.testing.assert_series_equal)(
                one, other, check_exact=True
            )
        else:
            assert np.asarray(one).dtype == np.asarray(other).dtype, name
            np.testing.assert_array_equal(one, other)


def header_of(path):
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def forge(path, header, rest):
    """A file with any content and the right checksum."""
    import hashlib

    header["__metadata__"]["sha256"] = "0" * 64
    text = json.dumps(header, separators=(",", ":")).encode()
    digest = hashlib.sha256(text + rest).hexdigest().encode()
    text = text.replace(b'"sha256":"' + b"0" * 64, b'"sha256":"' + digest)
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + rest)


# ---------------------------------------------------------------------- what comes back


@pytest.mark.parametrize("name", CLASSES)
def test_a_loaded_estimator_is_the_saved_one(name, estimators, tmp_path):
    one = estimators[name]
    save(one.estimator, tmp_path / "file")
    again = load(str(tmp_path / "file"))
    assert type(again) is type(one.estimator)
    assert repr(again.get_params()) == repr(one.estimator.get_params())
    assert_same(one.ask(one.estimator), one.ask(again))


@pytest.mark.parametrize("name", CLASSES)
def test_saving_again_gives_the_same_bytes(name, estimators, tmp_path):
    save(estimators[name].estimator, tmp_path / "one")
    save(load(tmp_path / "one"), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("name", CLASSES)
def test_a_loaded_estimator_can_be_cloned_copied_and_saved_unfitted(name, estimators, tmp_path):
    one = estimators[name]
    save(one.estimator, tmp_path / "file")
    again = load(tmp_path / "file")
    assert_same(one.ask(one.estimator), one.ask(copy.deepcopy(again)))
    save(clone(again), tmp_path / "unfitted")
    assert repr(load(tmp_path / "unfitted")) == repr(clone(one.estimator))


def test_refitting_is_the_same_before_and_after(estimators, tmp_path):
    one = estimators["skgru.GRUClassifier"]
    save(one.estimator, tmp_path / "file")
    X, y = one.X[:, :6], np.arange(16) % 3
    again = load(tmp_path / "file").fit(X, y)
    assert (again.predict_proba(X) == clone(one.estimator).fit(X, y).predict_proba(X)).all()


def test_training_goes_on(estimators, tmp_path):
    one = estimators["skgru.GRURegressor"]
    save(one.estimator, tmp_path / "file")
    pickled = copy.deepcopy(one.estimator)
    for estimator in (pickled, again := load(tmp_path / "file")):
        estimator.partial_fit(one.X, one.X[:, :2])
    assert (again.predict(one.X) == pickled.predict(one.X)).all()


def test_a_transcriber_keeps_its_language_model(estimators, tmp_path):
    one = estimators["skgru.GRUTranscriber"]
    model = skgru.GRULanguageModel(units=4, epochs=1, random_state=0).fit(["ab", "b"])
    beam = clone(one.estimator).set_params(decoder="beam", language_model=model)
    beam.fit(one.X, ["ab", "b"] * 3)
    save(beam, tmp_path / "file")
    assert load(tmp_path / "file").predict(one.X) == beam.predict(one.X)


def test_a_series_goes_on(estimators, tmp_path):
    forecaster = estimators["skgru.sktime.GRUForecaster"].estimator
    save(forecaster, tmp_path / "file")
    later = pd.Series([51.0, 52.0], pd.period_range("2022-07", periods=2, freq="M"), name="sales")
    one, other = copy.deepcopy(forecaster), load(tmp_path / "file")
    for each in (one, other):
        each.update(later, update_params=False)
    pd.testing.assert_series_equal(one.predict([1, 2]), other.predict([1, 2]), check_exact=True)


@pytest.mark.parametrize("kind", ["dates", "hierarchy", "with X"])
@pytest.mark.parametrize("cls", [skgru.ETSForecaster, skgru.sktime.GRUForecaster])
def test_forecasters_keep_their_index(cls, kind, tmp_path):
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=26, freq="D", tz="Europe/Berlin")
    y, X, future = pd.Series(rng.normal(size=24) + 9, days[:24]), None, None
    if kind == "hierarchy":
        times = pd.period_range("2020Q1", periods=12, freq="Q")
        index = pd.MultiIndex.from_product([["a", "b"], [1, 2], times], names=["k", "n", "t"])
        y = pd.DataFrame({"u": rng.normal(size=48) + 9, "v": rng.normal(size=48)}, index)
    elif kind == "with X":
        X = pd.DataFrame({"x": rng.normal(size=26), "holiday": np.arange(26) % 7 == 0}, days)
        X, future = X[:24].astype(float), X[24:].astype(float)
    small = {} if cls is skgru.ETSForecaster else {"units": 2, "embedding_units": 2, "epochs": 1}
    forecaster = cls(random_state=0, **small).fit(y, X=X, fh=[1, 2])
    save(forecaster, tmp_path / "file")
    one, other = forecaster.predict(X=future), load(tmp_path / "file").predict(X=future)
    (pd.testing.assert_frame_equal if kind == "hierarchy" else pd.testing.assert_series_equal)(
        one, other, check_exact=True
    )


def test_a_panel_goes_on(estimators, tmp_path):
    one = estimators["packed"]
    save(one.estimator, tmp_path / "file")
    again = load(tmp_path / "file")
    assert_same(one.ask(one.estimator), one.ask(again))
    index = pd.MultiIndex.from_tuples([(7, pd.Period("2022Q3"))], names=["shop", "quarter"])
    later, same = pd.DataFrame({"sales": [510.0]}, index), copy.deepcopy(one.estimator)
    for each in (same, again):
        each.update(later, update_params=False)
    assert_same(one.ask(same), one.ask(again))


def test_a_panel_of_many_blocks(shops, tmp_path):
    panel = shops(3000)
    forecaster = skgru.ETSForecaster(sp=4).fit(panel, fh=[1, 2])
    save(forecaster, tmp_path / "file")
    again = load(tmp_path / "file")
    pd.testing.assert_frame_equal(forecaster.predict(), again.predict(), check_exact=True)
    pd.testing.assert_frame_equal(forecaster.criteria_, again.criteria_, check_exact=True)
    assert (tmp_path / "file").stat().st_size < 1000 * 3000


@pytest.mark.parametrize(
    "labels",
    [[3, -1], [True, False], [2.0, 0.0], ["a", "bé\ud800"], np.array(["2020", "2021"], "M8[Y]")],
    ids=["int", "bool", "float", "text", "dates"],
)
def test_labels_of_any_type(labels, estimators, tmp_path):
    X = estimators["skgru.GRUClassifier"].X
    labels = np.asarray(labels)
    y = labels[(X[:, 0] > 0).astype(int)]
    for kind in (labels.dtype, object) if labels.dtype.kind == "U" else (labels.dtype,):
        clf = skgru.GRUClassifier(units=2, embedding_units=2, epochs=1, random_state=0)
        save(clf.fit(X, y.astype(kind)), tmp_path / "file")
        again = load(tmp_path / "file")
        assert again.classes_.dtype == clf.classes_.dtype
        assert (again.predict(X) == clf.predict(X)).all()


def test_parameters_of_any_kind(tmp_path):
    values = {
        "units": (np.int64(3), 4),
        "class_weight": {"a": 1.5, np.str_("b"): np.float32(0.1)},
        "random_state": np.random.RandomState(7),
        "tol": float("inf"),
        "checkpoint_dir": Path("states"),
    }
    save(skgru.GRUClassifier(**values), tmp_path / "file")
    again = load(tmp_path / "file")
    assert again.units == (3, 4)
    assert again.class_weight == values["class_weight"]
    assert again.tol == float("inf")
    assert again.checkpoint_dir == "states"
    assert again.random_state.randint(1000) == values["random_state"].randint(1000)


def test_threads_save_and_load_side_by_side(estimators, tmp_path):
    one = estimators["skgru.GRUClassifier"]
    expected = one.ask(one.estimator)

    def turn(_):
        save(one.estimator, tmp_path / "file")
        return one.ask(load(tmp_path / "file"))

    with ThreadPoolExecutor(4) as pool:
        for answers in pool.map(turn, range(12)):
            assert_same(expected, answers)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_other_programs_read_the_header(estimators, tmp_path):
    save(estimators["skgru.GRUClassifier"].estimator, tmp_path / "file")
    header, rest = header_of(tmp_path / "file")
    told = header.pop("__metadata__")
    assert told["class"] == "skgru.GRUClassifier"
    assert told["skgru_version"] == skgru.__version__
    assert sum(end - start for start, end in (e["data_offsets"] for e in header.values())) == len(
        rest
    )
    weights = estimators["skgru.GRUClassifier"].estimator.model_.weights
    for i, weight in enumerate(weights):
        start, stop = header[f"model_.weights.{i}"]["data_offsets"]
        assert rest[start:stop] == weight.tobytes()


# ---------------------------------------------------------------------- what is refused


def own_network(n_timesteps, n_channels):
    """A network as users give them."""


class Tokenizer:
    def encode(self, text):
        return [ord(letter) for letter in text]

    def decode(self, tokens):
        return "".join(map(chr, tokens))


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (skgru.GRUClassifier(network=own_network), "'network' is a function"),
        (skgru.sktime.GRURegressor(network=own_network), "'network' is a function"),
        (skgru.GRULanguageModel(Tokenizer()), "'level' is a Tokenizer"),
        (skgru.GRUSeq2Seq(("char", Tokenizer())), "'level.1' is a Tokenizer"),
        (skgru.GRUTranscriber(language_model=Tokenizer()), "'language_model' is a Tokenizer"),
        (make_pipeline(skgru.GRUClassifier()), "got Pipeline.*joblib"),
        (type("Mine", (skgru.GRUClassifier,), {})(), "got Mine"),
        ("text", "got str"),
    ],
    ids=[
        "network",
        "network in sktime",
        "tokenizer",
        "tokenizer of targets",
        "language model",
        "pipeline",
        "subclass",
        "text",
    ],
)
def test_what_is_no_data_is_refused(estimator, said, tmp_path):
    with pytest.raises(TypeError, match=said):
        save(estimator, tmp_path / "file")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "first 8 bytes"),
        (b"PK\x03\x04" + b"\0" * 100, "first 8 bytes"),
        ((2**62).to_bytes(8, "little") + b"{}", "first 8 bytes"),
        ((9).to_bytes(8, "little") + b"not json!", "no JSON"),
        ((2).to_bytes(8, "little") + b"[]", "no __metadata__"),
        ((2).to_bytes(8, "little") + b"{}", "no __metadata__"),
        ((20).to_bytes(8, "little") + b'{"__metadata__": {}}', "not written by"),
        ((10**5).to_bytes(8, "little") + b"[" * 10**5, "no JSON"),
        ((16).to_bytes(8, "little") + b'{"a": 1, "a": 2}', "stands twice"),
    ],
    ids=["empty", "zip", "huge", "garbage", "list", "bare", "foreign", "deep", "twice"],
)
def test_other_files_are_refused(content, said, tmp_path):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=f"cannot be loaded: .*{said}"):
        load(tmp_path / "file")


def test_a_newer_format_says_what_to_do(estimators, tmp_path):
    save(estimators["skgru.GRUClassifier"].estimator, tmp_path / "file")
    header, rest = header_of(tmp_path / "file")
    header["__metadata__"] |= {"format_version": "2", "skgru_version": "9.9"}
    forge(tmp_path / "file", header, rest)
    with pytest.raises(ValueError, match=r"format 2, written by skgru 9\.9.*update skgru"):
        load(tmp_path / "file")


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"a": {**ENTRY, "shape": [2**40, 2**40]}}, "does not fit its place"),
        ({"a": {**ENTRY, "shape": [-2]}}, "has the shape"),
        ({"a": {**ENTRY, "shape": [2.0]}}, "has the shape"),
        ({"a": {**ENTRY, "shape": [1] * 40 + [2]}}, "has the shape"),
        ({"a": {**ENTRY, "dtype": "O"}}, "element type"),
        ({"a": {**ENTRY, "dtype": ["F32"]}}, "element type"),
        ({"a": {**ENTRY, "data_offsets": [8, 16]}}, "begin where"),
        ({"a": ENTRY, "b": ENTRY}, "begin where"),
        ({"a": {**ENTRY, "shape": [2**38], "data_offsets": [0, 2**40]}}, "there are 8"),
        ({"a": {**ENTRY, "more": 1}}, "entry of a"),
        ({"a": {**ENTRY, "dtype": "BOOL", "shape": [8]}}, "truth values"),
        ({}, "there are 8"),
    ],
)
def test_absurd_arrays_are_refused_before_memory_is_taken(entries, said, tmp_path):
    metadata = {"format": "skgru", "format_version": "1"}
    forge(tmp_path / "file", {"__metadata__": metadata, **entries}, b"\x07" * 8)
    with pytest.raises(ValueError, match=said):
        load(tmp_path / "file")


def swap(node, found, put):
    """Replace the first object in a tree that `found` likes."""
    if isinstance(node, dict) and found(node):
        node.clear()
        node.update(put)
        return True
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return any(swap(part, found, put) for part in parts)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e: e.update(estimator="os.system"), "told in two ways"),
        (lambda e: e["state"].update(predict=1), "no fitted attribute"),
        (lambda e: e["state"].update(__class__=1), "no fitted attribute"),
        (lambda e: e["state"].update(units=1), "no fitted attribute"),
        (lambda e: e["parameters"].update(shell="rm"), "no parameters"),
        (lambda e: e["state"].update(x={"record": "os.PathLike", "fields": {}}), "loads"),
        (lambda e: e["state"].update(x={"estimator": "builtins.eval"}), "loads"),
        (lambda e: e["state"].update(x={"import": "os"}), "none that this version knows"),
        (lambda e: e["state"].pop("_scaling"), "_scaling"),
        (lambda e: e["state"].update(n_channels_in_=3), "does not fit"),
        (lambda e: e["state"].update(stop_reason_="tired"), "stop_reason_"),
        (lambda e: e["state"].update(classes_={"items": ["a"], "shape": [1], "of": "str"}), "fit"),
        (
            lambda e: swap(e, lambda n: n.get("array") == "model_.weights.1", {"array": "nowhere"}),
            "nowhere",
        ),
        (
            lambda e: swap(
                e, lambda n: n.get("array") == "model_.weights.4", {"array": "model_.weights.5"}
            ),
            "does not fit",
        ),
    ],
)
def test_contradictions_are_refused(change, said, estimators, tmp_path):
    save(estimators["skgru.GRUClassifier"].estimator, tmp_path / "file")
    header, rest = header_of(tmp_path / "file")
    node = json.loads(header["__metadata__"]["estimator"])
    change(node)
    header["__metadata__"]["estimator"] = json.dumps(node)
    forge(tmp_path / "file", header, rest)
    with pytest.raises(ValueError, match=said):
        load(tmp_path / "file")


def first_record(node, name):
    """The first record of this name in a tree."""
    if isinstance(node, dict) and node.get("record") == name:
        return node
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return next(filter(None, (first_record(part, name) for part in parts)), None)


@pytest.mark.parametrize(
    ("whose", "name", "fields", "said"),
    [
        ("packed", "ets.Kept", {"edges": [0, 50]}, "edges"),
        ("packed", "ets.Kept", {"edges": [0, 0, 100]}, "edges"),
        ("packed", "ets.Kept", {"edges": [0, 10**6]}, "edges"),
        ("packed", "ets.Kept", {"edges": [0, 50, 100]}, "the models"),
        ("packed", "ets.Kept", {"edges": []}, "edges"),
        ("packed", "ets.Kept", {"blocks": {"tuple": [None]}}, "Kept.blocks"),
        ("packed", "ets.Packed", {"smoothing": {"array": "_panel.values"}}, "cannot assign"),
        ("packed", "ets.Packed", {"n_observed": {"array": "_panel.offsets"}}, "n_observed"),
        ("packed", "ets.Packed", {"seasons": {"array": "_panel.values"}}, "seasons"),
        ("packed", "ets.Packed", {"exponents": {"array": "_panel.offsets"}}, "exponents"),
        ("packed", "ets.Packed", {"follow": False}, "weights"),
        ("packed", "ets.Fitted", {"best": {"array": "_panel.offsets"}}, "best"),
        ("packed", "ets.Fitted", {"criteria": {"array": "_panel.values"}}, "criteria"),
        ("packed", "ets.Settings", {"sp": 2**30}, "does not fit"),
        ("packed", "ets.Settings", {"specs": {"tuple": []}}, "candidates"),
        ("packed", "ets.Bag", {"models": None}, "versions"),
        ("packed", "ets.Bag", {"panel": None}, "Panel"),
        ("skgru.GRUSeq2Seq", "text.Seq2SeqSpec", {"n_source_tokens": 9}, "parameters"),
        ("skgru.GRUSeq2Seq", "text.Seq2SeqSpec", {"n_layers": 0}, "size"),
        ("skgru.GRUSeq2Seq", "text.TrainedSeq2Seq", {"spec": None}, "Seq2SeqSpec"),
        ("skgru.GRUSeq2Seq", "text.Vocabularies", {"target": None}, "Vocabulary"),
        ("skgru.GRUSeq2Seq", "text.Vocabulary", {"numbers": {"dict": []}}, "numbers"),
        ("skgru.GRUSynthesizer", "gru.GRUSpec", {"n_outputs": 40}, "weight"),
        ("skgru.GRUSynthesizer", "gru.GRUSpec", {"loss": "ctc"}, "the network"),
        ("skgru.GRUSynthesizer", "speech.Analysis", {"hop": 0}, "the hop"),
        ("skgru.GRUSynthesizer", "speech.Durations", {"effects": {"tuple": []}}, "the durations"),
        ("skgru.GRUSynthesizer", "speech.Speakers", {"default": 2}, "the default speaker"),
        ("skgru.sktime.GRUForecaster", "sktime.GlobalModel", {"stop_reason": "x"}, "stop_reason_"),
        ("skgru.GRUTranscriber", "gru.GRUSpec", {"n_outputs": 4}, "weight"),
        ("skgru.GRUTranscriber", "gru.GRUSpec", {"pooling": {"tuple": ["last"]}}, "the network"),
        ("skgru.GRUTranscriber", "gru.GRUSpec", {"patch_stride": 1}, "frame_stacking"),
        ("skgru.GRUTranscriber", "speech.Alphabet", {"level": "sign"}, "level"),
        ("skgru.GRUTranscriber", "speech.TrainedTranscriber", {"weights": {"tuple": []}}, "number"),
    ],
)
def test_contradictions_between_records_are_refused(
    whose, name, fields, said, estimators, tmp_path
):
    save(estimators[whose].estimator, tmp_path / "file")
    header, rest = header_of(tmp_path / "file")
    node = json.loads(header["__metadata__"]["estimator"])
    first_record(node, name)["fields"].update(fields)
    header["__metadata__"]["estimator"] = json.dumps(node)
    forge(tmp_path / "file", header, rest)
    with pytest.raises(ValueError, match=said):
        load(tmp_path / "file")


@pytest.fixture(scope="module")
def saved(estimators, tmp_path_factory):
    """Class, content of its file, and a place to put a damaged one."""
    folder = tmp_path_factory.mktemp("saved")
    found = []
    for name, one in estimators.items():
        save(one.estimator, folder / "file")
        found.append((name, (folder / "file").read_bytes()))
    return found, folder / "damaged"


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_is_noticed(saved, data):
    files, path = saved
    _, content = data.draw(st.sampled_from(files))
    place = data.draw(st.integers(0, len(content) - 1))
    damaged = bytearray(content)
    match data.draw(st.sampled_from(["flip", "cut", "insert", "swap"])):
        case "flip":
            damaged[place] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del damaged[place : place + data.draw(st.integers(1, len(content)))]
        case "insert":
            damaged[place:place] = data.draw(st.binary(min_size=1, max_size=20))
        case "swap":
            damaged[place:], damaged[:place] = content[:-place], content[-place:]
    if bytes(damaged) == content:
        return
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match="cannot be loaded"):
        load(path)


def leaves(node, into):
    """Every place in a tree, as its container and key."""
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in list(keys):
        into.append((node, key))
        leaves(node[key], into)
    return into


ANYTHING = [
    None,
    True,
    -1,
    0,
    1,
    2,
    7,
    2**31,
    2**70,
    1e300,
    "",
    "a",
    "F64",
    "M",
    [],
    {},
    [1, "a"],
    [0, 8],
]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_forged_content_never_harms(saved, data):
    """With a right checksum: an error, or an estimator that answers or raises."""
    files, path = saved
    name, content = data.draw(st.sampled_from(files))
    length = int.from_bytes(content[:8], "little")
    header, rest = json.loads(content[8 : 8 + length]), content[8 + length :]
    node = json.loads(header["__metadata__"]["estimator"])
    places = leaves(node, []) + leaves({k: v for k, v in header.items() if k[0] != "_"}, [])
    names = [key for key in header if key[0] != "_"]
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = places[data.draw(st.integers(0, len(places) - 1))]
        wanted = [*ANYTHING, *({"array": name} for name in names)]
        value = wanted[data.draw(st.integers(0, len(wanted) - 1))]
        if key in container if isinstance(container, dict) else key < len(container):
            container[key] = copy.deepcopy(value)
    header["__metadata__"]["estimator"] = json.dumps(node)
    forge(path, header, rest)
    try:
        estimator = load(path)
    except ValueError:  # and nothing else
        return
    if name == "packed" and estimator.is_fitted:
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.predict([1])
    if name in ("skgru.GRUClassifier", "skgru.GRURegressor") and hasattr(estimator, "model_"):
        X = np.ones((2, estimator.n_timesteps_in_ or 9, estimator.n_channels_in_))
        if X.size < 10**4:
            assert len(estimator.predict(X)) == 2


# ---------------------------------------------------------------------- all or nothing


def test_a_full_disk_leaves_the_old_file(estimators, tmp_path, monkeypatch):
    one = estimators["skgru.GRUClassifier"]
    save(one.estimator, tmp_path / "file")
    before = (tmp_path / "file").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, full)
            with pytest.raises(OSError, match="No space left"):
                save(one.estimator, tmp_path / "file")
        assert [file.name for file in tmp_path.iterdir()] == ["file"]
        assert (tmp_path / "file").read_bytes() == before


SAVE_FOR_EVER = """
import sys
from skgru.persistence import load, save
estimator = load(sys.argv[1])
print("ready", flush=True)
while True:
    save(estimator, sys.argv[1])
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process as POSIX does")
def test_a_killed_process_leaves_a_whole_file(estimators, tmp_path):
    one, file = estimators["skgru.GRULanguageModel"], tmp_path / "file"
    save(one.estimator, file)
    command = [sys.executable, "-c", SAVE_FOR_EVER, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        for _ in range(20):
            assert_same(one.ask(one.estimator), one.ask(load(file)))
        process.send_signal(signal.SIGKILL)
    assert_same(one.ask(one.estimator), one.ask(load(file)))


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
def test_a_file_too_large_for_the_disk(estimators, tmp_path):
    import resource

    one = estimators["skgru.GRUClassifier"]
    save(one.estimator, tmp_path / "file")
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, allowed[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            save(one.estimator, tmp_path / "file")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert_same(one.ask(one.estimator), one.ask(load(tmp_path / "file")))


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_permissions_stay(tmp_path):
    file = tmp_path / "file"
    save(skgru.GRUClassifier(), file)
    file.chmod(0o640)
    save(skgru.GRUClassifier(), file)
    assert file.stat().st_mode & 0o777 == 0o640


def test_the_form_of_outputs_stays(estimators, tmp_path):
    one = estimators["skgru.GRUClassifier"]
    save(copy.deepcopy(one.estimator).set_output(transform="pandas"), tmp_path / "file")
    assert isinstance(load(tmp_path / "file").transform(one.X), pd.DataFrame)


def test_links_are_followed(estimators, tmp_path):
    estimator = estimators["skgru.GRUClassifier"].estimator
    save(estimator, tmp_path / "file")
    os.symlink(tmp_path / "file", tmp_path / "link")
    save(skgru.GRUClassifier(), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert not hasattr(load(tmp_path / "file"), "model_")


def test_folders_and_missing_files(estimators, tmp_path):
    estimator = estimators["skgru.GRUClassifier"].estimator
    with pytest.raises(IsADirectoryError):
        save(estimator, tmp_path)
    with pytest.raises(FileNotFoundError):
        save(estimator, tmp_path / "nowhere" / "file")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere")


def test_too_many_labels_for_a_header(estimators, tmp_path, monkeypatch):
    monkeypatch.setattr(_archive, "LARGEST_HEADER", 500)
    with pytest.raises(ValueError, match=re.escape("must fit into 500 bytes")):
        save(estimators["skgru.GRUClassifier"].estimator, tmp_path / "file")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------- a slim interpreter

PREDICT = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("keras", "jax", "jaxlib", "tensorflow", "sktime", "pandas"):
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Refuse())
import numpy as np
from skgru.persistence import load

answers = []
for file, X in json.loads(sys.argv[1]):
    X = np.array(X) if not isinstance(X[0], str) else X
    answers.append(np.asarray(load(file).predict(X)).tolist())
print(json.dumps(answers))
"""


SLIM = ["GRUClassifier", "GRULanguageModel", "GRURegressor", "GRUSeq2Seq", "GRUTranscriber"]


def test_prediction_needs_neither_keras_nor_jax_nor_sktime(estimators, tmp_path):
    asked, expected = [], []
    for name in SLIM:
        one = estimators[f"skgru.{name}"]
        save(one.estimator, tmp_path / name)
        asked.append([str(tmp_path / name), np.asarray(one.X).tolist()])
        expected.append(np.asarray(one.estimator.predict(one.X)).tolist())
    command = [sys.executable, "-c", PREDICT, json.dumps(asked)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(run.stdout) == expected


# ---------------------------------------------------------------------- skops


def test_skops_reads_and_writes_estimators(estimators):
    skops = pytest.importorskip("skops.io")
    for name in ("skgru.GRUClassifier", "skgru.GRURegressor"):
        one = estimators[name]
        content = skops.dumps(one.estimator)
        trusted = skops.get_untrusted_types(data=content)
        assert set(trusted) == {
            f"skgru.gru._{name[9:].lower()}.{name[6:]}",
            "skgru.gru._model.GRUSpec",
            "skgru.gru._model.TrainedGRU",
            "skgru.gru._scaling.Scaling",
        }
        assert_same(one.ask(one.estimator), one.ask(skops.loads(content, trusted=trusted)))
