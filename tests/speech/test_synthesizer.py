import pickle
import signal
import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold, cross_val_score

from skgru import GRUSynthesizer

pytest.importorskip("librosa", reason="frames and phases need the extra speech")

RATE = 8000
TONES = {"a": 500, "b": 1000, "c": 2000}  # Hz
SHIFT = {"low": 1.0, "high": 1.5}  # what a voice multiplies them by
SECONDS = {"a": 0.08, "b": 0.12, "c": 0.16}
SMALL = {
    "units": 16,
    "embedding_units": 16,
    "epochs": 25,
    "alignment_epochs": 12,
    "n_phase_iter": 8,
    "learning_rate": 0.01,
    "random_state": 0,
}


def say(text, voice="low", rng=None):
    """A tone for each letter, with some noise and each as long as it likes."""
    rng = rng or np.random.default_rng(0)
    pieces = []
    for letter in text:
        time = np.arange(int(RATE * SECONDS[letter] * rng.uniform(0.9, 1.1))) / RATE
        pieces.append(np.sin(2 * np.pi * TONES[letter] * SHIFT[voice] * time))
    wave = np.concatenate(pieces)
    return wave + 0.01 * rng.normal(size=len(wave))


def lesson(n, seed):
    """Texts, recordings and voices; "low" has one recording more."""
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.permutation(list("abc"))[: rng.integers(2, 4)]) for _ in range(n)]
    voices = ["low" if i % 2 == 0 else "high" for i in range(n)]
    return texts, [say(*line, rng) for line in zip(texts, voices, strict=True)], voices


def loudest(wave, start, stop):
    """Frequency with most power in a stretch of a waveform, in seconds."""
    piece = wave[int(start * RATE) : int(stop * RATE)]
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 4096))
    return power.argmax() * RATE / 4096


@pytest.fixture(scope="module")
def lessons():
    return lesson(61, 0)


@pytest.fixture(scope="module")
def voice(lessons):
    return GRUSynthesizer(RATE, **SMALL).fit(*lessons)


@pytest.fixture(scope="module")
def brief(lessons):
    """Few recordings and parameters: what is not about sound."""
    texts, waves, speakers = lessons
    return {**SMALL, "epochs": 2, "alignment_epochs": 2}, texts[:12], waves[:12], speakers[:12]


def copy(model, **parameters):
    return pickle.loads(pickle.dumps(model)).set_params(**parameters)


@pytest.mark.parametrize("speaker", ["low", "high"])
def test_it_says_what_it_is_asked(voice, speaker):
    (wave,) = voice.predict(["cab"], speaker)
    ends = np.cumsum(voice.predict_durations(["cab"], speaker)[0]) * voice.hop
    for letter, start, stop in zip("cab", [0, *ends[:-1]], ends, strict=True):
        wanted = TONES[letter] * SHIFT[speaker]
        assert loudest(wave, start + 0.02, stop - 0.02) == pytest.approx(wanted, rel=0.12)


def test_waveforms(voice):
    for wave in voice.predict(["ab", "c"], ["high", "low"]):
        assert wave.dtype == np.float32
        assert np.abs(wave).max() <= 1
        assert np.sqrt(np.mean(wave**2)) == pytest.approx(0.1, rel=1e-3)


def test_frames_last_as_long_as_the_tokens(voice):
    frames = voice.predict_frames(["abc", "cb"])
    durations = voice.predict_durations(["abc", "cb"])
    assert [len(own) for own in durations] == [3, 2]
    for own, lasts in zip(frames, durations, strict=True):
        assert own.shape == (lasts.sum(), 40)
    assert durations[0][0] < durations[0][1] < durations[0][2]


def test_alignment_finds_the_tones(voice, lessons):
    texts, waves, _ = lessons
    errors = []
    for text, wave, lasts in zip(texts, waves, voice.alignment_, strict=True):
        assert lasts.sum() == 1 + len(wave) // 64
        assert lasts.min() > 0
        errors.append(lasts * voice.hop - [SECONDS[letter] for letter in text])
    assert np.abs(np.concatenate(errors)).mean() < 0.03


