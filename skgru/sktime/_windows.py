"""Windows of many series, each on its own scale: what a global model learns from.

A window is `context` values and the `horizon` values after them. It is moved by the last value of
its context and divided by the context's standard deviation, so that a trend, or a series a
thousand times as large, looks like any other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

FLOOR = 1e-3  # smallest scale of a window, as a share of its mean absolute value


class Series(NamedTuple):
    """One series on a regular grid.

    Attributes
    ----------
    values : ndarray, shape (n_timesteps,)
        NaN where missing; the first one is observed.
    known : ndarray, shape (n_timesteps + n_ahead, n_known)
        What is known ahead, finite.
    """

    values: np.ndarray
    known: np.ndarray


class Shape(NamedTuple):
    """How windows are cut.

    Attributes
    ----------
    context, horizon : int
    logarithm : bool
        Whether values are positive and read on the logarithmic scale.
    """

    context: int
    horizon: int
    logarithm: bool


class Windows(NamedTuple):
    """Scaled windows.

    Attributes
    ----------
    context : ndarray of float32, shape (n, context)
    target : ndarray of float32, shape (n, horizon)
        NaN where missing.
    known : ndarray of float32, shape (n, n_known, context + horizon)
    level, scale : ndarray, shape (n,)
    observed : ndarray of float32, shape (n, context)
        1 where a value of the context was observed, else 0.
    series : ndarray of int, shape (n,)
        Which series each is cut from.
    """

    context: np.ndarray
    target: np.ndarray
    known: np.ndarray
    level: np.ndarray
    scale: np.ndarray
    observed: np.ndarray
    series: np.ndarray

    @property
    def n(self) -> int:
        """How many."""
        return len(self.context)

    def take(self, rows) -> Windows:
        """Some of the windows."""
        return Windows(*(part[rows] for part in self))

    def restore(self, scaled: np.ndarray, logarithm: bool) -> np.ndarray:
        """Scaled values, shape (n, ...), -> values."""
        shape = (-1,) + (1,) * (scaled.ndim - 1)
        values = scaled * self.scale.reshape(shape) + self.level.reshape(shape)
        return np.exp(np.clip(values, -700, 700)) if logarithm else values


def fill(values: np.ndarray) -> np.ndarray:
    """Missing values between their neighbours, on a straight line; the last one goes on."""
    known = np.isfinite(values)
    if known.all():
        return values
    return np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])


def cut(panel: list[Series], cutoffs: list[np.ndarray], shape: Shape) -> Windows:
    """Windows after the first c values of each series, for each of its cutoffs c.

    A context that reaches before a series sees its first value there; a target after its end is
    missing. A context that ends in missing values repeats the last one observed: on a straight line
    to the next, it would know of the target.
    """
    parts = [_cut_one(series, c, shape) for series, c in zip(panel, cutoffs)]
    owner = np.repeat(np.arange(len(panel)), [len(c) for c in cutoffs])
    context, target, known, observed = (np.concatenate(part) for part in zip(*parts))
    level = context[:, -1].astype(float)
    floor = FLOOR if shape.logarithm else FLOOR * np.abs(context).mean(1)
    spread = context.std(1)
    scale = np.maximum(spread, floor)
    scale[scale <= 0] = 1.0
    context = ((context - level[:, None]) / scale[:, None]).astype(np.float32)
    target = (target - level[:, None]) / scale[:, None]
    target[spread <= floor] = np.nan  # a constant context says nothing of what a change is worth
    return Windows(context, target.astype(np.float32), known, level, scale, observed, owner)


def _cut_one(series: Series, cutoffs: np.ndarray, shape: Shape):
    """Unscaled windows of one series."""
    before, ahead = shape.context, shape.horizon
    width = before + ahead
    raw = np.log(series.values) if shape.logarithm else series.values
    filled = np.concatenate([np.full(before, raw[0]), fill(raw), np.zeros(ahead)])
    missing = np.concatenate([np.full(before, raw[0]), raw, np.full(ahead, np.nan)])
    known = series.known[: len(raw) + ahead]
    behind = len(raw) + ahead - len(known)
    known = np.pad(known, ((before, behind), (0, 0)), mode="edge").astype(np.float32)
    view = np.lib.stride_tricks.sliding_window_view
    gaps = view(missing, width)[cutoffs]
    context = view(filled, width)[cutoffs, :before]
    if not np.isfinite(raw).all():
        context = _hold_last(context, missing, cutoffs)
    return (
        context,
        gaps[:, before:],
        view(known, width, axis=0)[cutoffs],
        np.isfinite(gaps[:, :before]).astype(np.float32),
    )


def _hold_last(context: np.ndarray, values: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
    """Contexts, those that end in missing values with the last one observed in their place."""
    n = context.shape[1]
    places = np.where(np.isfinite(values), np.arange(len(values)), 0)  # the first is observed
    last = np.maximum.accumulate(places)[cutoffs + n - 1]
    late = cutoffs[:, None] + np.arange(n) > last[:, None]
    return np.where(late, values[last][:, None], context)
