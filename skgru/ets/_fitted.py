"""A panel with its fitted candidates: point forecasts, variances and quantiles on the user's scale.

Undoes what was done to the values before the fit: regressors and Box-Cox transformation.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from skgru.ets import (
    _combination,
    _history,
    _prediction,
    _regression,
    _selection,
    _transform,
)
from skgru.ets._mixture import Mixture, solve
from skgru.ets._model import ETSFit, ETSSpec, Fits, Settings
from skgru.ets._options import Options
from skgru.ets._prediction import has_closed_form
from skgru.ets._recursion import run
from skgru.ets._series import Panel

# Quantiles that stand for a distribution whose moments have no closed form.
N_QUANTILES = 400
# Fewer values than this do not determine a model.
FEWEST = 4


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


def estimate(
    panel: Panel, options: Options, n_paths: int = 5000, seed: int = 0, after_block=None
) -> Fitted:
    """Fit all candidates to all series and weigh them.

    Raises
    ------
    ValueError
        Where a series rules out every candidate that was asked for.
    """
    lambdas = _lambdas(panel, options)
    values, offsets = _transformed(panel, lambdas)
    settings = options.settings
    coefficients = np.zeros((panel.n_series, 0))
    if panel.regressors:
        values, coefficients = _regression.fit(values, panel, settings, options.n_jobs, after_block)
    fits = _selection.fit(values, offsets, settings, options.n_jobs, after_block)
    criteria = _selection.criteria(fits, settings)
    settings, fits, criteria = _complete(panel, values, settings, fits, criteria)
    best = np.argmin(criteria, axis=1)
    if options.combine:
        weights = _selection.weights(criteria, fits.n_observed)
    else:
        weights = (best[:, None] == np.arange(criteria.shape[1])).astype(float)
    return Fitted(
        settings,
        fits,
        criteria,
        weights,
        best,
        lambdas,
        coefficients,
        options.bias_adjust,
        options.nonnegative,
        n_paths,
        seed,
    )


def apply(fitted: Fitted, panel: Panel, options: Options) -> Fitted:
    """The same models with the same smoothing parameters on other series; initial states are new.

    Parameters
    ----------
    fitted : Fitted
        Of one series.
    panel : Panel
        Any number of series, without regressors.
    """
    lambdas = None if fitted.lambdas is None else np.repeat(fitted.lambdas[:1], panel.n_series)
    values, offsets = _transformed(panel, lambdas)
    pieces = []
    for j, spec in enumerate(fitted.settings.specs):
        bounds = np.repeat(fitted.fits.smoothing[0, j][:, None], 2, axis=1)
        own = replace(fitted.settings, specs=(spec,), bounds=bounds)
        pieces.append(_selection.fit(values, offsets, own, options.n_jobs))
    first = pieces[0]
    joined = {
        name: np.concatenate([getattr(p, name) for p in pieces], axis=1)
        for name in Fits._fields[:6]
    }
    fits = first._replace(**joined)
    criteria = _selection.criteria(fits, fitted.settings)
    weights = np.where(np.isfinite(criteria), fitted.weights[:1], 0.0)
    for s in np.flatnonzero(weights.sum(axis=1) == 0).tolist():
        raise ValueError(
            f"{panel.name(s)} rules out the models fitted before: "
            f"{[fitted.settings.specs[j].name for j in np.flatnonzero(fitted.weights[0])]}. "
            "Fit a forecaster of its own to it."
        )
    weights /= weights.sum(axis=1, keepdims=True)
    best = np.where(weights[:, fitted.best[0]] > 0, fitted.best[0], np.argmax(weights, axis=1))
    return replace(
        fitted, fits=fits, criteria=criteria, weights=weights, best=best, lambdas=lambdas
    )


def advance(fitted: Fitted, panel: Panel, unchanged: np.ndarray) -> Fitted:
    """The same models after more values.

    Parameters
    ----------
    fitted : Fitted
    panel : Panel
        With the new values.
    unchanged : ndarray of int64, shape (n_series,)
        Leading steps of each series that are as before.

    Raises
    ------
    ValueError
        Where no model can be carried on over a series' values.
    """
    values, offsets = adjusted(fitted, panel)
    fits = fitted.fits
    final, weights = fits.final.copy(), fitted.weights.copy()
    _history.advance(
        values,
        offsets,
        unchanged,
        fits.n_times,
        fits.initial,
        fits.smoothing,
        fitted.codes,
        weights,
        fitted.settings.sp,
        final,
    )
    total = weights.sum(axis=1, keepdims=True)
    for s in np.flatnonzero(total == 0).tolist():
        raise ValueError(
            f"{panel.name(s)}: ETS models that multiply need positive values, and the new ones are "
            "not. Call update with update_params=True, or choose additive components."
        )
    lost = (weights != fitted.weights).any(axis=1, keepdims=True)
    return replace(
        fitted,
        fits=fits._replace(final=final, n_times=np.diff(offsets)),
        weights=np.where(lost, weights / total, weights),
    )


def adjusted(fitted: Fitted, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Values as the models see them, transformed and without regressors, and their offsets."""
    values, offsets = _transformed(panel, fitted.lambdas)
    if panel.regressors:
        values = _regression.remove(values, panel, fitted.coefficients)
    return values, offsets


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
    closed = [has_closed_form(spec) for spec in fitted.settings.specs]
    if fitted.lambdas is not None or fitted.nonnegative or not np.all(closed | ~used):
        return None
    shape = (*steps.shape, len(closed))
    means, variances = np.empty(shape), np.empty(shape)
    values, offsets = adjusted(fitted, panel) if (steps <= 0).any() else panel.targets
    for s in range(len(steps)):
        ahead, h = steps[s] > 0, max(int(steps[s].max()), 1)
        own = np.flatnonzero(fitted.weights[s])
        for j in own:
            fit = fitted.single(s, int(j))
            means[s, ahead, j] = _prediction.mean(fit, h)[steps[s, ahead] - 1]
            variances[s, ahead, j] = _prediction.variance(fit, h)[steps[s, ahead] - 1]
            if not ahead.all():
                series = values[offsets[s] : offsets[s + 1]]
                place = _places(fitted, panel, s, steps[s, ~ahead])
                inside = one_step(fit, series)[1][place]
                means[s, ~ahead, j] = inside
                variances[s, ~ahead, j] = _prediction.insample_variance(fit, inside)
        without = fitted.weights[s] == 0
        means[s][:, without] = means[s][:, own[:1]]
        variances[s][:, without] = variances[s][:, own[:1]]
    if not (variances > 0).all() or not np.isfinite(means + variances).all():
        return None
    if shift is not None:
        means = means + shift[:, :, None]
    return fitted.weights, means, np.sqrt(variances)


