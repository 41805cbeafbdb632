"""A GRU layer over a piece of several streams, forward and backward, with the state carried on.

The cell is that of `skgru.gru._cells`; all rows have the same number of steps, so there is nothing
to mask. What differs is the input: the gates' share of it stands in a table, one row for each
distinct token, and a step only looks its rows up. Arrays are time-major: S steps, B rows, H units.

A start forgets: where `starts` holds, the step reads a state of zero.
"""

from __future__ import annotations

import numpy as np

from skgru.gru._blas import add_columns, add_product, multiply
from skgru.gru._cells import sigmoid, tanh
from skgru.gru._jit import cube, index_matrix, integer, jit, matrix, nothing, part, truth, vector

_multiply = multiply.inner

_ONE = np.float32(1)
_ZERO = np.float32(0)

# OpenBLAS does not copy the factors of a product with fewer multiply-adds than this: with a
# recurrent kernel in strips of 32 columns a step of 32 rows takes half the time (measured).
_SMALL, _STRIP = 1_000_000, 32

starts_matrix = truth[:, ::1]


@jit(cube(matrix, integer, integer))
def cut_strips(kernel, n_parts, n_rows):
    """Columns in strips of one width, each part by itself, zeros where a part ends early.

    Shapes: (K, n_parts * N) -> (n_parts * n_strips, K, width), for products of `n_rows` rows.
    """
    n_inputs, n_columns = len(kernel), kernel.shape[1] // n_parts
    width = n_columns
    if n_rows * _STRIP * n_inputs <= _SMALL and n_rows >= 8 and n_columns > _STRIP:
        width = _STRIP
    n_strips = (n_columns + width - 1) // width
    strips = np.zeros((n_parts * n_strips, n_inputs, width), np.float32)
    for k in range(n_parts):
        for strip in range(n_strips):
            first = strip * width
            stop = min(width, n_columns - first)
            for i in range(n_inputs):
                for j in range(stop):
                    strips[k * n_strips + strip, i, j] = kernel[i, k * n_columns + first + j]
    return strips


@part
def _multiply_strips(a, strips, parts, n_columns, n_parts):
    """``a`` times each strip: (B, K) -> (B, n_parts * n_columns)."""
    n_strips, width = len(strips) // n_parts, strips.shape[2]
    product = np.empty((len(a), width), np.float32)
    for k in range(n_parts):
        for strip in range(n_strips):
            np.dot(a, strips[k * n_strips + strip], product)
            first = strip * width
            stop = min(width, n_columns - first)
            first += k * n_columns
            for i in range(len(a)):
                for j in range(stop):
                    parts[i, first + j] = product[i, j]


