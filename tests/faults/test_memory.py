"""What would fill the memory of any machine is refused in words, before anything is taken."""

import numpy as np
import pandas as pd
import pytest

from skgru import (
    ETSForecaster,
    GRUClassifier,
    GRULanguageModel,
    GRURegressor,
    GRUSeq2Seq,
    GRUSynthesizer,
    GRUTranscriber,
    LogMel,
    SequenceVectorizer,
    SpeechAugmenter,
)
from skgru.sktime import GRUClassifier as PanelClassifier
from skgru.sktime import GRUForecaster
from skgru.sktime import GRURegressor as PanelRegressor

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 9))
LABELS = np.where(X.sum(axis=1) > 0, "up", "down")
TEXT = "the cat sat on the mat. " * 8
PAIRS = ["one two", "two one", "one", "two"] * 3
RECORDINGS = [rng.normal(size=(30 + i, 3)) for i in range(8)]
SPELLED = ["ab", "ba"] * 4
WAVES = [np.sin(np.arange(1600 + 40 * i) * (0.2 + 0.1 * (i % 2))) for i in range(8)]
SERIES = pd.Series(20 + rng.normal(size=48), pd.period_range("2015-01", periods=48, freq="M"))
SMALL = {"units": 4, "embedding_units": 4, "epochs": 1, "random_state": 0}
SPEAKS = {**SMALL, "alignment_epochs": 1, "n_phase_iter": 1}
MANY = 10**12
# Makes an estimator, and fits it.
FITS = {
    GRUClassifier: lambda **p: GRUClassifier(**{**SMALL, **p}).fit(X, LABELS),
    GRURegressor: lambda **p: GRURegressor(**{**SMALL, **p}).fit(X, X[:, 0]),
    PanelClassifier: lambda **p: PanelClassifier(**{**SMALL, **p}).fit(X[:, None], LABELS),
    PanelRegressor: lambda **p: PanelRegressor(**{**SMALL, **p}).fit(X[:, None], X[:, 0]),
    GRUForecaster: lambda **p: GRUForecaster(**{"horizon": 3, **SMALL, **p}).fit(SERIES),
    GRULanguageModel: lambda **p: GRULanguageModel(**{**SMALL, **p}).fit(TEXT),
    GRUSeq2Seq: lambda **p: GRUSeq2Seq(**{**SMALL, **p}).fit(PAIRS, PAIRS),
    GRUTranscriber: lambda **p: GRUTranscriber(**{**SMALL, **p}).fit(RECORDINGS, SPELLED),
    GRUSynthesizer: lambda **p: GRUSynthesizer(**{**SPEAKS, **p}).fit(SPELLED, WAVES),
    ETSForecaster: lambda **p: ETSForecaster(**{"sp": 12, **p}).fit(SERIES),
    LogMel: lambda **p: LogMel(**{"rate": 8000, **p}).fit_transform(WAVES),
    SpeechAugmenter: lambda **p: SpeechAugmenter(rate=8000, **p).fit_resample(WAVES, SPELLED),
    SequenceVectorizer: lambda **p: SequenceVectorizer(**p).fit_transform(["a b", "a b"]),
}

LARGE = [
    *((cls, "units", size) for cls in list(FITS)[:9] for size in (10**8, 10**30)),
    *((cls, "embedding_units", MANY) for cls in list(FITS)[:9]),
    *((cls, "units", (4, MANY)) for cls in (GRUClassifier, GRUForecaster)),
    *((cls, "context_length", MANY) for cls in (GRUClassifier, GRUTranscriber, GRUSynthesizer)),
    *((cls, "n_layers", MANY) for cls in list(FITS)[5:9]),
    (GRUTranscriber, "frame_stacking", MANY),
    (GRUForecaster, "horizon", MANY),
    (GRUForecaster, "window_length", MANY),
    (ETSForecaster, "sp", MANY),
    (ETSForecaster, "bagging", MANY),
    (LogMel, "stack", MANY),
    (LogMel, "rate", 1e15),
    (GRUSynthesizer, "rate", 1e15),
    (SpeechAugmenter, "n_variants", MANY),
]


@pytest.mark.parametrize(("cls", "name", "value"), LARGE)
def test_a_parameter_that_no_memory_holds_is_named(cls, name, value):
    named = "frames of a step" if name == "frame_stacking" else name
    with pytest.raises(MemoryError, match=f"GB of memory are there; lower .*{named}"):
        FITS[cls](**{name: value})


HARMLESS = [
    *((cls, "batch_size", MANY) for cls in list(FITS)[:9]),
    (GRULanguageModel, "sequence_length", MANY),
    (GRULanguageModel, "max_vocabulary", MANY),
    (GRUSeq2Seq, "max_vocabulary", MANY),
    (GRUSeq2Seq, "max_length", MANY),
    (GRUForecaster, "sp", MANY),
    (GRUForecaster, "n_iter_no_change", MANY),
    (GRUTranscriber, "beam_width", MANY),
    (ETSForecaster, "n_simulations", MANY),
    (ETSForecaster, "n_jobs", MANY),
    (LogMel, "n_jobs", MANY),
    (SequenceVectorizer, "max_length", MANY),
    (SequenceVectorizer, "max_vocabulary", MANY),
]