def test_tempo(voice):
    lengths = [
        len(copy(voice, tempo=tempo).predict_frames(["abc" * 4])[0]) for tempo in (0.5, 1.0, 2.0)
    ]
    assert lengths[0] == pytest.approx(2 * lengths[1], rel=0.1)
    assert lengths[1] == pytest.approx(2 * lengths[2], rel=0.1)


def test_sharper_frames_vary_more(voice, lessons):
    texts, _, speakers = lessons
    spread = [
        np.mean([f.std() for f in copy(voice, sharpen=on).predict_frames(texts, speakers)])
        for on in (False, True)
    ]
    assert spread[0] < spread[1]


def test_the_default_voice_is_the_most_frequent(voice):
    assert list(voice.speakers_) == ["high", "low"]
    assert voice.default_speaker_ == "low"
    default, low, high = (voice.predict_frames(["ab"], who)[0] for who in (None, "low", "high"))
    np.testing.assert_array_equal(default, low)
    assert default.shape != high.shape or np.abs(default - high).max() > 0.5


def test_score_prefers_the_right_voice_and_text(voice):
    texts, waves, speakers = lesson(20, 1)
    right = voice.score(texts, waves, speakers)
    other = ["low" if who == "high" else "high" for who in speakers]
    assert -6 < right < 0
    assert right > voice.score(texts, waves, other) + 1
    assert right > voice.score(texts[::-1], waves, speakers) + 1


def test_each_text_is_spoken_as_if_alone(voice):
    together = voice.predict(["ab", "cba", "c"])
    for text, wave in zip(["ab", "cba", "c"], together, strict=True):
        np.testing.assert_array_equal(voice.predict([text])[0], wave)


def test_pickle_and_clone(voice):
    np.testing.assert_array_equal(copy(voice).predict(["ab"])[0], voice.predict(["ab"])[0])
    assert clone(voice).get_params() == voice.get_params()


