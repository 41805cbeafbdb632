"""How thoroughly to search: settings that were chosen on the training parts of the M3 series."""

from __future__ import annotations

import numpy as np

from skgru.ets._model import Search, Settings

# What a trend that never levels off must gain in the criterion over others, to be chosen or to
# weigh as much: extrapolated, it errs more than its fit tells.
CHARGE = 4.0
# Seasons of this length and more have a second fit with a level that moves slowly.
LONG = 12

# alpha, share of beta, share of gamma, phi. Likelihoods of short series often have one optimum with
# a level that follows every value and one with a rigid level; slope and season do alike.
_PLAIN = np.array(
    [
        [0.3, 0.2, 0.1, 0.95],
        [0.9, 0.1, 0.1, 0.9],
        [0.1, 0.9, 0.1, 0.97],
        [0.6, 0.6, 0.1, 0.85],
        [0.02, 0.1, 0.1, 0.9],
    ]
)
_SEASONAL = np.array(
    [
        [0.2, 0.1, 0.1, 0.95],
        [0.02, 0.1, 0.5, 0.95],
        [0.5, 0.05, 0.8, 0.95],
        [0.9, 0.8, 0.1, 0.9],
        [0.1, 0.1, 0.6, 0.95],
        [0.05, 0.5, 0.3, 0.97],
    ]
)

# One model is to be selected: every start is probed, the first four are searched from; a criterion
# that is seldom worse than R's, at a quarter of the work of THOROUGH.
SELECT = Search(
    np.array(
        [
            [0.6, 0.6, 0.1, 0.85],
            [0.1, 0.9, 0.1, 0.97],
            [0.02, 0.1, 0.1, 0.9],
            [0.7, 0.05, 0.1, 0.95],
            [0.3, 0.05, 0.1, 0.95],
            [0.95, 0.1, 0.1, 0.9],
            [0.3, 0.5, 0.1, 0.9],
        ]
    ),
    n_warm=2,
    prune=True,
    seasonal_starts=np.array(
        [
            [0.4, 0.1, 0.4, 0.95],
            [0.02, 0.1, 0.5, 0.95],
            [0.7, 0.1, 0.1, 0.9],
            [0.15, 0.1, 0.2, 0.95],
            [0.8, 0.1, 0.5, 0.9],
            [0.4, 0.02, 0.1, 0.95],
        ]
    ),
)
# The best that several starts find, for comparisons and for single series.
THOROUGH = Search(
    _PLAIN,
    n_short=8,
    n_warm=5,
    tolerance=1e-4,
    seasonal_starts=_SEASONAL,
)
COMBINE = Search(
    _PLAIN[:1],
    n_warm=0,
    largest_share=0.15,
    seasonal_starts=_SEASONAL[:1],
)


def select(sp: int) -> Search:
    """For the choice of one model of a series with period `sp`."""
    del sp
    return SELECT


def combine(sp: int) -> Search:
    """For forecasts that weigh all candidates: slopes that change slowly forecast better."""
    del sp
    return COMBINE


def companion(sp: int) -> np.ndarray:
    """Bounds of the smoothing parameters of a companion (`skgru.ets._companion`); (4, 2).

    Where a season is long, the level follows no more than about one season: a level that follows
    every value, as one-step errors like it, carries the last hours into all of the next days.
    """
    bounds = Settings(specs=(), sp=1, search=COMBINE).bounds.copy()
    if sp >= LONG:
        bounds[0, 1] = 1 / sp
    return bounds
