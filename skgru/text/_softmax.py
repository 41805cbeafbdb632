"""The output of a language model: scores of all tokens, in blocks that stay small."""

from __future__ import annotations

import numpy as np

from skgru.gru._blas import multiply
from skgru.gru._jit import double, jit, matrix, nothing, part, steps, vector

_multiply = multiply.inner

_ONE, _HALF = np.float32(1), np.float32(0.5)

# Cephes' expf: x = n log 2 + r, exp(r) by a polynomial. Relative error below 2e-7. The library's
# own is no vector instruction, and takes nine times as long.
_PER_LOG2, _LOG2_HIGH, _LOG2_LOW = np.float32([1.4426950408889634, 0.693359375, -2.12194440e-4])
_E0, _E1, _E2 = np.float32([1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3])
_E3, _E4, _E5 = np.float32([4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1])
_LOWEST = np.float32(-87)
_BIAS, _MANTISSA = np.int32(127), np.int32(23)

# Rows whose scores are computed together: their memory, and how often the gradient of the table
# is read and written.
_FEW, _MANY, _LARGE = 256, 512, 4096


@part
def exp(x):
    """Exponential function of numbers that are not positive; NaN stays NaN."""
    x = _LOWEST if x < _LOWEST else x
    n = np.int32(x * _PER_LOG2 - _HALF)
    whole = np.float32(n)
    r = x - whole * _LOG2_HIGH - whole * _LOG2_LOW
    p = ((((_E0 * r + _E1) * r + _E2) * r + _E3) * r + _E4) * r + _E5
    power = np.int32((n + _BIAS) << _MANTISSA).view(np.float32)
    return (p * r * r + r + _ONE) * power


@part
def _exponentiate(scores, bias):
    """Scores without bias -> exp(score - largest), in place: the largest, and their sum."""
    largest = scores[0] + bias[0]
    for k in range(len(bias)):
        scores[k] += bias[k]
    for k in range(len(bias)):
        largest = max(largest, scores[k])
    for k in range(len(bias)):
        scores[k] = exp(scores[k] - largest)
    total = np.float64(0)
    for k in range(len(bias)):
        total += np.float64(scores[k])
    return largest, total


@part
def block_size(n_tokens):
    """Rows of a block."""
    return _MANY if n_tokens > _LARGE else _FEW


@part
def _mean(scores, bias):
    """Of scores that still lack their bias."""
    total = np.float64(0)
    for k in range(len(bias)):
        total += np.float64(scores[k] + bias[k])
    return total / len(bias)


@jit(double(matrix, steps, matrix, matrix, vector, double, double, matrix, vector, matrix))
def cross_entropy(
    hidden, targets, table, kernel, bias, share, smoothing, d_table, d_bias, d_hidden
):
    """Sum of the losses; gradients of `share` times it.

    Parameters
    ----------
    hidden : (R, K)
    targets : (R,)
    table, kernel : (V, K) and its transpose
    bias : (V,)
    share : float
    smoothing : float
        Share of the wanted probability that all tokens have in common.
    d_table, d_bias : added to
    d_hidden : written
    """
    n_tokens = len(bias)
    size = min(block_size(n_tokens), len(hidden))
    memory = np.empty((size, n_tokens), np.float32)
    part = np.empty_like(d_table)
    total = 0.0
    for start in range(0, len(hidden), size):
        stop = min(start + size, len(hidden))
        x, scores = hidden[start:stop], memory[: stop - start]
        _multiply(x, kernel, scores)
        for i in range(len(scores)):
            target = targets[start + i]
            wanted = np.float64(scores[i, target]) + np.float64(bias[target])
            if smoothing > 0:
                wanted += smoothing * (_mean(scores[i], bias) - wanted)
            largest, partition = _exponentiate(scores[i], bias)
            total += np.float64(largest) + np.log(partition) - wanted
            scale = np.float32(share / partition)
            common = np.float32(share * smoothing / n_tokens)
            for k in range(n_tokens):
                scores[i, k] = scores[i, k] * scale - common
            scores[i, target] -= np.float32(share * (1 - smoothing))
            for k in range(n_tokens):
                d_bias[k] += scores[i, k]
        np.dot(scores.T, x, part)
        for k in range(n_tokens):
            for j in range(part.shape[1]):
                d_table[k, j] += part[k, j]
        np.dot(scores, table, d_hidden[start:stop])
    return total


@jit(nothing(matrix, steps, matrix, vector, vector))
def log_likelihood(hidden, targets, kernel, bias, out):
    """Logarithm of the probability of each target: (R, K), (R,), (K, V), (V,) -> (R,)."""
    size = min(block_size(len(bias)), len(hidden))
    memory = np.empty((size, len(bias)), np.float32)
    for start in range(0, len(hidden), size):
        stop = min(start + size, len(hidden))
        scores = memory[: stop - start]
        _multiply(hidden[start:stop], kernel, scores)
        for i in range(len(scores)):
            target = targets[start + i]
            wanted = np.float64(scores[i, target]) + np.float64(bias[target])
            largest, partition = _exponentiate(scores[i], bias)
            out[start + i] = wanted - np.float64(largest) - np.log(partition)
