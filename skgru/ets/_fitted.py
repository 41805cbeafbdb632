"""A panel with its fitted candidates: point forecasts, variances and quantiles on the user's scale.

Undoes what was done to the values before the fit: regressors and Box-Cox transformation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from skgru.ets import (
    _combination,
    _cycles,
    _history,
    _prediction,
    _regression,
    _selection,
    _transform,
)
from skgru.ets._mixture import Mixture, solve
from skgru.ets._model import ETSFit, Fits, Settings
from skgru.ets._prediction import has_closed_form
from skgru.ets._recursion import run
from skgru.ets._series import Panel

# Quantiles that stand for a distribution whose moments have no closed form.
N_QUANTILES = 400
# Series of so few transformations are transformed together.
_FEW = 3


@dataclass(frozen=True)
class Fitted:
    """Candidates fitted to the series of a panel, with their weights.

    Parameters
    ----------
    settings : Settings
    fits : Fits
    criteria, weights : ndarray, shape (n_series, n_specs)
        The weights of one model alone are 0 and 1.
    best : ndarray of int64, shape (n_series,)
    lambdas : ndarray, shape (n_series,), or None
        Of the Box-Cox transformation.
    coefficients : ndarray, shape (n_series, n_regressors)
    bias_adjust, nonnegative : bool
    n_paths : int
        Simulated futures of a model without a closed form.
    seed : int
        Of whatever is simulated.
    cycles : tuple of ndarray, shape (n_series, period)
        Patterns of periods longer than the season's, on the models' scale; see `_cycles`.
    on_model_scale : bool
        Leave forecasts on the models' scale, not transformed back.
    companion : Fitted or None
        Other models whose forecasts are mixed in; see `_blend`.
    shares : ndarray, shape (n_series,), or None
        Weight of the companion.
    charge : float
        On the criteria of undamped trends, where they became weights; see `_selection.charge`.
    bag : Bag or None
        Versions of the series whose forecasts are averaged; see `_bagging`.
    """

    settings: Settings
    fits: Fits
    criteria: np.ndarray
    weights: np.ndarray
    best: np.ndarray
    lambdas: np.ndarray | None
    coefficients: np.ndarray
    bias_adjust: bool = False
    nonnegative: bool = False
    n_paths: int = 5000
    seed: int = 0
    cycles: tuple[np.ndarray, ...] = ()
    on_model_scale: bool = False
    companion: Fitted | None = None
    shares: np.ndarray | None = None
    charge: float = 0.0
    bag: Any = None

    @property
    def codes(self) -> np.ndarray:
        """The candidates as the kernels count them; (n_specs, 4)."""
        return np.array([spec.code for spec in self.settings.specs], np.int64)

    @property
    def sigma2(self) -> np.ndarray:
        """Variances of the residuals; (n_series, n_specs)."""
        k = np.array([spec.n_parameters(self.settings.sp) - 1 for spec in self.settings.specs])
        return self.fits.sse / np.maximum(self.fits.n_observed[:, None] - k, 1)

    def single(self, s: int, j: int | None = None) -> ETSFit:
        """Candidate j of series s; the best one by default."""
        return _selection.single(self.fits, self.settings, s, int(self.best[s] if j is None else j))

    def members(self, s: int) -> tuple[list[ETSFit], np.ndarray]:
        """The candidates of series s that have weight, and their weights."""
        used = np.flatnonzero(self.weights[s])
        return [self.single(s, int(j)) for j in used], self.weights[s, used]


def adjusted(fitted: Fitted, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Values as the models see them, transformed and without regressors, and their offsets."""
    values, offsets = transformed(panel, fitted.lambdas)
    values = _cycles.remove(values, offsets, fitted.cycles)
    if panel.regressors:
        values = _regression.remove(values, panel, fitted.coefficients)
    return values, offsets


def gaps(fitted: Fitted, panel: Panel) -> np.ndarray:
    """How many of the last values of each series are missing; int64, (n_series,)."""
    values, offsets = adjusted(fitted, panel) if panel.regressors else panel.targets
    found = np.zeros(len(offsets) - 1, np.int64)
    for s in np.flatnonzero(np.isnan(values[offsets[1:] - 1])):
        seen = ~np.isnan(values[offsets[s] : offsets[s + 1]])
        found[s] = np.argmax(seen[::-1]) if seen.any() else 0
    return found


def mean(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None) -> np.ndarray:
    """Point forecasts.

    Parameters
    ----------
    fitted : Fitted
    panel : Panel
    steps : ndarray of int, shape (n_series, n_steps)
        Steps after the end of each series; 0 and below lie within it, where forecasts are made one
        step before.
    shift : ndarray, shape (n_series, n_steps), optional
        What the regressors add.

    Returns
    -------
    ndarray, shape (n_series, n_steps)
    """
    means, variances = _moments(fitted, panel, steps, fitted.bias_adjust)
    if shift is not None:
        means = means + shift
    return _back(fitted, means, variances if fitted.bias_adjust else None)


