"""Errors of forecasts several steps ahead, and their derivatives by differences.

As many copies of the states as there are free parameters, each begun a little aside, go along the
series together; what they forecast, less what the first one forecasts, is a row of the Jacobian.
"""

from __future__ import annotations

import math

from skgru.ets._jit import double, given, jit, nothing, part, prepare
from skgru.ets._layout import N_ROWS, model_type, work_type
from skgru.ets._loss import measure_far
from skgru.ets._recursion import A, M, carry
from skgru.ets._sensitivity import gather, move

_APART = 1e-6


def prepare_far():
    """Compile what only the objectives beyond the likelihood and squares of one step need."""
    prepare(measure_far, accumulate_far)


@jit(nothing(model_type, given, given, work_type))
def _scatter(model, smoothing, states, work):
    """Write the copies' initial states; their smoothing parameters differ as `_parameter` says."""
    size = 2 + model.sp
    for copy in range(model.n_states + 1):
        for i in range(model.n_states):
            work.step[i] = _APART if i == copy - 1 else 0.0
        here = work.sensitivities[copy * size : (copy + 1) * size]
        for i in range(size):
            here[i] = states[i]
        move(model, work.step, here)
    for copy in range(model.n_states + 1, model.n_states + model.n_smooth + 1):
        for i in range(size):
            work.sensitivities[copy * size + i] = states[i]


@part
def _parameter(value, column, copy):
    """A smoothing parameter as a copy has it."""
    return value + _APART if column == copy - 1 else value


@jit(double(given, model_type, given, given, work_type), on_request=True)
def accumulate_far(values, model, smoothing, states, work):
    """As `_sensitivity.accumulate`, for squared errors averaged over 1 ... n_steps ahead."""
    x, rows, pair = work.sensitivities, work.rows, work.pair
    n, sp, width, trend, season = values.size, model.sp, model.width, model.trend, model.season
    size, n_copies = 2 + sp, model.n_states + model.n_smooth + 1
    _scatter(model, smoothing, states, work)
    for i in range(width * width):
        work.gram[i] = 0.0
    for i in range(2 * width):
        work.gradient[i] = 0.0
    for i in range(N_ROWS * width):
        rows[i] = 0.0
    sse = 0.0
    shrink = 1.0 / math.sqrt(model.n_steps)
    j, row = 0, 0
    for t in range(n):
        n_far = min(model.n_steps, n - t)
        for copy in range(n_copies):
            alpha = _parameter(smoothing[0], model.n_states, copy)
            beta = _parameter(smoothing[1], model.beta, copy) if trend != 0 else 0.0
            gamma = _parameter(smoothing[2], model.gamma, copy) if season != 0 else 0.0
            phi = _parameter(smoothing[3], model.phi, copy) if model.phi >= 0 else 1.0
            o = copy * size
            level, slope, i = x[o], x[o + 1], j
            for h in range(n_far):
                slope, level = carry(trend, level, slope, phi)
                far = level
                if season != 0:
                    s = x[o + 2 + i]
                    far = far + s if season == A else far * s
                y = values[t + h]
                place = (row + h) * width + copy - 1
                r = 0.0 if math.isnan(y) else shrink * (y - far)
                if copy == 0:
                    pair[row + h] = r
                    sse += r * r
                else:
                    rows[place] = (r - pair[row + h]) / _APART
                i = 0 if i + 1 == sp else i + 1
            bb, q = carry(trend, x[o], x[o + 1], phi)
            u = 0.0
            if not math.isnan(values[t]):
                if season == 0:
                    u = values[t] - q
                elif season == A:
                    u = values[t] - q - x[o + 2 + j]
                    x[o + 2 + j] += gamma * u
                else:
                    s = x[o + 2 + j]
                    x[o + 2 + j] = s + gamma * (values[t] - q * s) / q
                    u = (values[t] - q * s) / s
            if trend == A:
                x[o + 1] = bb + beta * u
            elif trend == M:
                x[o + 1] = bb + beta * u / x[o]
            x[o] = q + alpha * u
        row += n_far
        j = 0 if j + 1 == sp else j + 1
        if row + model.n_steps > N_ROWS or t == n - 1:
            for i in range(row):
                pair[row + i] = 0.0
            gather(model, row, work)
            row = 0
    return sse
