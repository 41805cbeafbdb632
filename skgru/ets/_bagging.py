"""Forecasts averaged over bootstrapped versions of each series; see `_bootstrap`.

Functions here are those of `_blend`. The models reported, and forecasts within the series seen,
are those of the series itself, which is one of the versions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from skgru._memory import require_memory
from skgru.ets import _blend, _bootstrap
from skgru.ets._fitted import Fitted
from skgru.ets._options import Options
from skgru.ets._series import Panel

# Levels whose quantiles stand for the distribution of a version in the pool, closer at the ends.
_TAIL = [0.0005, 0.004, 0.012, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4]
_LEVELS = np.array([*_TAIL, 0.5, *(1 - level for level in reversed(_TAIL))])
_EDGES = np.concatenate([[0.0], (_LEVELS[1:] + _LEVELS[:-1]) / 2, [1.0]])
# Distinguishes the drawing of versions from what else a seed and a series' number draw.
_STREAM = 2


@dataclass(frozen=True)
class Bag:
    """The bootstrapped versions of the series of a panel, and their models.

    Parameters
    ----------
    panel : Panel
        The versions of the first series, then those of the second, and so on.
    models : Fitted or Packed
    """

    panel: Panel
    models: Any


def estimate(
    panel: Panel,
    options: Options,
    n_paths=5000,
    seed=0,
    after_block=None,
    on_short=None,
    numbers=None,
) -> Fitted:
    """As `_blend.estimate`, with versions of each series where the options ask for them.

    With the seed, the versions depend on `numbers`, those of the series; from 0 by default.
    """
    fitted = _blend.estimate(panel, options, n_paths, seed, after_block, on_short)
    if options.n_versions < 2:
        return fitted
    numbers = np.arange(panel.n_series) if numbers is None else numbers
    sp, n = options.settings.sp, options.n_versions - 1
    require_memory(
        8 * n * int(panel.targets[1][-1]), f"{n + 1} versions of each series", "lower bagging"
    )
    drawn = [
        _bootstrap.versions(panel.series(s), sp, n, np.random.default_rng([seed, k, _STREAM]))
        for s, k in enumerate(numbers.tolist())
    ]
    versions = _panel(panel, drawn, n)
    models = _blend.estimate(versions, options, n_paths, seed, None, _say_nothing)
    return replace(fitted, bag=Bag(versions, models))


def advance(fitted: Fitted, panel: Panel, unchanged: np.ndarray) -> Fitted:
    """As `_blend.advance`; the versions go on with the values observed."""
    moved = _blend.advance(replace(fitted, bag=None), panel, unchanged)
    if fitted.bag is None:
        return moved
    old = fitted.bag.panel
    n = old.n_series // panel.n_series
    drawn = []
    for s in range(panel.n_series):
        kept = min(int(unchanged[s]), int(fitted.fits.n_times[s]))
        own = panel.series(s)
        drawn.append([np.append(old.series(n * s + v)[:kept], own[kept:]) for v in range(n)])
    versions = _panel(panel, drawn, n)
    models = _blend.advance(fitted.bag.models, versions, np.repeat(unchanged, n))
    return replace(moved, bag=Bag(versions, models))


def mean(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None) -> np.ndarray:
    """As `_blend.mean`."""
    own = _blend.mean(fitted, panel, steps, shift)
    if fitted.bag is None:
        return own
    return np.where(steps > 0, _pooled(_blend.mean, fitted, own, steps).mean(axis=1), own)


def variance(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None) -> np.ndarray:
    """As `_blend.variance`: the mean of the versions' variances and the variance of means."""
    own = _blend.variance(fitted, panel, steps, shift)
    if fitted.bag is None:
        return own
    means = _pooled(_blend.mean, fitted, _blend.mean(fitted, panel, steps, shift), steps)
    within = _pooled(_blend.variance, fitted, own, steps).mean(axis=1)
    return np.where(steps > 0, within + means.var(axis=1), own)


