import numpy as np
import pytest

from skgru.text import _decoding

SCORES = np.array([0.5, 2.0, -1.0, 1.5, 2.0, -30.0], np.float32)
ALL = len(SCORES)


def shares(temperature=1.0, top_k=ALL, top_p=1.0, n=4000):
    """Share of each token among draws at evenly spaced numbers."""
    drawn = [_decoding.sample(SCORES, temperature, top_k, top_p, (i + 0.5) / n) for i in range(n)]
    return np.bincount(drawn, minlength=ALL) / n


def twin(temperature=1.0, top_k=ALL, top_p=1.0):
    """The same by sorting everything."""
    p = np.exp(SCORES.astype(float) / temperature)
    order = np.argsort(-p, kind="stable")[:top_k]
    running = np.cumsum(p[order]) / p[order].sum()
    order = order[: np.searchsorted(running, top_p * (1 - 1e-12)) + 1]
    kept = np.zeros(ALL)
    kept[order] = p[order]
    return kept / kept.sum()


def test_greedy_takes_the_first_of_equals():
    assert _decoding.greedy(SCORES) == 1
    assert _decoding.sample(SCORES, 0.0, ALL, 1.0, 0.99) == 1
    assert _decoding.sample(SCORES, 1.0, 1, 1.0, 0.99) == 1


@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("top_k", [2, 3, ALL])
@pytest.mark.parametrize("top_p", [0.1, 0.5, 0.9, 1.0])
def test_shares(temperature, top_k, top_p):
    settings = temperature, top_k, top_p
    np.testing.assert_allclose(shares(*settings), twin(*settings), atol=1e-3)


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1 - 2**-24, 1.0])
def test_forbidden_tokens_are_never_drawn(uniform):
    scores = np.array([-np.inf, 1, -np.inf, 1, -np.inf], np.float32)
    for top_k in (3, 5):
        assert _decoding.sample(scores, 1.0, top_k, 1.0, uniform) in (1, 3)


def test_a_large_vocabulary():
    scores = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    best = set(np.argsort(-scores)[:10].tolist())
    drawn = {_decoding.sample(scores, 1.0, 10, 1.0, (i + 0.5) / 200) for i in range(200)}
    assert drawn == best


def test_a_temperature_near_zero_is_greedy():
    assert _decoding.sample(SCORES[:4], 1e-300, 4, 1.0, 0.9) == 1
