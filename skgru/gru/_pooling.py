"""From the states of a row's own steps to one vector, forward and backward, on the CPU.

Kernels work on one direction: states are (S, B, H), time-major, rows sorted by decreasing number of
steps; the result goes to the columns from `offset` on of an array that all poolings share. Mean
pooling is attention with scores of zero.
"""

from __future__ import annotations

import numpy as np

from skgru.gru._cells import count_active
from skgru.gru._jit import cube, index_matrix, integer, jit, matrix, nothing, steps, vector


@jit(nothing(cube, steps, integer, matrix, index_matrix))
def take_max(states, n_steps, offset, pooled, places):
    """Largest value over the steps and, in `places` (B, H), where it was first reached."""
    n_units = states.shape[2]
    active = len(n_steps)
    for i in range(active):
        for j in range(n_units):
            pooled[i, offset + j] = states[0, i, j]
            places[i, j] = 0
    for t in range(1, n_steps[0]):
        active = count_active(n_steps, t, active)
        here = np.int32(t)
        for i in range(active):
            for j in range(n_units):  # loads first: selections become vector instructions
                largest, place, state = pooled[i, offset + j], places[i, j], states[t, i, j]
                pooled[i, offset + j] = state if state > largest else largest
                places[i, j] = here if state > largest else place


@jit(nothing(index_matrix, integer, matrix, cube))
def take_max_backward(places, offset, d_pooled, d_states):
    """Add to the gradient of the states."""
    for i in range(places.shape[0]):
        for j in range(places.shape[1]):
            d_states[places[i, j], i, j] += d_pooled[i, offset + j]


@jit(nothing(cube, steps, vector, matrix))
def add_scores(states, n_steps, kernel, scores):
    """Add ``states @ kernel``: (S, B, H), (H,) -> (S, B)."""
    active = len(n_steps)
    for t in range(n_steps[0]):
        active = count_active(n_steps, t, active)
        for i in range(active):
            total = scores[t, i]
            for j in range(len(kernel)):
                total += states[t, i, j] * kernel[j]
            scores[t, i] = total


@jit(nothing(matrix, steps))
def normalize(scores, n_steps):
    """Softmax over the steps of each row, in place: (S, B)."""
    for i in range(len(n_steps)):
        largest = scores[0, i]
        for t in range(1, n_steps[i]):
            if scores[t, i] > largest:
                largest = scores[t, i]
        total = np.float32(0)
        for t in range(n_steps[i]):
            scores[t, i] = np.exp(scores[t, i] - largest)
            total += scores[t, i]
        for t in range(n_steps[i]):
            scores[t, i] /= total


@jit(nothing(cube, steps, matrix, integer, matrix))
def average(states, n_steps, shares, offset, pooled):
    """Sum of the states, each times its share (S, B)."""
    n_units = states.shape[2]
    active = len(n_steps)
    for t in range(n_steps[0]):
        active = count_active(n_steps, t, active)
        for i in range(active):
            share = shares[t, i]
            for j in range(n_units):
                before = pooled[i, offset + j] if t else np.float32(0)
                pooled[i, offset + j] = before + share * states[t, i, j]


@jit(nothing(cube, steps, matrix, integer, matrix, cube, matrix))
def average_backward(states, n_steps, shares, offset, d_pooled, d_states, d_shares):
    """Add to the gradients of the states and, unless it is empty, of the shares."""
    n_units = states.shape[2]
    active = len(n_steps)
    for t in range(n_steps[0]):
        active = count_active(n_steps, t, active)
        for i in range(active):
            share = shares[t, i]
            for j in range(n_units):
                d_states[t, i, j] += share * d_pooled[i, offset + j]
            if len(d_shares):
                total = d_shares[t, i]
                for j in range(n_units):
                    total += d_pooled[i, offset + j] * states[t, i, j]
                d_shares[t, i] = total


@jit(nothing(matrix, steps, matrix))
def normalize_backward(shares, n_steps, d_shares):
    """Gradient before the softmax, in place: (S, B)."""
    for i in range(len(n_steps)):
        mean = np.float32(0)
        for t in range(n_steps[i]):
            mean += shares[t, i] * d_shares[t, i]
        for t in range(n_steps[i]):
            d_shares[t, i] = shares[t, i] * (d_shares[t, i] - mean)


@jit(nothing(cube, steps, vector, matrix, vector, cube))
def add_scores_backward(states, n_steps, kernel, d_scores, d_kernel, d_states):
    """Add to the gradients of kernel and states."""
    active = len(n_steps)
    for t in range(n_steps[0]):
        active = count_active(n_steps, t, active)
        for i in range(active):
            d = d_scores[t, i]
            for j in range(len(kernel)):
                d_kernel[j] += d * states[t, i, j]
                d_states[t, i, j] += d * kernel[j]
