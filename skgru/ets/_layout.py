"""One model as the optimiser sees it: which columns its derivatives have, and room to work in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skgru.ets._jit import integer, jit, matrix, truth, types, vector

# Rows of the Jacobian that are held at a time.
N_ROWS = 128

# Objectives, as the kernels count them.
LIKELIHOOD, SQUARES, ABSOLUTES, HORIZONS = 0, 1, 2, 3


class Model(NamedTuple):
    """Integers that say what is fitted.

    The free parameters are, in this order: seasons or level, slope, then the smoothing parameters
    that the model has. Level and seasons of a seasonal model share one direction that changes no
    forecast, so the level is held and all seasons are free. A trend that multiplies together with a
    season that adds lacks that direction: the level is free there and the seasons sum to zero.

    Attributes
    ----------
    error : int
        Of the residual that is fitted.
    trend, damped, season, sp : int
    objective, n_steps, region : int
    n_states, n_smooth : int
        Free ones.
    width : int
        Their sum, rounded up to a multiple of 4.
    n_seasons : int
        Free seasons: sp or 0.
    contrast : int
        Whether the seasons sum to zero; column 0 is then the level.
    level, slope, beta, gamma, phi : int
        Their columns; -1: held or absent. alpha's is n_states.
    """

    error: int
    trend: int
    damped: int
    season: int
    sp: int
    objective: int
    n_steps: int
    region: int
    n_states: int
    n_smooth: int
    width: int
    n_seasons: int
    contrast: int
    level: int
    slope: int
    beta: int
    gamma: int
    phi: int


model_type = types.NamedUniTuple(integer, len(Model._fields), Model)


@jit(model_type(*[integer] * 8, truth, truth, truth))
def describe(
    error, trend, damped, season, sp, objective, n_steps, region, holds_level, holds_slope,
    holds_season,
):  # fmt: skip
    """The model whose states are free but for those that are held."""
    n_seasons = sp if season != 0 and not holds_season else 0
    contrast = 1 if n_seasons > 0 and trend == 2 and season == 1 and not holds_level else 0
    level = -1
    n_states = n_seasons
    if contrast == 1:
        level = 0
    elif n_seasons == 0 and not holds_level:
        level = 0
        n_states = 1
    slope = -1
    if trend != 0 and not holds_slope:
        slope = n_states
        n_states += 1
    column = n_states + 1
    beta, gamma, phi = -1, -1, -1
    if trend != 0:
        beta = column
        column += 1
    if season != 0:
        gamma = column
        column += 1
    if damped != 0:
        phi = column
        column += 1
    width = (column + 3) // 4 * 4
    return Model(
        error if objective == LIKELIHOOD else 0, trend, damped, season, sp, objective, n_steps,
        region, n_states, column - n_states, width, n_seasons, contrast, level, slope, beta, gamma,
        phi,
    )  # fmt: skip


# Rows of `Work.points`: coordinates with what `_optimum` keeps behind them, and small vectors.
TRIAL, BEST, WARM, CURRENT, LOW, HIGH, STEP_LOW, STEP_HIGH = 0, 1, 2, 3, 4, 5, 6, 7
SMOOTHING, SLOPES, UNITS, SMALL = 8, 9, 10, 11
# Rows of `Work.states`; the first four belong to the points of the same name.
BASE, SEASONS, POLYNOMIAL, MOVING = 4, 5, 6, 7
# Rows of `Work.lines`.
SCALED, FILLED, FIRST, SECOND = 0, 1, 2, 3


class Work(NamedTuple):
    """Arrays that one thread uses again and again; few, for each call passes them all on.

    Attributes
    ----------
    sensitivities : (6 + sp) rows of `width` + 1, flat
        Of level, slope and each season; unit vectors of the smoothing parameters.
    rows : N_ROWS rows of `width`, flat
        Of the Jacobian.
    pair : (2, N_ROWS), flat
        Residuals and weights that the rows are multiplied by.
    gram, factor : width and width + 1 rows of `width`, flat
    gradient, step : 2 rows of `width`, flat
    points : (12, 48)
    states : (8, 2 + sp)
    lines : (4, n)
    """

    sensitivities: np.ndarray
    rows: np.ndarray
    pair: np.ndarray
    gram: np.ndarray
    factor: np.ndarray
    gradient: np.ndarray
    step: np.ndarray
    points: np.ndarray
    states: np.ndarray
    lines: np.ndarray


work_type = types.NamedTuple([vector] * 7 + [matrix] * 3, Work)


@jit(work_type(integer, integer))
def room(n, sp):
    """Work arrays for series of up to `n` values with a period of up to `sp`."""
    width = (sp + 8) // 4 * 4
    return Work(
        np.empty((6 + sp) * (width + 1)),
        np.empty(N_ROWS * width),
        np.empty(2 * N_ROWS),
        np.empty(width * width),
        np.empty((width + 1) * width),
        np.empty(2 * width),
        np.empty(2 * width),
        np.empty((12, 48)),
        np.empty((8, 2 + sp)),
        np.empty((4, n)),
    )
