"""What fitted candidates say about values seen, and their states moved over new ones (numba)."""

from __future__ import annotations

import math

import numpy as np

from skgru.ets._jit import (
    cube,
    given,
    integer,
    integer_matrix,
    integers,
    jit,
    matrix,
    nothing,
    vector,
)
from skgru.ets._recursion import run

_run = run.inner


@jit(
    nothing(given, integers, cube, cube, matrix, integer_matrix, matrix, integer, vector, vector),
    from_python=True,
)
def describe(values, offsets, initial, smoothing, sigma2, codes, weights, sp, means, variances):
    """Mean and variance of the mixture of one-step forecasts at each time.

    Parameters
    ----------
    values, offsets
        Of a panel.
    initial : ndarray, shape (n_series, n_specs, 2 + sp)
    smoothing : ndarray, shape (n_series, n_specs, 4)
    sigma2, weights : ndarray, shape (n_series, n_specs)
    codes : ndarray of int64, shape (n_specs, 4)
    sp : int
    means, variances : ndarray, shape (n_values,)
        Written.
    """
    n_specs = codes.shape[0]
    longest = 0
    for i in range(offsets.size - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    residuals, forecasts = np.empty(longest), np.empty(longest)
    states = np.empty(2 + sp)
    for i in range(offsets.size - 1):
        first, stop = offsets[i], offsets[i + 1]
        n = stop - first
        total = 0.0
        for j in range(n_specs):
            total += weights[i, j]
        for t in range(first, stop):
            means[t], variances[t] = 0.0, 0.0
        for j in range(n_specs):
            share = weights[i, j] / total if total > 0 else 0.0
            if share == 0:
                continue
            for c in range(2 + sp):  # assigning to a slice takes a second to compile
                states[c] = initial[i, j, c]
            _run(
                values[first:stop],
                codes[j, 0],
                codes[j, 1],
                codes[j, 3],
                sp,
                0,
                smoothing[i, j],
                states,
                residuals[:n],
                forecasts[:n],
            )
            for t in range(n):
                f = forecasts[t]
                spread = sigma2[i, j] * f * f if codes[j, 0] == 1 else sigma2[i, j]
                means[first + t] += share * f
                variances[first + t] += share * (spread + f * f)
        for t in range(first, stop):
            variances[t] = max(variances[t] - means[t] * means[t], 0.0)


@jit(
    nothing(given, integers, integers, integers, cube, cube, integer_matrix, matrix, integer, cube),
    from_python=True,
)
def advance(values, offsets, first, n_times, initial, smoothing, codes, weights, sp, final):
    """Move the states after the last value over new ones.

    Parameters
    ----------
    values, offsets
        Of the panel with its new values.
    first : ndarray of int64, shape (n_series,)
        Steps of each series that are as before. Where they are fewer than `n_times`, the series is
        filtered anew from its initial states.
    n_times : ndarray of int64, shape (n_series,)
        Steps that `final` lies behind.
    initial, smoothing, codes, weights, sp
        As in `describe`; a candidate whose recursion fails on the new values loses its weight.
    final : ndarray, shape (n_series, n_specs, 2 + sp)
        Written.
    """
    longest = 0
    for i in range(offsets.size - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    residuals, forecasts = np.empty(longest), np.empty(longest)
    for i in range(offsets.size - 1):
        start = n_times[i] if first[i] >= n_times[i] else 0
        n = offsets[i + 1] - offsets[i] - start
        for j in range(codes.shape[0]):
            if weights[i, j] == 0:
                continue
            states = final[i, j]
            if start == 0:
                for c in range(2 + sp):
                    states[c] = initial[i, j, c]
            sse, _, _ = _run(
                values[offsets[i] + start : offsets[i + 1]],
                codes[j, 0],
                codes[j, 1],
                codes[j, 3],
                sp,
                start,
                smoothing[i, j],
                states,
                residuals[:n],
                forecasts[:n],
            )
            if not math.isfinite(sse):
                weights[i, j] = 0.0
