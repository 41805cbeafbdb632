"""Quantiles of a mixture of two mixtures of normals, the second one perhaps of logarithms."""

from __future__ import annotations

import math

from skgru.ets._jit import cube, jit, matrix, nothing, part, vector

_ROOT_HALF = math.sqrt(0.5)
# Relative to the distance of the two quantiles between which the mixture's lies.
_TOLERANCE = 1e-10
_MOST_STEPS = 200


@part
def _below(shares, means, deviations, t, x):
    """Probability of at most x at step t."""
    total = 0.0
    for k in range(shares.shape[0]):
        if shares[k] > 0:
            away = x - means[k, t]
            if deviations[k, t] > 0:
                total += shares[k] * 0.5 * math.erfc(-away / deviations[k, t] * _ROOT_HALF)
            elif away >= 0:
                total += shares[k]
    return total


@part
def _mixed(shares, means, deviations, shares2, means2, deviations2, weight, lam, t, x):
    """Probability of at most x under both; the second sees log x (lam 0) or x - 1 (lam 1)."""
    first = _below(shares, means, deviations, t, x)
    if lam > 0:
        second = _below(shares2, means2, deviations2, t, x - 1)
    elif x > 0:
        second = _below(shares2, means2, deviations2, t, math.log(x))
    else:
        second = 0.0
    return first + weight * (second - first)


@jit(
    nothing(matrix, cube, cube, matrix, cube, cube, vector, vector, vector, cube, cube),
    from_python=True,
)
def cross(shares, means, deviations, shares2, means2, deviations2, weights, lambdas, levels, q, q2):
    """Quantiles of the mixtures of two into `q`, which holds those of the first.

    Parameters
    ----------
    shares, shares2 : ndarray, shape (n_series, n_specs)
    means, deviations, means2, deviations2 : ndarray, shape (n_series, n_specs, n_steps)
    weights, lambdas : ndarray, shape (n_series,)
        Weight of the second, and whether it is one of logarithms (0) or of values less 1 (1).
    levels : ndarray, shape (n_levels,)
    q, q2 : ndarray, shape (n_series, n_levels, n_steps)
        Quantiles of each. Where the second one's is NaN, the first one's stays.
    """
    for i in range(q.shape[0]):
        for a in range(q.shape[1]):
            for t in range(q.shape[2]):
                low, high = min(q[i, a, t], q2[i, a, t]), max(q[i, a, t], q2[i, a, t])
                if not (high > low and weights[i] > 0):
                    continue
                enough = _TOLERANCE * (high - low)
                f_low, f_high, side = -1.0, 1.0, 0
                for step in range(_MOST_STEPS):
                    if step < 2:
                        x = low if step == 0 else high
                    else:
                        x = (low * f_high - high * f_low) / (f_high - f_low)
                        if not low < x < high or step > 60:
                            x = 0.5 * (low + high)
                    above = (
                        _mixed(
                            shares[i],
                            means[i],
                            deviations[i],
                            shares2[i],
                            means2[i],
                            deviations2[i],
                            weights[i],
                            lambdas[i],
                            t,
                            x,
                        )
                        - levels[a]
                    )
                    # The ends bracket the root but for rounding and what was cut off at zero.
                    if (step == 0 and above >= 0) or (step == 1 and above <= 0):
                        low = high = x
                    elif above < 0:
                        low, f_low = x, above
                        f_high *= 0.5 if side == -1 else 1.0
                        side = -1
                    else:
                        high, f_high = x, above
                        f_low *= 0.5 if side == 1 else 1.0
                        side = 1
                    if high - low <= enough or above == 0:
                        break
                q[i, a, t] = x
