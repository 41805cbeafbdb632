"""One model, one series: the starts, the best of them, and what is held or normalised."""

from __future__ import annotations

import math

from skgru.ets._initial import adapt, flatten
from skgru.ets._jit import double, given, integer, jit, matrix, nothing, truth, vector
from skgru.ets._layout import (
    BEST,
    CURRENT,
    FILLED,
    HIGH,
    LOW,
    POLYNOMIAL,
    SLOPES,
    SMOOTHING,
    WARM,
    model_type,
    work_type,
)
from skgru.ets._loss import measure
from skgru.ets._optimum import DONE, LOSS, descend, rest
from skgru.ets._recursion import A, M
from skgru.ets._region import allows


@jit(nothing(model_type, vector, integer, vector, integer, given, given, work_type, vector))
def _states(model, filled, n, base, safe, fixed, units, work, states):
    """Starting states of a model; the held ones are those given, in the units of the fit."""
    for i in range(2 + model.sp):
        states[i] = base[i]
    if safe:
        flatten(filled, n, model.trend, model.season, model.sp, states)
    else:
        adapt(filled, n, model.trend, model.season, model.sp, states)
    if not math.isnan(fixed[0]):
        states[0] = fixed[0] / units[0]
    if model.trend != 0 and not math.isnan(fixed[1]):
        states[1] = fixed[1] / units[1]
    if model.season != 0 and fixed.size > 2:
        for j in range(model.sp):
            states[2 + j] = fixed[2 + j] / units[2]
    if model.season == 0:
        for j in range(model.sp):
            states[2 + j] = 0.0


@jit(truth(model_type, matrix, given, work_type, vector))
def _enter(model, bounds, start, work, point):
    """Write the start, moved into the box and the region; whether that is possible."""
    rest(point)
    low, high, smoothing = work.points[LOW], work.points[HIGH], work.points[SMOOTHING]
    slopes, polynomial = work.points[SLOPES], work.states[POLYNOMIAL]
    for i in range(4):
        point[i] = min(max(start[i], low[i]), high[i])
    for _ in range(30):
        if allows(model, bounds, point, smoothing, slopes, polynomial):
            return True
        point[1] *= 0.7
    return False


@jit(
    nothing(
        vector, integer, integer, model_type, matrix, vector, given, given, matrix, integer,
        integer, integer, truth, integer, double, integer, double, work_type,
    )
)  # fmt: skip
def optimise(
    values, n, n_observed, model, bounds, base, fixed, units, starts, first, last, but, is_warm,
    n_short, tolerance, n_iterations, cut, work,
):  # fmt: skip
    """Improve the point in the rows BEST of `work.points` and `.states` from several starts.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Scaled; the row FILLED of `work.lines` holds them without gaps.
    n, n_observed : int
    model : Model
    bounds : ndarray, shape (4, 2)
    base : ndarray, shape (2 + sp,)
        What `begin` wrote.
    fixed, units : ndarray, shape (2 or 2 + sp,), (3,)
        States given, NaN where not, and their scales.
    starts : ndarray, shape (>= last, 4)
    first, last, but : int
        Those from `first` to before `last` are tried, but for `but`.
    is_warm : bool
        Whether the row WARM of `work.points` is a start as well.
    n_short, n_iterations : int
        Of each start, of the best one.
    tolerance, cut : float
        As in `descend`.
    work : Work
    """
    best, best_states = work.points[BEST], work.states[BEST]
    point, states = work.points[CURRENT], work.states[CURRENT]
    warm, warm_states, filled = work.points[WARM], work.states[WARM], work.lines[FILLED]
    for i in range(first - 1 if is_warm else first, last):
        if i == but:
            continue
        for safe in range(2):
            if i < first:
                if not _enter(model, bounds, warm, work, point):
                    break
                for c in range(2 + model.sp):
                    states[c] = warm_states[c]
            else:
                _enter(model, bounds, starts[i], work, point)
                _states(model, filled, n, base, safe, fixed, units, work, states)
            descend(
                values, n_observed, model, bounds, point, states, n_short, i >= first, tolerance,
                cut, work,
            )  # fmt: skip
            if i < first or math.isfinite(point[LOSS]):
                break
        if point[LOSS] < best[LOSS]:
            for c in range(8):
                best[c] = point[c]
            for c in range(2 + model.sp):
                best_states[c] = states[c]
    if math.isfinite(best[LOSS]) and best[DONE] == 0.0:
        descend(
            values, n_observed, model, bounds, best, best_states, n_iterations, False, tolerance,
            cut, work,
        )  # fmt: skip


@jit(
    integer(
        vector, integer, integer, model_type, matrix, vector, given, given, matrix, integer,
        work_type,
    )
)  # fmt: skip
def probe(values, n, n_observed, model, bounds, base, fixed, units, starts, n_starts, work):
    """The start with the smallest loss before any step; arguments as in `optimise`."""
    point, states = work.points[CURRENT], work.states[CURRENT]
    _states(model, work.lines[FILLED], n, base, 0, fixed, units, work, states)
    least, chosen = math.inf, 0
    for i in range(n_starts):
        _enter(model, bounds, starts[i], work, point)
        loss = measure(values, model, n_observed, work.points[SMOOTHING], states, work)
        if loss < least:
            least, chosen = loss, i
    return chosen


@jit(nothing(model_type, truth, work_type))
def normalise(model, holds, work):
    """Move the mean of the seasons into the level, where that changes no forecast."""
    states = work.states[BEST]
    if model.n_seasons == 0 or model.contrast == 1 or holds:
        return
    mean = 0.0
    for j in range(model.sp):
        mean += states[2 + j]
    mean /= model.sp
    if model.season == A:
        if model.trend == M:
            return
        states[0] += mean
        for j in range(model.sp):
            states[2 + j] -= mean
        return
    if model.trend == A:
        if model.slope < 0 or not mean > 0.0:
            return
        states[1] *= mean
    states[0] *= mean
    for j in range(model.sp):
        states[2 + j] /= mean
