"""Periods beyond the season's: the week beside the day, the year beside the week.

A longer period is a multiple of the shorter one. What its phases have in common beyond those of the
shorter one is one pattern for all of the series: the median over the latest whole cycles, shrunk by
how much they differ. It is taken off the values before models are fitted and added to forecasts.
"""

from __future__ import annotations

import numpy as np

# Whole cycles that a pattern is estimated from, at least and at most.
FEWEST, MOST = 3, 6
# Where no season is named, a pattern of which less is real is left out.
_CLEAR = 0.5
# Steps in a day that have a week beside them unless told otherwise: hours down to five minutes.
DAYS = (24, 48, 96, 144, 288)
DAYS_PER_WEEK = 7
# Weeks of a year, and what a year really takes: over decades, a day and a quarter add up.
WEEKS = 52
_YEAR = 365.25 / 7


def automatic(sp: int) -> tuple[int, ...]:
    """The longer periods that are looked for unasked.

    Beside a season that fills a day, the week; without a season, the year of weeks, the one common
    unit of time that has no short season and many steps in a year.
    """
    if sp == 1:
        return (WEEKS,)
    return (DAYS_PER_WEEK * sp,) if sp in DAYS else ()


def estimate(values: np.ndarray, offsets: np.ndarray, sp: int, periods) -> tuple[np.ndarray, ...]:
    """Patterns of longer periods, one after the other.

    Parameters
    ----------
    values, offsets : ndarray
        Series one after the other; NaN: missing.
    sp : int
    periods : sequence of int
        Rising, each a multiple of the one before, the first of `sp`. Cycles of 52 phases are years,
        of 52.18 weeks.

    Returns
    -------
    tuple of ndarray, shape (n_series, period)
        Phase j is that of times t with t mod period = j; zero for series of too few cycles. Without
        the periods from the first on that all series are too short for.
    """
    patterns, rest = [], values
    longest = np.diff(offsets).max(initial=0)
    for inner, period in zip((sp, *periods), periods):
        if longest < FEWEST * _length(period):
            break
        found = np.stack([_pattern(rest[a:b], inner, period) for a, b in _pairs(offsets)])
        rest = remove(rest, offsets, (found,))
        patterns.append(found)
    return tuple(patterns)


def remove(values: np.ndarray, offsets: np.ndarray, patterns) -> np.ndarray:
    """Values less the patterns."""
    rest = values.copy()
    for pattern in patterns:
        for own, (a, b) in zip(pattern, _pairs(offsets)):
            rest[a:b] -= own[_phases(np.arange(b - a), own.size)]
    return rest


def at(patterns, times: np.ndarray):
    """What the patterns add at some times; None without patterns.

    Parameters
    ----------
    patterns : tuple of ndarray
        As from `estimate`.
    times : ndarray of int, shape (n_series, n_steps)
        0 is a series' first.

    Returns
    -------
    ndarray, shape (n_series, n_steps), or None
    """
    if not patterns:
        return None
    return sum(np.take_along_axis(p, _phases(times, p.shape[1]), axis=1) for p in patterns)


def joined(parts, counts) -> tuple[np.ndarray, ...]:
    """Patterns of several panels one after the other; zero for a panel that had no such period.

    Parameters
    ----------
    parts : list of tuple of ndarray
        As from `estimate`.
    counts : list of int
        Series of each panel.
    """
    longest = max(parts, key=len)
    return tuple(
        np.concatenate(
            [
                part[i] if i < len(part) else np.zeros((n, pattern.shape[1]))
                for part, n in zip(parts, counts)
            ]
        )
        for i, pattern in enumerate(longest)
    )


def _pairs(offsets: np.ndarray):
    return zip(offsets[:-1].tolist(), offsets[1:].tolist())


def _length(period: int) -> float:
    """Steps from one cycle to the next."""
    return _YEAR if period == WEEKS else period


def _phases(times: np.ndarray, period: int) -> np.ndarray:
    """Places of times in a pattern."""
    if period != WEEKS:
        return times % period
    return np.minimum(times % _YEAR, WEEKS - 1).astype(np.int64)


def _pattern(values: np.ndarray, inner: int, period: int) -> np.ndarray:
    """The pattern of one series; (period,)."""
    length = _length(period)
    n_cycles = min(int(len(values) // length), MOST)
    seen = np.isfinite(values)
    if n_cycles < FEWEST or not seen.any():
        return np.zeros(period)
    around = values - _moving_average(_filled(values, seen), period)
    if inner == 1:
        # Its mean carried on at the ends would make a pattern of a trend.
        around[: period // 2] = around[-(period // 2) :] = np.nan
    starts = [len(values) - period - round(c * length) for c in range(n_cycles)]
    cycles = np.stack([around[start : start + period] for start in starts])
    cycles = cycles.reshape(n_cycles, period // inner, inner)
    known = np.isfinite(cycles)
    count = known.sum(axis=0)
    if count.min() < FEWEST - 1:
        return np.zeros(period)
    beyond = cycles - np.nanmean(cycles, axis=1, keepdims=True) if inner > 1 else cycles
    mean = np.sum(beyond, axis=0, where=known) / count
    squares = np.sum((beyond - mean) ** 2, axis=0, where=known)
    size, noise = (mean**2).mean(), (squares / (count - 1) / count).mean()
    share = max(0.0, 1 - noise / size) if size > 0 else 0.0
    if inner == 1 and share < _CLEAR:
        return np.zeros(period)
    pattern = share * _median(beyond, count).ravel()
    pattern -= pattern.mean()
    return np.roll(pattern, int(len(values) % length))


def _median(cycles: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Median over the first axis of what is not missing: `np.nanmedian` at a tenth of its time."""
    ordered = np.sort(cycles, axis=0)  # missing values come last
    low, high = (
        np.take_along_axis(ordered, k[None], axis=0)[0] for k in ((count - 1) // 2, count // 2)
    )
    return (low + high) / 2


def _filled(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Missing values on straight lines between the others."""
    if seen.all():
        return values
    times = np.arange(len(values))
    return np.interp(times, times[seen], values[seen])


def _moving_average(values: np.ndarray, period: int) -> np.ndarray:
    """Centred mean over a period, carried on at both ends."""
    total = np.concatenate([[0.0], np.cumsum(values - values.mean())])
    inner = (total[period:] - total[:-period]) / period
    if period % 2 == 0:
        inner = (inner[1:] + inner[:-1]) / 2
    ahead = (len(values) - len(inner)) // 2
    behind = len(values) - len(inner) - ahead
    ends = np.full(ahead, inner[0]), np.full(behind, inner[-1])
    return np.concatenate([ends[0], inner, ends[1]]) + values.mean()
