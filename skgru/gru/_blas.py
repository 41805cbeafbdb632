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


@jit(nothing(matrix, matrix, matrix))
def add_product(a, b, out):
    """Add ``a.T @ b``: (R, K), (R, N) -> (K, N)."""
    block = 64 if out.size * 64 <= _SMALL else 256
    product = np.empty_like(out)
    for start in range(0, len(a), block):
        np.dot(a[start : start + block].T, b[start : start + block], product)
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                out[i, j] += product[i, j]


@jit(nothing(matrix, vector))
def add_columns(a, out):
    """Add the sum over rows: (R, N) -> (N,)."""
    whole = len(a) // 4 * 4
    for i in range(0, whole, 4):  # four at once: `out` is read and written less often
        for j in range(len(out)):
            out[j] += (a[i, j] + a[i + 1, j]) + (a[i + 2, j] + a[i + 3, j])
    for i in range(whole, len(a)):
        for j in range(len(out)):
            out[j] += a[i, j]
