"""Fitted candidates of a panel in little room: what the others follow from, and in what precision.

A candidate of a season of 12 has 14 initial and 14 final states, several of them more numbers than
the series has values. Kept are smoothing parameters and initial states of the candidates that have
weight; final states follow by one pass over the values. Seasons are kept in single precision, and
every fit rounds them so before its final states are computed: nothing changes by being packed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from skgru.ets import _fitted, _history, _selection
from skgru.ets._fitted import Fitted
from skgru.ets._model import Fits, Settings
from skgru.ets._series import Panel

_FITTED, _RULED_OUT = 0, 1


@dataclass(frozen=True)
class Packed:
    """`Fitted` in little room.

    Parameters
    ----------
    fitted : Fitted
        Without fits and companion, and without weights where `follow` says so.
    follow : bool
        Whether the weights follow from the criteria.
    smoothing, states : ndarray
        Parameters, levels and slopes that candidates of weight have, one after the other.
    seasons : ndarray of float32, shape (n_seasonal, sp)
        Between -1 and 1.
    exponents : ndarray of int16, shape (n_seasonal,)
        The power of two that they are multiplied by.
    sse : ndarray
        Of the candidates of weight.
    n_observed : ndarray of int64, shape (n_series,)
    companion : Packed or None
    """

    fitted: Fitted
    follow: bool
    smoothing: np.ndarray
    states: np.ndarray
    seasons: np.ndarray
    exponents: np.ndarray
    sse: np.ndarray
    n_observed: np.ndarray
    companion: Packed | None


def pack(fitted: Fitted) -> Packed:
    """The same models in little room."""
    fits, has = fitted.fits, _Parts(fitted)
    seasons, exponents = _single(fits.initial[has.season, 2:])
    follow = np.array_equal(_weights(fitted, fits.n_observed), fitted.weights)
    rest = replace(
        fitted,
        fits=Fits(*[np.empty(0)] * len(Fits._fields)),
        weights=np.empty(0) if follow else fitted.weights,
        companion=None,
        bag=None if fitted.bag is None else replace(fitted.bag, models=pack(fitted.bag.models)),
    )
    return Packed(
        rest,
        follow,
        fits.smoothing[has.smoothing],
        fits.initial[..., :2][has.state],
        seasons.astype(np.float32),
        exponents,
        fits.sse[has.any],
        fits.n_observed,
        None if fitted.companion is None else pack(fitted.companion),
    )


def unpack(packed: Packed, panel: Panel) -> Fitted:
    """The models of `pack`; candidates without weight have no parameters any more.

    Parameters
    ----------
    packed : Packed
    panel : Panel
        The series that they were fitted to.
    """
    fitted, n_observed = packed.fitted, packed.n_observed
    fitted = replace(fitted, weights=weights(packed))
    has, settings = _Parts(fitted), fitted.settings
    shape = fitted.criteria.shape
    smoothing, initial = np.zeros((*shape, 4)), np.zeros((*shape, 2 + settings.sp))
    smoothing[..., 3] = 1.0
    initial[..., 1] = [spec.trend == "M" for spec in settings.specs]
    initial[..., 2:] = np.array([[spec.season == "M"] for spec in settings.specs])
    smoothing[has.smoothing] = packed.smoothing
    initial[..., :2][has.state] = packed.states
    initial[has.season, 2:] = np.ldexp(packed.seasons.astype(float), packed.exponents[:, None])
    sse = np.full(shape, np.inf)
    sse[has.any] = packed.sse
    values, offsets = _fitted.adjusted(fitted, panel)
    final, _ = _final(values, offsets, initial, smoothing, fitted.codes, has.any, settings.sp)
    fits = Fits(
        np.where(np.isfinite(fitted.criteria), _FITTED, _RULED_OUT).astype(np.int8),
        smoothing,
        initial,
        final,
        _loss(fitted.criteria, n_observed, settings),
        sse,
        n_observed,
        np.diff(offsets),
    )
    companion = None if packed.companion is None else unpack(packed.companion, panel)
    bag = fitted.bag
    if bag is not None:
        bag = replace(bag, models=unpack(bag.models, bag.panel))
    return replace(fitted, fits=fits, companion=companion, bag=bag)


def rounded(fits: Fits, values: np.ndarray, offsets: np.ndarray, settings: Settings) -> Fits:
    """With seasons before the first value in single precision, and the final states after them.

    Parameters
    ----------
    fits : Fits
    values, offsets : ndarray
        What they were fitted to.
    settings : Settings
    """
    if settings.sp == 1:
        return fits
    fitted = np.isin(fits.status, (1, 3), invert=True)
    seasonal = fitted & np.array([spec.season != "N" for spec in settings.specs])
    initial = fits.initial.copy()
    seasons, exponents = _single(initial[seasonal, 2:])
    initial[seasonal, 2:] = np.ldexp(seasons, exponents[:, None])
    codes = np.array([spec.code for spec in settings.specs], np.int64)
    final, usable = _final(
        values, offsets, initial, fits.smoothing, codes, seasonal, settings.sp, fits.final
    )
    # A factor at the edge of what is possible may have been rounded over it.
    lost = seasonal & ~usable
    return fits._replace(
        initial=np.where(lost[..., None], fits.initial, initial),
        final=np.where(lost[..., None], fits.final, final),
    )


def weights(models: Packed) -> np.ndarray:
    """Weights of the candidates; (n_series, n_specs)."""
    return _weights(models.fitted, models.n_observed) if models.follow else models.fitted.weights


class _Parts:
    """Which entries of the arrays of a panel's fits mean something, as masks."""

    def __init__(self, fitted: Fitted):
        specs = fitted.settings.specs
        self.any = fitted.weights > 0
        self.any[np.arange(len(self.any)), fitted.best] = True
        self.smoothing = self.any[..., None] & np.array([spec.uses for spec in specs])
        self.state = self.any[..., None] & np.array([(True, s.trend != "N") for s in specs])
        self.season = self.any & np.array([spec.season != "N" for spec in specs])


def _single(seasons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Seasons as numbers of single precision between -1 and 1, and powers of two; rows alone."""
    largest = np.abs(seasons).max(axis=1, initial=0.0)
    exponents = np.frexp(largest)[1].astype(np.int16)
    return np.ldexp(seasons, -exponents[:, None]).astype(np.float32).astype(float), exponents


def _final(values, offsets, initial, smoothing, codes, which, sp: int, final=None):
    """States after the last values, and of which candidates they are finite.

    Of candidates not asked for, the states are those of `final`, or 0.
    """
    final = np.zeros_like(initial) if final is None else final.copy()
    usable = which.astype(float)
    start = np.zeros(len(initial), np.int64)
    lengths = np.diff(offsets)
    _history.advance(values, offsets, start, lengths, initial, smoothing, codes, usable, sp, final)
    return final, usable > 0


def _weights(fitted: Fitted, n_observed: np.ndarray) -> np.ndarray:
    """Weights as the criteria tell."""
    charged = _selection.charge(fitted.criteria, fitted.settings.specs, fitted.charge)
    return _selection.weights(charged, n_observed)


def _loss(criteria: np.ndarray, n_observed: np.ndarray, settings: Settings) -> np.ndarray:
    """-2 log likelihood: the criteria less their penalties."""
    status = np.where(np.isfinite(criteria), _FITTED, _RULED_OUT)
    none = np.zeros_like(criteria)
    free = Fits(status, none, none, none, none, none, n_observed, n_observed)
    penalty = _selection.criteria(free, settings)
    known = np.isfinite(penalty)
    return np.subtract(criteria, penalty, out=np.full_like(criteria, np.inf), where=known)
