"""When each token of a known text was said: the likeliest path through a recording."""

from __future__ import annotations

import numpy as np


def align(log_p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Steps that each token lasts, by the likeliest CTC path that reads as the text.

    The blanks between two tokens go to both of them, half and half; those at the ends to the first
    and the last.

    Parameters
    ----------
    log_p : ndarray, shape (n_steps, n_tokens + 1)
        Log-probabilities, the blank's last.
    labels : ndarray of int, shape (L,)
        Token numbers, at least one.

    Returns
    -------
    ndarray of int, shape (L,)
        At least 1 each; their sum is `n_steps`, which a path must fit in.
    """
    states = _likeliest(log_p, labels)
    first = np.searchsorted(states, 2 * np.arange(len(labels)) + 1)
    last = np.searchsorted(states, 2 * np.arange(len(labels)) + 1, side="right") - 1
    borders = (last[:-1] + first[1:] + 1) // 2
    return np.diff(np.concatenate([[0], borders, [len(log_p)]]))


def split_evenly(n_steps: int, n_tokens: int) -> np.ndarray:
    """Parts that differ by one step at the most."""
    return np.diff(np.arange(n_tokens + 1) * n_steps // n_tokens)


def _likeliest(log_p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The state of the likeliest path at each step: blanks at even places, token k at 2 k + 1."""
    outputs = np.full(2 * len(labels) + 1, log_p.shape[1] - 1)
    outputs[1::2] = labels
    emitted = log_p[:, outputs]
    ways = np.full((3, len(outputs)), -np.inf)  # stay, come from the state before, or skip a blank
    skips = np.zeros(len(outputs), bool)
    skips[3::2] = labels[1:] != labels[:-1]
    steps_back = np.empty(emitted.shape, np.int8)
    best = np.where(np.arange(len(outputs)) < 2, emitted[0], -np.inf)
    for t in range(1, len(emitted)):
        ways[0] = best
        ways[1, 1:] = best[:-1]
        ways[2, 2:] = np.where(skips[2:], best[:-2], -np.inf)
        steps_back[t] = ways.argmax(axis=0)
        best = ways.max(axis=0) + emitted[t]
    states = np.empty(len(emitted), np.intp)
    states[-1] = len(outputs) - 2 + best[-2:].argmax()
    for t in range(len(emitted) - 1, 0, -1):
        states[t - 1] = states[t] - steps_back[t, states[t]]
    return states