@jit(nothing(matrix, matrix, matrix, matrix))
def project(x, kernel, bias, out):
    """What the gates get from the input: (R, F), (F, 3H), (2, 3H) -> (R, 3H)."""
    _multiply(x, kernel, out)
    shift = bias[0].copy()
    for j in range(len(shift) // 3 * 2):
        shift[j] += bias[1, j]
    for i in range(len(out)):
        for j in range(len(shift)):
            out[i, j] += shift[j]


@jit(nothing(matrix, index_matrix, starts_matrix, cube, vector, cube, cube, cube, cube))
def forward(table, rows, starts, strips, shift, states, outputs, gates, candidates):
    """Read S steps.

    Parameters
    ----------
    table : (n, 3H); of `project`
    rows : (S, B); which row of the table each step reads
    starts : (S, B)
    strips : of the recurrent kernel, see `cut_strips`
    shift : (H,); the bias inside of the reset
    states : (S + 1, B, H); the first is given, and set to zero where a start says so
    outputs : (S, B, H); the states again, for the layer above to change as it likes
    gates : (S, B, 3H); z, r and the product that r resets
    candidates : (S, B, H)
    """
    n_steps, n_rows = rows.shape
    n_units = len(shift)
    for t in range(n_steps):
        previous, state, output = states[t], states[t + 1], outputs[t]
        gate, candidate = gates[t], candidates[t]
        for i in range(n_rows):
            if starts[t, i]:
                for j in range(n_units):
                    previous[i, j] = _ZERO
        _multiply_strips(previous, strips, gate, n_units, 3)
        for i in range(n_rows):
            given = table[rows[t, i]]
            for j in range(2 * n_units):
                gate[i, j] = sigmoid(gate[i, j] + given[j])
            for j in range(n_units):
                m = gate[i, 2 * n_units + j] + shift[j]
                gate[i, 2 * n_units + j] = m
                candidate[i, j] = tanh(given[2 * n_units + j] + gate[i, n_units + j] * m)
            for j in range(n_units):
                c = candidate[i, j]
                state[i, j] = c + gate[i, j] * (previous[i, j] - c)
            for j in range(n_units):
                output[i, j] = state[i, j]


@jit(nothing(starts_matrix, cube, cube, cube, cube, cube, matrix))
def backward(starts, strips, states, gates, candidates, d_outputs, d_first):
    """Gradients through S steps; none comes from beyond the last.

    Parameters
    ----------
    starts, states, gates, candidates
        As `forward` left them; gates become the gradient of the recurrent products, candidates
        that of the argument of tanh.
    strips : of the transposed recurrent kernel
    d_outputs : (S, B, H)
    d_first : (B, H), written: the gradient of the first state; or empty where nobody asks
    """
    n_steps, n_rows, n_units = candidates.shape
    carry = np.zeros((n_rows, n_units), np.float32)
    through = np.zeros((n_rows, n_units), np.float32)
    for step in range(n_steps):
        t = n_steps - 1 - step
        previous, gate, candidate, d_output = states[t], gates[t], candidates[t], d_outputs[t]
        for i in range(n_rows):
            for j in range(n_units):
                carry[i, j] += through[i, j] + d_output[i, j]
            for j in range(n_units):
                d, z, c = carry[i, j], gate[i, j], candidate[i, j]
                carry[i, j] = d * z
                gate[i, j] = d * (previous[i, j] - c) * z * (_ONE - z)
                candidate[i, j] = d * (_ONE - z) * (_ONE - c * c)
            for j in range(n_units):
                d, r, m = candidate[i, j], gate[i, n_units + j], gate[i, 2 * n_units + j]
                gate[i, n_units + j] = d * m * r * (_ONE - r)
                gate[i, 2 * n_units + j] = d * r
        if t or len(d_first):
            _multiply_strips(gate, strips, through, n_units, 1)
            for i in range(n_rows):
                if starts[t, i]:
                    for j in range(n_units):
                        carry[i, j] = through[i, j] = _ZERO
    for i in range(len(d_first)):
        for j in range(n_units):
            d_first[i, j] = carry[i, j] + through[i, j]


@jit(nothing(matrix, matrix, matrix))
def add_outer(a, b, out):
    """Add ``a.T @ b``: (R, K), (R, N) -> (K, N)."""
    add_product(a, b, out)


@jit(nothing(matrix, matrix, matrix, matrix, matrix))
def collect(states, d_products, d_candidates, d_recurrent, d_bias):
    """Add the gradients that all steps share: (R, H), (R, 3H), (R, H) -> (H, 3H), (2, 3H).

    Afterwards `d_products` is the gradient of what `project` wrote.
    """
    n_units = states.shape[1]
    add_product(states, d_products, d_recurrent)
    add_columns(d_products, d_bias[1])
    for i in range(len(states)):
        for j in range(n_units):
            d_products[i, 2 * n_units + j] = d_candidates[i, j]
    add_columns(d_products, d_bias[0])


@jit(nothing(vector, vector, vector))
def drop(values, uniforms, rate):
    """Dropout in place; one number in `uniforms` for each value, the rate in a vector of one."""
    scale = _ONE / (_ONE - rate[0])
    for i in range(len(values)):
        values[i] = values[i] * scale if uniforms[i] >= rate[0] else _ZERO
