"""Matrices for the kernels: products in sizes at which BLAS is fast, and BLAS on one thread."""

from __future__ import annotations

import os
import threading

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  the BLAS that numba calls: loaded, it can be limited
from threadpoolctl import ThreadpoolController

from skgru.gru._jit import jit, matrix, nothing, vector

# OpenBLAS multiplies matrices of up to this many multiply-adds without copying them first, which is
# up to twice as fast: measured, on AVX-512. Elsewhere such blocks cost next to nothing.
_SMALL = 1_000_000

# Up to here OpenBLAS uses one thread anyway.
ONE_THREAD = 1 << 18


class _OneThread:
    """While anybody is inside, BLAS has one thread.

    More threads cost more than they gain in loops over small products, and up to 26 times the time
    where other processes want the cores.
    """

    def __init__(self):
        self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self._reset()

    def _reset(self):
        self._lock = threading.Lock()
        self._inside = 0
        self._limited = []

    def __enter__(self):
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._limited = [(x, n) for x in self._libraries if (n := x.num_threads or 1) > 1]
                for library, _ in self._limited:
                    library.set_num_threads(1)

    def __exit__(self, *exception):
        with self._lock:
            self._inside -= 1
            if not self._inside:
                for library, n_threads in self._limited:
                    library.set_num_threads(n_threads)


one_thread = _OneThread()
if hasattr(os, "register_at_fork"):  # a lock held by another thread would stay locked in the child
    os.register_at_fork(after_in_child=one_thread._reset)


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
