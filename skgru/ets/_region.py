"""Where smoothing parameters may lie: a box of coordinates, and the admissible region.

alpha and phi are coordinates themselves. Those of beta and gamma are their places between the
bounds (0 to 1), whose upper ends move with alpha::

    usual        beta in [low, min(high, alpha)]      gamma in [low, min(high, 1 - alpha)]
    admissible   beta in [low, (1 + phi)(2 - alpha)]  gamma in [low, 2 - alpha],  alpha < 2

so every region is a box, but for the test of `is_admissible` that models with trend and season need
besides. A parameter whose two bounds are equal is fixed and restrains nothing but the others.

References
----------
Hyndman, Akram & Archibald (2008), "The admissible parameter space for exponential smoothing
models".
"""

from __future__ import annotations

from skgru.ets._jit import double, integer, jit, matrix, nothing, truth, vector
from skgru.ets._layout import model_type

USUAL, ADMISSIBLE, BOTH = 0, 1, 2
_MARGIN = 1e-4  # of the open ends of the admissible region


@jit(nothing(model_type, matrix, double, vector, vector))
def bound(model, bounds, largest_share, low, high):
    """Write the box of the four coordinates; those a model lacks have the width 0."""
    for i in range(4):
        low[i], high[i] = 0.0, 0.0
    low[0], high[0] = bounds[0, 0], bounds[0, 1]
    if low[0] < high[0]:
        if model.region == ADMISSIBLE:
            high[0] = 2.0 - _MARGIN
            if model.season != 0:
                high[0] -= bounds[2, 0]
        else:
            if model.trend != 0:
                low[0] = max(low[0], bounds[1, 0])
            if model.season != 0:
                high[0] = min(high[0], 1.0 - bounds[2, 0])
            high[0] = max(low[0], high[0])
    if model.trend != 0 and bounds[1, 0] < bounds[1, 1]:
        high[1] = largest_share
    if model.season != 0 and bounds[2, 0] < bounds[2, 1]:
        high[2] = 1.0
    if model.damped != 0:
        low[3], high[3] = bounds[3, 0], bounds[3, 1]
    else:
        low[3], high[3] = 1.0, 1.0


@jit(nothing(model_type, matrix, vector, vector, vector))
def place(model, bounds, coordinates, smoothing, slopes):
    """Smoothing parameters at `coordinates`, and slopes[4 i + k], that of parameter i by k."""
    alpha, phi = coordinates[0], coordinates[3]
    for i in range(16):
        slopes[i] = 0.0
    smoothing[0], smoothing[1], smoothing[2], smoothing[3] = alpha, 0.0, 0.0, phi
    slopes[0] = 1.0
    slopes[15] = 1.0
    if model.trend != 0:
        low, high, by_alpha, by_phi = bounds[1, 0], bounds[1, 1], 0.0, 0.0
        if low < high:
            if model.region == ADMISSIBLE:
                high, by_alpha, by_phi = (1.0 + phi) * (2.0 - alpha), -1.0 - phi, 2.0 - alpha
            elif alpha < high:
                high, by_alpha = alpha, 1.0
            if high < low:
                high, by_alpha, by_phi = low, 0.0, 0.0
        share = coordinates[1]
        smoothing[1] = low + (high - low) * share
        slopes[4], slopes[5], slopes[7] = share * by_alpha, high - low, share * by_phi
    if model.season != 0:
        low, high, by_alpha = bounds[2, 0], bounds[2, 1], 0.0
        if low < high:
            if model.region == ADMISSIBLE:
                high, by_alpha = 2.0 - alpha, -1.0
            elif 1.0 - alpha < high:
                high, by_alpha = 1.0 - alpha, -1.0
            if high < low:
                high, by_alpha = low, 0.0
        share = coordinates[2]
        smoothing[2] = low + (high - low) * share
        slopes[8], slopes[10] = share * by_alpha, high - low


@jit(truth(double, double, double, double, integer, vector))
def is_admissible(alpha, beta, gamma, phi, sp, polynomial):
    """Whether what lies long ago is forgotten: the roots of a seasonal model are within the circle.

    Stepping the polynomial down (Schur-Cohn) takes the place of finding its roots. Without a trend
    the test is not needed, and singular.

    Parameters
    ----------
    alpha, beta, gamma, phi : float
    sp : int
    polynomial : ndarray, shape (sp + 2,)
        Work.
    """
    m = float(sp)
    if gamma < max(1.0 - 1.0 / phi - alpha, 0.0) or gamma > 1.0 + 1.0 / phi - alpha:
        return False
    if alpha < 1.0 - 1.0 / phi - gamma * (1.0 - m + phi + phi * m) / (2.0 * phi * m):
        return False
    if beta < -(1.0 - phi) * (gamma / m + alpha):
        return False
    middle = alpha + beta - alpha * phi
    polynomial[0] = phi * (1.0 - alpha - gamma)
    polynomial[1] = middle + gamma - 1.0
    for i in range(2, sp):
        polynomial[i] = middle
    polynomial[sp] = alpha + beta - phi
    polynomial[sp + 1] = 1.0
    for start in range(sp + 1):
        degree = sp + 1 - start
        k = polynomial[start] / polynomial[sp + 1]
        if not abs(k) < 1.0:
            return False
        # a_p - k a_(degree - p), in pairs, kept one place up.
        for p in range(1, degree // 2 + 1):
            a, b = polynomial[start + p], polynomial[start + degree - p]
            polynomial[start + p] = a - k * b
            if 2 * p < degree:
                polynomial[start + degree - p] = b - k * a
        polynomial[sp + 1] -= k * polynomial[start]
    return True


@jit(truth(model_type, matrix, vector, vector, vector, vector))
def allows(model, bounds, coordinates, smoothing, slopes, polynomial):
    """Whether the region holds the place; writes its smoothing parameters."""
    place(model, bounds, coordinates, smoothing, slopes)
    if (
        model.region == USUAL
        or model.season == 0
        or model.trend == 0
        or bounds[1, 0] == bounds[1, 1]
    ):
        return True
    return is_admissible(
        smoothing[0], smoothing[1], smoothing[2], smoothing[3], model.sp, polynomial
    )


@jit(double(model_type, matrix, vector, vector, vector, vector))
def largest_share(model, bounds, coordinates, smoothing, slopes, polynomial):
    """The largest share of beta that the region allows beside the other coordinates."""
    share = coordinates[1]
    inside, outside = 0.0, share
    for _ in range(12):
        coordinates[1] = 0.5 * (inside + outside)
        if allows(model, bounds, coordinates, smoothing, slopes, polynomial):
            inside = coordinates[1]
        else:
            outside = coordinates[1]
    coordinates[1] = share
    return inside
