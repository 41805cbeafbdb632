"""The dense layers between the patches and the first GRU layer, forward and backward, on the CPU.

Each is ``relu(norm(x @ kernel + bias))``; the second reads windows of the first's output and is
added to it. Arrays are time-major: steps S, rows B, width E; rows sorted by decreasing number of
steps. What lies past a row's own patches is zero in the output of a layer that is normalised or
read in windows, and never part of statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skgru.gru import _layers
from skgru.gru._blas import clear, multiply
from skgru.gru._cells import count_active
from skgru.gru._jit import cube, jit, matrix, nothing, steps, vector
from skgru.gru._model import BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skgru.gru._model import GRUSpec

_NO_VECTOR = np.empty(0, dtype=np.float32)
_NO_MATRIX = np.empty((0, 0), dtype=np.float32)
_ZERO = np.float32(0)
_REST = 1 - BATCH_NORM_MOMENTUM


class Dense(NamedTuple):
    """Weights of one layer: kernel (F, E), the others (E,), the last four empty without norm."""

    kernel: np.ndarray
    bias: np.ndarray
    gamma: np.ndarray = _NO_VECTOR
    beta: np.ndarray = _NO_VECTOR
    mean: np.ndarray = _NO_VECTOR
    variance: np.ndarray = _NO_VECTOR


def group(spec: GRUSpec, weights: Sequence[np.ndarray]) -> tuple[Dense, ...]:
    """The layers, from all weights in the spec's order, as views."""
    n_layers = 1 + (spec.context_length > 0) if spec.embedding_units else 0
    if not spec.batch_norm:
        return tuple(Dense(*weights[2 * k : 2 * k + 2]) for k in range(n_layers))
    statistics = weights[len(weights) - 2 * n_layers :]
    return tuple(
        Dense(*weights[4 * k : 4 * k + 4], *statistics[2 * k : 2 * k + 2]) for k in range(n_layers)
    )


def fold(layer: Dense) -> Dense:
    """The layer without norm that answers as this one does with its running statistics."""
    if not len(layer.gamma):
        return layer
    scale = layer.gamma / np.sqrt(layer.variance + np.float32(BATCH_NORM_EPSILON))
    return Dense(layer.kernel * scale, (layer.bias - layer.mean) * scale + layer.beta)


class Tape:
    """Memory of the embedding for one batch.

    Attributes
    ----------
    outputs : list of ndarray, shape (S, B, E)
        Of each layer.
    products : list of ndarray, shape (S, B, E)
        What each layer normalises; only in training.
    moments : list of ndarray, shape (2, E)
        Mean of the products and ``1 / sqrt(variance + epsilon)``.
    windows, d_windows : ndarray, shape (S, B, context_length E)
    sum, d_output : ndarray, shape (S, B, E)
        Of both layers' outputs; gradient of the second's.
    """

    def __init__(self, spec: GRUSpec, n_rows: int, n_steps: int, training: bool):
        shape = n_steps, n_rows, spec.embedding_units
        n_layers = 1 + (spec.context_length > 0)
        self.outputs = [np.empty(shape, np.float32) for _ in range(n_layers)]
        if training and spec.batch_norm:
            self.products = [np.empty(shape, np.float32) for _ in range(n_layers)]
            self.moments = [np.empty((2, spec.embedding_units), np.float32) for _ in self.products]
        if spec.context_length:
            wide = n_steps, n_rows, spec.context_length * spec.embedding_units
            self.windows = np.empty(wide, np.float32)
            self.sum = np.empty(shape, np.float32)
            if training:
                self.d_windows = np.empty(wide, np.float32)
                self.d_output = np.empty(shape, np.float32)


def forward(layers: tuple, tape: Tape, x: np.ndarray, n_steps: np.ndarray, mask: np.ndarray):
    """What the first GRU layer reads: x (S, B, F), n_steps (B,), mask (B, E) -> (S, B, E)."""
    if len(layers) == 1:
        return _run(layers[0], tape, 0, x, n_steps, mask)
    first = _run(layers[0], tape, 0, x, n_steps, _NO_MATRIX)
    if not len(layers[0].gamma):
        clear_padding(first, n_steps)
    windows, embedded = tape.windows[: len(x)], tape.sum[: len(x)]
    cut_windows(first, windows)
    second = _run(layers[1], tape, 1, windows, n_steps, _NO_MATRIX)
    add(first, second, mask, embedded)
    return embedded


