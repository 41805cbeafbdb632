"""Models for a panel: fitted anew, carried over to other series, and moved on over new values."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from skgru.ets import _cycles, _history, _packed, _regression, _selection, _transform
from skgru.ets._fitted import Fitted, adjusted, transformed
from skgru.ets._model import ETSSpec, Fits, Settings
from skgru.ets._options import Options
from skgru.ets._series import Panel

# Fewer values than this do not determine a model.
FEWEST = 4


def estimate(
    panel: Panel,
    options: Options,
    n_paths: int = 5000,
    seed: int = 0,
    after_block=None,
    on_short=None,
) -> Fitted:
    """Fit all candidates to all series and weigh them.

    `on_short(panel, which, what)` is told of series that are too short, instead of a warning.

    Raises
    ------
    ValueError
        Where a series rules out every candidate that was asked for.
    """
    lambdas = _lambdas(panel, options)
    values, offsets = transformed(panel, lambdas)
    settings = options.settings
    cycles = _cycles.estimate(values, offsets, settings.sp, options.periods)
    values = _cycles.remove(values, offsets, cycles)
    coefficients = np.zeros((panel.n_series, 0))
    if panel.regressors:
        values, coefficients = _regression.fit(values, panel, settings, options.n_jobs, after_block)
    fits = _selection.fit(values, offsets, settings, options.n_jobs, after_block)
    fits = _packed.rounded(fits, values, offsets, settings)
    criteria = _selection.criteria(fits, settings)
    settings, fits, criteria = _complete(panel, values, settings, fits, criteria, on_short or warn)
    charged = _selection.charge(criteria, settings.specs, options.charge)
    best = np.argmin(charged, axis=1)
    if options.combine:
        weights = _selection.weights(charged, fits.n_observed)
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
        cycles,
        charge=options.charge,
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
    lambdas: np.ndarray | None
    if isinstance(options.boxcox, np.ndarray):
        lambdas = options.boxcox
    else:
        lambdas = None if fitted.lambdas is None else np.repeat(fitted.lambdas[:1], panel.n_series)
    values, offsets = transformed(panel, lambdas)
    periods = tuple(pattern.shape[1] for pattern in fitted.cycles)
    cycles = _cycles.estimate(values, offsets, fitted.settings.sp, periods)
    values = _cycles.remove(values, offsets, cycles)
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
    fits = _packed.rounded(first._replace(**joined), values, offsets, fitted.settings)
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
        fitted,
        fits=fits,
        criteria=criteria,
        weights=weights,
        best=best,
        lambdas=lambdas,
        coefficients=np.zeros((panel.n_series, 0)),
        cycles=cycles,
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


def _lambdas(panel: Panel, options: Options) -> np.ndarray | None:
    """Box-Cox parameter of each series; None without a transformation."""
    if options.boxcox is None or isinstance(options.boxcox, np.ndarray):
        return options.boxcox
    if options.boxcox != "auto":
        return np.full(panel.n_series, options.boxcox)
    sp = options.settings.sp
    # Between 0 and 1 every forecast and quantile can be turned back.
    chosen = [
        _transform.choose(panel.series(s), sp, bounds=(0.0, 1.0)) for s in range(panel.n_series)
    ]
    return np.array(chosen)


def _complete(panel: Panel, values, settings: Settings, fits: Fits, criteria, on_short):
    """Give series that rule out every candidate simple exponential smoothing, and say so.

    They are too short. Where positive values are what is missing, there is an error instead.
    """
    empty = np.flatnonzero(~np.isfinite(criteria).any(axis=1))
    short = np.flatnonzero(fits.n_observed < FEWEST)
    if len(short):
        on_short(
            panel, short, f"fewer than {FEWEST} values: forecasts are the last one, or nearly so"
        )
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
    criteria[empty, j] = _selection.criteria(own, replace(settings, specs=(simple,)))[:, 0]
    on_short(panel, empty, "too few values for every model asked for: ETS(A,N,N) takes their place")
    return settings, fits, criteria


def warn(panel: Panel, which: np.ndarray, what: str, stacklevel: int = 5) -> None:
    """One warning for all series concerned, by the name of the first."""
    others = f" and {len(which) - 1} more" if len(which) > 1 else ""
    verb = "have" if others else "has"
    warnings.warn(f"{panel.name(int(which[0]))}{others} {verb} {what}.", UserWarning, stacklevel)


def widened(fitted: Fitted, settings: Settings) -> Fitted:
    """With the last one of the candidates in `settings`, that no series has."""
    return replace(
        fitted,
        settings=settings,
        fits=_widened(fitted.fits),
        criteria=np.pad(fitted.criteria, ((0, 0), (0, 1)), constant_values=np.inf),
        weights=np.pad(fitted.weights, ((0, 0), (0, 1))),
    )


def _widened(fits: Fits) -> Fits:
    """With room for one candidate more, that no series has."""
    wide = {}
    for name in Fits._fields[:6]:
        array = getattr(fits, name)
        wide[name] = np.concatenate([array, np.zeros_like(array[:, :1])], axis=1)
    wide["status"][:, -1] = 1
    wide["loss"][:, -1] = np.inf
    return fits._replace(**wide)
