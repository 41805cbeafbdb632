"""Quantiles: between the levels that a network knows, and as wide as held-out errors say."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
MEDIAN = LEVELS.index(0.5)
TRUST = 1  # held-out windows that count as much as what training says


def interpolate(quantiles: np.ndarray, alpha) -> np.ndarray:
    """Quantiles at any levels: (..., n_levels) -> (..., n_alpha).

    Linear in the normal score of the level, and on along the outermost piece beyond.
    """
    known, wanted = ndtri(np.array(LEVELS)), ndtri(np.asarray(alpha, float))
    piece = np.clip(np.searchsorted(known, wanted) - 1, 0, len(LEVELS) - 2)
    share = (wanted - known[piece]) / (known[piece + 1] - known[piece])
    return quantiles[..., piece] * (1 - share) + quantiles[..., piece + 1] * share


def grid(n: int) -> np.ndarray:
    """Levels of `n` equally likely values."""
    return (np.arange(n) + 0.5) / n


def calibrate(quantiles: np.ndarray, target: np.ndarray, n_independent: float) -> np.ndarray:
    """Factors on the distance of each level from the median, from held-out targets.

    Shapes: (n, horizon, n_levels), (n, horizon) -> (n_levels,). Each pair of levels gets the factor
    under which as many of these targets lie between them as should (conformal prediction by
    the relative error), drawn towards 1 where `n_independent`, the windows that do not overlap, are
    few. One factor for both sides: an end of the series that lies above its forecasts says
    little about which side the future will be on.
    """
    factors = np.ones(len(LEVELS))
    known = np.isfinite(target)
    if not known.any():
        return factors
    error = (target - quantiles[..., MEDIAN])[known]
    trust = n_independent / (n_independent + TRUST)
    for i in range(MEDIAN):
        pair = np.where(error > 0, len(LEVELS) - 1 - i, i)
        distance = quantiles[known, pair] - quantiles[known, MEDIAN]
        ratio = error / np.where(np.abs(distance) < 1e-9, 1e-9, distance)
        found = np.quantile(np.abs(ratio), 1 - 2 * LEVELS[i])
        factors[[i, -1 - i]] = np.exp(trust * np.log(np.clip(found, 0.7, 5)))
    return factors


def widen(quantiles: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Move each level away from the median by its factor; levels stay in order."""
    median = quantiles[..., MEDIAN : MEDIAN + 1]
    return np.sort(median + (quantiles - median) * factors, axis=-1)


def pinball(quantiles: np.ndarray, target: np.ndarray) -> float:
    """Mean pinball loss of (n, horizon, n_levels) against (n, horizon), without missing targets."""
    over = target[..., None] - quantiles
    levels = np.array(LEVELS)
    return float(np.nanmean(np.maximum(levels * over, (levels - 1) * over)))
