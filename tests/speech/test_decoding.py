from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skgru.speech._decoding import Fusion, beam_search, collapse, greedy

A, B, BLANK = 0, 1, 2


def draw(n_steps, n_outputs, seed):
    logits = 1.5 * np.random.default_rng(seed).normal(size=(n_steps, n_outputs))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def all_transcripts(log_p):
    """Transcript -> its probability, by reading all paths."""
    n_steps, n_outputs = log_p.shape
    found = {}
    for path in product(range(n_outputs), repeat=n_steps):
        read = tuple(collapse(np.array(path), n_outputs - 1).tolist())
        found[read] = found.get(read, 0) + np.exp(log_p[np.arange(n_steps), path].sum())
    return found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([A, A, BLANK, A, B, B], [A, A, B]),
        ([BLANK, BLANK], []),
        ([B], [B]),
        ([A, BLANK, BLANK, B, A], [A, B, A]),
    ],
)
def test_collapse(path, expected):
    assert collapse(np.array(path), BLANK).tolist() == expected


def test_collapse_goes_on_from_the_last_output():
    assert collapse(np.array([A, B]), BLANK, before=A).tolist() == [B]
    assert collapse(np.array([A, B]), BLANK, before=BLANK).tolist() == [A, B]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 10**6))
def test_a_wide_beam_knows_every_transcript(n_steps, n_outputs, seed):
    log_p = draw(n_steps, n_outputs, seed)
    expected = all_transcripts(log_p)
    found = {tuple(t.tolist()): score for t, score in beam_search(log_p, 10_000, Fusion())}
    assert found.keys() == expected.keys()
    for transcript, p in expected.items():
        assert found[transcript] == pytest.approx(np.log(p), abs=1e-9)


def test_the_best_comes_first():
    scores = [score for _, score in beam_search(draw(6, 4, 0), 20, Fusion())]
    assert len(scores) == 20
    assert scores == sorted(scores, reverse=True)


def test_many_paths_outweigh_the_likeliest_one():
    log_p = np.log([[0.4, 1e-9, 0.6], [0.4, 1e-9, 0.6]])
    assert greedy(log_p).tolist() == []
    assert beam_search(log_p, 5, Fusion())[0][0].tolist() == [A]


def test_a_narrow_beam_is_a_lower_bound():
    log_p = draw(8, 4, 1)
    wide = {tuple(t.tolist()): s for t, s in beam_search(log_p, 10_000, Fusion())}
    for transcript, score in beam_search(log_p, 3, Fusion()):
        assert score <= wide[tuple(transcript.tolist())] + 1e-12


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 2), st.floats(-2, 2))
def test_a_language_model_is_weighed_as_the_formula_says(seed, weight, bonus):
    log_p, table = draw(4, 3, seed), draw(3, 3, seed + 1)  # after A, after B, at the beginning

    def next_token(prefixes):
        return np.array([table[p[-1] if p else 2, :2] for p in prefixes])

    def end(prefixes):
        return np.array([table[p[-1] if p else 2, 2] for p in prefixes])

    fusion = Fusion(next_token, end, weight, bonus)
    found = {tuple(t.tolist()): s for t, s in beam_search(log_p, 10_000, fusion)}
    for transcript, p in all_transcripts(log_p).items():
        prior = end([transcript])[0] + sum(
            next_token([transcript[:i]])[0, token] for i, token in enumerate(transcript)
        )
        expected = np.log(p) + weight * prior + bonus * len(transcript)
        assert found[transcript] == pytest.approx(expected, abs=1e-9)


def test_impossible_steps_make_no_nan():
    log_p = np.array([[0.0, -np.inf, -np.inf], [-np.inf, -np.inf, 0.0], [0.0, -np.inf, -np.inf]])
    with np.errstate(invalid="raise"):
        (best, score), *_ = beam_search(log_p, 4, Fusion())
    assert best.tolist() == [A, A]
    assert score == 0
