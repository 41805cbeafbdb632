"""Frames of sktime, one series, a panel or a hierarchy -> series on a regular grid, and back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from skgru.sktime import _calendar
from skgru.sktime._windows import Series


class Timeline(NamedTuple):
    """The time axis that all series of a panel share.

    Attributes
    ----------
    freq : pandas offset or None
        None counts integers, or rows where the times have no regular distance.
    origin : int
        The tick of the first step, in units of the frequency.
    offset : pandas offset or None
        From one time to the next, where times are timestamps.
    """

    freq: pd.offsets.BaseOffset | None
    origin: int
    offset: pd.offsets.BaseOffset | None = None

    def ticks(self, index: pd.Index) -> np.ndarray:
        """Number of each time on the grid."""
        if self.freq is not None:
            if isinstance(index, pd.DatetimeIndex):
                index = index.tz_localize(None).to_period(self.freq)
            return (index.asi8 - self.origin) // self.freq.n
        if pd.api.types.is_integer_dtype(index.dtype):
            return np.asarray(index) - self.origin
        return np.arange(len(index))

    def after(self, cutoff: pd.Index, steps: np.ndarray) -> pd.Index:
        """Times `steps` after a timestamp."""
        offset = self.offset or pd.offsets.Day()
        return pd.DatetimeIndex([cutoff[0] + int(step) * offset for step in steps])

    def calendar(self, first: int, n: int) -> np.ndarray:
        """Features of `n` ticks from `first` on: (n, n_features)."""
        if self.freq is None:
            return np.zeros((n, 0))
        ordinals = self.origin + (first + np.arange(n)) * self.freq.n
        return _calendar.features(pd.PeriodIndex.from_ordinals(ordinals, freq=self.freq))


def draw(index: pd.Index, freq=None) -> Timeline:
    """The time axis of the times of one series; `freq` where they do not tell it themselves."""
    if isinstance(index, pd.PeriodIndex):
        return Timeline(index.freq, int(index.asi8[0]))
    if isinstance(index, pd.DatetimeIndex):
        freq = index.freq or freq or (pd.infer_freq(index) if len(index) > 2 else None)
        try:
            periods = index.tz_localize(None).to_period(freq)
        except (ValueError, AttributeError, TypeError):
            return Timeline(None, 0, freq and to_offset(freq))
        return Timeline(periods.freq, int(periods.asi8[0]), to_offset(freq or periods.freq))
    integers = pd.api.types.is_integer_dtype(index.dtype)
    return Timeline(None, int(index[0]) if integers else 0)


class Panel(NamedTuple):
    """Series in the order of instances and, within them, of columns.

    Attributes
    ----------
    series : list of Series
    ends : ndarray of int, shape (n_series,)
        Tick of each series' last step.
    keys : list
        Index of each instance; ``[()]`` for a single series.
    """

    series: list[Series]
    ends: np.ndarray
    keys: list


def times(frame: pd.DataFrame) -> pd.Index:
    """The times of the first instance."""
    if frame.index.nlevels == 1:
        return frame.index
    first = frame.index.droplevel(-1)[0]
    return frame.loc[first].index


def instances(frame: pd.DataFrame) -> list[tuple]:
    """(key, frame of one series) for each instance, sorted by key."""
    if frame.index.nlevels == 1:
        return [((), frame)]
    levels = list(range(frame.index.nlevels - 1))
    groups = frame.groupby(level=levels if len(levels) > 1 else 0, sort=True)
    return [
        (key if isinstance(key, tuple) else (key,), group.droplevel(levels))
        for key, group in groups
    ]


def read(y: pd.DataFrame, X: pd.DataFrame | None, timeline: Timeline, n_ahead: int, scaling):
    """Frames -> Panel, with what is known of the `n_ahead` steps after each series.

    `X` may reach past the end of `y`; what it does not tell goes on as it was last. `scaling` is
    the centre and scale of its columns.
    """
    told = dict(instances(X)) if X is not None else {}
    series, ends, keys = [], [], []
    for key, frame in instances(y):
        ticks = timeline.ticks(frame.index)
        values = _spread(frame.to_numpy(float), ticks - ticks[0], ticks[-1] - ticks[0] + 1)
        keys.append(key)
        n = len(values) + n_ahead
        known = [np.zeros((n, 0)), timeline.calendar(int(ticks[0]), n)]
        if key in told:
            rows = told[key].to_numpy(float)
            known[0] = _known(rows, timeline.ticks(told[key].index) - ticks[0], n, scaling)
        for column in values.T:
            series.append(_trim(key, column, np.concatenate(known, axis=1)))
            ends.append(ticks[-1])
    return Panel(series, np.array(ends), keys)


def learn_scaling(X: pd.DataFrame | None):
    """Centre and scale of each column, None without columns."""
    if X is None:
        return None
    rows = X.to_numpy(float)
    with np.errstate(all="ignore"):
        observed = np.where(np.isfinite(rows), rows, np.nan)
        any_seen = np.isfinite(observed).any(axis=0)
        observed[:, ~any_seen] = 0
        center, scale = np.nanmean(observed, axis=0), np.nanstd(observed, axis=0)
    return center, np.where(scale > 0, scale, 1.0)


def _known(rows: np.ndarray, places: np.ndarray, n: int, scaling) -> np.ndarray:
    """Scaled columns on the grid, without gaps."""
    inside = (places >= 0) & (places < n)
    spread = _spread((rows[inside] - scaling[0]) / scaling[1], places[inside], n)
    filled = pd.DataFrame(spread).ffill().bfill().fillna(0.0)
    return np.clip(filled.to_numpy(), -10, 10)


def _spread(rows: np.ndarray, places: np.ndarray, n: int) -> np.ndarray:
    """Rows at their places among `n`, NaN elsewhere."""
    spread = np.full((n, rows.shape[1]), np.nan)
    spread[places] = rows
    return spread


def _trim(key, values: np.ndarray, known: np.ndarray) -> Series:
    """Without what is missing before the first observed value."""
    observed = np.isfinite(values)
    if not observed.any():
        name = f" {key}" if key else ""
        raise ValueError(
            f"Each series in y needs at least one observed value; series{name} has none. Drop it."
        )
    first = int(observed.argmax())
    return Series(np.where(observed, values, np.nan)[first:], known[first:])
