"""Candidate models, their fit to a panel on threads, their criteria and weights."""

from __future__ import annotations

import itertools

import numpy as np

from skgru.ets._model import ETSFit, ETSSpec, Fits, Settings

_LETTERS = {
    None: "N", "none": "N", "n": "N",
    "a": "A", "add": "A", "additive": "A",
    "m": "M", "mul": "M", "multiplicative": "M",
}  # fmt: skip


def candidates(error, trend, damped, season, sp, restrict=True, positive=True):
    """The models that a choice of parts leaves open.

    Parameters
    ----------
    error, trend, season : {"auto", "add", "mul", None} or {"A", "M", "N"}
    damped : {"auto", True, False}
    sp : int
        Seasonal period; 1: none.
    restrict : bool
        As R does, leave out trends that multiply unless one is named, additive errors with a trend
        or season that multiplies, and ETS(M,M,A): their variances are infinite or their numbers
        fragile. A choice that leaves nothing else is kept.
    positive : bool
        Whether all values are above zero, which everything that multiplies needs.

    Returns
    -------
    tuple of ETSSpec
        Simple ones first; empty where the data rule out all that was named.
    """
    errors = _letters("error", error, "AM")
    trends = _letters("trend", trend, "NAM" if not restrict else "NA")
    seasons = _letters("season", season, "NAM" if sp > 1 else "N")
    if sp == 1 and seasons != "N":
        raise ValueError(
            f"A season needs a period of at least 2; got season {season!r} with sp=1. "
            "Give sp, or set the season to None."
        )
    if damped not in ("auto", True, False, None):
        raise ValueError(f"damped is 'auto', True or False; got {damped!r}.")
    dampings = (False, True) if damped == "auto" else (bool(damped),)
    specs = [
        ETSSpec(e, t, d, s)
        for s, t, d, e in itertools.product(seasons, trends, dampings, errors)
        if not (d and t == "N" and (damped == "auto" or trend == "auto"))
    ]
    if restrict:
        specs = [spec for spec in specs if not _is_fragile(spec)] or specs
    return tuple(spec for spec in specs if positive or "M" not in spec.name)


def _letters(part: str, value, automatic: str) -> str:
    """The letters that a parameter of the estimator stands for."""
    if isinstance(value, str):
        value = value.lower()
    if value == "auto":
        return automatic
    letter = _LETTERS.get(value)
    if letter is None or (part == "error" and letter == "N"):
        raise ValueError(f"{part} is 'auto', 'add', 'mul' or (no error) None; got {value!r}.")
    return letter


def _is_fragile(spec: ETSSpec) -> bool:
    if spec.error == "A":
        return "M" in (spec.trend, spec.season)
    return spec.trend == "M" and spec.season == "A"


def criteria(fits: Fits, settings: Settings) -> np.ndarray:
    """The criterion of each model; infinite where there is no fit.

    Where the corrected AIC of no model is finite, because values are too few, the plain one decides.

    Returns
    -------
    ndarray, shape (n_series, n_specs)
    """
    k = np.array([spec.n_parameters(settings.sp) for spec in settings.specs], float)[None, :]
    n = fits.n_observed[:, None].astype(float)
    aic = np.where(np.isin(fits.status, (1, 3)), np.inf, fits.loss + 2 * k)
    if settings.criterion == "aic":
        return aic
    if settings.criterion == "bic":
        return aic + k * (np.log(np.maximum(n, 1)) - 2)
    room = n - k - 1
    corrected = np.where(room > 0, aic + 2 * k * (k + 1) / np.where(room > 0, room, 1), np.inf)
    none = ~np.isfinite(corrected).any(axis=1, keepdims=True)
    return np.where(none, aic, corrected)


def weights(criteria: np.ndarray, n_observed: np.ndarray) -> np.ndarray:
    """Weights of the models in a combination: exp(-d / 2 min(0.1, 4 / n)), d above the best.

    Akaike's own weights (without the factor) nearly always pick one model; on validation parts wide
    combinations forecast better, and differences grow with the length of a series.

    Parameters
    ----------
    criteria : ndarray, shape (n_series, n_specs)
    n_observed : ndarray, shape (n_series,)

    Returns
    -------
    ndarray, shape (n_series, n_specs)
        Sum to 1 for each series; all 0 where no model was fitted.
    """
    criteria = np.asarray(criteria, float)
    best = criteria.min(axis=1, keepdims=True)
    above = np.subtract(
        criteria, best, out=np.full_like(criteria, np.inf), where=np.isfinite(criteria)
    )
    sharpness = np.minimum(0.1, 4 / np.maximum(np.asarray(n_observed, float), 1))[:, None]
    raw = np.exp(-0.5 * sharpness * above)
    total = raw.sum(axis=1, keepdims=True)
    return np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)


def single(fits: Fits, settings: Settings, i: int, j: int) -> ETSFit:
    """Model `j` of series `i` with all that forecasts need."""
    return ETSFit(
        settings.specs[j],
        settings.sp,
        *map(float, fits.smoothing[i, j]),
        fits.initial[i, j].copy(),
        fits.final[i, j].copy(),
        float(fits.loss[i, j]),
        float(fits.sse[i, j]),
        int(fits.n_observed[i]),
        int(fits.n_times[i]),
    )
