"""All candidates of a block of series: starts, the best of them, pruning.

One call works through a block with one set of work arrays and no Python object per series. Nothing
is raised: what cannot be fitted gets a status.
"""

from __future__ import annotations

import math

from skgru.ets import _layout
from skgru.ets._initial import begin, fill
from skgru.ets._jit import (
    boolean,
    codes,
    cube,
    double,
    given,
    integer,
    integer_matrix,
    integers,
    jit,
    matrix,
    nothing,
    tuple_of,
)
from skgru.ets._layout import (
    BASE,
    BEST,
    CARRIED,
    FILLED,
    FIRST,
    HIGH,
    LIKELIHOOD,
    LOW,
    MOVING,
    SCALED,
    SECOND,
    SLOPES,
    SMOOTHING,
    SQUARES,
    START,
    UNITS,
    WARM,
)
from skgru.ets._loss import FLOOR
from skgru.ets._optimum import DONE, LOSS, descend, rest
from skgru.ets._recursion import M, run
from skgru.ets._region import bound, place
from skgru.ets._starts import normalise, optimise

FITTED, RULED_OUT, PRUNED, FAILED = 0, 1, 2, 3
AICC, AIC, BIC = 0, 1, 2

_LARGEST = 1.7e308  # what a sum of squares of huge values is cut to


@jit(double(integer, integer, integer))
def penalty(criterion, k, n):
    """Criterion minus loss."""
    if criterion == BIC:
        return k * math.log(max(n, 1))
    if criterion == AIC:
        return 2.0 * k
    room = n - k - 1
    return 2.0 * k + 2.0 * k * (k + 1) / room if room > 0 else math.inf


@jit(tuple_of((double, integer, boolean))(given))
def survey(values):
    """Scale of a series (a power of two, so that scaling is exact), its count, positive or not."""
    largest, n_observed, positive = 0.0, 0, True
    for t in range(values.size):
        if not math.isnan(values[t]):
            n_observed += 1
            largest = max(largest, abs(values[t]))
            positive = positive and values[t] > 0.0
    if not largest > 0.0:
        return 1.0, n_observed, False
    mean = 0.0
    for t in range(values.size):
        if not math.isnan(values[t]):
            mean += abs(values[t]) / largest
    return 2.0 ** math.floor(math.log2(largest * (mean / n_observed))), n_observed, positive


@jit(
    nothing(
        given, integers, integer, integer_matrix, integers, integer, integer, integer, integer,
        matrix, given, matrix, matrix, integers, given, codes, cube, cube, cube, matrix, matrix,
        integers,
    ), from_python=True)  # fmt: skip
