import numpy as np
import pytest

from skgru import GRUTranscriber
from skgru.gru import _initial
from skgru.gru._model import OptimizerSettings
from skgru.speech import _ctc, _frames, _posteriors
from skgru.speech._training import Corpus, CTCEngine, FrameEngine, WarmedUp

PLAIN = OptimizerSettings()
LABELS = [[0, 1, 1], [1], [], [0, 1, 0, 1], [1, 0]]
LENGTHS = [21, 6, 9, 40, 22]


def build(settings=PLAIN, **parameters):
    """An engine with weights that are not special, on five recordings of three channels."""
    rng = np.random.default_rng(0)
    model = GRUTranscriber(**{"units": 6, "embedding_units": 5, "context_length": 3} | parameters)
    spec = model._choose_spec(3, 2)
    frames = _frames.read([rng.normal(size=(length, 3)) for length in LENGTHS])
    labels = [np.array(own, np.int32) for own in LABELS]
    corpus = Corpus(frames, spec.n_patches(frames.lengths).astype(np.int32), labels)
    weights = tuple(
        w + rng.normal(scale=0.1, size=w.shape).astype(np.float32) * (w.ndim < 3)
        for w in _initial.draw(spec, rng)
    )
    if spec.batch_norm:
        n = sum(shape.trained for shape in spec.weight_shapes())
        weights = (*weights[:n], *(abs(w) for w in weights[n:]))
    return spec, corpus, CTCEngine(spec, weights, corpus, np.arange(5), settings, 0)


def answering(**parameters):
    """The same network and recordings; asked for three numbers at each step."""
    spec, corpus, engine = build(**parameters)
    rng = np.random.default_rng(2)
    wanted = [rng.normal(size=(n, 3)).astype(np.float32) for n in corpus.n_steps]
    corpus = Corpus(corpus.frames, corpus.n_steps, wanted)
    return spec, corpus, FrameEngine(spec, engine.weights, corpus, np.arange(5), PLAIN, 0)


ALL = np.arange(5, dtype=np.int32)


@pytest.mark.parametrize(
    "parameters",
    [
        {"embedding_units": None},
        {"embedding_units": None, "n_layers": 2, "bidirectional": False, "frame_stacking": 2},
        {"batch_norm": False},
        {"n_layers": 2},
    ],
)
@pytest.mark.parametrize("loss", ["ctc", "frames"])
def test_the_gradient_agrees_with_finite_differences(parameters, loss):
    engine = build(**parameters)[2] if loss == "ctc" else answering(**parameters)[2]

    def mean_loss(vector):
        engine._parameters[:] = vector
        return engine.differentiate(ALL)[0] / 5

    start = engine._parameters.copy()
    gradient = engine.differentiate(ALL)[1].copy()
    rng, step = np.random.default_rng(1), 2e-3
    for _ in range(6):
        direction = rng.normal(size=len(start)) * (rng.random(len(start)) < 0.3)
        direction += gradient * np.linalg.norm(direction) / np.linalg.norm(gradient)
        direction /= np.linalg.norm(direction)
        slope = (mean_loss(start + step * direction) - mean_loss(start - step * direction)) / 2
        np.testing.assert_allclose(gradient @ direction, slope / step, rtol=3e-3)


@pytest.mark.parametrize("settings", [PLAIN, OptimizerSettings(dropout=0.3)])
def test_the_loss_of_a_batch_is_that_of_its_rows(settings):
    # Batch normalisation mixes rows by design.
    _, _, engine = build(settings, batch_norm=False, n_layers=2)
    if settings.dropout:
        assert engine.differentiate(ALL)[0] != engine.differentiate(ALL)[0]
        return
    alone = sum(engine.differentiate(ALL[i : i + 1])[0] for i in range(5))
    assert engine.differentiate(ALL)[0] == pytest.approx(alone, rel=1e-6)


def test_training_and_recognition_run_the_same_network():
    spec, corpus, engine = build(batch_norm=False, n_layers=2)
    total = 0.0
    recordings = (corpus.frames[i] for i in range(5))
    for own, log_p in zip(
        corpus.labels, _posteriors.posteriors(spec, engine.weights, recordings), strict=True
    ):
        logits = log_p[:, np.newaxis].astype(np.float32)
        total += _ctc.loss(logits, np.array([len(logits)], np.int32), [own], 1.0)
    assert engine.differentiate(ALL)[0] == pytest.approx(total, rel=1e-5)


def test_the_loss_of_frames_is_the_mean_over_all_of_them():
    spec, corpus, engine = answering(batch_norm=False)
    recordings = (corpus.frames[i] for i in range(5))
    answers = np.concatenate(list(_posteriors.outputs(spec, engine.weights, recordings)))
    mean = np.mean((answers - np.concatenate(corpus.labels)) ** 2)
    assert engine.differentiate(ALL)[0] / 5 == pytest.approx(mean, rel=1e-5)


def test_rates_rise_and_fall():
    schedule = WarmedUp(10, 16, 0.01, "cosine", 0.1)
    rates = np.concatenate([schedule.rates(epoch, 20) for epoch in range(10)])
    assert rates.argmax() in (18, 19)
    assert rates[0] == pytest.approx(0.01 / 20, rel=1e-3)
    assert (np.diff(rates[20:]) < 0).all()
    assert rates[-1] < 1e-5
    assert WarmedUp(10, 16, 0.01, "cosine", 0.0).rates(0, 20)[0] == pytest.approx(0.01)


def test_other_values_of_the_same_frames():
    _, corpus, engine = build()
    before = engine.differentiate(ALL)[0]
    engine.replace_values(np.zeros_like(corpus.frames.values))
    assert engine.differentiate(ALL)[0] != before
    assert corpus.frames.values.any()
