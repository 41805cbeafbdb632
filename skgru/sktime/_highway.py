"""The linear part of a forecast: what a weighted sum of past values can say, in closed form.

``target = base + [context, 1] C + change of what is known ahead @ D_h``, by ridge regression over
the windows of all series, its rows reweighted so that large errors count by their size and not by
their square. Then each series gets a correction of C from its own windows, drawn towards zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from skgru.sktime._windows import Windows

REWEIGHTINGS = 2
SMALLEST = 0.3  # error, in medians, below which all rows count the same
OWN_ROWS = 1000  # windows of one series that its own correction is learnt from


@dataclass(frozen=True)
class Highway:
    """A fitted linear forecast.

    Attributes
    ----------
    period : int
        Seasonal period of the base, the last season repeated; 1 repeats the last value.
    weights : ndarray, shape (context + 1, horizon)
    known_weights : ndarray, shape (horizon, n_known)
    energy : float
        Mean squared norm of the rows, the unit of all penalties.
    own : dict
        Correction of `weights` for each series.
    """

    period: int
    weights: np.ndarray
    known_weights: np.ndarray
    energy: float
    own: dict[int, np.ndarray] = field(default_factory=dict)

    def forecast(self, windows: Windows) -> np.ndarray:
        """Scaled forecasts of shape (n, horizon)."""
        x = _design(windows)
        out = repeat(windows, self.period) + x @ self.weights
        for h, weights in enumerate(self.known_weights):
            if len(weights):
                out[:, h] += _changes(windows, len(weights), h) @ weights
        for owner in np.unique(windows.series) if self.own else ():
            if owner in self.own:
                rows = windows.series == owner
                out[rows] += x[rows] @ self.own[owner]
        return out


def repeat(windows: Windows, period: int) -> np.ndarray:
    """The last season again and again: scaled values of shape (n, horizon)."""
    steps = np.arange(windows.target.shape[1]) % period
    return windows.context[:, len(windows.context[0]) - period + steps]


def fit(windows: Windows, period: int, penalty: float, n_linear: int = 0) -> Highway:
    """Learn the weights that all series share.

    `penalty` is a share of the mean square of a value; of what is known ahead, the first
    `n_linear` variables are read.
    """
    x = _design(windows)
    base = repeat(windows, period)
    y = np.where(np.isfinite(windows.target), windows.target - base, 0).astype(np.float32)
    complete = np.isfinite(windows.target).all(axis=1)
    energy = float((x * x).sum() / max(len(x), 1)) or 1.0
    highway = Highway(
        period,
        np.zeros((x.shape[1], y.shape[1]), np.float32),
        np.zeros((y.shape[1], n_linear), np.float32),
        energy,
    )
    if complete.sum() < 2:
        return highway
    windows, x, y = windows.take(complete), x[complete], y[complete]
    importance = np.ones(len(x), np.float32)
    for _ in range(REWEIGHTINGS + 1):
        weights, known_weights = _solve(windows, n_linear, x, y, importance, penalty)
        highway = replace(highway, weights=weights, known_weights=known_weights)
        error = np.abs(windows.target - highway.forecast(windows)).mean(axis=1)
        importance = 1 / np.maximum(error, SMALLEST * np.median(error) + 1e-6)
        importance = (importance / importance.mean()).astype(np.float32)
    return highway


def adapt(highway: Highway, windows: Windows, penalty: float) -> Highway:
    """Add a correction for each series that `windows` are cut from."""
    residual = np.nan_to_num(windows.target - replace(highway, own={}).forecast(windows))
    x = _design(windows)
    own = dict(highway.own)
    for owner in np.unique(windows.series):
        rows = np.flatnonzero(windows.series == owner)[-OWN_ROWS:]
        own[int(owner)] = _correct(x[rows], residual[rows], penalty * highway.energy)
    return replace(highway, own=own)


def _correct(x: np.ndarray, residual: np.ndarray, penalty: float) -> np.ndarray:
    """Ridge regression in its dual form where rows are few: (n, p), (n, h) -> (p, h)."""
    if len(x) < x.shape[1]:
        gram = _penalized(x @ x.T, penalty)
        return (x.T @ cho_solve(cho_factor(gram), residual)).astype(np.float32)
    gram = _penalized(x.T @ x, penalty)
    return cho_solve(cho_factor(gram), x.T @ residual).astype(np.float32)


def _penalized(gram: np.ndarray, penalty: float) -> np.ndarray:
    gram = gram.astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    return gram


def _solve(windows: Windows, n_known: int, x, y, importance, penalty: float):
    """Weights of context and of what is known; the second by eliminating the first."""
    weighted = x * importance[:, None]
    factor = cho_factor(_penalized(weighted.T @ x, penalty * len(x)))
    moments = (weighted.T @ y).astype(np.float64)
    weights = cho_solve(factor, moments)
    known_weights = np.zeros((y.shape[1], n_known))
    for h in range(y.shape[1] if n_known else 0):
        changes = _changes(windows, n_known, h)
        cross = (weighted.T @ changes).astype(np.float64)
        inner = _penalized((changes * importance[:, None]).T @ changes, penalty * len(x))
        joint = cho_solve(factor, cross)
        right = (changes * importance[:, None]).T @ y[:, h] - cross.T @ weights[:, h]
        known_weights[h] = np.linalg.solve(inner - cross.T @ joint, right)
        weights[:, h] -= joint @ known_weights[h]
    return weights.astype(np.float32), known_weights.astype(np.float32)


def _design(windows: Windows) -> np.ndarray:
    """The scaled context and a one."""
    one = np.ones((windows.n, 1), np.float32)
    return np.concatenate([windows.context, one], axis=1)


def _changes(windows: Windows, n_known: int, h: int) -> np.ndarray:
    """What is known at step h of the horizon, against the last step of the context."""
    last = windows.context.shape[1] - 1
    return windows.known[:, :n_known, last + 1 + h] - windows.known[:, :n_known, last]
