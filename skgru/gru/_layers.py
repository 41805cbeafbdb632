"""What stands before, between and behind the GRU layers, forward and backward, on the CPU.

Arrays are time-major: steps S, rows B, width; rows sorted by decreasing number of steps.
"""

from __future__ import annotations

import numpy as np

from skgru.gru._blas import add_gradients, multiply
from skgru.gru._jit import (
    cube,
    double,
    index_matrix,
    integer,
    jit,
    matrix,
    nothing,
    steps,
    vector,
)


@jit(nothing(matrix, steps, steps, integer, cube))
def _cut(series, rows, n_steps, hop, patches):
    width = patches.shape[2]
    for i in range(len(rows)):
        row = series[rows[i]]
        if width == 1:  # a loop in the loop would take several times as long
            for t in range(n_steps[i]):
                patches[t, i, 0] = row[t * hop]
        else:
            for t in range(n_steps[i]):
                for j in range(width):
                    patches[t, i, j] = row[t * hop + j]


def cut_patches(values, rows, n_steps, stride, patches):
    """Windows of the chosen rows, zero past a row's last one: (n, T, F) -> (S, B, p F)."""
    if n_steps[-1] < len(patches):
        patches.fill(0)
    _cut(values.reshape(len(values), -1), rows, n_steps, stride * values.shape[2], patches)


def dense(x, weights, out):
    """``x @ kernel + bias``: (R, F), ((F, K), (K,)) -> (R, K)."""
    kernel, bias = weights
    multiply(x, kernel, out)
    out += bias


def dense_backward(x, kernel, d_out, gradients, d_x):
    """Gradients of kernel and bias and, unless it is empty, x; written."""
    d_kernel, d_bias = gradients
    d_kernel.fill(0)
    d_bias.fill(0)
    add_gradients(x, d_out, d_kernel, d_bias)
    if len(d_x):
        multiply(d_out, np.ascontiguousarray(kernel.T), d_x)


@jit(nothing(index_matrix, matrix, matrix))
def scatter(rows, d_looked_up, d_table):
    """Add each gradient to the row that was looked up: (S, B), (S B, N) -> (n, N)."""
    n_steps, n_rows = rows.shape
    for t in range(n_steps):
        for i in range(n_rows):
            target, source = d_table[rows[t, i]], d_looked_up[t * n_rows + i]
            for j in range(len(source)):
                target[j] += source[j]


def join(states, offset, mask, out):
    """Put one direction's states into columns of the next layer's input, with dropout."""
    own = slice(offset, offset + states.shape[2])
    if len(mask):
        np.multiply(states[: len(out)], mask[:, own], out=out[:, :, own])
    else:
        out[:, :, own] = states[: len(out)]


def part(d_x, offset, mask, d_states):
    """What `join` does, backward; written."""
    own = slice(offset, offset + d_states.shape[2])
    if len(mask):
        np.multiply(d_x[:, :, own], mask[:, own], out=d_states[: len(d_x)])
    else:
        d_states[: len(d_x)] = d_x[:, :, own]


@jit(double(matrix, steps, vector, double))
def cross_entropy(outputs, targets, sample_weight, label_smoothing):
    """Sum of weighted losses; the logits give way to the gradient of their mean.

    Shapes: outputs (B, K), targets (B,), sample_weight (B,).
    """
    n_rows, n_classes = outputs.shape
    spread = label_smoothing / n_classes
    total = 0.0
    for i in range(n_rows):
        weight, largest = np.float64(sample_weight[i]), np.float64(outputs[i, 0])
        for k in range(1, n_classes):
            largest = max(largest, np.float64(outputs[i, k]))
        partition = 0.0
        for k in range(n_classes):
            partition += np.exp(np.float64(outputs[i, k]) - largest)
        level = largest + np.log(partition)
        for k in range(n_classes):
            wanted = spread + (1 - label_smoothing if k == targets[i] else 0.0)
            surprise = level - np.float64(outputs[i, k])
            total += weight * wanted * surprise
            outputs[i, k] = weight * (np.exp(-surprise) - wanted) / n_rows
    return total


@jit(double(matrix, matrix, vector))
def squared_error(outputs, targets, sample_weight):
    """As `cross_entropy`, for the mean squared error over a row's outputs: targets (B, K)."""
    n_rows, n_outputs = outputs.shape
    total = 0.0
    for i in range(n_rows):
        weight = np.float64(sample_weight[i]) / n_outputs
        for k in range(n_outputs):
            error = np.float64(outputs[i, k]) - np.float64(targets[i, k])
            total += weight * error * error
            outputs[i, k] = 2 * weight * error / n_rows
    return total


@jit(double(matrix, matrix, vector, vector))
def pinball(outputs, targets, sample_weight, levels):
    """As `cross_entropy`, for the mean pinball loss over targets and levels.

    Shapes: outputs (B, T Q), targets (B, T), levels (Q,). A target that is NaN has no part in it.
    """
    n_rows, n_targets = targets.shape
    n_levels = len(levels)
    total = 0.0
    for i in range(n_rows):
        weight = np.float64(sample_weight[i]) / (n_targets * n_levels)
        for j in range(n_targets):
            target = targets[i, j]
            for q in range(n_levels):
                k = j * n_levels + q
                if np.isnan(target):
                    outputs[i, k] = 0.0
                    continue
                over = np.float64(target) - np.float64(outputs[i, k])
                slope = np.float64(levels[q]) if over > 0 else np.float64(levels[q]) - 1
                total += weight * slope * over
                outputs[i, k] = -weight * slope / n_rows
    return total
