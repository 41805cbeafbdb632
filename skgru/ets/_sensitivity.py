"""Residuals of one series and their derivatives by all free parameters, as sums of products.

The derivatives of level, slope and seasons by the parameters are carried along with the states
(forward mode). All 30 models share one loop, with coefficients that depend on the step::

    dq = a1 dl + a2 db + p dphi        df = f1 dq + f2 ds        du = u2 ds - dq
    dl <- dq + alpha du + u dalpha     db <- a3 db + b1 du + b2 dl + x dphi + v dbeta
    ds <- s1 ds + s2 dq + w dgamma

where dalpha, dbeta, dgamma and dphi are unit vectors. The length of a series
costs time alone: the Jacobian's rows go through `N_ROWS` at a time.
"""

from __future__ import annotations

import math

import numpy as np

from skgru.ets._jit import double, given, integer, jit, nothing, vector
from skgru.ets._lanes import LANES, move_lanes, move_own_lanes
from skgru.ets._layout import ABSOLUTES, N_ROWS, SEASONS, model_type, work_type
from skgru.ets._recursion import A, M, carry

# Below it a derivative by an initial state is long forgotten. Left to shrink, it would stay at the
# smallest numbers there are, with which many processors compute a hundred times more slowly.
_FORGOTTEN = 1e-200
_SMALLEST = 1e-6  # residual that still gets its own weight, relative to the scale of the data


@jit(nothing(model_type, vector))
def seed(model, sensitivities):
    """Derivatives of the initial states, and of the smoothing parameters behind them: units."""
    width = model.width
    own = (2 + model.sp) * width
    for i in range(own + 4 * width):
        sensitivities[i] = 0.0
    sensitivities[own + model.n_states] = 1.0
    if model.beta >= 0:
        sensitivities[own + width + model.beta] = 1.0
    if model.gamma >= 0:
        sensitivities[own + 2 * width + model.gamma] = 1.0
    if model.phi >= 0:
        sensitivities[own + 3 * width + model.phi] = 1.0
    if model.level >= 0:
        sensitivities[model.level] = 1.0
    if model.slope >= 0:
        sensitivities[width + model.slope] = 1.0
    for j in range(model.contrast, model.n_seasons):
        sensitivities[(2 + j) * width + j] = 1.0
        if model.contrast == 1:
            sensitivities[2 * width + j] = -1.0


@jit(nothing(model_type, vector, vector))
def move(model, step, states):
    """Add the state part of a step, which `seed` is the derivative of."""
    if model.level >= 0:
        states[0] += step[model.level]
    if model.slope >= 0:
        states[1] += step[model.slope]
    for j in range(model.contrast, model.n_seasons):
        states[2 + j] += step[j]
        if model.contrast == 1:
            states[2] -= step[j]


@jit(nothing(model_type, integer, work_type))
def gather(model, n_rows, work):
    """Add the products of the rows held to the Gram matrix and the gradient."""
    width = model.width
    rows = work.rows[: n_rows * width].reshape(n_rows, width)
    pair = work.pair[: 2 * n_rows].reshape(2, n_rows)
    np.dot(rows.T, rows, work.factor[: width * width].reshape(width, width))
    np.dot(pair, rows, work.step[: 2 * width].reshape(2, width))
    for i in range(width * width):
        work.gram[i] += work.factor[i]
    for i in range(2 * width):
        work.gradient[i] += work.step[i]


@jit(double(given, model_type, given, given, work_type))
def accumulate(values, model, smoothing, states, work):
    """Sums over a series at one point.

    The body is one function because a call per step would cost as much as the step.

    Parameters
    ----------
    values : ndarray, shape (n,)
    model : Model
    smoothing : ndarray, shape (4,)
    states : ndarray, shape (2 + sp,)
        Initial ones.
    work : Work
        Written: `gram`, the sum of J'J; `gradient`, the sums of r J and, error M, of df / f, by
        states and smoothing parameters themselves.

    Returns
    -------
    float
        Sum of r^2, of the weighted residuals where the objective weighs them.
    """
    w, rows, pair = work.sensitivities, work.rows, work.pair
    seasons = work.states[SEASONS]
    n, sp, width = values.size, model.sp, model.width
    error, trend, season = model.error, model.trend, model.season
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    level, slope, s = states[0], states[1], 0.0
    for j in range(sp):
        seasons[j] = states[2 + j]
    seed(model, w)
    sse = 0.0
    for i in range(width * width):
        work.gram[i] = 0.0
    for i in range(2 * width):
        work.gradient[i] = 0.0
    j, row, own = 0, 0, (2 + sp) * width
    n_plain = model.n_states // LANES * LANES
    n_batch = min(n, N_ROWS)
    for t in range(n):
        bb, q = carry(trend, level, slope, phi)
        # Derivatives of bb and q; `extra` is what phi adds to bb.
        a1, a2, a3, by_bb, extra = 1.0, 0.0, 0.0, 1.0, 0.0
        if trend == A:
            a2, a3, extra = phi, phi, slope
        elif trend == M:
            a3 = phi * bb / slope
            a1, a2, by_bb = bb, level * a3, level
            if model.phi >= 0:
                extra = bb * math.log(slope)
        f, f1, f2, u2, s1, s2 = q, 1.0, 0.0, 0.0, 1.0, 0.0
        if season == A:
            s = seasons[j]
            f, f2, u2 = q + s, 1.0, -1.0
        elif season == M:
            s = seasons[j]
            f, f1, f2 = q * s, s, q
        y = values[t]
        weight, r, ratio, u, toward, gain = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        b1, b2 = 0.0, 0.0
        if not math.isnan(y):
            e = y - f
            r, weight, u, gain = e, -1.0, e, alpha
            if error == 1:
                r = e / f
                weight = -y / (f * f)
                ratio = -f / y
            elif model.objective == ABSOLUTES:
                weight = -1.0 / math.sqrt(max(abs(e), _SMALLEST))
                r = -e * weight
            sse += r * r
            if season == A:
                toward = e
                seasons[j] = s + gamma * e
                s1, s2 = 1.0 - gamma, -gamma
            elif season == M:
                u = e / s
                toward = e / q
                seasons[j] = s + gamma * toward
                u2 = -y / (s * s)
                s1, s2 = 1.0 - gamma, -gamma * y / (q * q)
            if trend == A:
                b1 = beta
            elif trend == M:
                b1 = beta / level
                b2 = -b1 * u / level
        o, js = row * width, (2 + j) * width
        pair[row], pair[n_batch + row] = r, ratio
        by_beta = u
        if trend == M:
            by_beta = u / level
        for k in range(0, n_plain, LANES):
            move_lanes(
                w, rows, k, width + k, js + k, o + k, weight, a1, a2, a3, f1, f2, u2, gain, b1, b2,
                s1, s2,
            )  # fmt: skip
        for k in range(n_plain, width, LANES):
            move_own_lanes(
                w, rows, k, width + k, js + k, o + k, weight, a1, a2, a3, f1, f2, u2, gain, b1, b2,
                s1, s2, own + k, width, u, by_beta, toward, by_bb * extra, extra,
            )  # fmt: skip
        if trend != 0:
            slope = bb + b1 * u
        level = q + gain * u
        j = 0 if j + 1 == sp else j + 1
        row += 1
        if row == n_batch:
            gather(model, row, work)
            for i in range(own):
                w[i] = 0.0 if abs(w[i]) < _FORGOTTEN else w[i]
            row = 0
            n_batch = min(n - t - 1, N_ROWS)
    return sse
