"""What stands before, between and behind the GRU layers, forward and backward, on the CPU.

Arrays are time-major: steps S, rows B, width; rows sorted by decreasing number of steps.
"""

from __future__ import annotations

import numpy as np

from skgru.gru._blas import add_columns, add_product, clear, multiply, transpose
from skgru.gru._jit import cube, double, integer, jit, matrix, nothing, steps, vector

_ZERO = np.float32(0)


@jit(nothing(cube, steps, steps, integer, cube))
def cut_patches(values, rows, n_steps, stride, patches):
    """Windows of the chosen rows, zero past a row's last one: (n, T, F) -> (S, B, p F)."""
    n_values, width = values.shape[1] * values.shape[2], patches.shape[2]
    series = values.reshape(len(values), n_values)
    hop = stride * values.shape[2]
    for i in range(len(rows)):
        row = series[rows[i]]
        if width == 1:  # a loop in the loop would take several times as long
            for t in range(n_steps[i]):
                patches[t, i, 0] = row[t * hop]
        else:
            for t in range(n_steps[i]):
                for j in range(width):
                    patches[t, i, j] = row[t * hop + j]
        for t in range(n_steps[i], len(patches)):
            for j in range(width):
                patches[t, i, j] = 0


@jit(nothing(matrix, matrix, vector, matrix))
def dense(x, kernel, bias, out):
    """``x @ kernel + bias``: (R, F), (F, K), (K,) -> (R, K)."""
    multiply(x, kernel, out)
    for i in range(len(out)):
        for j in range(len(bias)):
            out[i, j] += bias[j]


@jit(nothing(matrix, matrix, matrix, matrix, vector, matrix))
def dense_backward(x, kernel, d_out, d_kernel, d_bias, d_x):
    """Gradients of kernel, bias and, unless it is empty, x; written."""
    clear(d_kernel, 0)
    for j in range(len(d_bias)):
        d_bias[j] = 0
    add_product(x, d_out, d_kernel)
    add_columns(d_out, d_bias)
    if len(d_x):
        multiply(d_out, transpose(kernel), d_x)


@jit(nothing(cube, matrix))
def rectify(x, mask):
    """Relu and dropout, in place: (S, B, E), mask (B, E) or empty."""
    for t in range(len(x)):
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                value = x[t, i, j]
                x[t, i, j] = _ZERO if value < 0 else value  # NaN stays NaN
            if len(mask):
                for j in range(x.shape[2]):
                    x[t, i, j] *= mask[i, j]


@jit(nothing(cube, matrix, cube))
def rectify_backward(x, mask, d_x):
    """Gradient before relu and dropout, in place, from the output x of `rectify`."""
    for t in range(len(x)):
        for i in range(x.shape[1]):
            if len(mask):
                for j in range(x.shape[2]):
                    d_x[t, i, j] *= mask[i, j]
            for j in range(x.shape[2]):
                d_x[t, i, j] = d_x[t, i, j] if x[t, i, j] > 0 else _ZERO


@jit(nothing(cube, integer, matrix, cube))
def join(states, offset, mask, out):
    """Put one direction's states into columns of the next layer's input, with dropout."""
    for t in range(len(out)):
        for i in range(out.shape[1]):
            for j in range(states.shape[2]):
                out[t, i, offset + j] = states[t, i, j]
            if len(mask):
                for j in range(states.shape[2]):
                    out[t, i, offset + j] *= mask[i, offset + j]


@jit(nothing(cube, integer, matrix, cube))
def part(d_x, offset, mask, d_states):
    """What `join` does, backward; written."""
    for t in range(len(d_x)):
        for i in range(d_x.shape[1]):
            for j in range(d_states.shape[2]):
                d_states[t, i, j] = d_x[t, i, offset + j]
            if len(mask):
                for j in range(d_states.shape[2]):
                    d_states[t, i, j] *= mask[i, offset + j]


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
