"""All candidates of a block of series: one start for each, more for those near the best.

One call works through a block with one set of work arrays and no Python object per series. Nothing
is raised: what cannot be fitted gets a status.
"""

from __future__ import annotations

import math

import numpy as np

from skgru.ets._initial import begin, fill
from skgru.ets._jit import (
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
    truth,
    tuple_of,
    vector,
)
from skgru.ets._layout import (
    BASE,
    BEST,
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
    UNITS,
    WARM,
    describe,
    room,
)
from skgru.ets._loss import FLOOR
from skgru.ets._optimum import DONE, LOSS, descend, rest
from skgru.ets._recursion import M, run
from skgru.ets._region import bound, place
from skgru.ets._starts import normalise, optimise, probe

SMALLEST = 2.2250738585072014e-308  # power of two that float64 holds with all its digits

_run = run.inner

FITTED, RULED_OUT, PRUNED, FAILED = 0, 1, 2, 3
AICC, AIC, BIC = 0, 1, 2

# Stages: all candidates from one start, those near the best from the others, those that differ from
# the best in error or trend from its optimum, what comes of it.
FIRST_START, OTHER_STARTS, RIVALS, RESULTS = 0, 1, 2, 3

# How far above the best criterion a candidate gets other starts, with and without a season (an
# iteration without one costs a third), and how far above that it is not worth a look.
_NEAR, _NEAR_PLAIN, _HOPELESS = 3.0, 5.0, 20.0
# Starts that are not only probed where candidates are pruned.
_MOST_STARTS = 4

# Shares of beta that the best candidate is searched from once more, the second where its own is as
# small as the first: likelihoods often have one optimum with a rigid slope and one with a loose.
_RIGID, _LOOSE = 0.02, 0.9
# Where the best candidate's alpha is larger, its relatives are searched from a stiff level, too.
_STIFF = 0.1

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


@jit(integer(integer_matrix, integer, integer, integer, integer))
def find(specs, error, trend, damped, season):
    """The candidate of that code, or -1."""
    for m in range(specs.shape[0]):
        if (
            specs[m, 0] == error
            and specs[m, 1] == trend
            and specs[m, 2] == damped
            and specs[m, 3] == season
        ):
            return m
    return -1


@jit(nothing(vector, vector, vector, vector))
def borrow(coordinates, states, to, to_states):
    """Copy coordinates and states."""
    for c in range(4):
        to[c] = coordinates[c]
    for c in range(states.size):
        to_states[c] = states[c]


