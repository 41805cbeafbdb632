"""One Gauss-Newton step: states eliminated, smoothing parameters within their box.

With the states first, H = C C' by Cholesky on the state block; what is left for the at most four
smoothing parameters d is the quadratic d'Q d / 2 - r'd, Q the Schur complement, minimised over a
box by coordinate descent. Substituting back gives the states' part of the joint step.
"""

from __future__ import annotations

import math

from skgru.ets._jit import double, integer, jit, nothing, part, truth, vector
from skgru.ets._layout import SMALL, model_type, work_type

_SWEEPS = 100
_SINGULAR = 1e-12  # pivot, relative to its diagonal element, below which a state is left alone
# Places in the row SMALL of `Work.points`.
_Q, _RIGHT, _D, _X, _E = 0, 16, 20, 24, 28


@part
def _which(model, i):
    """Which of alpha, beta, gamma, phi the i-th smoothing column stands for."""
    column = model.n_states + i
    if column == model.beta:
        return 1
    if column == model.gamma:
        return 2
    if column == model.phi:
        return 3
    return 0


@part
def _turn(small, k, vector, base, stride):
    """d/d coordinate j = sum_i slope[i, j] d/d parameter i, for k numbers `stride` apart."""
    x0, x1, x2, x3 = vector[base], 0.0, 0.0, 0.0
    if k > 1:
        x1 = vector[base + stride]
    if k > 2:
        x2 = vector[base + 2 * stride]
    if k > 3:
        x3 = vector[base + 3 * stride]
    for j in range(k):
        total = small[j] * x0
        if k > 1:
            total += small[4 + j] * x1
        if k > 2:
            total += small[8 + j] * x2
        if k > 3:
            total += small[12 + j] * x3
        vector[base + j * stride] = total


@jit(nothing(model_type, vector, work_type))
def substitute(model, slopes, work):
    """Turn derivatives by smoothing parameters into those by coordinates, in place.

    Only the lower half of `work.gram` is kept right.
    """
    q, k, width = model.n_states, model.n_smooth, model.width
    gram, gradient, small = work.gram, work.gradient, work.points[SMALL]
    # slopes of the parameters that there are
    for i in range(k):
        for j in range(k):
            row, column = _which(model, i), _which(model, j)
            small[i * 4 + j] = slopes[4 * row + column]
    for c in range(q + k):  # from the left, at the rows below the states
        _turn(small, k, gram, q * width + c, width)
    for j in range(k):  # and from the right, within the last block
        _turn(small, k, gram, (q + j) * width + q, 1)
    for half in range(2):
        _turn(small, k, gradient, half * width + q, 1)


@jit(nothing(model_type, double, integer, work_type))
def concentrate(model, sse, n_observed, work):
    """Curvature and gradient of n log(sum r^2) + 2 sum log f, both times S / (2 n), in place."""
    gram, gradient, width = work.gram, work.gradient, model.width
    size = model.n_states + model.n_smooth
    for i in range(size):
        gradient[width + i] /= n_observed
    for i in range(size):
        g, c = gradient[i], gradient[width + i]
        for j in range(i + 1):
            gram[i * width + j] += g * gradient[width + j] + c * (
                gradient[j] + sse * gradient[width + j]
            )
    for i in range(size):
        gradient[i] += sse * gradient[width + i]


@jit(nothing(model_type, double, work_type))
def factorise(model, ridge, work):
    """Eliminate the states: `work.factor` of the states, Schur complement in `work.points`."""
    q, k, width = model.n_states, model.n_smooth, model.width
    gram, factor, gradient, small = work.gram, work.factor, work.gradient, work.points[SMALL]
    for i in range(q + k + 1):  # the last row is minus the gradient
        o = i * width
        for j in range(min(i + 1, q)):
            p = j * width
            total = 0.0
            for m in range(j):
                total += factor[o + m] * factor[p + m]
            if i == q + k:
                total = -gradient[j] - total
            else:
                total = gram[o + j] - total
            if i > j:
                factor[o + j] = total * factor[p + j]  # diagonal: inverse
            else:
                diagonal = gram[o + j]
                total += ridge * diagonal
                if total > _SINGULAR * diagonal:
                    factor[o + j] = 1.0 / math.sqrt(total)
                else:
                    factor[o + j] = 0.0
    last = (q + k) * width
    for i in range(k):
        o = (q + i) * width
        for j in range(i + 1):
            p = (q + j) * width
            total = 0.0
            for m in range(q):
                total += factor[o + m] * factor[p + m]
            total = gram[o + q + j] - total
            if i == j:
                total += ridge * gram[o + q + i]
            small[_Q + 4 * i + j] = total
            small[_Q + 4 * j + i] = total
        total = 0.0
        for m in range(q):
            total += factor[o + m] * factor[last + m]
        small[_RIGHT + i] = -gradient[q + i] - total


