"""From the states of a row's own steps to one vector, forward and backward, on the CPU.

Kernels work on one direction: states are (S, B, H), time-major, rows sorted by decreasing number of
steps; the result goes to the columns from `offset` on of an array that all poolings share. Mean
pooling is attention with scores of zero.
"""

from __future__ import annotations

import numpy as np

from skgru.gru._jit import counts, cube, index_matrix, integer, jit, matrix, nothing, steps, vector


@jit(nothing(cube, counts, integer, matrix, index_matrix))
def take_max(states, active, offset, pooled, places):
    """Largest value over the steps and, in `places` (B, H), where it was first reached."""
    n_units = states.shape[2]
    for i in range(active[0]):
        largest, place = pooled[i, offset : offset + n_units], places[i]
        for j in range(n_units):
            largest[j] = states[0, i, j]
            place[j] = 0
        for t in range(1, len(active)):
            if active[t] <= i:
                break
            here = np.int32(t)
            for j in range(n_units):  # loads first: selections become vector instructions
                best, where, state = largest[j], place[j], states[t, i, j]
                largest[j] = state if state > best else best
                place[j] = here if state > best else where


@jit(nothing(index_matrix, integer, matrix, cube))
def take_max_backward(places, offset, d_pooled, d_states):
    """Add to the gradient of the states."""
    for i in range(places.shape[0]):
        for j in range(places.shape[1]):
            d_states[places[i, j], i, j] += d_pooled[i, offset + j]


@jit(nothing(cube, counts, vector, matrix))
def add_scores(states, active, kernel, scores):
    """Add ``states @ kernel``: (S, B, H), (H,) -> (S, B)."""
    for t in range(len(active)):
        for i in range(active[t]):
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


@jit(nothing(cube, counts, matrix, integer, matrix))
def add_average(states, active, shares, offset, pooled):
    """Add the sum of the states, each times its share (S, B)."""
    for t in range(len(active)):
        for i in range(active[t]):
            for j in range(states.shape[2]):
                pooled[i, offset + j] += shares[t, i] * states[t, i, j]


@jit(nothing(counts, matrix, integer, matrix, cube))
def add_average_backward(active, shares, offset, d_pooled, d_states):
    """Add to the gradient of the states."""
    for t in range(len(active)):
        for i in range(active[t]):
            for j in range(d_states.shape[2]):
                d_states[t, i, j] += shares[t, i] * d_pooled[i, offset + j]


@jit(nothing(cube, counts, integer, matrix, matrix))
def add_shares_backward(states, active, offset, d_pooled, d_shares):
    """Add to the gradient of the shares."""
    for t in range(len(active)):
        for i in range(active[t]):
            total = d_shares[t, i]
            for j in range(states.shape[2]):
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


@jit(nothing(cube, counts, vector, matrix, vector, cube))
def add_scores_backward(states, active, kernel, d_scores, d_kernel, d_states):
    """Add to the gradients of kernel and states."""
    for t in range(len(active)):
        for i in range(active[t]):
            d = d_scores[t, i]
            for j in range(len(kernel)):
                d_kernel[j] += d * states[t, i, j]
                d_states[t, i, j] += d * kernel[j]
