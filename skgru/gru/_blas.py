"""Matrices for the kernels: products in sizes at which BLAS is fast, and BLAS on one thread."""

from __future__ import annotations

import os
import threading

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  the BLAS that numba calls: loaded, it can be limited
from threadpoolctl import ThreadpoolController

from skgru.gru._jit import address, foreign, integer, jit, letter, matrix, nothing, part, vector

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


# What numba's np.dot calls, without its checks and its demand for whole arrays: a factor may be
# some columns of a matrix, and a product be added to what is there.
_sgemm = foreign("numba_xxgemm", integer, *3 * (letter,), *11 * (address,))
_SINGLE, _PLAIN, _TURNED = (np.int8(ord(c)) for c in "snt")
_SCALARS = np.array([0, 1], np.float32)


@part
def gemm(rows, inner, columns, a, a_at, a_stride, b, b_at, b_stride, keep, out, out_at, out_stride):
    """Write ``a @ b``, or add it where `keep` is 1: (rows, inner), (inner, columns).

    A matrix is an array, the place of its first value and the distance between its rows.
    """
    block = _SMALL // (inner * columns) // 8 * 8
    if block < 16:
        block = rows
    ones = _SCALARS.ctypes.data
    for start in range(0, rows, block):
        # BLAS takes columns for rows: it sees all transposed, and multiplies the other way round.
        _sgemm(
            *(_SINGLE, _PLAIN, _PLAIN, columns, min(block, rows - start), inner),
            *(ones + 4, b.ctypes.data + 4 * b_at, b_stride),
            *(a.ctypes.data + 4 * (a_at + start * a_stride), a_stride),
            *(ones + 4 * keep, out.ctypes.data + 4 * (out_at + start * out_stride), out_stride),
        )


@part
def add_outer(rows, width, columns, a, a_at, b, b_at, b_stride, out, out_at, out_stride):
    """Add ``a.T @ b``: (rows, width), (rows, columns) -> (width, columns), given as in `gemm`."""
    block = min(max(_SMALL // (width * columns) // 32 * 32, 32), 256)
    n_pieces = width * columns * block // _SMALL + 1
    piece = ((columns + n_pieces - 1) // n_pieces + 15) // 16 * 16
    one = _SCALARS.ctypes.data + 4
    for start in range(0, rows, block):
        for first in range(0, columns, piece):
            _sgemm(
                *(_SINGLE, _PLAIN, _TURNED),
                *(min(piece, columns - first), width, min(block, rows - start)),
                *(one, b.ctypes.data + 4 * (b_at + start * b_stride + first), b_stride),
                *(a.ctypes.data + 4 * (a_at + start * width), width),
                *(one, out.ctypes.data + 4 * (out_at + first), out_stride),
            )


@part
def add_columns(a, out):
    """Add the sum of each column: (R, N) -> (N,)."""
    n_rows, width = a.shape
    whole = n_rows // 4 * 4
    for i in range(0, whole, 4):  # four at once: `out` is read and written less often
        for j in range(width):
            out[j] += (a[i, j] + a[i + 1, j]) + (a[i + 2, j] + a[i + 3, j])
    for i in range(whole, n_rows):
        for j in range(width):
            out[j] += a[i, j]


@part
def cut_strips(kernel, turned, unit, width):
    """A kernel, or its transpose, as strips of so many columns, one after the other in a vector.

    Each `unit` columns are cut by themselves. A strip lies closer together than columns of a wide
    matrix do, and a product with it is small enough not to be copied first.
    """
    n_inputs, n_columns = kernel.shape
    if turned:
        n_inputs, n_columns = n_columns, n_inputs
    strips = np.empty(n_inputs * n_columns, np.float32)
    for section in range(0, n_columns, unit):
        for first in range(section, section + unit, width):
            n = min(width, section + unit - first)
            strip = strips[n_inputs * first : n_inputs * (first + n)].reshape((n_inputs, n))
            if turned:
                for j in range(n):
                    column = kernel[first + j]
                    for i in range(n_inputs):
                        strip[i, j] = column[i]
            else:
                for i in range(n_inputs):
                    row = kernel[i, first : first + n]
                    for j in range(n):
                        strip[i, j] = row[j]
    return strips


@part
def multiply_strips(
    rows, inner, columns, a, a_at, strips, at, unit, width, keep, out, out_at, out_stride
):
    """`gemm` with so many columns of a kernel in strips, the first of them number `at`."""
    for section in range(0, columns, unit):
        for first in range(section, section + unit, width):
            n = min(width, section + unit - first)
            strip, target = inner * (at + first), out_at + first
            gemm(rows, inner, n, a, a_at, inner, strips, strip, n, keep, out, target, out_stride)


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
    n_inputs, width = d_kernel.shape
    block = 64 if d_kernel.size * 64 <= _SMALL else 256
    product = np.empty_like(d_kernel)
    for start in range(0, len(x), block):
        np.dot(x[start : start + block].T, d_out[start : start + block], product)
        for i in range(n_inputs):
            for j in range(width):
                d_kernel[i, j] += product[i, j]
    add_columns(d_out, d_bias)
