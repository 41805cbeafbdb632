"""One model, one series: the starts, the best of them, and what is held or normalised."""

from __future__ import annotations

import math

from skgru.ets._initial import adapt, flatten
from skgru.ets._jit import boolean, double, given, integer, jit, matrix, nothing, vector
from skgru.ets._layout import (
    BEST,
    CURRENT,
    FILLED,
    HIGH,
    LOW,
    POLYNOMIAL,
    SLOPES,
    SMOOTHING,
    START,
    WARM,
    model_type,
    work_type,
)
from skgru.ets._optimum import DONE, LOSS, descend, rest
from skgru.ets._recursion import A, M
from skgru.ets._region import allows

# A candidate is not finished when its best short run is so far above the best criterion.
_HOPELESS = 6.0


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


@jit(nothing(model_type, matrix, given, work_type, vector))
def _enter(model, bounds, start, work, point):
    """A start within the box and the region."""
    rest(point)
    low, high, smoothing = work.points[LOW], work.points[HIGH], work.points[SMOOTHING]
    slopes, polynomial = work.points[SLOPES], work.states[POLYNOMIAL]
    for i in range(4):
        point[i] = min(max(start[i], low[i]), high[i])
    for _ in range(30):
        if allows(model, bounds, point, smoothing, slopes, polynomial):
            return
        point[1] *= 0.7


@jit(
    nothing(
        vector, integer, integer, model_type, matrix, vector, given, given, matrix, integer,
        boolean, boolean, boolean, integer, double, integer, double, work_type,
    )
)  # fmt: skip
def optimise(
    values, n, n_observed, model, bounds, base, fixed, units, starts, n_starts, is_warm,
    is_carried, prunes, n_short, tolerance, n_iterations, cut, work,
):  # fmt: skip
    """The best point of several starts, in the rows BEST of `work.points` and `.states`.

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
    starts : ndarray, shape (>= n_starts, 4)
    n_starts : int
        Of them to try.
    is_warm, is_carried : bool
        Whether the rows WARM and START of `work.points` are starts as well.
    prunes : bool
        Whether starts may be given up for others that do better.
    n_short, n_iterations : int
    tolerance, cut : float
        As in `descend`.
    work : Work
    """
    best, best_states = work.points[BEST], work.states[BEST]
    point, states = work.points[CURRENT], work.states[CURRENT]
    warm, warm_states, filled = work.points[WARM], work.states[WARM], work.lines[FILLED]
    n_all = n_starts + is_carried
    best[LOSS] = math.inf
    for i in range(-1 if is_warm else 0, n_all):
        if i < 0:
            rest(point)
            for c in range(4):
                point[c] = warm[c]
            for c in range(2 + model.sp):
                states[c] = warm_states[c]
        else:
            _enter(model, bounds, starts[i] if i < n_starts else work.points[START], work, point)
            _states(model, filled, n, base, 0, fixed, units, work, states)
        n_now = n_iterations if n_all + is_warm == 1 else n_short
        # A start that will hardly reach what another has reached is given up early.
        limit = min(cut, best[LOSS]) if prunes and model.season != 0 else cut
        descend(
            values, n_observed, model, bounds, point, states, n_now, i >= 0, tolerance, limit, work
        )
        if i >= 0 and not math.isfinite(point[LOSS]):
            _states(model, filled, n, base, 1, fixed, units, work, states)
            descend(
                values,
                n_observed,
                model,
                bounds,
                point,
                states,
                n_now,
                True,
                tolerance,
                limit,
                work,
            )
        if point[LOSS] < best[LOSS]:
            for c in range(8):
                best[c] = point[c]
            for c in range(2 + model.sp):
                best_states[c] = states[c]
    if best[LOSS] > cut + _HOPELESS:
        best[DONE] = -1.0
    if math.isfinite(best[LOSS]) and best[DONE] == 0.0:
        descend(
            values, n_observed, model, bounds, best, best_states, n_iterations, False, tolerance,
            cut, work,
        )  # fmt: skip


@jit(nothing(model_type, boolean, work_type))
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
