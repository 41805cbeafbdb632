"""How thoroughly to search: settings that were chosen on the training parts of the M3 series."""

from __future__ import annotations

import numpy as np

from skgru.ets._model import Search

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

# One model is to be selected: a criterion that is seldom worse than R's, at half the work of
# THOROUGH.
SELECT = Search(_PLAIN, prune=True, seasonal_starts=_SEASONAL[:4])
# The best that several starts find, for comparisons and for single series.
THOROUGH = Search(
    _PLAIN,
    n_short=8,
    n_warm=5,
    tolerance=1e-4,
    seasonal_starts=_SEASONAL,
)
_COMBINE = Search(_PLAIN, seasonal_starts=_SEASONAL[:4])
_COMBINE_SEASONAL = Search(
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
    """For forecasts that weigh all candidates: seasonal series like slopes that change slowly."""
    return _COMBINE if sp == 1 else _COMBINE_SEASONAL
