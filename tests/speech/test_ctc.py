import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skgru.speech import _ctc, _decoding

TORCH = json.loads((Path(__file__).parents[1] / "references" / "torch_ctc.json").read_text())


def evaluate(logits, n_steps, transcripts, share=1.0):
    """Loss of a batch and its gradient."""
    gradient = np.array(logits, np.float32)
    labels = [np.array(own, np.int32) for own in transcripts]
    loss = _ctc.loss(gradient, np.array(n_steps, np.int32), labels, share)
    return loss, gradient


def probabilities(logits):
    p = np.exp(np.float64(logits) - np.max(logits, axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def sum_of_paths(logits, transcript):
    """The likelihood of a transcript, one path after another."""
    p = probabilities(logits)
    n_steps, n_outputs = p.shape
    return sum(
        np.prod([p[t, k] for t, k in enumerate(path)])
        for path in product(range(n_outputs), repeat=n_steps)
        if _decoding.collapse(np.array(path), n_outputs - 1).tolist() == list(transcript)
    )


def draw(shape, seed=0):
    return (2 * np.random.default_rng(seed).normal(size=shape)).astype(np.float32)


@pytest.mark.parametrize(
    "transcript", [[], [0], [1, 0], [0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1, 0, 1]]
)
def test_the_loss_sums_over_all_paths(transcript):
    logits = draw((5, 1, 3), len(transcript))
    loss, _ = evaluate(logits, [5], [transcript])
    assert loss == pytest.approx(-np.log(sum_of_paths(logits[:, 0], transcript)), rel=1e-12)


def test_all_transcripts_together_are_certain():
    logits = draw((4, 1, 3))
    found = [
        np.exp(-evaluate(logits, [4], [transcript])[0])
        for n in range(5)
        for transcript in product(range(2), repeat=n)
        if _ctc.steps_needed(np.array(transcript)) <= 4
    ]
    assert sum(found) == pytest.approx(1, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_gradient_agrees_with_finite_differences(data):
    n_outputs = data.draw(st.integers(2, 5))
    transcript = data.draw(st.lists(st.integers(0, n_outputs - 2), max_size=4))
    n_steps = data.draw(st.integers(max(1, _ctc.steps_needed(np.array(transcript))), 9))
    logits = draw((n_steps, 1, n_outputs), data.draw(st.integers(0, 1000)))
    _, gradient = evaluate(logits, [n_steps], [transcript])
    t, k = data.draw(st.integers(0, n_steps - 1)), data.draw(st.integers(0, n_outputs - 1))
    above, below = logits.copy(), logits.copy()
    above[t, 0, k] += 0.01
    below[t, 0, k] -= 0.01
    width = np.float64(above[t, 0, k]) - np.float64(below[t, 0, k])
    rise = evaluate(above, [n_steps], [transcript])[0] - evaluate(below, [n_steps], [transcript])[0]
    assert gradient[t, 0, k] == pytest.approx(rise / width, abs=2e-5)


@pytest.mark.parametrize("case", TORCH["cases"])
def test_pytorch_agrees(case):
    loss, gradient = evaluate(case["logits"], case["n_steps"], case["transcripts"])
    assert loss == pytest.approx(sum(case["losses"]), rel=1e-6)
    np.testing.assert_allclose(gradient, case["gradient"], atol=1e-6)
    for i, n in enumerate(case["n_steps"]):
        alone, _ = evaluate(np.array(case["logits"])[:, [i]], [n], [case["transcripts"][i]])
        assert alone == pytest.approx(case["losses"][i], rel=1e-6)


def test_a_share_scales_the_gradient_alone():
    logits = draw((6, 2, 4))
    whole, gradient = evaluate(logits, [6, 4], [[0, 1], [2]])
    same, quarter = evaluate(logits, [6, 4], [[0, 1], [2]], share=0.25)
    assert same == whole
    np.testing.assert_allclose(quarter, gradient / 4, atol=1e-7)


def test_steps_past_the_end_have_no_gradient():
    _, gradient = evaluate(draw((6, 2, 4)), [6, 4], [[0, 1], [2]])
    assert not gradient[4:, 1].any()
    np.testing.assert_allclose(gradient.sum(axis=2), 0, atol=1e-6)


def test_a_long_recording_does_not_underflow():
    logits = draw((1000, 1, 30))
    loss, gradient = evaluate(logits, [1000], [list(range(29)) * 12])
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()
    # At each step the states share all of the probability.
    np.testing.assert_allclose(gradient.sum(axis=2), 0, atol=1e-5)


def test_scores_far_apart_stay_finite():
    logits = np.array([[[1e4, -1e4, 0]], [[-1e4, 1e4, 0]]], np.float32)
    loss, gradient = evaluate(logits, [2], [[1, 0]])
    assert loss == pytest.approx(4e4)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("transcript", "expected"), [([], 0), ([1], 1), ([1, 2, 1], 3), ([1, 1, 1], 5), ([1, 1, 2], 4)]
)
def test_steps_needed(transcript, expected):
    assert _ctc.steps_needed(np.array(transcript, np.int32)) == expected


def test_an_impossible_transcript_has_an_infinite_loss():
    assert evaluate(draw((2, 1, 3)), [2], [[0, 0]])[0] == np.inf