@pytest.mark.parametrize(("cls", "name", "value"), HARMLESS)
def test_a_limit_that_nothing_reaches_does_no_harm(cls, name, value):
    FITS[cls](**{name: value})


@pytest.mark.parametrize("cls", list(FITS)[:9])
def test_epochs_without_end_end_with_the_time(cls):
    more = {"alignment_epochs": 10**9} if cls is GRUSynthesizer else {}
    if cls is GRUForecaster:
        more = {"n_iter_no_change": 10**9}
    FITS[cls](epochs=10**9, max_time=0.05, **more)


@pytest.mark.parametrize("cls", list(FITS)[:9])
def test_a_batch_of_all_is_a_larger_one(cls):
    """The batch is capped, and training is the same."""
    n = 1000  # rows, and also tokens
    one, other = FITS[cls](batch_size=n), FITS[cls](batch_size=MANY)
    if cls in (PanelClassifier, PanelRegressor):
        one, other = one.estimator_, other.estimator_
    for a, b in zip(weights(one.model_), weights(other.model_), strict=True):
        np.testing.assert_array_equal(a, b)


def weights(model):
    """Arrays of any network."""
    if hasattr(model, "networks"):
        return [w for network in model.networks for w in network.weights]
    return [model.parameters] if hasattr(model, "parameters") else model.weights


def test_too_many_bands_are_refused_in_words():
    for cls in (LogMel, GRUSynthesizer):
        with pytest.raises(ValueError, match=f"n_mels={MANY} bands .* smaller n_mels"):
            FITS[cls](n_mels=MANY)


@pytest.fixture(scope="module")
def smooth():
    return ETSForecaster(sp=12, random_state=0).fit(SERIES)


@pytest.mark.parametrize("method", ["predict", "predict_interval", "predict_var"])
@pytest.mark.parametrize("cls", [ETSForecaster, GRUForecaster])
def test_a_horizon_without_end_is_refused(method, cls, smooth):
    forecaster = smooth if cls is ETSForecaster else FITS[cls]()
    with pytest.raises(MemoryError, match="lower the longest step of fh"):
        getattr(forecaster, method)(fh=[MANY])
    assert np.isfinite(forecaster.predict(fh=[1])).all()


def test_a_horizon_without_end_is_refused_in_fit():
    with pytest.raises(MemoryError, match="longest step of fh"):
        GRUForecaster(**SMALL).fit(SERIES, fh=[MANY])


def test_futures_without_number_are_refused(smooth):
    for arguments in ((MANY,), (3, MANY)):
        n_periods, *n = arguments
        with pytest.raises(MemoryError, match="lower n_simulations or n_periods"):
            smooth.simulate(n_periods, **({"n_simulations": n[0]} if n else {}))
    with pytest.raises(MemoryError, match="lower h"):
        ETSForecaster().forecast_arrays(np.arange(40.0), [0, 40], MANY)
    model = ETSForecaster("mul", trend="mul", damped_trend=False, restrict=False)
    model = model.set_params(n_simulations=MANY).fit(SERIES)
    with pytest.raises(MemoryError, match="lower n_simulations"):
        model.predict_interval(fh=[1, 2])


def test_texts_without_end_are_refused_unless_they_may_end():
    endless = FITS[GRULanguageModel]()
    with pytest.raises(MemoryError, match="lower n"):
        endless.generate(n=MANY * 1000)
    assert next(endless.stream(n=MANY * 1000))  # what is read piece by piece is not kept
    ends = GRULanguageModel(**SMALL).fit(["the cat", "the dog"] * 20)
    assert isinstance(ends.generate(n=MANY * 1000), str)
    assert isinstance(endless.generate(n=MANY * 1000, stop=" "), str)


def test_a_beam_without_end_is_refused():
    with pytest.raises(MemoryError, match="lower beam_width"):
        FITS[GRUSeq2Seq](beam_width=MANY).predict(PAIRS[:1])
    model = FITS[GRUTranscriber](decoder="beam", beam_width=MANY)  # it grows as it is needed
    assert len(model.predict(RECORDINGS[:1])) == 1


def test_speech_without_end_is_refused():
    model = FITS[GRUSynthesizer]()
    for tempo in (1e-14, 1e-300):
        with pytest.raises(MemoryError, match="raise tempo"):
            model.set_params(tempo=tempo).predict(["ab"])
    assert model.set_params(tempo=1e300).predict_durations(["ab"])[0].tolist() == [2, 2]


class Pretender:
    """Looks like a long series and takes no memory."""

    def __init__(self, length):
        self.values = np.broadcast_to(np.float32(0), (length, 1))

    def __array__(self, dtype=None, copy=None):
        return self.values

    @property
    def shape(self):
        return self.values.shape


def test_one_long_series_among_many_short_ones_is_refused():
    many = [Pretender(5)] * 10_000 + [Pretender(10**11)]
    with pytest.raises(MemoryError, match="cut the long ones to pieces"):
        GRUClassifier(**SMALL).fit(many, [0, 1] * 5_000 + [0])
