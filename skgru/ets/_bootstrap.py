"""Series that might as well have been observed: the remainder of a decomposition, drawn in blocks.

Bergmeir, C., Hyndman, R. J. & Benitez, J. M. (2016). Bagging exponential smoothing methods using
STL decomposition and Box-Cox transformation. International Journal of Forecasting 32, 303-312.
Settings are those of R's `forecast::bld.mbb.bootstrap`: Guerrero's lambda between 0 and 1, local
lines over 6 values without a season and over 1.5 periods with one, blocks of 8 values or 2 periods.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from skgru.ets import _transform

# Values that a local line without a season looks at.
_SPAN = 6
# A block without a season.
_BLOCK = 8
# Fewer values than this are not decomposed.
_FEWEST = 4
# Turns of season and trend.
_TURNS = 2
# A version of a positive series stays above this share of its smallest value.
_FLOOR = 0.5


def versions(values: np.ndarray, sp: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Bootstrapped versions of a series.

    Parameters
    ----------
    values : ndarray, shape (n_times,)
        NaN: missing, in the versions as well.
    sp : int
    n : int
        How many.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n, n_times)
        Copies where there are fewer than 4 values.
    """
    seen = np.isfinite(values)
    if np.count_nonzero(seen) < _FEWEST or np.ptp(values[seen]) == 0:
        return np.tile(values, (n, 1))
    positive = values[seen].min() > 0
    lam = _transform.choose(values, sp, bounds=(0.0, 1.0)) if positive else 1.0
    times = np.arange(len(values))
    filled = np.interp(times, times[seen], _transform.transform(values[seen], lam))
    smooth = decompose(filled, sp)
    block = min(2 * sp if sp > 1 else _BLOCK, max(len(values) // 2, 1))
    drawn = smooth + resample(filled - smooth, block, n, rng)
    if positive:
        least = _transform.transform(_FLOOR * values[seen].min(), lam)
        drawn = np.maximum(drawn, least)
    return np.where(seen, _transform.inverse(drawn, lam), np.nan)


def decompose(values: np.ndarray, sp: int) -> np.ndarray:
    """Trend and season of a series without gaps, where it has two periods and more; (n_times,).

    The trend is made of local lines, the season is the same in all periods.
    """
    n = len(values)
    if sp == 1 or n < 2 * sp:
        return local_lines(values, _SPAN)
    season = np.zeros(n)
    phases = np.arange(n) % sp
    counts = np.bincount(phases, minlength=sp)
    trend = local_lines(values, 2 * sp + 1)
    for _ in range(_TURNS):
        means = np.bincount(phases, values - trend, minlength=sp) / counts
        season = (means - means.mean())[phases]
        trend = local_lines(values - season, int(np.ceil(1.5 * sp)) // 2 * 2 + 1)
    return trend + season


def local_lines(values: np.ndarray, span: int) -> np.ndarray:
    """Straight lines through the `span` nearest values, weighted by the cube of distance (LOESS).

    Cleveland, W. S. (1979). Robust locally weighted regression and smoothing scatterplots. Journal
    of the American Statistical Association 74, 829-836.
    """
    n = len(values)
    span = min(span, n)
    first = np.clip(np.arange(n) - span // 2, 0, n - span)
    away = first[:, None] + np.arange(span) - np.arange(n)[:, None]
    reach = np.abs(away).max(axis=1, keepdims=True) + 0.5
    weights = (1 - (np.abs(away) / reach) ** 3) ** 3
    s0, s1, s2 = (
        weights.sum(axis=1),
        (weights * away).sum(axis=1),
        (weights * away**2).sum(axis=1),
    )
    lines = weights * (s2[:, None] - s1[:, None] * away) / (s0 * s2 - s1**2)[:, None]
    return (lines * sliding_window_view(values, span)[first]).sum(axis=1)


def resample(remainder: np.ndarray, block: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Moving block bootstrap (Kuensch 1989): blocks from anywhere, the first one begun anywhere.

    Returns
    -------
    ndarray, shape (n, n_times)
    """
    length = len(remainder)
    n_blocks = length // block + 2
    begin = rng.integers(0, length - block + 1, (n, n_blocks))
    place = (begin[:, :, None] + np.arange(block)).reshape(n, -1)
    start = rng.integers(0, block, n)
    return remainder[np.take_along_axis(place, start[:, None] + np.arange(length), axis=1)]
