"""Matrices for the kernels: products in sizes at which BLAS is fast, and BLAS on one thread."""

from __future__ import annotations

import os
import threading

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  the BLAS that numba calls: loaded, it can be limited
from threadpoolctl import ThreadpoolController

from skgru.gru._jit import foreign, jit, letter, matrix, nothing, part, pointer, size, vector

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


# What numba's np.dot calls, without its checks and its demand for whole arrays: a factor may be some
# columns of a matrix, and a product be added to what is there.
_sgemm = foreign(
    *("numba_xxgemm", size, letter, letter, letter, size, size, size, pointer, pointer, size),
    *(pointer, size, pointer, pointer, size),
)
_SINGLE, _PLAIN, _TURNED = (np.int8(ord(c)) for c in "snt")
_SCALARS = np.float32([0, 1])


@part
def gemm(rows, inner, columns, a, a_stride, b, b_stride, keep, out, out_stride):
    """Write ``a @ b``, or add it where `keep` is 1: (rows, inner), (inner, columns).

    A matrix is a vector that starts with its first value, and the distance between its rows.
    """
    block = _SMALL // (inner * columns) // 8 * 8
    if block < 16:
        block = rows
    for start in range(0, rows, block):
        # BLAS takes columns for rows: it sees all transposed, and multiplies the other way round.
        _sgemm(
            *(_SINGLE, _PLAIN, _PLAIN, columns, min(block, rows - start), inner),
            *(_SCALARS[1:].ctypes, b.ctypes, b_stride, a[start * a_stride :].ctypes, a_stride),
            *(_SCALARS[keep:].ctypes, out[start * out_stride :].ctypes, out_stride),
        )


@part
def add_outer(rows, width, columns, a, a_stride, b, b_stride, out, out_stride):
    """Add ``a.T @ b``: (rows, width), (rows, columns) -> (width, columns), given as in `gemm`."""
    block = 64 if width * columns * 64 <= _SMALL else 32
    n_pieces = width * columns * block // _SMALL + 1
    piece = ((columns + n_pieces - 1) // n_pieces + 15) // 16 * 16
    for start in range(0, rows, block):
        for first in range(0, columns, piece):
            _sgemm(
                *(_SINGLE, _PLAIN, _TURNED),
                *(min(piece, columns - first), width, min(block, rows - start)),
                *(_SCALARS[1:].ctypes, b[start * b_stride + first :].ctypes, b_stride),
                *(a[start * a_stride :].ctypes, a_stride),
                *(_SCALARS[1:].ctypes, out[first:].ctypes, out_stride),
            )


@part
def add_columns(rows, columns, a, stride, out):
    """Add the sum of each column: (rows, columns) -> (columns,), given as in `gemm`."""
    whole = rows // 4 * 4
    for i in range(0, whole, 4):  # four at once: `out` is read and written less often
        for j in range(columns):
            k = i * stride + j
            pair, other = a[k] + a[k + stride], a[k + 2 * stride] + a[k + 3 * stride]
            out[j] += pair + other
    for i in range(whole, rows):
        for j in range(columns):
            out[j] += a[i * stride + j]


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
    at = 0
    for section in range(0, n_columns, unit):
        for first in range(section, section + unit, width):
            stop = min(first + width, section + unit)
            for i in range(n_inputs):
                for j in range(first, stop):
                    strips[at] = kernel[j, i] if turned else kernel[i, j]
                    at += 1
    return strips


@part
def multiply_strips(
    rows, inner, first, stop, a, a_stride, strips, unit, width, keep, out, out_stride
):
    """`gemm` with the columns from `first` to `stop` of a kernel in strips."""
    for section in range(first, stop, unit):
        for column in range(section, section + unit, width):
            n = min(width, section + unit - column)
            strip, target = strips[inner * column :], out[column - first :]
            gemm(rows, inner, n, a, a_stride, strip, n, keep, target, out_stride)


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