def quantiles(fitted: Fitted, panel: Panel, steps, levels, shift=None) -> np.ndarray:
    """As `_blend.quantiles`, of the versions' distributions in equal parts."""
    levels = np.asarray(levels, float)
    if fitted.bag is None:
        return _blend.quantiles(fitted, panel, steps, levels, shift)
    both = np.append(_LEVELS, levels)
    own = _blend.quantiles(fitted, panel, steps, both, shift)

    def grid(models, versions, own_steps):
        return _blend.quantiles(models, versions, own_steps, _LEVELS)

    pool = _pooled(grid, fitted, own[:, : len(_LEVELS)], steps)
    n_versions = pool.shape[1]
    pool = pool.reshape(len(pool), -1, steps.shape[1])
    shares = np.tile(np.diff(_EDGES), n_versions) / n_versions
    order = np.argsort(pool, axis=1, kind="stable")
    ordered = np.take_along_axis(pool, order, axis=1)
    places = np.cumsum(shares[order], axis=1) - shares[order] / 2
    found = own[:, len(_LEVELS) :].copy()
    for s, t in np.argwhere(steps > 0).tolist():
        found[s, :, t] = np.interp(levels, places[s, :, t], ordered[s, :, t])
    return found


def components(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None):
    """As `_blend.components`; None where there are versions."""
    return None if fitted.bag is not None else _blend.components(fitted, panel, steps, shift)


def simulate(
    fitted: Fitted, panel: Panel, h: int, n_paths: int, seed: int, shift=None, numbers=None
) -> np.ndarray:
    """As `_blend.simulate`; each path is one of a version."""
    numbers = np.arange(len(fitted.best)) if numbers is None else numbers
    if fitted.bag is None:
        return _blend.simulate(fitted, panel, h, n_paths, seed, shift, numbers)
    n = len(fitted.bag.models.best) // len(fitted.best)
    each = -(-n_paths // (n + 1))
    own = _blend.simulate(fitted, panel, h, each, seed, shift, numbers)
    places = (numbers[:, None] * n + np.arange(n)).ravel()
    bag = fitted.bag
    others = _blend.simulate(bag.models, bag.panel, h, each, seed + 2, None, places)
    paths = np.concatenate([own, others.reshape(len(own), -1, h)], axis=1)
    for s, number in enumerate(numbers.tolist()):
        rng = np.random.default_rng([seed, number, _STREAM])
        paths[s] = paths[s, rng.permutation(paths.shape[1])]
    return paths[:, :n_paths]


def taken(bags: list[Bag], models, which: np.ndarray) -> Bag:
    """The versions of some series of several bags that stand one after the other.

    Parameters
    ----------
    bags : list of Bag
    models : Fitted
        Of these versions.
    which : ndarray of int
        Versions by number.
    """
    first = bags[0].panel
    series = [bag.panel.series(s) for bag in bags for s in range(bag.panel.n_series)]
    ends = first.ends.append([bag.panel.ends for bag in bags[1:]])[which]
    names = first.instances
    assert names is not None
    names = names.append([bag.panel.instances for bag in bags[1:]])[which]
    return Bag(_panel_of(first, [series[k] for k in which.tolist()], names, ends), models)


def _panel(panel: Panel, drawn, n: int) -> Panel:
    """The versions, n of each series, as series of their own with its name."""
    owner = np.repeat(np.arange(panel.n_series), n)
    names = pd.Index([panel.name(s).removeprefix("Series ") for s in range(panel.n_series)])
    ends = panel.ends[owner % panel.n_instances]
    return _panel_of(panel, [version for own in drawn for version in own], names[owner], ends)


def _panel_of(like: Panel, series: list[np.ndarray], names: pd.Index, ends: pd.Index) -> Panel:
    return replace(
        like,
        values=np.concatenate(series),
        offsets=np.append(0, np.cumsum([len(own) for own in series])).astype(np.int64),
        instances=names,
        columns=["value"],
        ends=ends,
        owner=None,
    )


def _pooled(function, fitted: Fitted, own: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """What a function finds for a series, and for its versions; (n_series, n_versions, ...)."""
    versions, models = fitted.bag.panel, fitted.bag.models
    n = versions.n_series // len(own)
    others = function(models, versions, np.repeat(np.maximum(steps, 1), n, axis=0))
    return np.concatenate([own[:, None], others.reshape(len(own), n, *own.shape[1:])], axis=1)


def _say_nothing(panel: Panel, which: np.ndarray, what: str) -> None:
    """Series that are too short were named already."""