def backward(
    layers: tuple,
    gradients: tuple,
    tape: Tape,
    x: np.ndarray,
    n_steps: np.ndarray,
    mask: np.ndarray,
    d_embedded: np.ndarray,
) -> None:
    """Write the gradients of all weights; `d_embedded` (S, B, E) is overwritten.

    It is zero past the end of each row.
    """
    if len(layers) == 2:
        if len(mask):
            d_embedded *= mask
            mask = _NO_MATRIX
        windows, d_windows = tape.windows[: len(x)], tape.d_windows[: len(x)]
        d_output = tape.d_output[: len(x)]
        d_output[:] = d_embedded
        _run_backward(
            layers[1], gradients[1], tape, 1, windows, n_steps, mask, d_output, _flat(d_windows)
        )
        cut_windows_backward(d_windows, d_embedded)
    _run_backward(layers[0], gradients[0], tape, 0, x, n_steps, mask, d_embedded, _NO_MATRIX)


def _flat(a: np.ndarray) -> np.ndarray:
    """(S, B, D) -> (S B, D)."""
    return a.reshape(-1, a.shape[2])


def _run(layer: Dense, tape: Tape, k: int, x, n_steps, mask) -> np.ndarray:
    out = tape.outputs[k][: len(x)]
    if len(layer.gamma):
        products = tape.products[k][: len(x)]
        normalized_dense(_flat(x), n_steps, *layer, mask, products, tape.moments[k], out)
    else:
        _layers.dense(_flat(x), layer.kernel, layer.bias, _flat(out))
        _layers.rectify(out, mask)
    return out


def _run_backward(
    layer: Dense, gradients: Dense, tape: Tape, k: int, x, n_steps, mask, d_out, d_x
) -> None:
    out = tape.outputs[k][: len(x)]
    if len(layer.gamma):
        normalize_backward(
            tape.products[k][: len(x)],
            out,
            n_steps,
            layer.gamma,
            tape.moments[k],
            mask,
            d_out,
            gradients.gamma,
            gradients.beta,
        )
    else:
        _layers.rectify_backward(out, mask, d_out)
    _layers.dense_backward(
        _flat(x), layer.kernel, _flat(d_out), gradients.kernel, gradients.bias, d_x
    )
    if len(layer.gamma):
        # Subtracting the mean takes the bias away. Adam would blow up what rounding leaves of 0.
        gradients.bias.fill(0)


@jit(
    nothing(
        *(matrix, steps, matrix, vector, vector, vector, vector, vector, matrix),
        *(cube, matrix, cube),
    )
)
def normalized_dense(
    x,
    n_steps,
    kernel,
    bias,
    gamma,
    beta,
    running_mean,
    running_variance,
    mask,
    products,
    moments,
    out,
):
    """Dense layer, batch normalisation, relu and dropout in training: (S B, F) -> (S, B, E).

    The running statistics take one step; `products` (S, B, E) is ``x @ kernel``, `moments` its mean
    and inverse deviation (2, E).
    """
    width = len(bias)
    multiply(x, kernel, products.reshape(len(x), width))
    mean, scale = moments[0], np.empty(width, np.float32)
    # Short sums in single precision, long ones in double: as fast, and exact for any number.
    part = np.empty(width, np.float32)
    total, squares = np.zeros(width), np.zeros(width)
    n_patches, active = 0, len(n_steps)
    for t in range(len(products)):
        active = count_active(n_steps, t, active)
        n_patches += active
        part[:] = 0
        for i in range(active):
            for j in range(width):
                part[j] += products[t, i, j]
        for j in range(width):
            total[j] += part[j]
    for j in range(width):
        mean[j] = total[j] / n_patches
    active = len(n_steps)
    for t in range(len(products)):
        active = count_active(n_steps, t, active)
        part[:] = 0
        for i in range(active):
            for j in range(width):
                off = products[t, i, j] - mean[j]
                part[j] += off * off
        for j in range(width):
            squares[j] += part[j]
    for j in range(width):
        variance = squares[j] / n_patches
        inverse = 1 / np.sqrt(variance + BATCH_NORM_EPSILON)
        moments[1, j] = inverse
        scale[j] = gamma[j] * inverse
        running_mean[j] += _REST * (mean[j] + bias[j] - running_mean[j])
        running_variance[j] += _REST * (variance - running_variance[j])
    active = len(n_steps)
    for t in range(len(products)):
        active = count_active(n_steps, t, active)
        for i in range(active):
            for j in range(width):
                value = (products[t, i, j] - mean[j]) * scale[j] + beta[j]
                out[t, i, j] = _ZERO if value < 0 else value  # NaN stays NaN
            if len(mask):
                for j in range(width):
                    out[t, i, j] *= mask[i, j]
        clear(out[t], active)