@jit(truth(integer, integer, vector))
def _jump(k, free, small):
    """Minimise over the coordinates whose bits are set in `free`; write them behind `_X`.

    Elimination without pivoting, for what is left of a Gram matrix is positive definite.
    """
    for i in range(k):
        if free >> i & 1:
            total = small[_RIGHT + i]
            for j in range(k):
                small[_E + 4 * i + j] = small[_Q + 4 * i + j]
                if not free >> j & 1:
                    total -= small[_Q + 4 * i + j] * small[_D + j]
            small[_X + i] = total
    for i in range(k):
        if not free >> i & 1:
            continue
        if not small[_E + 5 * i] > _SINGULAR * small[_Q + 5 * i]:
            return False
        inverse = 1.0 / small[_E + 5 * i]
        small[_E + 5 * i] = inverse
        for j in range(i + 1, k):
            if free >> j & 1:
                factor = small[_E + 4 * j + i] * inverse
                for m in range(i + 1, k):
                    small[_E + 4 * j + m] -= factor * small[_E + 4 * i + m]
                small[_X + j] -= factor * small[_X + i]
    for i in range(k - 1, -1, -1):
        if free >> i & 1:
            total = small[_X + i]
            for j in range(i + 1, k):
                if free >> j & 1:
                    total -= small[_E + 4 * i + j] * small[_X + j]
            small[_X + i] = total * small[_E + 5 * i]
    return True


@jit(nothing(model_type, vector, vector, vector))
def _descend(model, low, high, small):
    """Minimise d'Q d / 2 - r'd over the box.

    Coordinate descent finds which coordinates are on their bounds, a jump the best of the others; a
    sweep after it that moves nothing is the proof.
    """
    k = model.n_smooth
    for i in range(k):
        small[_D + i] = 0.0
    for sweep in range(_SWEEPS):
        change, free = 0.0, 0
        for i in range(k):
            diagonal = small[_Q + 5 * i]
            which = _which(model, i)
            if not diagonal > 0.0 or not low[which] < high[which]:
                continue
            total = small[_RIGHT + i]
            for j in range(k):
                if j != i:
                    total -= small[_Q + 4 * i + j] * small[_D + j]
            new = min(max(total / diagonal, low[which]), high[which])
            change = max(change, abs(new - small[_D + i]))
            small[_D + i] = new
            if low[which] < new < high[which]:
                free |= 1 << i
        if change < 1e-5:
            return
        if sweep & 1 and free != 0 and _jump(k, free, small):
            inside = True
            for i in range(k):
                if free >> i & 1:
                    which = _which(model, i)
                    inside = inside and low[which] <= small[_X + i] <= high[which]
            if inside:
                for i in range(k):
                    if free >> i & 1:
                        small[_D + i] = small[_X + i]


@jit(double(model_type, vector, vector, vector, work_type))
def solve(model, low, high, step, work):
    """Write the step within low <= smoothing part <= high; the decrease of S that it promises.

    Parameters
    ----------
    model : Model
    low, high : ndarray, shape (4,)
        Of the steps of the four coordinates.
    step : ndarray, shape (>= n_states + n_smooth,)
    work : Work
        As `factorise` left it.
    """
    q, k, width = model.n_states, model.n_smooth, model.width
    factor, small = work.factor, work.points[SMALL]
    _descend(model, low, high, small)
    promised = 0.0
    last = (q + k) * width
    for i in range(q):
        promised += factor[last + i] ** 2
    for i in range(k):
        total = 2.0 * small[_RIGHT + i]
        for j in range(k):
            total -= small[_Q + 4 * i + j] * small[_D + j]
        promised += total * small[_D + i]
        step[q + i] = small[_D + i]
    for i in range(q):
        total = factor[last + i]
        for j in range(k):
            total -= factor[(q + j) * width + i] * small[_D + j]
        step[i] = total
    for i in range(q - 1, -1, -1):  # C' x = z, by rows of C
        x = step[i] * factor[i * width + i]
        step[i] = x
        for j in range(i):
            step[j] -= factor[i * width + j] * x
    return promised
