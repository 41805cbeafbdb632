"""The optimum of one model on one series: Gauss-Newton with a trust region on the coordinates."""

from __future__ import annotations

import math

from skgru.ets._horizon import accumulate_far
from skgru.ets._jit import double, given, integer, jit, matrix, nothing, truth, vector
from skgru.ets._layout import (
    HIGH,
    HORIZONS,
    LOW,
    POLYNOMIAL,
    SLOPES,
    SMOOTHING,
    STEP_HIGH,
    STEP_LOW,
    TRIAL,
    model_type,
    work_type,
)
from skgru.ets._loss import FLOOR, measure
from skgru.ets._region import allows, largest_share, place
from skgru.ets._sensitivity import accumulate, move
from skgru.ets._step import concentrate, factorise, solve, substitute

# Places in a point, after the four coordinates.
RADIUS, RIDGE, LOSS, DONE = 4, 5, 6, 7

_TRIES = 8
_REGION_TRIES = 3


@jit(nothing(vector))
def rest(point):
    """Trust radius and ridge before the first step."""
    point[RADIUS] = 0.35
    point[RIDGE] = 1e-9
    point[LOSS] = math.inf
    point[DONE] = 0.0


@jit(nothing(vector))
def rest_radius(point):
    """Trust radius and ridge as before the first step, where states alone found no way down."""
    point[RADIUS] = 0.35
    point[RIDGE] = 1e-9


@jit(double(model_type, matrix, vector, vector, truth, work_type))
def _propose(model, bounds, point, states, states_only, work):
    """Write the trial point and its states; the decrease promised, negative where none is left."""
    low, high, trial = work.points[STEP_LOW], work.points[STEP_HIGH], work.points[TRIAL]
    lowest, highest, step = work.points[LOW], work.points[HIGH], work.step
    smoothing, slopes = work.points[SMOOTHING], work.points[SLOPES]
    trial_states, polynomial = work.states[TRIAL], work.states[POLYNOMIAL]
    for i in range(4):
        radius = 0.0 if states_only else point[RADIUS] * (0.3 if i == 3 else 1.0)
        low[i] = max(lowest[i] - point[i], -radius)
        high[i] = min(highest[i] - point[i], radius)
    factorise(model, point[RIDGE], work)
    promised = -1.0
    for _ in range(_REGION_TRIES):
        promised = solve(model, low, high, step, work)
        column = model.n_states
        for i in range(4):
            trial[i] = point[i]
        trial[0] += step[column]
        if model.beta >= 0:
            trial[1] += step[model.beta]
        if model.gamma >= 0:
            trial[2] += step[model.gamma]
        if model.phi >= 0:
            trial[3] += step[model.phi]
        for i in range(4):
            trial[i] = min(max(trial[i], lowest[i]), highest[i])
        if allows(model, bounds, trial, smoothing, slopes, polynomial):
            for i in range(2 + model.sp):
                trial_states[i] = states[i]
            move(model, step, trial_states)
            return promised
        share = largest_share(model, bounds, trial, smoothing, slopes, polynomial)
        high[1] = share - point[1]
        low[1] = min(low[1], high[1])
    return -1.0


@jit(
    nothing(
        given, integer, model_type, matrix, vector, vector, integer, truth, double, double,
        work_type,
    )
)  # fmt: skip
def descend(
    values, n_observed, model, bounds, point, states, n_iterations, states_first, tolerance, cut,
    work,
):  # fmt: skip
    """Move a point down to the optimum, or for a number of iterations.

    Parameters
    ----------
    values : ndarray, shape (n,)
        About 1 in size.
    n_observed : int
    model : Model
    bounds : ndarray, shape (4, 2)
    point : ndarray, shape (8,)
        Coordinates, trust radius, ridge, loss, and whether the search is done: 1, or -1: given up.
    states : ndarray, shape (2 + sp,)
        Initial ones; moved with the point.
    n_iterations : int
    states_first : bool
        Whether the first step leaves the coordinates, as from states that are a guess it should.
    tolerance : float
    cut : float
        Give up when the loss will hardly come below.
    work : Work
        Rows LOW and HIGH of `points` hold the box of the coordinates.
    """
    smoothing, slopes = work.points[SMOOTHING], work.points[SLOPES]
    trial, trial_states = work.points[TRIAL], work.states[TRIAL]
    if not math.isfinite(point[LOSS]):
        place(model, bounds, point, smoothing, slopes)
        point[LOSS] = measure(values, model, n_observed, smoothing, states, work)
        if not math.isfinite(point[LOSS]):
            return
    small_falls = 0
    n = float(n_observed)
    for iteration in range(n_iterations):
        place(model, bounds, point, smoothing, slopes)
        if model.objective == HORIZONS:
            sse = accumulate_far(values, model, smoothing, states, work)
        else:
            sse = accumulate(values, model, smoothing, states, work)
        if not sse > n * FLOOR:
            point[DONE] = 1.0
            return
        substitute(model, slopes, work)
        if model.error == 1:
            concentrate(model, sse, n_observed, work)
        states_only = states_first and iteration == 0
        fall = -1.0
        for _ in range(_TRIES):
            promised = _propose(model, bounds, point, states, states_only, work)
            expected = -n * math.log(max(1.0 - promised / sse, 1e-6))
            if promised >= 0.0 and expected < 0.1 * tolerance and not states_only:
                break
            loss = math.inf
            if promised >= 0.0:
                loss = measure(values, model, n_observed, smoothing, trial_states, work)
            if loss < point[LOSS]:
                fall = point[LOSS] - loss
                break
            point[RADIUS] *= 0.3
            point[RIDGE] = max(10.0 * point[RIDGE], 1e-3)
        if fall < 0.0:
            if not states_only:
                point[DONE] = 1.0
                return
            rest_radius(point)
            continue
        for i in range(4):
            point[i] = trial[i]
        for i in range(2 + model.sp):
            states[i] = trial_states[i]
        point[LOSS] = loss
        point[RIDGE] *= 0.1
        if not states_only:
            if fall > 0.7 * expected:
                point[RADIUS] = min(2.0 * point[RADIUS], 1.0)
            elif fall < 0.25 * expected:
                point[RADIUS] *= 0.5
            small_falls = small_falls + 1 if fall < tolerance else 0
            if small_falls == 2 or fall < 0.1 * tolerance:
                point[DONE] = 1.0
                return
            if iteration > 0 and loss - 4.0 * fall > cut:
                point[DONE] = -1.0
                return
