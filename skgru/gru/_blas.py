"""Products of matrices for the kernels, in sizes at which BLAS is fast."""

from __future__ import annotations

import numpy as np

from skgru.gru._jit import jit, matrix, nothing, vector

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


@jit(nothing(matrix, matrix, matrix, vector))
def add_gradients(x, d_out, d_kernel, d_bias):
    """Add ``x.T @ d_out`` and the sum of d_out's rows: (R, K), (R, N) -> (K, N), (N,)."""
    n_rows, (n_inputs, width) = len(x), d_kernel.shape
    block = 64 if d_kernel.size * 64 <= _SMALL else 256
    product = np.empty_like(d_kernel)
    for start in range(0, n_rows, block):
        np.dot(x[start : start + block].T, d_out[start : start + block], product)
        for i in range(n_inputs):
            for j in range(width):
                d_kernel[i, j] += product[i, j]
    whole = n_rows // 4 * 4
    for i in range(0, whole, 4):  # four at once: `d_bias` is read and written less often
        for j in range(width):
            d_bias[j] += (d_out[i, j] + d_out[i + 1, j]) + (d_out[i + 2, j] + d_out[i + 3, j])
    for i in range(whole, n_rows):
        for j in range(width):
            d_bias[j] += d_out[i, j]
