"""Products of matrices for the kernels, in sizes at which BLAS is fast."""

from __future__ import annotations

import numpy as np

from skgru.gru._jit import jit, matrix, nothing, part, vector

# OpenBLAS multiplies matrices of up to this many multiply-adds without copying them first, which is
# up to twice as fast: measured, on AVX-512. Elsewhere such blocks cost next to nothing.
_SMALL = 1_000_000

# Up to here OpenBLAS uses one thread anyway.
ONE_THREAD = 1 << 18


@jit(nothing(matrix, matrix, matrix))
def multiply(a, b, out):
    """Write ``a @ b``: (R, K), (K, N) -> (R, N)."""
    block = _SMALL // (b.size * 8 + 1) * 8
    if block < 16:
        block = len(a)
    for start in range(0, len(a), block):
        np.dot(a[start : start + block], b, out[start : start + block])


@part
def add_product(a, b, out):
    """Add ``a.T @ b``: (R, K), (R, N) -> (K, N)."""
    block = 64 if out.size * 64 <= _SMALL else 256
    product = np.empty_like(out)
    for start in range(0, len(a), block):
        np.dot(a[start : start + block].T, b[start : start + block], product)
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                out[i, j] += product[i, j]


@part
def add_columns(a, out):
    """Add the sum over rows: (R, N) -> (N,)."""
    whole = len(a) // 4 * 4
    for i in range(0, whole, 4):  # four at once: `out` is read and written less often
        for j in range(len(out)):
            out[j] += (a[i, j] + a[i + 1, j]) + (a[i + 2, j] + a[i + 3, j])
    for i in range(whole, len(a)):
        for j in range(len(out)):
            out[j] += a[i, j]


@jit(nothing(matrix, matrix, matrix, vector))
def add_gradients(x, d_out, d_kernel, d_bias):
    """Add ``x.T @ d_out`` and the sum of d_out's rows: (R, K), (R, N) -> (K, N), (N,)."""
    add_product(x, d_out, d_kernel)
    add_columns(d_out, d_bias)