def test_the_seed_decides(brief):
    parameters, *data = brief
    a, b, c = (
        GRUSynthesizer(RATE, **{**parameters, "random_state": seed}).fit(*data)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(a.predict(["ab"])[0], b.predict(["ab"])[0])
    assert a.loss_curve_ == b.loss_curve_ != c.loss_curve_


@pytest.mark.parametrize(
    ("level", "read"), [("word", " ".join), (None, list), (None, lambda text: list(map(ord, text)))]
)
def test_levels(brief, level, read):
    parameters, texts, waves, _ = brief
    model = GRUSynthesizer(RATE, **parameters, level=level).fit([read(t) for t in texts], waves)
    assert len(model.classes_) == 3
    assert model.default_speaker_ == ""
    assert len(model.predict_durations([read("ab")])[0]) == 2


def test_one_token_texts_need_no_alignment(brief):
    parameters, texts, waves, _ = brief
    model = GRUSynthesizer(RATE, **parameters, level="word").fit(texts, waves)
    assert [lasts.tolist() for lasts in model.alignment_] == [[1 + len(w) // 64] for w in waves]


def test_short_recordings_are_divided_evenly(brief):
    parameters, texts, waves, _ = brief
    model = GRUSynthesizer(RATE, **parameters)
    model.fit([*texts, "aab"], [*waves, np.ones(64 * 5)])  # 6 frames, 3 steps; 4 needed
    assert model.alignment_[-1].tolist() == [2, 2, 2]


def test_silence(brief):
    parameters, texts, waves, _ = brief
    silent = [np.zeros(len(wave)) for wave in waves]
    for wave in GRUSynthesizer(RATE, **parameters).fit(texts, silent).predict(["ab"]):
        assert np.isfinite(wave).all()


def test_loudness_does_not_matter(brief):
    parameters, texts, waves, _ = brief
    plain = GRUSynthesizer(RATE, **parameters).fit(texts, waves)
    quiet = GRUSynthesizer(RATE, **parameters).fit(texts, [wave / 64 for wave in waves])
    np.testing.assert_allclose(
        plain.predict_frames(["ab"])[0], quiet.predict_frames(["ab"])[0], atol=1e-2
    )


def test_model_selection(brief):
    parameters, texts, waves, _ = brief
    scores = cross_val_score(GRUSynthesizer(RATE, **parameters), texts, waves, cv=2)
    assert scores.shape == (2,)
    assert (scores < 0).all()


def test_validation_knows_the_speakers(brief):
    parameters, texts, waves, speakers = brief
    with config_context(enable_metadata_routing=True):
        model = GRUSynthesizer(RATE, **parameters)
        model.set_fit_request(speakers=True).set_score_request(speakers=True)
        scores = cross_val_score(
            model, texts, waves, cv=KFold(2), params={"speakers": np.array(speakers)}
        )
    assert (scores < 0).all()


def test_interruption_keeps_what_was_learnt(brief, monkeypatch):
    from skgru.speech import _training

    parameters, *data = brief
    epochs, run = [], _training.FrameEngine.run_epoch

    def interrupt(engine, order, rates):
        epochs.append(1)
        if len(epochs) == 3:
            signal.raise_signal(signal.SIGINT)
        return run(engine, order, rates)

    monkeypatch.setattr(_training.FrameEngine, "run_epoch", interrupt)
    with pytest.warns(UserWarning, match="interrupted by user after 2 of 9"):
        model = GRUSynthesizer(RATE, **{**parameters, "epochs": 9}).fit(*data)
    assert model.n_iter_ == 2
    assert len(model.predict(["ab"])) == 1


def test_verbose(brief, capsys):
    parameters, *data = brief
    GRUSynthesizer(RATE, **parameters, verbose=2).fit(*data)
    lines = capsys.readouterr().out
    assert lines.count("GRUTranscriber  epoch") == lines.count("GRUSynthesizer  epoch") == 2


def test_before_fit():
    for method in ("predict", "predict_frames", "predict_durations"):
        with pytest.raises(NotFittedError):
            getattr(GRUSynthesizer(), method)(["ab"])


@pytest.mark.parametrize(
    ("texts", "speakers", "error", "message"),
    [
        (["ab", "axb"], None, ValueError, "had 'x', which text 1 of X has.*Known: 'a', 'b', 'c'"),
        (["ab", ""], None, ValueError, "text 1 has none"),
        ([], None, ValueError, "at least one text"),
        ("ab", None, TypeError, "X must be a list"),
        ([["a", "b"]], None, TypeError, "must be a string"),
        (["ab"], "deep", ValueError, "speaker 'deep'. Known speakers: 'high', 'low'"),
        (["ab"], ["low", "low"], ValueError, r"shape \(2,\) for 1 text"),
    ],
)
def test_what_cannot_be_said(voice, texts, speakers, error, message):
    with pytest.raises(error, match=message):
        voice.predict(texts, speakers)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y, s: (X[:-1], y, s), "11 texts, and y 12 recordings"),
        (lambda X, y, s: (X, y, s[:-1]), r"shape \(11,\) for 12 text"),
        (lambda X, y, s: ([*X[:-1], ""], y, s), "text 11 has none"),
        (lambda X, y, s: ([*X[:-1], "abc" * 30], y, s), "row 11 has 90 tokens"),
        (lambda X, y, s: (X, [*y[:-1], np.array([0.0, np.nan])], s), "contains NaN"),
    ],
)
def test_a_failed_fit_changes_nothing(voice, brief, change, message):
    model = copy(voice)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(*change(*brief[1:]))
    assert vars(model) == before


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rate": 0}, "'rate'"),
        ({"tempo": 0.0}, "'tempo'"),
        ({"hop": 0.02}, "overlap by half"),
        ({"n_mels": 200}, "too narrow"),
        ({"level": "phoneme"}, "'level'"),
        ({"frames_per_step": 0}, "'frames_per_step'"),
        ({"n_phase_iter": 0}, "'n_phase_iter'"),
    ],
)
def test_parameters_out_of_range(brief, parameters, message):
    with pytest.raises(ValueError, match=message):
        GRUSynthesizer(**parameters).fit(*brief[1:])


def test_no_warning_in_normal_use(brief):
    parameters, *data = brief
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GRUSynthesizer(RATE, **parameters).fit(*data).predict(["ab"])
