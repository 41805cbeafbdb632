"""Exogenous columns: regression whose errors follow an additive ETS model.

With y = X b + z and z from a linear model, residuals are linear in y, in the columns of X and in
the initial states. Given the smoothing parameters, b is the generalised least-squares estimate:
filter y, the columns and the unit states through the recursion, and regress. Given b, the models
are fitted to y - X b. The two take turns until the residuals' sum of squares stops falling.
"""

from __future__ import annotations

import numpy as np

from skgru.ets import _selection
from skgru.ets._model import ETSFit, Settings
from skgru.ets._recursion import run
from skgru.ets._series import Panel

N_TURNS = 20
TOLERANCE = 1e-6  # of the sum of squares, relative


def fit(values, panel: Panel, settings: Settings, n_jobs: int = 1, after_block=None):
    """Coefficients of each series, and the values without what the regressors explain.

    Parameters
    ----------
    values : ndarray
        Of the panel's targets, transformed where that was asked for.
    panel : Panel
    settings : Settings
        Additive candidates.
    n_jobs, after_block
        As for `_selection.fit`.

    Returns
    -------
    values : ndarray
        Without the regressors' part; NaN where a regressor is missing.
    coefficients : ndarray, shape (n_series, n_regressors)
    """
    offsets = panel.targets[1]
    designs = [panel.explained_by(s) for s in range(panel.n_series)]
    coefficients = np.stack(
        [_differenced(values[offsets[s] : offsets[s + 1]], X) for s, X in enumerate(designs)]
    )
    loss = np.full(panel.n_series, np.inf)
    for _ in range(N_TURNS):
        rest = remove(values, panel, coefficients)
        fits = _selection.fit(rest, offsets, settings, n_jobs)
        best = np.argmin(_selection.criteria(fits, settings), axis=1)
        new_loss = fits.sse[np.arange(panel.n_series), best]
        moving = np.flatnonzero(new_loss < loss * (1 - TOLERANCE))
        loss = np.minimum(loss, new_loss)
        if not len(moving):
            break
        for s in moving:
            model = _selection.single(fits, settings, int(s), int(best[s]))
            y = values[offsets[s] : offsets[s + 1]]
            coefficients[s] = generalised(model, y, designs[s])[0]
    return remove(values, panel, coefficients), coefficients


def remove(values: np.ndarray, panel: Panel, coefficients: np.ndarray) -> np.ndarray:
    """Values less X b; NaN where a regressor is missing."""
    offsets = panel.targets[1]
    rest = values.copy()
    for s in range(panel.n_series):
        rest[offsets[s] : offsets[s + 1]] -= panel.explained_by(s) @ coefficients[s]
    return rest


def generalised(fit: ETSFit, values: np.ndarray, X: np.ndarray):
    """Generalised least-squares coefficients under one model.

    Parameters
    ----------
    fit : ETSFit
        Of an additive model; its smoothing parameters count.
    values : ndarray, shape (n,)
    X : ndarray, shape (n, n_regressors)

    Returns
    -------
    coefficients : ndarray, shape (n_regressors,)
    covariance : ndarray, shape (n_regressors, n_regressors)
        Of the estimate, for residuals of variance `fit.sigma2`.
    """
    missing = np.isnan(values) | np.isnan(X).any(axis=1)
    n_states = len(fit.initial)
    zero = np.zeros(n_states)
    columns = [_filtered(fit, np.where(missing, np.nan, x), zero) for x in X.T]
    nothing = np.where(missing, np.nan, 0.0)
    for i in range(n_states):
        if (i == 1 and fit.spec.trend == "N") or (i > 1 and fit.spec.season == "N"):
            continue
        unit = zero.copy()
        unit[i] = 1.0
        columns.append(-_filtered(fit, nothing, unit))
    target = _filtered(fit, np.where(missing, np.nan, values), zero)[~missing]
    design = np.stack(columns, axis=1)[~missing]
    scale = np.sqrt((design**2).mean(axis=0))
    scale[scale == 0] = 1.0
    k = X.shape[1]
    solution = np.linalg.lstsq(design / scale, target, rcond=None)[0]
    inverse = np.linalg.pinv((design / scale).T @ (design / scale))[:k, :k]
    return solution[:k] / scale[:k], fit.sigma2 * inverse / np.outer(scale[:k], scale[:k])


def _filtered(fit: ETSFit, values: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Residuals of one column under the model's smoothing parameters."""
    residuals, forecasts = np.empty(len(values)), np.empty(len(values))
    _, trend, _, season = fit.spec.code
    smoothing = fit.smoothing
    run(values, 0, trend, season, fit.sp, 0, smoothing, states.copy(), residuals, forecasts)
    return residuals


def _differenced(values: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Starting coefficients: least squares of the changes, which removes level and slow trend."""
    changes = np.diff(np.column_stack([values, X]), axis=0)
    changes = changes[~np.isnan(changes).any(axis=1)]
    if len(changes) <= X.shape[1]:
        return np.zeros(X.shape[1])
    return np.linalg.lstsq(changes[:, 1:], changes[:, 0], rcond=None)[0]
