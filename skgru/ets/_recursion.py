"""The recursion of all 30 models along one series: residuals, states and forecasts.

Both error types move the states alike; they differ in the residual alone. With `l` level, `b`
slope, `s` season of the phase, all before the step::

    trend    carried slope bb    level forecast q
    N        -                   l
    A        phi b               l + bb
    M        b^phi               l bb

    season N: f = q         u = y - f
    season A: f = q + s     u = y - f           s <- s + gamma e
    season M: f = q s       u = (y - f) / s     s <- s + gamma e / q
    e = y - f;  l <- q + alpha u;  b <- bb + beta u (trend M: bb + beta u / l)

The residual is e for error A and e / f for error M. A missing value moves the states with e = 0.
States are level, slope, season_0 ... season_(sp-1); season_j serves the times with t mod sp = j.

References
----------
Hyndman, Koehler, Ord & Snyder (2008), *Forecasting with Exponential Smoothing*, tables 2.2 and 2.3.
"""

from __future__ import annotations

import math

from skgru.ets._jit import double, given, integer, jit, matrix, nothing, part, tuple_of, vector

A, M = 1, 2  # as trend and season are coded; error: A 0, M 1


@part
def carry(trend, level, slope, phi):
    """Carried slope `bb` and level forecast `q`."""
    if trend == A:
        bb = phi * slope
        return bb, level + bb
    if trend == M:
        bb = slope if phi == 1.0 else slope**phi
        return bb, level * bb
    return 0.0, level


@part
def is_valid(error, trend, season, level, slope, q, s, f):
    """Whether everything that multiplies is positive."""
    valid = True
    if error == 1:
        valid = f > 0.0
    if trend == M:
        valid = valid and level > 0.0 and slope > 0.0
    if season == M:
        valid = valid and q > 0.0 and s > 0.0
    return valid


@jit(
    tuple_of((double, double, integer))(
        given, integer, integer, integer, integer, integer, given, vector, vector, vector
    ),
    from_python=True,
)
def run(values, error, trend, season, sp, phase, smoothing, states, residuals, forecasts):
    """Filter a series.

    Parameters
    ----------
    values : ndarray, shape (n,)
        NaN: missing.
    error, trend, season : int
        As in `ETSSpec.code`.
    sp, phase : int
        Seasonal period and the time of the first value.
    smoothing : ndarray, shape (4,)
        alpha, beta, gamma, phi.
    states : ndarray, shape (2 + sp,)
        Before the first value; moved in place to after the last.
    residuals, forecasts : ndarray, shape (n,)
        Written: one-step residuals (relative for error M; NaN where missing) and forecasts.

    Returns
    -------
    sse : float
        Sum of squared residuals; infinite where the run leaves what the model allows.
    log_forecasts : float
        Sum of log |f| over the observed values; 0 for error A.
    n_observed : int
    """
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    level, slope, s = states[0], states[1], 0.0
    sse, log_forecasts, n_observed = 0.0, 0.0, 0
    valid = True
    j = phase % sp
    for t in range(values.size):
        bb, q = carry(trend, level, slope, phi)
        f = q
        if season != 0:
            s = states[2 + j]
            f = q + s if season == A else q * s
        valid = valid and is_valid(error, trend, season, level, slope, q, s, f)
        forecasts[t] = f
        y = values[t]
        if math.isnan(y):
            residuals[t] = math.nan
            level = q
            if trend != 0:
                slope = bb
        else:
            n_observed += 1
            e = y - f
            r = e
            if error == 1:
                r = e / f
                log_forecasts += math.log(abs(f))
            residuals[t] = r
            sse += r * r
            u = e
            if season == A:
                states[2 + j] = s + gamma * e
            elif season == M:
                u = e / s
                states[2 + j] = s + gamma * e / q
            if trend == A:
                slope = bb + beta * u
            elif trend == M:
                slope = bb + beta * u / level
            level = q + alpha * u
        j += 1
        if j == sp:
            j = 0
    states[0], states[1] = level, slope
    if not (valid and math.isfinite(sse) and math.isfinite(log_forecasts)):
        sse = math.inf
    return sse, log_forecasts, n_observed


@jit(nothing(given, integer, integer, integer, integer, given, vector), from_python=True)
def extrapolate(states, trend, season, sp, phase, smoothing, out):
    """Point forecasts of the times phase, phase + 1, ...; the states are left as they are.

    Parameters
    ----------
    states : ndarray, shape (2 + sp,)
    trend, season, sp, phase : int
    smoothing : ndarray, shape (4,)
    out : ndarray, shape (h,)
        Written.
    """
    level, slope = states[0], states[1]
    j = phase % sp
    for t in range(out.size):
        bb, q = carry(trend, level, slope, smoothing[3])
        level = q
        if trend != 0:
            slope = bb
        f = q
        if season == A:
            f = q + states[2 + j]
        elif season == M:
            f = q * states[2 + j]
        out[t] = f
        j += 1
        if j == sp:
            j = 0


@jit(nothing(given, integer, double, integer, vector), from_python=True)
def rewind(states, trend, phi, n_steps, out):
    """States some steps before, where every value since then is missing.

    Parameters
    ----------
    states : ndarray, shape (2 + sp,)
    trend : int
    phi : float
    n_steps : int
    out : ndarray, shape (2 + sp,)
        Written.
    """
    for i in range(states.size):
        out[i] = states[i]
    for _ in range(n_steps):
        if trend == A:
            out[0] -= out[1]
            out[1] /= phi
        elif trend == M:
            out[0] /= out[1]
            out[1] **= 1.0 / phi


@jit(
    nothing(given, integer, integer, integer, integer, integer, given, vector, matrix),
    from_python=True,
)
def trace(values, error, trend, season, sp, phase, smoothing, states, out):
    """Components over time.

    Parameters
    ----------
    values, error, trend, season, sp, phase, smoothing, states
        As in `run`; `states` are moved to after the last value.
    out : ndarray, shape (n, 3)
        Written: level, slope and season after each value.
    """
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    level, slope = states[0], states[1]
    j = phase % sp
    for t in range(values.size):
        bb, q = carry(trend, level, slope, phi)
        s = states[2 + j]
        u = 0.0
        if not math.isnan(values[t]):
            if season == A:
                u = values[t] - q - s
                s += gamma * u
            elif season == M:
                u = (values[t] - q * s) / s
                s += gamma * (values[t] - q * s) / q
            else:
                u = values[t] - q
        if trend == A:
            slope = bb + beta * u
        elif trend == M:
            slope = bb + beta * u / level
        level = q + alpha * u
        states[2 + j] = s
        out[t, 0], out[t, 1], out[t, 2] = level, slope, s
        j += 1
        if j == sp:
            j = 0
    states[0], states[1] = level, slope
