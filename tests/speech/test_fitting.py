import sys

import numpy as np
import pytest

from skgru import GRUTranscriber
from skgru.speech import _fitting, _frames
from skgru.speech._training import Corpus, CTCEngine


@pytest.mark.parametrize(
    ("given", "n", "expected"),
    [(7, 1000, 7), ("auto", 16, 200), ("auto", 1600, 30), ("auto", 10**6, 10)],
)
def test_epochs(given, n, expected):
    assert _fitting.epochs(given, n, 16) == expected


def test_first_weights_know_how_frequent_outputs_are():
    spec = GRUTranscriber(units=4, embedding_units=4)._choose_spec(2, 3)
    labels = [np.array([0, 0, 1], np.int32), np.array([0], np.int32), np.full(50, 2, np.int32)]
    frames = _frames.read([np.zeros((60, 2)), np.zeros((240, 2)), np.zeros((300, 2))])
    corpus = Corpus(frames, spec.n_patches(frames.lengths).astype(np.int32), labels)
    train = np.array([0, 1])  # what is held out does not count
    weights = _fitting.first_weights(spec, corpus, train, np.random.default_rng(0))
    bias = dict(zip([shape.name for shape in spec.weight_shapes()], weights, strict=True))[
        "output/bias"
    ]
    np.testing.assert_allclose(np.exp(bias), np.array([3.5, 1.5, 0.5, 96.5]) / 102, rtol=1e-6)


def test_nothing_hidden_without_augmentation():
    frames = _frames.read([np.ones((60, 2))])
    assert _fitting.variants(None, frames, [0]) is None
    varied = _fitting.variants("mask", frames, [0])
    first = varied().copy()
    assert (first == 0).any()
    assert (first != varied()).any()
    assert (frames.values == 1).all()


def test_crowded_transcripts_are_named(training):
    X, y = [frames[:8] for frames in training[0][:6]], ["a", "aa", "aab", "abcabc", "", "aaaa"]
    with pytest.raises(
        ValueError, match=r"rows \[1, 2, 3, 5\] there .* Row 1 needs 3 steps .* has 2"
    ):
        GRUTranscriber(frame_stacking=4).fit(X, y)


def test_early_stopping_without_rapidfuzz_fails_at_once(training, monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
    monkeypatch.setattr(CTCEngine, "run_epoch", None)
    with pytest.raises(ImportError, match="RapidFuzz"):
        GRUTranscriber(early_stopping=True, units=2).fit(*training)
