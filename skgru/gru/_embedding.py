"""The dense layers between the patches and the first GRU layer, forward and backward, on the CPU.

Each is ``relu(norm(x @ kernel + bias))``; the second reads windows of the first's output and is
added to it. Where steps are tokens, x is their numbers and the first looks rows of its kernel up.
Arrays are time-major: steps S, rows B, width E; rows sorted by decreasing number of steps. What
lies past a row's own patches is zero in the output of a layer that is normalised or read in
windows, and never part of statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skgru.gru import _layers
from skgru.gru._blas import multiply
from skgru.gru._jit import counts, cube, double_matrix, jit, nothing, vector
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
    if spec.n_tokens:  # a table has no bias
        weights = [weights[0], np.zeros(spec.embedding_units, np.float32), *weights[1:]]
    if not spec.batch_norm:
        return tuple(Dense(*weights[2 * k : 2 * k + 2]) for k in range(n_layers))
    statistics = weights[len(weights) - 2 * n_layers :]
    return tuple(
        Dense(*weights[4 * k : 4 * k + 4], *statistics[2 * k : 2 * k + 2]) for k in range(n_layers)
    )


def n_weights(spec: GRUSpec) -> int:
    """How many of the trained weights are theirs: the first ones."""
    n_layers = 1 + (spec.context_length > 0) if spec.embedding_units else 0
    return n_layers * (4 if spec.batch_norm else 2) - (spec.n_tokens > 0)


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
        Mean of the products and ``1 / sqrt(variance + epsilon)``, float32.
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


def forward(layers: tuple, tape: Tape, x: np.ndarray, active: np.ndarray, mask: np.ndarray):
    """What the first GRU layer reads.

    Shapes: x (S, B, F), or int32 (S, B) for tokens, active (S,), mask (B, E) -> (S, B, E).
    """
    if len(layers) == 1:
        out = _run(layers[0], tape, 0, x, active)
        return np.multiply(out, mask, out=out) if len(mask) else out
    first = _run(layers[0], tape, 0, x, active)
    if not len(layers[0].gamma):
        _clear_padding(first, active)
    windows, embedded = tape.windows[: len(x)], tape.sum[: len(x)]
    cut_windows(first, windows)
    second = _run(layers[1], tape, 1, windows, active)
    np.add(first, second, out=embedded)
    if len(mask):
        embedded *= mask
    return embedded


def backward(
    layers: tuple,
    gradients: tuple,
    tape: Tape,
    x: np.ndarray,
    active: np.ndarray,
    mask: np.ndarray,
    d_embedded: np.ndarray,
) -> None:
    """Write the gradients of all weights; `d_embedded` (S, B, E) is overwritten.

    It is zero past the end of each row.
    """
    if len(mask):
        d_embedded *= mask
    if len(layers) == 2:
        windows, d_windows = tape.windows[: len(x)], tape.d_windows[: len(x)]
        d_output = tape.d_output[: len(x)]
        d_output[:] = d_embedded
        _run_backward(layers[1], gradients[1], tape, 1, windows, active, d_output, _flat(d_windows))
        cut_windows_backward(d_windows, d_embedded)
    _run_backward(layers[0], gradients[0], tape, 0, x, active, d_embedded, _NO_MATRIX)


def _flat(a: np.ndarray) -> np.ndarray:
    """(S, B, D) -> (S B, D)."""
    return a.reshape(-1, a.shape[2])


def _run(layer: Dense, tape: Tape, k: int, x, active) -> np.ndarray:
    out = tape.outputs[k][: len(x)]
    if len(layer.gamma):
        products, moments = tape.products[k][: len(x)], tape.moments[k]
        _multiply_or_look_up(x, layer.kernel, products)
        _learn_moments(layer, products, active, moments)
        normalize(products, active, moments[0], moments[1] * layer.gamma, layer.beta, out)
        _clear_padding(out, active)
    else:
        _multiply_or_look_up(x, layer.kernel, out)
        out += layer.bias
        np.maximum(out, _ZERO, out=out)  # NaN stays NaN
    return out


def _multiply_or_look_up(x, kernel, out) -> None:
    """``x @ kernel``, or the rows of tokens x: (S, B, F) or int32 (S, B) -> (S, B, E)."""
    if x.ndim == 2:
        np.take(kernel, x, axis=0, out=out, mode="clip")
    else:
        multiply(_flat(x), kernel, _flat(out))


def _learn_moments(layer: Dense, products, active, moments) -> None:
    """Write the products' moments, and let the running statistics take one step."""
    n_patches, mean, total = active.sum(), moments[0], np.zeros((2, len(layer.bias)))
    mean.fill(0)
    add_sums(products, active, mean, total)
    mean[:] = total[0] / n_patches
    total.fill(0)
    add_sums(products, active, mean, total)
    variance = total[1] / n_patches
    moments[1] = 1 / np.sqrt(variance + BATCH_NORM_EPSILON)
    layer.mean[:] += _REST * (mean + layer.bias - layer.mean)
    layer.variance[:] += _REST * (variance - layer.variance)


