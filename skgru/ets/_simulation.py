"""Simulated futures of one fitted model, for what has no closed form and for `simulate`."""

from __future__ import annotations

import numpy as np

from skgru._memory import require_memory
from skgru.ets._jit import given, integer, jit, matrix, nothing, part
from skgru.ets._model import ETSFit
from skgru.ets._recursion import carry

# A simulated value never leaves this range, so that variances of explosive models stay finite.
LARGEST = 1e150
LARGEST_FACTOR = 1e50


def paths(
    fit: ETSFit,
    h: int,
    n_paths: int,
    rng: np.random.Generator,
    bootstrap=None,
    states=None,
    phase: int | None = None,
) -> np.ndarray:
    """Simulated futures, each with innovations of its own.

    Parameters
    ----------
    fit : ETSFit
    h, n_paths : int
    rng : numpy.random.Generator
        All innovations are drawn from it before the first path starts: same generator, same paths,
        whatever the number of threads.
    bootstrap : array_like, optional
        Residuals (relative ones for error M) to draw from, with replacement; NaN are left out.
        Default: normal innovations of variance `fit.sigma2`.
    states : array_like, shape (2 + sp,), optional
        Level, slope and season to start from. Default: those after the last value; `fit.initial`
        simulates the whole series anew.
    phase : int, optional
        Phase of the first simulated value. Default: that of the next value, or 0 where `states` are
        given.

    Returns
    -------
    ndarray, shape (n_paths, h)

    Notes
    -----
    Innovations of a multiplicative error are truncated so that 1 + eps > 0. Where a component that
    is a factor (trend or season M) or the level of a multiplicative trend would become zero or
    negative, which only unsound models do, it keeps a tenth of its last value; it grows at most
    tenfold in a step.
    """
    require_memory(
        8 * n_paths * h,
        f"{n_paths} simulated futures of {h} steps",
        "lower n_simulations, or the longest step of fh",
    )
    if phase is None:
        phase = fit.n_times % fit.sp if states is None else 0
    states = fit.final if states is None else states
    error, trend, _, season = fit.spec.code
    out = np.empty((n_paths, h))
    walk(
        np.ascontiguousarray(states, float),
        error,
        trend,
        season,
        fit.sp,
        phase,
        fit.smoothing,
        innovations(error, fit.sigma2, (n_paths, h), rng, bootstrap),
        out,
    )
    return out


def innovations(error: int, sigma2: float, shape, rng: np.random.Generator, bootstrap=None):
    """Independent innovations: normal, for error M (1) truncated to values above -1, or resampled.

    Returns
    -------
    ndarray of `shape`
    """
    if bootstrap is not None:
        residuals = np.asarray(bootstrap, float)
        residuals = residuals[np.isfinite(residuals)]
        if residuals.size == 0:
            raise ValueError(
                "A bootstrap needs at least one residual that is not missing; got none. "
                "Leave bootstrap out for normal innovations."
            )
        drawn = rng.choice(residuals, size=shape)
        return np.maximum(drawn, -1 + 1e-9) if error else drawn
    scale = np.sqrt(sigma2)
    drawn = rng.normal(0.0, scale, size=shape)
    if error:
        below = np.flatnonzero(drawn <= -1)
        while below.size:  # half of the draws pass at least
            drawn.flat[below] = rng.normal(0.0, scale, size=below.size)
            below = below[drawn.flat[below] <= -1]
    return drawn


@part
def _hold(new, old):
    """A factor after a step: positive, and at most ten times the old one."""
    if new > 10 * old:
        return 10 * old
    if new > 0:
        return new
    return 0.1 * old


# Longer than a function should be: one loop over the steps, every part a line of the model.
@jit(
    nothing(given, integer, integer, integer, integer, integer, given, matrix, matrix),
    from_python=True,
)
def walk(states, error, trend, season, sp, phase, smoothing, innovations, out):
    """Fill out[i, t] by running the model from `states` under innovations[i, t].

    Parameters
    ----------
    states : (2 + sp,)
    error, trend, season : int
        As in `ETSSpec.code`.
    smoothing : (4,)
    innovations, out : (n_paths, h)
    """
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    seasons = np.empty(sp)
    for i in range(innovations.shape[0]):
        level, slope = states[0], states[1]
        for j in range(sp):  # copying a slice takes two seconds to compile
            seasons[j] = states[2 + j]
        place = phase
        for t in range(innovations.shape[1]):
            growth, base = carry(trend, level, slope, phi)
            factor = seasons[place]
            forecast = base
            if season == 1:
                forecast = base + factor
            elif season == 2:
                forecast = base * factor
            change = innovations[i, t]
            if error == 1:
                change *= forecast
            value = forecast + change
            out[i, t] = min(max(value, -LARGEST), LARGEST)
            # What of the change reaches the level, on the level's scale.
            moved = change
            if season == 2:
                moved = base * innovations[i, t] if error == 1 else change / factor
            if trend == 2:
                slope = min(_hold(growth + beta * moved / level, growth), LARGEST_FACTOR)
                level = min(_hold(base + alpha * moved, base), LARGEST)
            else:
                slope = growth + beta * moved
                level = min(max(base + alpha * moved, -LARGEST), LARGEST)
            if season == 1:
                seasons[place] = factor + gamma * change
            elif season == 2:
                share = 0.0
                if error == 1:
                    share = factor * innovations[i, t]
                elif base != 0:
                    share = change / base
                seasons[place] = min(_hold(factor + gamma * share, factor), LARGEST_FACTOR)
            place += 1
            if place == sp:
                place = 0
