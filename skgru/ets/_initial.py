"""Starting states: a classical decomposition, then a line through the first values.

References
----------
Hyndman, Koehler, Ord & Snyder (2008), section 2.6.1.
"""

from __future__ import annotations

import math

from skgru.ets._jit import double, given, integer, jit, nothing, truth, tuple_of, vector
from skgru.ets._recursion import A, M

_LEAST_RATIO = 0.05  # of a season that multiplies


@jit(nothing(given, vector))
def fill(values, filled):
    """Copy with missing values on straight lines between their neighbours."""
    n = values.size
    last = -1
    for t in range(n):
        filled[t] = values[t]
        if math.isnan(values[t]):
            continue
        if last < 0:
            for i in range(t):
                filled[i] = values[t]
        else:
            slope = (values[t] - values[last]) / (t - last)
            for i in range(last + 1, t):
                filled[i] = values[last] + slope * (i - last)
        last = t
    if last >= 0:
        for i in range(last + 1, n):
            filled[i] = values[last]


@jit(tuple_of((double, double))(vector, integer))
def line(values, n):
    """Least squares: the value one step before the first of `n`, and the slope."""
    mean, mean_t = 0.0, 0.5 * (n + 1)
    for t in range(n):
        mean += values[t]
    mean /= n
    across, along = 0.0, 0.0
    for t in range(n):
        across += (t + 1 - mean_t) * (values[t] - mean)
        along += (t + 1 - mean_t) ** 2
    slope = across / along if n > 1 else 0.0
    return mean - slope * mean_t, slope


@jit(truth(vector, integer, integer, integer, vector, vector))
def decompose(filled, n, season, sp, trend, states):
    """Write the season of each phase into `states[2:]`.

    Parameters
    ----------
    filled : ndarray, shape (>= n,)
    n, season, sp : int
        n > sp.
    trend : ndarray, shape (>= n,)
        Work: a centred moving average, or half a line where there are no two periods.
    states : ndarray, shape (2 + sp,)

    Returns
    -------
    bool
        Whether all seasons are finite, and positive where they multiply.
    """
    first, last = 0, n
    if n >= 2 * sp:
        half = sp // 2
        first, last = half, n - half
        edge = 0.5 if sp % 2 == 0 else 1.0
        inner = 0.0
        for t in range(1, 2 * half):
            inner += filled[t]
        for t in range(first, last):
            trend[t] = (inner + edge * (filled[t - half] + filled[t + half])) / sp
            if t + 1 < last:
                inner += filled[t + half] - filled[t - half + 1]
    else:
        start, slope = line(filled, n)
        mean = start + slope * 0.5 * (n + 1)
        for t in range(n):
            trend[t] = mean + 0.5 * slope * (t + 1 - 0.5 * (n + 1))
    total = 0.0
    for j in range(sp):
        share, count = 0.0, 0
        t = j if j >= first else j + (first - j + sp - 1) // sp * sp
        while t < last:
            share += filled[t] - trend[t] if season == A else filled[t] / trend[t]
            count += 1
            t += sp
        states[2 + j] = share / count if count > 0 else (0.0 if season == A else 1.0)
        total += states[2 + j]
    total /= sp
    valid = math.isfinite(total)
    for j in range(sp):
        if season == A:
            states[2 + j] -= total
        else:
            states[2 + j] = max(states[2 + j] / total, _LEAST_RATIO)
            valid = valid and states[2 + j] > 0.0
    return valid


@jit(truth(vector, integer, integer, integer, vector, vector))
def begin(filled, n, season, sp, work, states):
    """Write level, slope (as of a trend that adds) and season before the first value."""
    valid = True
    for j in range(sp):
        states[2 + j] = 0.0 if season != M else 1.0
    if season != 0:
        valid = decompose(filled, n, season, sp, work, states)
    n_line = min(n, max(10, sp))
    j = 0
    for t in range(n_line):
        s = states[2 + j]
        work[t] = filled[t] / s if season == M else filled[t] - s
        j = 0 if j + 1 == sp else j + 1
    states[0], states[1] = line(work, n_line)
    return valid and math.isfinite(states[0])


@jit(nothing(vector, integer, integer, integer, integer, vector))
def adapt(filled, n, trend, season, sp, states):
    """Turn the line of `begin` into the states of the trend, positive where the data are."""
    level, slope = states[0], states[1]
    n_line = min(n, max(10, sp))
    if trend == 0:
        states[0] = level + 0.5 * slope if n_line > 1 else level
        states[1] = 0.0
    elif trend == M:
        now, then = level + slope, level + slope * n_line
        if not (now > 0.0 and then > 0.0 and level > 0.0):
            now = filled[0] if season != A else filled[0] - states[2]
            then = now
        growth = (then / now) ** (1.0 / max(n_line - 1, 1)) if now > 0.0 else 1.0
        states[1] = growth
        states[0] = now / growth
    else:
        states[0], states[1] = level, slope


@jit(nothing(vector, integer, integer, integer, integer, vector))
def flatten(filled, n, trend, season, sp, states):
    """Safe states where those of `adapt` make an impossible run: the first mean, no slope."""
    n_line = min(n, max(10, sp))
    mean = 0.0
    for t in range(n_line):
        mean += filled[t]
    states[0] = mean / n_line
    states[1] = 1.0 if trend == M else 0.0
    if season == A:  # half of the season, so that level and season stay positive
        for j in range(sp):
            states[2 + j] *= 0.5