def fit_block(
    values, offsets, sp, specs, order, objective, n_steps, region, criterion, bounds, fixed, starts,
    seasonal_starts, counts, limits, status, smoothing, initial, final, loss, sse, n_observed,
):  # fmt: skip
    """Fit all candidates to the series of a block.

    The body is one function: nearly every line shares the state of the series or the candidate, and
    each call between kernels costs compile time again.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The series one after the other.
    offsets : ndarray of int, shape (n_series + 1,)
    sp : int
    specs : ndarray of int, shape (n_specs, 5)
        `ETSSpec.code` and the number of parameters.
    order : ndarray of int, shape (n_specs,)
        Error A before M of the same trend and season.
    objective, n_steps, region, criterion : int
    bounds : ndarray, shape (4, 2)
    fixed : ndarray, shape (2,) or (2 + sp,)
        Initial level, slope and season; NaN or absent: estimated.
    starts, seasonal_starts : ndarray, shape (n_starts, 4)
    counts : ndarray of int, shape (4,)
        n_short, n_warm, n_iterations, prune.
    limits : ndarray, shape (2,)
        tolerance, largest share of beta.
    status, smoothing, initial, final, loss, sse, n_observed : ndarray
        Written; as in `Fits`.
    """
    n_max = 1
    for i in range(offsets.size - 1):
        n_max = max(n_max, offsets[i + 1] - offsets[i])
    prunes = counts[3] == 1 and objective == LIKELIHOOD
    work = _layout.room(n_max, sp)
    low, high, units = work.points[LOW], work.points[HIGH], work.points[UNITS]
    best, best_states = work.points[BEST], work.states[BEST]
    warm, warm_states = work.points[WARM], work.states[WARM]
    parameters, slopes = work.points[SMOOTHING], work.points[SLOPES]
    carried, begun = work.points[CARRIED], work.points[START]
    moving, base = work.states[MOVING], work.states[BASE]
    filled, second = work.lines[FILLED], work.lines[SECOND]
    for i in range(offsets.size - 1):
        series = values[offsets[i] : offsets[i + 1]]
        n = series.size
        scale, n_seen, positive = survey(series)
        n_observed[i] = n_seen
        scaled = work.lines[SCALED, :n]
        for t in range(n):
            scaled[t] = series[t] / scale
        fill(scaled, filled)
        least, have = math.inf, -1
        carried[:] = 0.0
        base_season, base_valid = -1, False
        for place_ in range(order.size):
            j = order[place_]
            error, trend, damped, season, k = (
                specs[j, 0], specs[j, 1], specs[j, 2], specs[j, 3], specs[j, 4],
            )  # fmt: skip
            status[i, j] = RULED_OUT
            loss[i, j], sse[i, j] = math.inf, math.inf
            simplest = trend == 0 and season == 0
            if n_seen == 0 or (season != 0 and n <= sp) or (n_seen <= k and not simplest):
                continue
            if (error == 1 or trend == M or season == M) and (not positive or n_seen <= k):
                continue
            holds_level, holds_slope = not math.isnan(fixed[0]), not math.isnan(fixed[1])
            model = _layout.describe(
                error, trend, damped, season, sp, min(objective, SQUARES), n_steps, region,
                holds_level, holds_slope, fixed.size > 2,
            )  # fmt: skip
            if season != base_season:
                base_valid = begin(filled, n, season, sp, second, base)
                base_season = season
            status[i, j] = FAILED
            if not base_valid:
                continue
            bound(model, bounds, limits[1], low, high)
            units[0], units[1] = scale, (1.0 if trend == M else scale)
            units[2] = 1.0 if season == M else scale
            extra = penalty(criterion, k, n_seen)
            cut = least - extra if prunes else math.inf
            if not extra < math.inf:
                cut = math.inf
            # A model of the other error with the same states is the best start there is.
            key = (trend * 2 + damped) * 3 + season
            is_warm = error == 1 and have == key
            these = seasonal_starts if season != 0 else starts
            n_starts = these.shape[0]
            if is_warm:  # without a season an iteration costs a tenth
                n_starts = min(n_starts, counts[1] if season != 0 else 4 * counts[1])
            n_iterations = counts[2]
            if n_seen <= k and simplest:  # too few values for a choice: the last one stays
                n_iterations = 0
                n_starts = 1
            # So are the smoothing parameters of the same trend with another season.
            trend_key = 4 * (2 * trend + damped)
            is_carried = season != 0 and not is_warm and carried[trend_key] > 0.0 and n_starts > 1
            if is_carried:
                for c in range(4):
                    begun[c] = carried[trend_key + c]
                if begun[2] < 0.0:
                    begun[2] = these[0, 2]
            n_short = counts[0] if season != 0 else 2 * counts[0]
            optimise(
                scaled, n, n_seen, model, bounds, base, fixed, units, these, n_starts, is_warm,
                is_carried, prunes, min(n_short, n_iterations), limits[0], n_iterations, cut, work,
            )  # fmt: skip
            far = _layout.describe(
                error, trend, damped, season, sp, objective, n_steps, region, holds_level,
                holds_slope, fixed.size > 2,
            )  # fmt: skip
            if objective > SQUARES and math.isfinite(best[LOSS]):
                rest(best)
                descend(
                    scaled, n_seen, far, bounds, best, best_states,
                    n_iterations, False, limits[0], math.inf, work,
                )  # fmt: skip
            if n_iterations == 0:
                best[0] = high[0]
                if model.level >= 0:
                    best_states[0] = filled[0]
            if not math.isfinite(best[LOSS]):
                continue
            if error == 0:
                have = key
                for c in range(4):
                    warm[c] = best[c]
                for c in range(2 + sp):
                    warm_states[c] = best_states[c]
            for c in range(4):
                carried[trend_key + c] = best[c] if c != 2 or season != 0 else -1.0
            normalise(model, holds_level, work)
            place(model, bounds, best, parameters, slopes)
            for c in range(2 + sp):
                moving[c] = best_states[c]
            sse_, logs, _ = run(
                scaled, error, trend, season, sp, 0, parameters, moving, work.lines[FIRST],
                second,
            )  # fmt: skip
            if not math.isfinite(sse_):
                continue
            loss[i, j] = n_seen * math.log(max(sse_, n_seen * FLOOR)) + 2.0 * (
                logs + n_seen * math.log(scale)
            )
            sse[i, j] = sse_ if error == 1 else min(sse_ * scale * scale, _LARGEST)
            status[i, j] = PRUNED if best[DONE] < 0.0 else FITTED
            for c in range(4):
                smoothing[i, j, c] = parameters[c]
            for c in range(2 + sp):
                unit = units[min(c, 2)]
                if trend == 0 and c == 1:
                    unit = 1.0
                initial[i, j, c] = best_states[c] * unit
                final[i, j, c] = moving[c] * unit
            if status[i, j] == FITTED:
                least = min(least, loss[i, j] - 2.0 * n_seen * math.log(scale) + extra)