def paths(fitted: Fitted, s: int, h: int, n_paths: int, rng, shift=None) -> np.ndarray:
    """Simulated futures of series s; (n_paths, h). `shift`: what the regressors add, (h,)."""
    members, weights = fitted.members(s)
    drawn = Mixture(members, weights, h, rng, 1).paths(n_paths, rng)
    if shift is not None:
        drawn = drawn + shift
    return back(fitted, s, drawn)


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


def _lambdas(panel: Panel, options: Options) -> np.ndarray | None:
    """Box-Cox parameter of each series; None without a transformation."""
    if options.boxcox is None:
        return None
    if options.boxcox != "auto":
        return np.full(panel.n_series, options.boxcox)
    sp = options.settings.sp
    # Between 0 and 1 every forecast and quantile can be turned back.
    chosen = [
        _transform.choose(panel.series(s), sp, bounds=(0.0, 1.0)) for s in range(panel.n_series)
    ]
    return np.array(chosen)


def _transformed(panel: Panel, lambdas) -> tuple[np.ndarray, np.ndarray]:
    values, offsets = panel.targets
    if lambdas is None:
        return values, offsets
    out = np.empty_like(values)
    for s, lam in enumerate(lambdas):
        try:
            out[offsets[s] : offsets[s + 1]] = _transform.transform(panel.series(s), lam)
        except ValueError as error:
            raise ValueError(f"{panel.name(s)}: {error}") from None
    return out, offsets


def _complete(panel: Panel, values, settings: Settings, fits: Fits, criteria):
    """Give series that rule out every candidate simple exponential smoothing, and say so.

    They are too short. Where positive values are what is missing, there is an error instead.
    """
    empty = np.flatnonzero(~np.isfinite(criteria).any(axis=1))
    short = np.flatnonzero(fits.n_observed < FEWEST)
    if len(short):
        _warn(panel, short, f"fewer than {FEWEST} values: forecasts are the last one, or nearly so")
    if not len(empty):
        return settings, fits, criteria
    offsets = panel.offsets
    pieces = [values[offsets[s] : offsets[s + 1]] for s in empty]
    if all("M" in spec.name for spec in settings.specs):
        for s, piece in zip(empty, pieces):
            if np.nanmin(piece) <= 0:
                names = ", ".join(spec.name for spec in settings.specs)
                raise ValueError(
                    f"{panel.name(int(s))} has values of at most 0, and {names} needs positive "
                    "ones. Choose additive components, or add a constant to the series."
                )
    simple = ETSSpec("A")
    lengths = [len(piece) for piece in pieces]
    own = _selection.fit(
        np.concatenate(pieces),
        np.append(0, np.cumsum(lengths)).astype(np.int64),
        replace(settings, specs=(simple,)),
    )
    j = settings.specs.index(simple) if simple in settings.specs else len(settings.specs)
    if j == len(settings.specs):
        settings = replace(settings, specs=(*settings.specs, simple))
        fits = _widened(fits)
        criteria = np.pad(criteria, ((0, 0), (0, 1)), constant_values=np.inf)
    for name in Fits._fields[:6]:
        getattr(fits, name)[empty, j] = getattr(own, name)[:, 0]
    criteria[empty, j] = own.loss[:, 0]
    _warn(panel, empty, "too few values for every model asked for: ETS(A,N,N) takes their place")
    return settings, fits, criteria


def _warn(panel: Panel, which: np.ndarray, what: str) -> None:
    """One warning for all series concerned, by the name of the first."""
    others = f" and {len(which) - 1} more" if len(which) > 1 else ""
    verb = "have" if others else "has"
    warnings.warn(f"{panel.name(int(which[0]))}{others} {verb} {what}.", UserWarning, stacklevel=5)


def _widened(fits: Fits) -> Fits:
    """With room for one candidate more, that no series has."""
    wide = {}
    for name in Fits._fields[:6]:
        array = getattr(fits, name)
        wide[name] = np.concatenate([array, np.zeros_like(array[:, :1])], axis=1)
    wide["status"][:, -1] = 1
    wide["loss"][:, -1] = np.inf
    return fits._replace(**wide)


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
            found = _combination.panel_variance(*common, h, fitted.n_paths, fitted.seed)
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
    if fitted.lambdas is not None:
        values = np.stack(
            [
                _transform.inverse(v, lam, None if variances is None else variances[s])
                for s, (v, lam) in enumerate(zip(values, fitted.lambdas))
            ]
        )
    return np.maximum(values, 0.0) if fitted.nonnegative else values