def variance(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None) -> np.ndarray:
    """Variances; parameters as in `mean`."""
    if fitted.lambdas is None and not fitted.nonnegative:
        return _checked(panel, _moments(fitted, panel, steps, True)[1], "variance")
    levels = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    return quantiles(fitted, panel, steps, levels, shift).var(axis=1)


def quantiles(fitted: Fitted, panel: Panel, steps, levels, shift=None) -> np.ndarray:
    """Quantiles of the mixture of the candidates; (n_series, n_levels, n_steps).

    Other parameters as in `mean`; levels lie strictly between 0 and 1.
    """
    levels = np.asarray(levels, float)
    out = np.empty((len(steps), len(levels), steps.shape[1]))
    ahead = steps > 0
    if ahead.any():
        place = np.maximum(steps - 1, 0)
        found = _combination.panel_quantiles(
            fitted.fits,
            fitted.codes,
            fitted.weights,
            fitted.settings.sp,
            int(steps.max()),
            levels,
            fitted.n_paths,
            fitted.seed,
            gaps(fitted, panel),
        )
        out = np.take_along_axis(found, place[:, None, :], axis=2)
    if not ahead.all():
        values, offsets = adjusted(fitted, panel)
        for s in range(len(steps)):
            inside = ~ahead[s]
            if inside.any():
                place = _places(fitted, panel, s, steps[s, inside])
                found = _inside(fitted, values[offsets[s] : offsets[s + 1]], s, place, levels)
                out[s][:, inside] = found
    if shift is not None:
        out = out + shift[:, None, :]
    return _checked(panel, _back(fitted, out, None), "quantile")


def components(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None):
    """Normal distributions whose weighted mixture each forecast is; None where it is no such one.

    Parameters as in `mean`.

    Returns
    -------
    weights : ndarray, shape (n_series, n_specs)
    means, deviations : ndarray, shape (n_series, n_steps, n_specs)
        Of a candidate without weight, those of another one.
    """
    used = (fitted.weights > 0).any(axis=0)
    closed = np.array([has_closed_form(spec) for spec in fitted.settings.specs])
    if fitted.lambdas is not None or fitted.nonnegative or (used & ~closed).any():
        return None
    means, deviations = normals(fitted, panel, steps)
    if not (deviations > 0).all() or not np.isfinite(means + deviations).all():
        return None
    if shift is not None:
        means = means + shift[:, :, None]
    return fitted.weights, means, deviations