@jit(tuple_of((double, integer, truth))(given))
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
    if largest < SMALLEST:
        return SMALLEST, n_observed, positive
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
    holds_level, holds_slope = not math.isnan(fixed[0]), not math.isnan(fixed[1])
    work = room(n_max, sp)
    stiff = np.empty((1, 4))
    stiff[0, 0], stiff[0, 1], stiff[0, 2], stiff[0, 3] = 0.02, 0.1, 0.1, 0.95
    low, high, units = work.points[LOW], work.points[HIGH], work.points[UNITS]
    best, best_states = work.points[BEST], work.states[BEST]
    warm, warm_states = work.points[WARM], work.states[WARM]
    parameters, slopes = work.points[SMOOTHING], work.points[SLOPES]
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
        least, champion = math.inf, -1
        base_season, base_valid = -1, False
        # Until the last stage, `loss` is that of the scaled series, `smoothing` holds coordinates,
        # `initial` scaled states, `sse` whether the search is done, and `final` which start it was.
        for stage in range(4):
            searched, improved = -1, -1
            winner = champion
            for place_ in range(order.size):
                j = order[place_]
                error, trend, damped, season, k = (
                    specs[j, 0], specs[j, 1], specs[j, 2], specs[j, 3], specs[j, 4],
                )  # fmt: skip
                few = n_seen <= k and trend == 0 and season == 0  # no choice: the last value stays
                if stage == FIRST_START:
                    multiplies = error == 1 or trend == M or season == M
                    loss[i, j], sse[i, j] = math.inf, math.inf
                    status[i, j] = FAILED
                    if (
                        n_seen == 0
                        or (season != 0 and n <= sp)
                        or (n_seen <= k and (multiplies or not few))
                        or (multiplies and not positive)
                    ):
                        status[i, j] = RULED_OUT
                if status[i, j] == RULED_OUT:
                    continue
                extra = penalty(criterion, k, n_seen)
                cut, near = math.inf, math.inf
                if prunes and extra < math.inf:
                    cut = least - extra
                    near = cut + (_NEAR if season != 0 else _NEAR_PLAIN)
                these = seasonal_starts if season != 0 else starts
                n_starts = these.shape[0]
                if stage == OTHER_STARTS and (few or n_starts < 2 or near < loss[i, j] < math.inf):
                    continue
                if stage == RIVALS and (
                    not prunes
                    or winner < 0
                    or trend == 0
                    or season != specs[winner, 3]
                    or specs[winner, 1] not in (0, trend)
                    or (specs[winner, 1] == 0 and holds_slope)
                ):
                    continue
                model = describe(
                    error, trend, damped, season, sp, min(objective, SQUARES), n_steps, region,
                    holds_level, holds_slope, fixed.size > 2,
                )  # fmt: skip
                if season != base_season:
                    base_valid = begin(filled, n, season, sp, second, base)
                    base_season = season
                if not base_valid:
                    continue
                bound(model, bounds, limits[1], low, high)
                units[0], units[1] = scale, (1.0 if trend == M else scale)
                units[2] = 1.0 if season == M else scale
                rest(best)
                if stage != FIRST_START:
                    borrow(smoothing[i, j], initial[i, j], best, best_states)
                    best[LOSS], best[DONE] = loss[i, j], sse[i, j]
                twin = find(specs, 0, trend, damped, season) if error == 1 else -1
                if stage == FIRST_START:
                    # The states of the other error, and those without damping, are the same ones.
                    m = twin
                    if twin < 0 and damped == 1 and season != 0:
                        m = find(specs, error, trend, 0, season)
                    is_warm = m >= 0 and loss[i, m] < math.inf
                    n_iterations = 0 if few else counts[2]
                    chosen = -1
                    if is_warm:
                        borrow(smoothing[i, m], initial[i, m], warm, warm_states)
                        if m != twin:
                            warm[3] = these[0, 3]
                    for attempt in range(0 if is_warm else 1, 2):
                        if attempt == 1:
                            chosen = probe(
                                scaled, n, n_seen, model, bounds, base, fixed, units, these,
                                n_starts, work,
                            )  # fmt: skip
                        optimise(
                            scaled, n, n_seen, model, bounds, base, fixed, units, these,
                            max(chosen, 0), chosen + 1, -2, attempt == 0, n_iterations, limits[0],
                            n_iterations, near, work,
                        )  # fmt: skip
                        if math.isfinite(best[LOSS]):
                            break
                    final[i, j, 0] = chosen
                    # No trend is a trend of zero: what is worse has not been sought well.
                    m = find(specs, error, 0, 0, season) if trend != 0 else -1
                    if (
                        not holds_slope
                        and m >= 0
                        and loss[i, m] < min(best[LOSS], near + _HOPELESS)
                    ):
                        borrow(smoothing[i, m], initial[i, m], warm, warm_states)
                        warm[1] = 0.0
                        warm[3] = these[0, 3] if damped else 1.0
                        warm_states[1] = 1.0 if trend == M else 0.0
                        optimise(
                            scaled, n, n_seen, model, bounds, base, fixed, units, these, 0, 0, -2,
                            True, n_iterations, limits[0], n_iterations, near, work,
                        )  # fmt: skip
                    if few:
                        best[0] = high[0]
                        if model.level >= 0:
                            best_states[0] = filled[0]
                elif stage == OTHER_STARTS:
                    if prunes:
                        n_starts = min(n_starts, _MOST_STARTS)
                    if twin >= 0 and searched == twin:
                        n_starts = min(n_starts, counts[1])
                    searched = j
                    is_warm = twin >= 0 and improved == twin
                    if is_warm:
                        borrow(smoothing[i, twin], initial[i, twin], warm, warm_states)
                    optimise(
                        scaled, n, n_seen, model, bounds, base, fixed, units, these, 0, n_starts,
                        int(final[i, j, 0]), is_warm, counts[0] if season != 0 else 2 * counts[0],
                        limits[0], counts[2], cut if season != 0 else near, work,
                    )  # fmt: skip
                elif stage == RIVALS:
                    borrow(smoothing[i, winner], initial[i, winner], warm, warm_states)
                    if specs[winner, 1] == 0:
                        warm[1], warm_states[1] = these[0, 1], (1.0 if trend == M else 0.0)
                    elif j == winner:
                        warm[1] = _RIGID if warm[1] > _RIGID else _LOOSE
                    if damped == 0:
                        warm[3] = 1.0
                    elif specs[winner, 2] == 0:
                        warm[3] = these[0, 3]
                    optimise(
                        scaled, n, n_seen, model, bounds, base, fixed, units, stiff, 0,
                        int(smoothing[i, winner, 0] > _STIFF), -2, True, counts[0], limits[0],
                        counts[2], near, work,
                    )  # fmt: skip
                if not math.isfinite(best[LOSS]):
                    continue
                if stage != RESULTS:
                    if best[LOSS] < loss[i, j]:
                        improved = j
                        borrow(best, best_states, smoothing[i, j], initial[i, j])
                    loss[i, j], sse[i, j] = best[LOSS], best[DONE]
                    if best[LOSS] + extra < least:
                        least, champion = best[LOSS] + extra, j
                    continue
                loss[i, j], sse[i, j] = math.inf, math.inf
                if objective > SQUARES:
                    far = describe(
                        error, trend, damped, season, sp, objective, n_steps, region, holds_level,
                        holds_slope, fixed.size > 2,
                    )  # fmt: skip
                    rest(best)
                    descend(
                        scaled, n_seen, far, bounds, best, best_states, counts[2], False,
                        limits[0], math.inf, work,
                    )  # fmt: skip
                normalise(model, holds_level, work)
                place(model, bounds, best, parameters, slopes)
                for c in range(2 + sp):
                    moving[c] = best_states[c]
                sse_, logs, _ = _run(
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