@jit(nothing(cube, cube, steps, vector, matrix, matrix, cube, vector, vector))
def normalize_backward(products, out, n_steps, gamma, moments, mask, d_out, d_gamma, d_beta):
    """Gradient before dropout, relu and batch normalisation, in place in `d_out` (S, B, E).

    From the other arrays as `normalized_dense` left them; d_gamma and d_beta (E,) are written.
    """
    width = len(gamma)
    mean, inverse = moments[0], moments[1]
    part, part_off = np.empty(width, np.float32), np.empty(width, np.float32)
    total, total_off = np.zeros(width), np.zeros(width)
    n_patches, active = 0, len(n_steps)
    for t in range(len(products)):
        active = count_active(n_steps, t, active)
        n_patches += active
        part[:] = 0
        part_off[:] = 0
        for i in range(active):
            if len(mask):
                for j in range(width):
                    d_out[t, i, j] *= mask[i, j]
            for j in range(width):  # three loops: one over all arrays would not be vectorised
                d_out[t, i, j] = d_out[t, i, j] if out[t, i, j] > 0 else _ZERO
            for j in range(width):
                part[j] += d_out[t, i, j]
            for j in range(width):
                part_off[j] += d_out[t, i, j] * (products[t, i, j] - mean[j])
        for j in range(width):
            total[j] += part[j]
            total_off[j] += part_off[j]
    scale, shift, slope = (
        np.empty(width, np.float32),
        np.empty(width, np.float32),
        np.empty(width, np.float32),
    )
    for j in range(width):
        d_beta[j] = total[j]
        d_gamma[j] = total_off[j] * inverse[j]
        scale[j] = gamma[j] * inverse[j]
        shift[j] = total[j] / n_patches
        slope[j] = total_off[j] * inverse[j] * inverse[j] / n_patches
    active = len(n_steps)
    for t in range(len(products)):
        active = count_active(n_steps, t, active)
        for i in range(active):
            for j in range(width):
                off = products[t, i, j] - mean[j]
                d_out[t, i, j] = scale[j] * (d_out[t, i, j] - shift[j] - off * slope[j])
        clear(d_out[t], active)


@jit(nothing(cube, steps))
def clear_padding(x, n_steps):
    """Zeros past the end of each row: (S, B, E), (B,)."""
    active = len(n_steps)
    for t in range(len(x)):
        active = count_active(n_steps, t, active)
        clear(x[t], active)


@jit(nothing(cube, cube))
def cut_windows(x, windows):
    """The steps around each one, joined, zero outside: (S, B, E) -> (S, B, L E).

    ``L // 2`` of them come before it.
    """
    n_steps, n_rows, width = x.shape
    length = windows.shape[2] // width
    for t in range(n_steps):
        for k in range(length):
            source = t + k - length // 2
            if 0 <= source < n_steps:
                for i in range(n_rows):
                    for j in range(width):
                        windows[t, i, k * width + j] = x[source, i, j]
            else:
                for i in range(n_rows):
                    for j in range(width):
                        windows[t, i, k * width + j] = 0


@jit(nothing(cube, cube))
def cut_windows_backward(d_windows, d_x):
    """Add to the gradient of what `cut_windows` read: (S, B, L E) -> (S, B, E)."""
    n_steps, n_rows, width = d_x.shape
    length = d_windows.shape[2] // width
    for source in range(n_steps):
        for k in range(length):
            t = source - k + length // 2
            if 0 <= t < n_steps:
                for i in range(n_rows):
                    for j in range(width):
                        d_x[source, i, j] += d_windows[t, i, k * width + j]


@jit(nothing(cube, cube, matrix, cube))
def add(a, b, mask, out):
    """Sum and dropout: (S, B, E), (S, B, E), mask (B, E) or empty -> (S, B, E)."""
    for t in range(len(a)):
        for i in range(a.shape[1]):
            for j in range(a.shape[2]):
                out[t, i, j] = a[t, i, j] + b[t, i, j]
            if len(mask):
                for j in range(a.shape[2]):
                    out[t, i, j] *= mask[i, j]