def normals(fitted: Fitted, panel: Panel, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and deviations of the candidates, as the models see them.

    Of a candidate without weight, those of another one; (n_series, n_steps, n_specs) each.
    """
    shape = (*steps.shape, len(fitted.settings.specs))
    means, variances = np.empty(shape), np.empty(shape)
    values, offsets = adjusted(fitted, panel) if (steps <= 0).any() else panel.targets
    missing = gaps(fitted, panel)
    for s in range(len(steps)):
        ahead, h = steps[s] > 0, max(int(steps[s].max()), 1)
        own = np.flatnonzero(fitted.weights[s])
        for j in own:
            fit = fitted.single(s, int(j))
            means[s, ahead, j] = _prediction.mean(fit, h)[steps[s, ahead] - 1]
            spread = np.asarray(_prediction.variance(fit, h, int(missing[s])))
            variances[s, ahead, j] = spread[steps[s, ahead] - 1]
            if not ahead.all():
                series = values[offsets[s] : offsets[s + 1]]
                place = _places(fitted, panel, s, steps[s, ~ahead])
                inside = one_step(fit, series)[1][place]
                means[s, ~ahead, j] = inside
                variances[s, ~ahead, j] = _prediction.insample_variance(fit, inside)
        without = fitted.weights[s] == 0
        means[s][:, without] = means[s][:, own[:1]]
        variances[s][:, without] = variances[s][:, own[:1]]
    return means, np.sqrt(variances)


def simulate(
    fitted: Fitted, panel: Panel, h: int, n_paths: int, seed: int, shift=None, numbers=None
) -> np.ndarray:
    """Futures of each series, each of a model drawn by weight; (n_series, n_paths, h).

    `shift`: what the regressors add, (n_series, h). `numbers`: of the series, which with the seed
    are all that the innovations depend on; from 0 by default.
    """
    drawn = np.empty((len(fitted.best), n_paths, h))
    for s, gap in enumerate(gaps(fitted, panel).tolist()):
        members, weights = fitted.members(s)
        if gap:  # what happened since the last value seen is drawn, too
            members = [_prediction.rewound(fit, gap) for fit in members]
        rng = np.random.default_rng([seed, s if numbers is None else numbers[s]])
        drawn[s] = Mixture(members, weights, gap + h, rng, 1).paths(n_paths, rng)[:, gap:]
    if shift is not None:
        drawn += shift[:, None, :]
    return _back(fitted, drawn, None)


def back(fitted: Fitted, s: int, values: np.ndarray) -> np.ndarray:
    """Values of series s on the user's scale, without what regressors add."""
    lambdas = None if fitted.lambdas is None else fitted.lambdas[s : s + 1]
    return _back(replace(fitted, lambdas=lambdas), values[None], None)[0]


def one_step(fit: ETSFit, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Residuals (relative for error M) and forecasts of one model along its series; (n,) each."""
    residuals, forecasts = np.empty(len(values)), np.empty(len(values))
    error, trend, _, season = fit.spec.code
    run(
        values,
        error,
        trend,
        season,
        fit.sp,
        0,
        fit.smoothing,
        fit.initial.copy(),
        residuals,
        forecasts,
    )
    return residuals, forecasts


def transformed(panel: Panel, lambdas) -> tuple[np.ndarray, np.ndarray]:
    """Values after Box-Cox transformations of their own for each series, and their offsets."""
    values, offsets = panel.targets
    if lambdas is None:
        return values, offsets
    out = np.empty_like(values)
    kinds = np.unique(lambdas)
    if len(kinds) <= _FEW:
        try:
            for lam in kinds.tolist():
                rows = np.repeat(lambdas == lam, np.diff(offsets))
                out[rows] = _transform.transform(values[rows], lam)
            return out, offsets
        except ValueError:
            pass  # one after the other, to name the series
    for s, lam in enumerate(lambdas):
        try:
            out[offsets[s] : offsets[s + 1]] = _transform.transform(panel.series(s), lam)
        except ValueError as error:
            raise ValueError(f"{panel.name(s)}: {error}") from None
    return out, offsets


def _moments(fitted: Fitted, panel: Panel, steps: np.ndarray, spread: bool):
    """Means, and variances where asked, as the models see them; (n_series, n_steps) each."""
    ahead = steps > 0
    means = np.empty(steps.shape)
    variances = np.empty(steps.shape)
    common = (fitted.fits, fitted.codes, fitted.weights, fitted.settings.sp)
    if ahead.any():
        h = int(steps.max())
        place = np.maximum(steps - 1, 0)
        means = np.take_along_axis(_combination.panel_mean(*common, h), place, axis=1)
        if spread:
            found = _combination.panel_variance(
                *common, h, fitted.n_paths, fitted.seed, gaps(fitted, panel)
            )
            variances = np.take_along_axis(found, place, axis=1)
    if not ahead.all():
        values, offsets = adjusted(fitted, panel)
        inside = np.empty(len(values)), np.empty(len(values))
        _history.describe(
            values,
            offsets,
            fitted.fits.initial,
            fitted.fits.smoothing,
            fitted.sigma2,
            fitted.codes,
            fitted.weights,
            fitted.settings.sp,
            *inside,
        )
        for s in range(len(steps)):
            rows = ~ahead[s]
            place = offsets[s] + _places(fitted, panel, s, steps[s, rows])
            means[s, rows], variances[s, rows] = inside[0][place], inside[1][place]
    return _checked(panel, means, "forecast"), variances


def _checked(panel: Panel, table: np.ndarray, what: str) -> np.ndarray:
    """Numbers whose first axis is series, if all are finite; an error otherwise."""
    if np.isfinite(table).all():
        return table
    s = int(np.argmax(~np.isfinite(table.reshape(len(table), -1)).all(axis=1)))
    raise ValueError(
        f"{panel.name(s)}: a {what} overflows. Divide the series by its size, ask for a damped "
        "trend, or for a shorter horizon."
    )


def _places(fitted: Fitted, panel: Panel, s: int, steps: np.ndarray) -> np.ndarray:
    """Steps within series s as places from its first value."""
    place = fitted.fits.n_times[s] - 1 + steps
    if (place < 0).any():
        raise ValueError(
            f"{panel.name(s)} starts {-int(place.min())} steps after the first time asked for. "
            "Leave times before the first value out of fh."
        )
    return place


def _inside(fitted: Fitted, values: np.ndarray, s: int, place, levels) -> np.ndarray:
    """Quantiles of the one-step mixtures of series s at some places; (n_levels, n_places)."""
    members, weights = fitted.members(s)
    means = np.stack([one_step(fit, values)[1][place] for fit in members])
    scale = np.array([np.sqrt(fit.sigma2) for fit in members])[:, None]
    relative = np.array([fit.spec.error == "M" for fit in members])[:, None]
    deviations = np.where(relative, scale * np.abs(means), scale * np.ones_like(means))
    order = np.argsort(levels)
    out = np.empty((len(levels), len(place)))
    solve(
        weights / weights.sum(),
        means,
        deviations,
        np.empty((0, 0, 0)),
        np.full(len(weights), -1),
        levels[order],
        ndtri(levels[order]),
        out,
    )
    result = np.empty_like(out)
    result[order] = out
    return result


def _back(fitted: Fitted, values: np.ndarray, variances) -> np.ndarray:
    """Values on the user's scale; the first axis is series."""
    if fitted.on_model_scale:
        return values
    if fitted.lambdas is not None:
        values = np.stack(
            [
                _transform.inverse(v, lam, None if variances is None else variances[s])
                for s, (v, lam) in enumerate(zip(values, fitted.lambdas))
            ]
        )
    return np.maximum(values, 0.0) if fitted.nonnegative else values
