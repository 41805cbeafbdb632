"""What the classes for speech make of faulty input: a clear error or the right answer."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skgru import GRULanguageModel, GRUSynthesizer, GRUTranscriber, LogMel, SpeechAugmenter

rng = np.random.default_rng(0)
FRAMES = [rng.normal(size=(30 + i, 3)) for i in range(8)]
WAVES = [np.sin(np.arange(1600 + 40 * i) * (0.2 + 0.1 * (i % 2))) for i in range(8)]
TABLE = np.stack([wave[:1600] for wave in WAVES])
TEXTS = ["ab", "ba"] * 4
SMALL = {"units": 4, "embedding_units": 4, "epochs": 2, "random_state": 0}
SPEAKS = {**SMALL, "epochs": 1, "alignment_epochs": 1, "n_phase_iter": 2}
CLASSES = [GRUTranscriber, GRUSynthesizer, LogMel, SpeechAugmenter]
TRAINED = CLASSES[:2]
each_class = pytest.mark.parametrize("cls", CLASSES)
each_trained = pytest.mark.parametrize("cls", TRAINED)
REFUSALS = (ValueError, TypeError)


def make(cls, **parameters):
    """A small one."""
    defaults = {
        GRUTranscriber: SMALL,
        GRUSynthesizer: SPEAKS,
        LogMel: {"rate": 8000, "n_mels": 20},
        SpeechAugmenter: {"rate": 8000, "n_variants": 1, "random_state": 0},
    }
    return cls(**{**defaults[cls], **parameters})


def fit(model, data, texts=TEXTS):
    """Fit to recordings: frames or waveforms."""
    if isinstance(model, GRUSynthesizer):
        return model.fit(texts, data)
    return model.fit(data, texts)


def answer(model, data=None, texts=TEXTS):
    """All numbers of an answer, which must be finite."""
    if isinstance(model, GRUTranscriber):
        found = model.predict_proba(FRAMES if data is None else data)
        for p in found:
            np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    elif isinstance(model, GRUSynthesizer):
        found = model.predict(["ab", "b"])
    elif isinstance(model, LogMel):
        found = model.transform(WAVES if data is None else data)
    else:
        found = model.fit_resample(WAVES if data is None else data, texts)[0]
    numbers = np.concatenate([np.ravel(one) for one in found])
    assert np.isfinite(numbers).all()
    return numbers


def recordings(cls):
    """What a class reads."""
    return FRAMES if cls is GRUTranscriber else WAVES


def changed(cls, change, i=3):
    """The recordings with one of them changed."""
    data = list(recordings(cls))
    data[i] = change(data[i].copy())
    return data


def with_value(value, place=5):
    def change(recording):
        recording = recording.copy()
        recording[place] = value
        return recording

    return change


@pytest.fixture(scope="module")
def plain():
    """Each class fitted to the plain data."""
    return {cls: fit(make(cls), recordings(cls)) for cls in CLASSES}


# ---------------------------------------------------------------------- recordings

REFUSED = {
    "NaN": (with_value(np.nan), "NaN|finite"),
    "infinity": (with_value(np.inf), "infinity|finite"),
    "minus infinity": (with_value(-np.inf), "infinity|finite"),
    "beyond float32": (with_value(1e300), "reaches 1e\\+300|finite in float32"),
    "no step": (lambda a: a[:0], "at least (1 sample|one frame)"),
    "words": (lambda a: np.full(a.shape, "a"), "real numbers|convert"),
    "complex": (lambda a: a + 1j, "[Cc]omplex"),
    "dates": (lambda a: np.full(a.shape, np.datetime64("2020")), "datetime64|DType"),
    "None": (lambda a: None, "None|object"),
    "a number": (lambda a: 3.0, "3.0|shape"),
    "objects that are no numbers": (lambda a: np.full(a.shape, object()), "object|float"),
    "a dictionary": (lambda a: {"a": 1}, "."),
    "four dimensions": (lambda a: a.reshape(-1, 1, 1, 1), "shape"),
}


@each_class
@pytest.mark.parametrize("fault", REFUSED)
def test_a_recording_that_is_refused(cls, fault, plain):
    change, message = REFUSED[fault]
    data = changed(cls, change)
    model = make(cls)
    with pytest.raises(REFUSALS, match=message):
        fit(model, data)
    if cls in TRAINED:
        with pytest.raises(NotFittedError):
            answer(model)
    if cls in (GRUTranscriber, LogMel, SpeechAugmenter):
        with pytest.raises(REFUSALS, match=message):
            answer(plain[cls], data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a[:, :0], "at least one frame"),
        (lambda a: a[:, 0], "shape"),
        (lambda a: a[None], "shape"),
        (lambda a: a[:, :2], "recording 3 has 2"),
        (sp.csr_array, "object"),
    ],
    ids=["no channels", "one dimension", "a cube", "other channels", "sparse"],
)
def test_frames_that_are_refused(change, message, plain):
    data = changed(GRUTranscriber, change)
    with pytest.raises(ValueError, match=message):
        make(GRUTranscriber).fit(data, TEXTS)
    with pytest.raises(ValueError, match=message):
        plain[GRUTranscriber].predict(data)


@each_class
@pytest.mark.parametrize(
    "data",
    [None, "sound", b"sound", 3.0, [], {}, {"a": 1}, [None], [[]], np.zeros((0, 4)), np.zeros(4)],
    ids=repr,
)
def test_recordings_that_are_none(cls, data):
    with pytest.raises(REFUSALS):
        fit(make(cls), data, [] if np.size(data) == 0 else ["a"] * 4)


@pytest.mark.parametrize("cls", [LogMel, SpeechAugmenter])
def test_a_sparse_table_is_refused(cls):
    with pytest.raises(TypeError, match="Sparse"):
        fit(make(cls), sp.csr_array(TABLE))


@pytest.mark.parametrize("cls", [GRUSynthesizer, LogMel, SpeechAugmenter])
@pytest.mark.parametrize("size", [1.01e15, 1e20, 3e38, 1e300])
def test_waves_that_float32_cannot_square_are_refused(cls, size):
    with pytest.raises(ValueError, match="lie between -1 and 1; recording 3 of X reaches"):
        fit(make(cls), changed(cls, with_value(size)))


@pytest.mark.parametrize("cls", [GRUSynthesizer, LogMel, SpeechAugmenter])
def test_channels_that_come_first_are_told(cls):
    with pytest.raises(ValueError, match="Transpose it"):
        fit(make(cls), [np.stack([wave, wave]) for wave in WAVES])


FORMS = {
    "read-only": lambda a: _read_only(a),
    "Fortran order": np.asfortranarray,
    "negative strides": lambda a: a[::-1].copy()[::-1],
    "every second step": lambda a: np.repeat(a, 2, axis=0)[::2],
    "objects": lambda a: a.astype(object),
    "big endian": lambda a: a.astype(">f8"),
    "long double": lambda a: a.astype(np.longdouble),
    "lists": lambda a: a.tolist(),
}


def _read_only(a):
    a = a.copy()
    a.setflags(write=False)
    return a


@each_class
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_recording_gives_the_same(cls, form, plain):
    data = [FORMS[form](recording) for recording in recordings(cls)]
    before = copy.deepcopy(data)
    again = answer(fit(make(cls), data), data)
    np.testing.assert_allclose(again, answer(plain[cls]), atol=1e-5)
    for old, new in zip(before, data, strict=True):
        np.testing.assert_array_equal(np.asarray(new, float), np.asarray(old, float))


@each_class
@pytest.mark.parametrize("container", [tuple, lambda x: np.array(x, object), pd.Series, "map"])
def test_every_container_of_recordings_gives_the_same(cls, container, plain, tmp_path):
    data = recordings(cls)
    if container == "map":
        data = [_mapped(tmp_path / f"{i}.npy", recording) for i, recording in enumerate(data)]
    else:
        data = container(data)
    np.testing.assert_array_equal(answer(fit(make(cls), data), data), answer(plain[cls]))


def _mapped(path, array):
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def test_a_frame_of_frames_and_a_cube_are_recordings(plain):
    frames = [pd.DataFrame(recording) for recording in FRAMES]
    model = make(GRUTranscriber).fit(frames, TEXTS)
    np.testing.assert_array_equal(answer(model, frames), answer(plain[GRUTranscriber]))
    cube = np.stack([recording[:30] for recording in FRAMES])
    one, other = (make(GRUTranscriber).fit(data, TEXTS) for data in (cube, list(cube)))
    np.testing.assert_array_equal(answer(one), answer(other))


@pytest.mark.parametrize("cls", [LogMel, SpeechAugmenter])
@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame, np.asfortranarray])
def test_a_table_of_waves_is_the_list_of_its_rows(cls, form):
    one = answer(fit(make(cls), form(TABLE)), form(TABLE))
    np.testing.assert_array_equal(one, answer(fit(make(cls), list(TABLE)), list(TABLE)))


ODD = {
    "zeros": lambda a: a * 0,
    "constant": lambda a: a * 0 + 0.5,
    "loud": lambda a: a * 1e14,
    "faint": lambda a: a * 1e-30,
    "denormal": lambda a: a * 1e-310,
    "far from zero": lambda a: a + 1e8,
    "a click": with_value(1e6),
    "bool": lambda a: a > 0,
    "uint8": lambda a: (a * 10 + 100).astype(np.uint8),
    "int16": lambda a: (a * 1000).astype(np.int16),
    "int32": lambda a: (a * 1000).astype(np.int32),
    "int64": lambda a: (a * 1000).astype(np.int64),
    "float16": lambda a: a.astype(np.float16),
    "float32": lambda a: a.astype(np.float32),
}


@each_class
@pytest.mark.parametrize("kind", ODD)
def test_odd_recordings_have_finite_answers(cls, kind):
    data = [ODD[kind](recording) for recording in recordings(cls)]
    answer(fit(make(cls), data), data)
    mixed = changed(cls, ODD[kind])
    answer(fit(make(cls), mixed), mixed)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_shortest_recordings(n):
    short = [wave[:n] for wave in WAVES]
    answer(make(LogMel, deltas=2, stack=5), short)
    answer(make(SpeechAugmenter, time_mask=0.9, frequency_mask=0.9), short)
    frames = [recording[:n] for recording in FRAMES]
    answer(make(GRUTranscriber).fit(frames, ["a", "b"] * 4), frames)
    model = make(GRUSynthesizer).fit(["a"] * 8, short)
    assert np.isfinite(model.predict(["a"])[0]).all()


@each_class
def test_one_recording(cls):
    one = recordings(cls)[:1]
    answer(fit(make(cls), one, TEXTS[:1]), one, TEXTS[:1])


@pytest.mark.parametrize("value", [1e4, -1e30, 3e38])
def test_values_not_seen_in_training_have_finite_answers(value, plain):
    answer(plain[GRUTranscriber], changed(GRUTranscriber, with_value(value)))


# ---------------------------------------------------------------------- transcripts


@each_trained
@pytest.mark.parametrize(
    ("texts", "level", "message"),
    [
        (None, "char", "NoneType"),
        ("abababab", "char", "one string"),
        (TEXTS[:5], "char", "8 recordings|5 texts"),
        ([b"ab"] * 8, "char", "bytes"),
        ([1] * 8, "char", "int"),
        ([["a"]] * 8, "char", "level=None"),
        ([None, *TEXTS[1:]], "char", "NoneType"),
        (["ab"] * 8, None, "Set level='char' or 'word'"),
        ([1] * 8, None, "sequence of labels"),
        ([{"a", "b"}] * 8, None, "sequence of labels; transcript 0 is a set"),
        ([{"a": 1}] * 8, None, "transcript 0 is a dict"),
        ([[1, "a"]] * 8, None, "one kind that can be sorted"),
        ([[["a"]]] * 8, None, "must be plain"),
        ([[np.nan, 1.0]] * 8, None, "NaN"),
        ([[None, "a"]] * 8, None, "one kind"),
        ([""] * 8, "char", "no token|none in|has none"),
        (["  "] * 8, "word", "none in|has none"),
        (["ab" * 60, *TEXTS[1:]], "char", "Drop (these|such) rows"),
        ((text for text in TEXTS), "char", "generator"),
        (["ab"] * 8, "phoneme", "level"),
    ],
)
def test_transcripts_that_are_refused(cls, texts, level, message):
    model = make(cls, level=level)
    with pytest.raises(REFUSALS, match=message):
        fit(model, recordings(cls), texts)
    with pytest.raises(NotFittedError):
        answer(model)


@each_trained
@pytest.mark.parametrize(
    ("texts", "level"),
    [
        (pd.Series(TEXTS, index=range(5, 13)), "char"),
        (np.array(TEXTS), "char"),
        (["🙂e", "éa"] * 4, "char"),
        (["a\0", "b "] * 4, "char"),
        (["one two", " two  one "] * 4, "word"),
        ([["a"], ["b", "a"]] * 4, None),
        ([[1, 2], [2]] * 4, None),
        (np.array([[1, 2]] * 8), None),
        ([(True, False), (False,)] * 4, None),
        ([[(1, "x")], [(0, "y")]] * 4, None),
        ([[-0.5, 2.0]] * 8, None),
        (["a"] * 8, "char"),
    ],
    ids=repr,
)
def test_odd_transcripts_come_back_in_kind(cls, texts, level):
    model = fit(make(cls, level=level), recordings(cls), texts)
    tokens = {t for text in texts for t in (text.split() if level == "word" else text)}
    assert set(model.classes_.tolist()) == {getattr(t, "item", lambda t=t: t)() for t in tokens}
    if cls is GRUTranscriber:
        for found in model.predict(FRAMES):
            assert isinstance(found, str if level else list)
            assert set(found.split() if level == "word" else found) <= tokens
    else:
        assert np.isfinite(model.predict(texts[:1])[0]).all()


def test_an_empty_transcript_is_silence():
    model = make(GRUTranscriber).fit(FRAMES, ["", *TEXTS[1:]])
    answer(model)
    with pytest.raises(ValueError, match="text 0 has none"):
        make(GRUSynthesizer).fit(["", *TEXTS[1:]], WAVES)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["xyz"], "No text in fit had 'x'"),
        ([""], "has none"),
        ([], "at least one text"),
        (None, "NoneType"),
        ("ab", "one string"),
        ([["a"]], "level=None"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", ["predict", "predict_frames", "predict_durations"])
def test_texts_that_are_not_spoken(method, texts, message, plain):
    with pytest.raises(REFUSALS, match=message):
        getattr(plain[GRUSynthesizer], method)(texts)


@pytest.mark.parametrize(
    ("speakers", "message"),
    [
        (["x"], "one for each text"),
        (np.ones((8, 2)), "one for each text"),
        ([None, "a"] * 4, "one kind that can be sorted"),
    ],
    ids=["short", "a table", "None among labels"],
)
def test_speakers_that_are_refused(speakers, message):
    with pytest.raises(REFUSALS, match=message):
        make(GRUSynthesizer).fit(TEXTS, WAVES, speakers)


def test_a_speaker_not_heard_is_named():
    model = make(GRUSynthesizer).fit(TEXTS, WAVES, [1, 2] * 4)
    for wrong in (3, "1", np.nan, None):
        if wrong is None:
            assert len(model.predict(["ab"], wrong)) == 1
        else:
            with pytest.raises(ValueError, match="No recording in fit was by speaker"):
                model.predict(["ab"], wrong)
    with pytest.raises(ValueError, match="one for each text"):
        model.predict(["ab"], [1, 2])


@each_trained
@pytest.mark.parametrize("texts", [None, TEXTS[:3], [1] * 8, "abababab"], ids=repr)
def test_scores_that_cannot_be_had(cls, texts, plain):
    data = recordings(cls)
    arguments = (texts, data) if cls is GRUSynthesizer else (data, texts)
    with pytest.raises(REFUSALS):
        plain[cls].score(*arguments)


def test_scores_of_odd_transcripts(plain):
    model = plain[GRUTranscriber]
    assert model.score(FRAMES, ["xyz"] * 8) <= 0
    assert np.isfinite(model.score(FRAMES, ["", *TEXTS[1:]]))
    with pytest.raises(ValueError, match="at least one token"):
        model.score(FRAMES, [""] * 8)


@pytest.mark.parametrize("y", [None, TEXTS[:3], 5], ids=repr)
def test_labels_that_cannot_be_repeated(y):
    with pytest.raises(REFUSALS, match=r"None|inconsistent|array-like"):
        make(SpeechAugmenter).fit_resample(WAVES, y)


@pytest.mark.parametrize("kind", [list, np.array, lambda y: pd.Series(y, index=range(5, 13))])
def test_labels_are_repeated_in_kind(kind):
    model = make(SpeechAugmenter)
    _, labels = model.fit_resample(WAVES, kind(TEXTS))
    assert list(labels) == TEXTS + TEXTS
    assert type(labels) is type(kind(TEXTS))


# ---------------------------------------------------------------------- parameters

NUMBERS = [0, -1, "many", np.nan, None, 2.5]
WRONG = [
    *((GRUTranscriber, "units", v) for v in NUMBERS),
    *((GRUSynthesizer, "units", v) for v in NUMBERS),
    *((GRUTranscriber, "frame_stacking", v) for v in NUMBERS),
    *((GRUSynthesizer, "frames_per_step", v) for v in NUMBERS),
    *((LogMel, "stack", v) for v in NUMBERS),
    *((SpeechAugmenter, "n_variants", v) for v in NUMBERS[1:]),
    *((cls, "epochs", v) for cls in TRAINED for v in (0, -1, "long", None)),
    *((cls, "batch_size", v) for cls in TRAINED for v in (0, "auto")),
    *((cls, "learning_rate", v) for cls in TRAINED for v in (0, np.nan, np.inf, "fast")),
    *((cls, "clipnorm", v) for cls in TRAINED for v in (0, -1, np.nan)),
    *((cls, "weight_decay", v) for cls in TRAINED for v in (-1, np.nan)),
    *((cls, "n_layers", 0) for cls in TRAINED),
    *((cls, "embedding_units", 0) for cls in TRAINED),
    *((cls, "verbose", -1) for cls in TRAINED),
    *((GRUTranscriber, name, v) for name in ("dropout", "recurrent_dropout") for v in (1, -0.1)),
    (GRUTranscriber, "augmentation", "noise"),
    (GRUTranscriber, "decoder", "viterbi"),
    (GRUTranscriber, "beam_width", 0),
    (GRUTranscriber, "language_model", "english"),
    (GRUTranscriber, "language_model_weight", -1),
    (GRUTranscriber, "length_bonus", np.nan),
    (GRUTranscriber, "warm_up", 1),
    (GRUTranscriber, "validation_fraction", 0),
    (GRUTranscriber, "bidirectional", "yes"),
    (GRUTranscriber, "random_state", "seed"),
    (GRUSynthesizer, "random_state", "seed"),
    (GRUSynthesizer, "alignment_epochs", 0),
    *((GRUSynthesizer, "tempo", v) for v in (0, -1, np.nan, np.inf, "slow")),
    (GRUSynthesizer, "sharpen", "yes"),
    (GRUSynthesizer, "n_phase_iter", 0),
    *((cls, "rate", v) for cls in CLASSES[1:] for v in (0, -1, np.nan, np.inf, "high", None)),
    *((cls, "n_mels", v) for cls in (GRUSynthesizer, LogMel) for v in (0, 2.5, 10**6)),
    *((cls, "window", v) for cls in (GRUSynthesizer, LogMel) for v in (0, 2, 1e-9, np.nan)),
    *((cls, "hop", v) for cls in (GRUSynthesizer, LogMel) for v in (0, 2, 1e-9, "short")),
    (GRUSynthesizer, "hop", 0.02),
    *((cls, "top_db", v) for cls in (GRUSynthesizer, LogMel) for v in (0, -1, np.nan)),
    (LogMel, "kind", "bark"),
    (LogMel, "fmin", -1),
    (LogMel, "fmin", 5000),
    (LogMel, "fmax", 10),
    (LogMel, "fmax", 5000),
    (LogMel, "deltas", 3),
    (LogMel, "deltas", True),
    (LogMel, "remove_mean", "yes"),
    (LogMel, "n_jobs", 0),
    (LogMel, "n_jobs", "all"),
    *((SpeechAugmenter, name, v) for name in ("speed", "vocal_tract") for v in (-0.1, 0.6, "x")),
    *((SpeechAugmenter, "snr", v) for v in (5, (5,), (9, 1), (0, np.nan), ("a", "b"))),
    *((SpeechAugmenter, "gain", v) for v in (-1, 500, 1e300, np.nan)),
    *((SpeechAugmenter, name, 1) for name in ("time_mask", "frequency_mask")),
    (SpeechAugmenter, "random_state", "seed"),
]


@pytest.mark.parametrize(("cls", "name", "value"), WRONG)
def test_a_wrong_parameter_is_named(cls, name, value):
    if name == "embedding_units" and value is None:
        pytest.skip("None is no embedding")
    model = make(cls, **{name: value})
    data = recordings(cls)
    with pytest.raises(ValueError, match=name if name != "random_state" else "seed"):
        model.fit_resample(data, TEXTS) if cls is SpeechAugmenter else fit(model, data)


def test_extreme_parameters_have_finite_answers():
    for parameters in ({"rate": 1e-300}, {"rate": 1e300}, {"snr": (-200, -200), "gain": 400}):
        answer(make(SpeechAugmenter, **parameters))
    for parameters in ({"top_db": 1e300}, {"top_db": 1e-300}, {"hop": 1 / 8000}, {"window": 1.0}):
        answer(make(LogMel, **parameters))
    assert make(LogMel, n_jobs=99).transform(WAVES)[0].shape == (21, 20)


# ---------------------------------------------------------------------- state


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score", "stream"])
def test_transcribing_before_fit(method):
    arguments = {"score": (FRAMES, TEXTS), "stream": ()}.get(method, (FRAMES,))
    with pytest.raises(NotFittedError):
        getattr(make(GRUTranscriber), method)(*arguments)


@pytest.mark.parametrize("method", ["predict", "predict_frames", "predict_durations", "score"])
def test_speaking_before_fit(method):
    arguments = (TEXTS, WAVES) if method == "score" else (TEXTS,)
    with pytest.raises(NotFittedError):
        getattr(make(GRUSynthesizer), method)(*arguments)


@each_trained
def test_a_failed_refit_leaves_the_model(cls, plain):
    model, expected = copy.deepcopy(plain[cls]), answer(plain[cls])
    before = {k: v for k, v in vars(model).items() if k.endswith("_")}
    for wrong in (changed(cls, with_value(np.nan)), None, []):
        with pytest.raises(REFUSALS):
            fit(model, wrong, ["c"] * 8)
        np.testing.assert_array_equal(answer(model), expected)
    with pytest.raises(ValueError, match="epochs"):
        fit(model.set_params(epochs=-1), recordings(cls), ["c"] * 8)
    assert {k: v for k, v in vars(model).items() if k.endswith("_")} == before


@each_trained
def test_a_training_that_diverges_leaves_the_model(cls, plain, monkeypatch):
    from skgru.gru import _native

    model = copy.deepcopy(plain[cls])
    monkeypatch.setattr(_native.CPUEngine, "run_epoch", lambda *_: np.nan)
    with pytest.raises(ValueError, match="diverged in epoch 1"):
        fit(model, recordings(cls), ["c"] * 8)
    assert model.classes_.tolist() == ["a", "b"]


@each_trained
def test_an_interruption_keeps_what_was_reached_or_what_was_before(cls, plain, monkeypatch):
    from skgru.gru import _batches

    drawn, plans = [], _batches.plan

    def plan(*arguments):
        drawn.append(0)
        if len(drawn) > allowed:
            raise KeyboardInterrupt
        return plans(*arguments)

    monkeypatch.setattr(_batches, "plan", plan)
    model, allowed = copy.deepcopy(plain[cls]), 0
    with pytest.raises(KeyboardInterrupt):
        fit(model, recordings(cls), ["c"] * 8)
    np.testing.assert_array_equal(answer(model), answer(plain[cls]))
    drawn.clear()
    allowed = 1  # the texts of one token ask for no alignment
    with pytest.warns(UserWarning, match="interrupted by user after 1 of 5 epochs"):
        fit(model.set_params(epochs=5), recordings(cls), ["c"] * 8)
    assert model.n_iter_ == 1
    assert model.classes_.tolist() == ["c"]


@each_trained
def test_a_refit_is_a_fresh_fit(cls, plain):
    other = [recording[:, :2] for recording in FRAMES] if cls is GRUTranscriber else WAVES[::-1]
    model = fit(make(cls), other, ["c", "dc"] * 4)
    np.testing.assert_array_equal(answer(fit(model, recordings(cls))), answer(plain[cls]))


@each_class
@pytest.mark.parametrize("how", ["pickle", "deepcopy", "clone"])
def test_copies(cls, how, plain):
    again = {
        "pickle": lambda: pickle.loads(pickle.dumps(plain[cls])),
        "deepcopy": lambda: copy.deepcopy(plain[cls]),
        "clone": lambda: fit(clone(plain[cls]), recordings(cls)),
    }[how]()
    np.testing.assert_array_equal(answer(again), answer(plain[cls]))


@each_class
def test_a_truncated_pickle_is_an_error(cls, plain):
    text = pickle.dumps(plain[cls])
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        pickle.loads(text[: len(text) // 2])


@each_class
def test_the_same_seed_gives_the_same_and_the_global_one_is_left_alone(cls, plain):
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = answer(fit(make(cls), recordings(cls)))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(first, answer(plain[cls]))


@each_class
def test_threads_work_at_once(cls, plain):
    expected = answer(plain[cls])

    def work(own):
        return answer(fit(make(cls), recordings(cls)) if own else plain[cls])

    with ThreadPoolExecutor(4) as pool:  # hands on what a thread raises
        for found in pool.map(work, [False, True] * 2):
            np.testing.assert_array_equal(found, expected)


# ---------------------------------------------------------------------- streams and beams


@pytest.fixture(scope="module")
def one_way():
    return make(GRUTranscriber, bidirectional=False, frame_stacking=2).fit(FRAMES, TEXTS)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (FRAMES[0][:, :2], "fitted on 3"),
        (FRAMES[0][0], "shape"),
        (FRAMES[0][:0], "shape"),
        (with_value(np.nan)(FRAMES[0]), "finite"),
        (None, "object"),
        ("a", "real numbers"),
    ],
    ids=["channels", "one frame bare", "none", "NaN", "None", "word"],
)
def test_a_stream_refuses_and_goes_on(frames, message, one_way):
    stream = one_way.stream()
    gained = stream.push(FRAMES[0][:11])
    with pytest.raises(ValueError, match=message):
        stream.push(frames)
    gained += stream.push(FRAMES[0][11:]) + stream.finish()
    assert gained == stream.transcript == one_way.predict(FRAMES[:1])[0]
    with pytest.raises(ValueError, match="finished"):
        stream.push(FRAMES[0])


def test_a_network_that_reads_both_ways_cannot_stream(plain):
    with pytest.raises(ValueError, match="bidirectional=False"):
        plain[GRUTranscriber].stream()


class Strange:
    """A language model of the user's own that answers nonsense."""

    def __init__(self, classes, value):
        self.classes_, self.value = np.array(classes), value

    def predict_proba(self, beginnings):
        return np.full((len(beginnings), len(self.classes_)), self.value)


