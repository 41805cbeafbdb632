"""Which token to write, given the scores of all: pure functions."""

from __future__ import annotations

import numpy as np

from skgru.gru._jit import double, integer, jit, part, vector


@part
def greedy(scores):
    """The first of the highest scores: (V,)."""
    best = 0
    for k in range(len(scores)):
        if scores[k] > scores[best]:
            best = k
    return best


@part
def _draw(shares, total, uniform):
    """The place at which the running sum passes ``uniform * total``."""
    wanted, reached, last = uniform * total, 0.0, 0
    for k in range(len(shares)):
        if shares[k] > 0:
            reached += shares[k]
            last = k
            if reached > wanted:
                break
    return last


@jit(integer(vector, double, integer, double, double))
def sample(scores, temperature, top_k, top_p, uniform):
    """A token drawn with probability ``softmax(scores / temperature)``.

    Parameters
    ----------
    scores : (V,)
    temperature : float
        Zero takes the highest score.
    top_k : int
        Only the so many best may be drawn.
    top_p : float
        Only the best may be drawn that are needed to reach this share of the probability
        (Holtzman et al. 2020), of what `top_k` left.
    uniform : float in [0, 1)
        What decides: the same number gives the same token.
    """
    best = greedy(scores)
    if temperature == 0 or top_k == 1:
        return best
    shares = np.empty(len(scores))
    for k in range(len(scores)):
        shares[k] = np.exp((np.float64(scores[k]) - np.float64(scores[best])) / temperature)
    if top_k >= len(scores) and top_p >= 1:
        return _draw(shares, shares.sum(), uniform)
    least = 0.0
    if top_k < len(scores):
        least = np.partition(shares, len(shares) - top_k)[len(shares) - top_k]
    # All that are rarer than this have less than 1 - top_p together.
    least = max(least, shares.sum() * max(1 - top_p, 0.0) / len(shares) / 2)
    kept = np.flatnonzero(shares >= least)
    kept = kept[np.argsort(-shares[kept], kind="mergesort")][:top_k]
    shares = shares[kept]
    needed, total, reached = 0, shares.sum(), 0.0
    while needed < len(kept) and (needed == 0 or reached < top_p * total):
        reached += shares[needed]
        needed += 1
    return kept[_draw(shares[:needed], reached, uniform)]
