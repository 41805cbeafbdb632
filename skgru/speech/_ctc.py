"""Connectionist temporal classification: the loss of a transcript whose timing nobody knows.

A path names a token or a blank at every step; it reads as the transcript that is left when tokens
repeated without a blank between them are merged and the blanks are taken out. The likelihood of a
transcript is the sum over all its paths, by the forward-backward recursions of Graves et al.
(2006), section 4.1, here on logarithms in double precision. A transcript of L tokens has 2 L + 1
states: blanks at even places, token k at place 2 k + 1. The blank is the last output.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_softmax

from skgru.gru._jit import double_matrix, flags, jit, nothing, part

_NEVER = -math.inf


def steps_needed(labels: np.ndarray) -> int:
    """Fewest steps that a transcript fits in: (L,) -> L and one for each token that repeats."""
    return len(labels) + int((labels[1:] == labels[:-1]).sum())


@part
def _add(a, b):
    """``log(exp(a) + exp(b))``."""
    high, low = max(a, b), min(a, b)
    return high if low == _NEVER else high + math.log1p(math.exp(low - high))


@jit(nothing(double_matrix, flags, double_matrix))
def _reach(emitted, skips, alpha):
    """Write how likely paths are that have come to each state: (T, N), (N,) -> (T, N).

    `emitted` holds the logarithm of what each state emits at each step, `skips` whether a path may
    come to a state from two before it. Only states from which the last one is still reached count.
    """
    n_steps, n_states = emitted.shape
    for t in range(n_steps):
        for state in range(n_states):
            alpha[t, state] = _NEVER
        first, stop = max(0, n_states - 2 * (n_steps - t)), min(n_states, 2 * (t + 1))
        for state in range(first, stop):
            total = 0.0
            if t > 0:
                total = alpha[t - 1, state]
                if state > 0:
                    total = _add(total, alpha[t - 1, state - 1])
                if skips[state]:
                    total = _add(total, alpha[t - 1, state - 2])
            alpha[t, state] = total + emitted[t, state]


def _listen(log_p: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Log-likelihood of a transcript, and the share of each output in its paths at each step.

    Shapes: (T, K), (L,) -> float, (T, K).
    """
    blank = log_p.shape[1] - 1
    outputs = np.full(2 * len(labels) + 1, blank)
    outputs[1::2] = labels
    skips = np.zeros(len(outputs), np.bool_)
    skips[3::2] = labels[1:] != labels[:-1]
    emitted = log_p.take(outputs, axis=1)
    alpha, beta = np.empty_like(emitted), np.empty_like(emitted)
    _reach(emitted, skips, alpha)
    # From the end to the beginning it is the same: a state that is skipped to is then skipped from.
    turned = np.append(skips[2:], [False, False])[: len(skips)][::-1]
    _reach(emitted[::-1, ::-1].copy(), turned.copy(), beta)
    likelihood = np.logaddexp.reduce(alpha[-1, -2:])
    if likelihood == _NEVER:  # more tokens than steps: no path
        return _NEVER, np.zeros_like(log_p)
    shares = np.exp(alpha + beta[::-1, ::-1] - emitted - likelihood)
    return float(likelihood), shares @ (outputs[:, np.newaxis] == np.arange(blank + 1))


def loss(logits: np.ndarray, n_steps: np.ndarray, labels: list[np.ndarray], share: float) -> float:
    """Sum of the negative log-likelihoods of a batch; logits give way to gradients.

    Parameters
    ----------
    logits : ndarray of float32, shape (S, B, K)
        Overwritten by the gradient of `share` times the sum; zero past a row's end.
    n_steps : ndarray of int, shape (B,)
    labels : list of ndarray of int
        Transcripts.
    share : float
    """
    log_p = log_softmax(logits.astype(np.float64), axis=2)
    gradient, total = np.exp(log_p), 0.0
    for i, (n, own) in enumerate(zip(n_steps, labels)):
        likelihood, shares = _listen(log_p[:n, i], own)
        total -= likelihood
        gradient[:n, i] -= shares
        gradient[n:, i] = 0
    np.multiply(gradient, share, out=logits, casting="same_kind")
    return total