class Narrow(Strange):
    """One that has lost a token on the way."""

    def predict_proba(self, beginnings):
        return super().predict_proba(beginnings)[:, 1:]


def test_a_language_model_without_a_column_for_each_token_is_refused(plain):
    model = copy.deepcopy(plain[GRUTranscriber])
    model.set_params(decoder="beam", language_model=Narrow(["", "a", "b"], 0.3))
    with pytest.raises(ValueError, match="each of its 3 classes_"):
        model.predict(FRAMES)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 2.0])
def test_a_language_model_that_answers_no_probabilities_is_refused(value, plain):
    model = copy.deepcopy(plain[GRUTranscriber])
    model.set_params(decoder="beam", language_model=Strange(["", "a", "b"], value))
    with pytest.raises(ValueError, match="language_model"):
        model.predict(FRAMES)


@pytest.mark.parametrize(
    ("language_model", "message"),
    [
        (Strange(["", "x"], 0.5), "has no token 'a'"),
        (GRULanguageModel(), "not fitted"),
        (GRULanguageModel(units=2, epochs=1).fit(["x y"] * 4), None),  # it has an unknown token
    ],
    ids=["other tokens", "unfitted", "unknown tokens"],
)
def test_a_language_model_that_knows_no_token(language_model, message, plain):
    model = copy.deepcopy(plain[GRUTranscriber])
    model.set_params(decoder="beam", language_model=language_model)
    if message is None:
        assert len(model.predict(FRAMES)) == 8
    else:
        with pytest.raises(ValueError, match=message):
            model.predict(FRAMES)
