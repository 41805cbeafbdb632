"""What is minimised, at one point: a recursion that keeps nothing but sums.

All objectives are put as n log(sum of squares), so that the optimiser's rules hold for each:
likelihood with error M adds 2 sum log f, absolute errors count as 2 n log(sum |e|).
"""

from __future__ import annotations

import math

from skgru.ets._jit import double, given, integer, jit, tuple_of, vector
from skgru.ets._layout import ABSOLUTES, HORIZONS, SEASONS, model_type, work_type
from skgru.ets._recursion import A, M, carry, is_valid

# Squared residuals of a series whose values are about 1; smaller ones are rounding errors.
FLOOR = 1e-24
_LEAST_FORECAST = 1e-60  # so that products of four can be taken before the logarithm


@jit(tuple_of((double, double))(given, integer, integer, double, double, double, double, double))
def _measure_plain(values, error, trend, alpha, beta, phi, level, slope):
    """Sums of squares and logs without a season."""
    sse, logs, product, lowest, count = 0.0, 0.0, 1.0, 1.0, 0
    for t in range(values.size):
        bb, q = carry(trend, level, slope, phi)
        y = values[t]
        u = 0.0
        if error == 1:
            lowest = min(lowest, q)
        if trend == M:
            lowest = min(lowest, min(level, slope))
        if not math.isnan(y):
            u = y - q
            r = u
            if error == 1:
                r = u / q
                product *= q
                count += 1
                if count == 4:
                    logs += math.log(abs(product))
                    product, count = 1.0, 0
            sse += r * r
        if trend == A:
            slope = bb + beta * u
        elif trend == M:
            slope = bb + beta * u / level
        level = q + alpha * u
    if count > 0:
        logs += math.log(abs(product))
    return (sse if lowest > _LEAST_FORECAST else math.inf), logs


@jit(
    tuple_of((double, double))(
        given, integer, integer, integer, integer, given, double, double, vector
    )
)
def _measure_seasonal(values, error, trend, season, sp, smoothing, level, slope, seasons):
    """Sums of squares and logs with a season; `seasons` are moved."""
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    sse, logs, product, count = 0.0, 0.0, 1.0, 0
    valid = True
    j = 0
    for t in range(values.size):
        bb, q = carry(trend, level, slope, phi)
        s = seasons[j]
        f = q + s if season == A else q * s
        valid = valid and is_valid(error, trend, season, level, slope, q, s, f)
        y = values[t]
        u = 0.0
        if not math.isnan(y):
            e = y - f
            r = e
            if error == 1:
                r = e / f
                product *= f
                count += 1
                if count == 4:
                    logs += math.log(abs(product))
                    product, count = 1.0, 0
            sse += r * r
            if season == A:
                u = e
                seasons[j] = s + gamma * e
            else:
                u = e / s
                seasons[j] = s + gamma * e / q
        if trend == A:
            slope = bb + beta * u
        elif trend == M:
            slope = bb + beta * u / level
        level = q + alpha * u
        j = 0 if j + 1 == sp else j + 1
    if count > 0:
        logs += math.log(abs(product))
    return (sse if valid else math.inf), logs


@jit(
    double(given, integer, integer, integer, integer, integer, given, given, vector),
    on_request=True,
)
def measure_far(values, trend, season, sp, n_steps, objective, smoothing, states, seasons):
    """Sum of absolute one-step errors, or of squared ones averaged over 1 ... `n_steps` ahead."""
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    level, slope, s = states[0], states[1], 0.0
    for j in range(sp):
        seasons[j] = states[2 + j]
    n = values.size
    total = 0.0
    valid = True
    j = 0
    for t in range(n):
        bb, q = carry(trend, level, slope, phi)
        s = seasons[j]
        f = q
        if season != 0:
            f = q + s if season == A else q * s
        valid = valid and is_valid(0, trend, season, level, slope, q, s, f)
        y = values[t]
        if objective == ABSOLUTES:
            if not math.isnan(y):
                total += abs(y - f)
        else:
            far_level, far_slope, i = level, slope, j
            for h in range(min(n_steps, n - t)):
                far_slope, far_level = carry(trend, far_level, far_slope, phi)
                far = far_level
                if season != 0:
                    far = far + seasons[i] if season == A else far * seasons[i]
                if not math.isnan(values[t + h]):
                    total += (values[t + h] - far) ** 2 / n_steps
                i = 0 if i + 1 == sp else i + 1
        u = 0.0
        if not math.isnan(y):
            u = y - f
            if season == A:
                seasons[j] = s + gamma * u
            elif season == M:
                seasons[j] = s + gamma * u / q
                u /= s
        if trend == A:
            slope = bb + beta * u
        elif trend == M:
            slope = bb + beta * u / level
        level = q + alpha * u
        j = 0 if j + 1 == sp else j + 1
    return total if valid else math.inf


@jit(double(given, model_type, integer, given, given, work_type))
def measure(values, model, n_observed, smoothing, states, work):
    """Loss of one point; infinite where the run leaves what the model allows.

    Parameters
    ----------
    values : ndarray, shape (n,)
    model : Model
    n_observed : int
    smoothing : ndarray, shape (4,)
    states : ndarray, shape (2 + sp,)
        Initial ones.
    work : Work
    """
    logs = 0.0
    seasons = work.states[SEASONS]
    if model.objective >= ABSOLUTES:
        sse = measure_far(
            values, model.trend, model.season, model.sp, model.n_steps, model.objective, smoothing,
            states, seasons,
        )  # fmt: skip
        if model.objective != HORIZONS:
            sse = sse * sse
    elif model.season == 0:
        sse, logs = _measure_plain(
            values, model.error, model.trend, smoothing[0], smoothing[1], smoothing[3], states[0],
            states[1],
        )  # fmt: skip
    else:
        for j in range(model.sp):
            seasons[j] = states[2 + j]
        sse, logs = _measure_seasonal(
            values, model.error, model.trend, model.season, model.sp, smoothing, states[0],
            states[1], seasons,
        )  # fmt: skip
    if not (math.isfinite(sse) and math.isfinite(logs)):
        return math.inf
    return n_observed * math.log(max(sse, n_observed * FLOOR)) + 2.0 * logs