def _run_backward(
    layer: Dense, gradients: Dense, tape: Tape, k: int, x, active, d_out, d_x
) -> None:
    out = tape.outputs[k][: len(x)]
    if len(layer.gamma):
        products, (mean, inverse) = tape.products[k][: len(x)], tape.moments[k]
        total = np.zeros((2, len(mean)))
        rectify_backward(products, active, out, mean, d_out, total)
        total[1] *= inverse
        gradients.beta[:], gradients.gamma[:] = total
        shift, slope = (total / active.sum()).astype(np.float32)
        slope *= inverse
        normalize_backward(products, active, mean, layer.gamma * inverse, shift, slope, d_out)
        _clear_padding(d_out, active)
    else:
        np.multiply(d_out, out > 0, out=d_out)
    if x.ndim == 2:
        gradients.kernel.fill(0)
        _layers.scatter(x, _flat(d_out), gradients.kernel)
    else:
        _layers.dense_backward(_flat(x), layer.kernel, _flat(d_out), gradients[:2], d_x)
    if len(layer.gamma):
        # Subtracting the mean takes the bias away. Adam would blow up what rounding leaves of 0.
        gradients.bias.fill(0)


def _clear_padding(x, active) -> None:
    """Zeros past the end of each row: (S, B, E), active (S,)."""
    if active[-1] < x.shape[1]:
        for step, n in zip(x, active):
            step[n:] = 0


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
            inside = 0 <= source < n_steps
            for i in range(n_rows):
                for j in range(width):
                    windows[t, i, k * width + j] = x[source, i, j] if inside else _ZERO


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


@jit(nothing(cube, counts, vector, double_matrix))
def add_sums(products, active, center, total):
    """Add the sums over all patches of the distance to the center and of its square: (2, E).

    Short sums in single precision, long ones in double: as fast, and exact for any number.
    """
    part = np.empty((2, len(center)), np.float32)
    for t in range(len(active)):
        for j in range(len(center)):
            part[0, j] = 0
            part[1, j] = 0
        for i in range(active[t]):
            for j in range(len(center)):
                off = products[t, i, j] - center[j]
                part[0, j] += off
                part[1, j] += off * off
        for j in range(len(center)):
            total[0, j] += part[0, j]
            total[1, j] += part[1, j]


@jit(nothing(cube, counts, vector, vector, vector, cube))
def normalize(products, active, mean, scale, shift, out):
    """Batch normalisation and relu: (S, B, E) -> (S, B, E)."""
    for t in range(len(active)):
        for i in range(active[t]):
            for j in range(len(mean)):
                value = (products[t, i, j] - mean[j]) * scale[j] + shift[j]
                out[t, i, j] = _ZERO if value < 0 else value  # NaN stays NaN


@jit(nothing(cube, counts, cube, vector, cube, double_matrix))
def rectify_backward(products, active, out, mean, d_out, total):
    """Gradient before relu, in place in `d_out`, and sums of it.

    Of the gradient, and of its product with the distance to the mean: (2, E).
    """
    width = len(mean)
    part = np.empty((2, width), np.float32)
    for t in range(len(active)):
        for j in range(width):
            part[0, j] = 0
            part[1, j] = 0
        for i in range(active[t]):
            for j in range(width):  # three loops: one over all arrays would not be vectorised
                d_out[t, i, j] = d_out[t, i, j] if out[t, i, j] > 0 else _ZERO
            for j in range(width):
                part[0, j] += d_out[t, i, j]
            for j in range(width):
                part[1, j] += d_out[t, i, j] * (products[t, i, j] - mean[j])
        for j in range(width):
            total[0, j] += part[0, j]
            total[1, j] += part[1, j]


@jit(nothing(cube, counts, vector, vector, vector, vector, cube))
def normalize_backward(products, active, mean, scale, shift, slope, d_out):
    """Gradient before batch normalisation, in place in `d_out`: (S, B, E)."""
    for t in range(len(active)):
        for i in range(active[t]):
            for j in range(len(mean)):
                off = products[t, i, j] - mean[j]
                d_out[t, i, j] = scale[j] * (d_out[t, i, j] - shift[j] - off * slope[j])
