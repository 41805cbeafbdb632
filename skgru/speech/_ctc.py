"""Connectionist temporal classification: the loss of a transcript whose timing nobody knows.

A path names a token or a blank at every step; it reads as the transcript that is left when tokens
repeated without a blank between them are merged and the blanks are taken out. The likelihood of a
transcript is the sum over all its paths, by the forward-backward recursions of Graves et al.
(2006), section 4.1, here on logarithms in double precision: ``alpha`` holds what was emitted up to
a step and at it, ``beta`` what is emitted after it. A transcript of L tokens has 2 L + 1 states:
blanks at even places, token k at place 2 k + 1. The blank is the last output.
"""

from __future__ import annotations

import math

import numpy as np

from skgru.gru._jit import counts, cube, double, jit, part, steps

_NEVER = -math.inf
_ZERO = np.float32(0)


def steps_needed(labels: np.ndarray) -> int:
    """Fewest steps that a transcript fits in: (L,) -> L and one for each token that repeats."""
    return len(labels) + int((labels[1:] == labels[:-1]).sum())


@part
def _add(a, b):
    """``log(exp(a) + exp(b))``."""
    high, low = max(a, b), min(a, b)
    return high if low == _NEVER else high + math.log1p(math.exp(low - high))


@part
def _log_softmax(logits, out):
    """(K,) float32 -> (K,) float64."""
    largest = np.float64(logits[0])
    for k in range(1, len(logits)):
        largest = max(largest, np.float64(logits[k]))
    total = 0.0
    for k in range(len(logits)):
        total += math.exp(np.float64(logits[k]) - largest)
    level = largest + math.log(total)
    for k in range(len(logits)):
        out[k] = np.float64(logits[k]) - level


@part
def _may_skip(labels, state):
    """Whether a path may come to a state from two before it: past a blank, to another token."""
    k = state // 2
    return state % 2 == 1 and k > 0 and labels[k] != labels[k - 1]


@part
def _emission(log_p, labels, state):
    return log_p[labels[state // 2] if state % 2 else len(log_p) - 1]


@part
def _go_forward(log_p, labels, alpha):
    """Write `alpha`: (T, K), (L,) -> (T, 2 L + 1); the log-likelihood of the transcript."""
    n_steps, n_states = alpha.shape
    alpha[:] = _NEVER
    for state in range(min(2, n_states)):
        alpha[0, state] = _emission(log_p[0], labels, state)
    for t in range(1, n_steps):
        # States that the start reaches, and from which the end is reached.
        first, stop = max(0, n_states - 2 * (n_steps - t)), min(n_states, 2 * (t + 1))
        for state in range(first, stop):
            total = alpha[t - 1, state]
            if state > 0:
                total = _add(total, alpha[t - 1, state - 1])
            if _may_skip(labels, state):
                total = _add(total, alpha[t - 1, state - 2])
            alpha[t, state] = total + _emission(log_p[t], labels, state)
    end = alpha[n_steps - 1, n_states - 1]
    return _add(end, alpha[n_steps - 1, n_states - 2]) if n_states > 1 else end


@part
def _go_backward(log_p, labels, beta):
    """Write `beta`: (T, K), (L,) -> (T, 2 L + 1)."""
    n_steps, n_states = beta.shape
    beta[:] = _NEVER
    for state in range(max(0, n_states - 2), n_states):
        beta[n_steps - 1, state] = 0
    for t in range(n_steps - 2, -1, -1):
        first, stop = max(0, n_states - 2 * (n_steps - t)), min(n_states, 2 * (t + 1))
        for state in range(first, stop):
            total = beta[t + 1, state] + _emission(log_p[t + 1], labels, state)
            for jump in range(1, 3):
                later = state + jump
                if later < n_states and (jump == 1 or _may_skip(labels, later)):
                    emitted = _emission(log_p[t + 1], labels, later)
                    total = _add(total, beta[t + 1, later] + emitted)
            beta[t, state] = total


@jit(double(cube, steps, steps, counts, double))
def loss(logits, n_steps, labels, bounds, share):
    """Sum of the negative log-likelihoods of a batch; logits give way to gradients.

    Parameters
    ----------
    logits : (S, B, K), overwritten by the gradient of `share` times the sum; zero past a row's end
    n_steps : (B,)
    labels : transcripts of all rows, joined
    bounds : (B + 1,) where each begins and the last ends
    share : float
    """
    longest, n_rows, n_outputs = logits.shape
    total = 0.0
    for i in range(n_rows):
        own, n = labels[bounds[i] : bounds[i + 1]], n_steps[i]
        log_p = np.empty((n, n_outputs))
        for t in range(n):
            _log_softmax(logits[t, i], log_p[t])
        alpha, beta = np.empty((n, 2 * len(own) + 1)), np.empty((n, 2 * len(own) + 1))
        likelihood = _go_forward(log_p, own, alpha)
        _go_backward(log_p, own, beta)
        total -= likelihood
        for t in range(n):
            row = log_p[t]
            for k in range(n_outputs):
                logits[t, i, k] = share * math.exp(row[k])
            for state in range(alpha.shape[1]):
                k = own[state // 2] if state % 2 else n_outputs - 1
                p = math.exp(alpha[t, state] + beta[t, state] - likelihood)
                logits[t, i, k] -= np.float32(share * p)
        for t in range(n, longest):
            for k in range(n_outputs):
                logits[t, i, k] = _ZERO
    return total
