"""Time series as pandas frames, read into one array of values.

A panel is a frame whose last index level is time. Each column is a series of its own: those of a
panel with N instances are numbered column by column, series c N + i.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from skgru.ets import _times
from skgru.ets._times import Times

# Seasonal period of a frequency, as people use them.
PERIODS = {"Q": 4, "M": 12, "W": 52, "B": 5, "D": 7, "h": 24, "min": 60, "s": 60}
MINUTES_OF_A_DAY = 1440
# From so many minutes a step on, the season is the day; below, it would have too many phases.
COARSE = 5
# Series that a message names at most.
NAMED = 5


@dataclass(frozen=True)
class Panel:
    """Series of any length, one after the other, and the columns that explain them.

    Parameters
    ----------
    values : ndarray of float64, shape (n_values,)
        NaN: missing. First the columns to forecast, then the regressors.
    offsets : ndarray of int64, shape (N (n_columns + n_regressors) + 1,)
        Series s is values[offsets[s]:offsets[s + 1]].
    instances : Index or None
        Labels of the N instances; None for a single one without a label.
    columns, regressors : list
        Names of what is forecast, and of what explains it.
    ends : Index
        Last time of each instance.
    freq : offset or None
        Of dates; None for other times and where dates show no frequency.
    step : int
        What one step of time adds to an integer or period.
    owner : DataFrame or None
        The frame that `values` are a view of, so that a change of the user's frame copies it first.
    """

    values: np.ndarray
    offsets: np.ndarray
    instances: pd.Index | None
    columns: list
    regressors: list
    ends: pd.Index
    freq: Any = None
    step: int = 1
    owner: Any = field(default=None, repr=False, compare=False)

    def __getstate__(self):
        # Elsewhere the values are an array of their own.
        return {**self.__dict__, "owner": None}

    @property
    def n_instances(self) -> int:
        """Number of instances N."""
        return len(self.ends)

    @property
    def n_series(self) -> int:
        """Series to forecast."""
        return self.n_instances * len(self.columns)

    @property
    def lengths(self) -> np.ndarray:
        """Time steps of each instance, missing ones included; (N,)."""
        return np.diff(self.offsets[: self.n_instances + 1])

    @property
    def targets(self) -> tuple[np.ndarray, np.ndarray]:
        """Values and offsets of the series to forecast."""
        offsets = self.offsets[: self.n_series + 1]
        return self.values[: offsets[-1]], offsets

    @property
    def extremes(self) -> tuple[np.ndarray, np.ndarray]:
        """Smallest and largest value of each series to forecast; (n_series,) each."""
        values, offsets = self.targets
        return np.fmin.reduceat(values, offsets[:-1]), np.fmax.reduceat(values, offsets[:-1])

    def series(self, s: int) -> np.ndarray:
        """Values of series s."""
        return self.values[self.offsets[s] : self.offsets[s + 1]]

    def part(self, first: int, last: int) -> Panel:
        """The instances from `first` to before `last`, with all their columns."""
        if first == 0 and last == self.n_instances:
            return self
        lengths = self.lengths
        if len(self.columns) + len(self.regressors) == 1:
            values = self.values[self.offsets[first] : self.offsets[last]]
        else:
            begin, end = self.offsets[[first, last]]
            table = self.values.reshape(-1, lengths.sum())
            values = table[:, begin:end].ravel()
        assert self.instances is not None
        return replace(
            self,
            values=values,
            offsets=_offsets(lengths[first:last], len(self.columns) + len(self.regressors)),
            instances=self.instances[first:last],
            ends=self.ends[first:last],
            owner=None,
        )

    def explained_by(self, s: int) -> np.ndarray:
        """Regressors of series s; (its length, n_regressors)."""
        N = self.n_instances
        first = len(self.columns) * N + s % N
        return np.stack([self.series(first + k * N) for k in range(len(self.regressors))], axis=1)

    def name(self, s: int) -> str:
        """Series s, for messages."""
        column, instance = divmod(s, self.n_instances)
        parts = [] if self.instances is None else [label(self.instances, instance)]
        if len(self.columns) > 1:
            parts.append(f"column {self.columns[column]!r}")
        return " ".join(["Series", *parts]) if parts else "The series"


def read(y: pd.DataFrame, X: pd.DataFrame | None = None) -> Panel:
    """Values, labels and time steps of a frame.

    Parameters
    ----------
    y : DataFrame
        Index of times, or a MultiIndex whose last level is time, sorted.
    X : DataFrame, optional
        Regressors, with a row for each of y at least.

    Returns
    -------
    Panel
        A time between two rows that the index leaves out (integers, periods, dates on a common
        frequency) is a missing value. Dates without a frequency are taken row by row.

    Raises
    ------
    ValueError
        For an infinite value, a series without any value, a time that stands twice, and for an
        index with more gaps than `LARGEST_GAP` allows.
    """
    y = _together(y)
    given = _rows(y, X)
    rows, starts = given, _starts(y.index)
    stops = np.append(starts[1:], len(rows))
    times = Times(y.index)
    times.refuse_duplicates(starts)
    freq = times.frequency(starts, stops)
    place, lengths, step = times.places(starts, stops, freq)
    if place is not None:
        filled = np.full((lengths.sum(), rows.shape[1]), np.nan)
        filled[np.repeat(_first(lengths), stops - starts) + place] = rows
        rows = filled
    values, owner = np.ascontiguousarray(rows.T).ravel(), None
    if np.may_share_memory(values, given):
        # Before pandas 3 nothing keeps the user's changes of a frame away from what looks at it.
        if given.flags.writeable:
            values = values.copy()
        else:
            owner = y.copy(deep=False)
    panel = Panel(
        values=values,
        offsets=_offsets(lengths, rows.shape[1]),
        instances=_instances(y.index, starts),
        columns=list(y.columns),
        regressors=[] if X is None else list(X.columns),
        ends=times.at(stops - 1),
        freq=freq,
        step=step,
        owner=owner,
    )
    check(panel)
    return panel


def extend(panel: Panel, y: pd.DataFrame, X: pd.DataFrame | None = None):
    """Add later values, and put others in the place of those at the same times.

    An instance ends where its rows end, as sktime's cutoff does: rows that all lie before the end
    cut off what comes after them.

    Parameters
    ----------
    panel : Panel
    y, X : DataFrame
        As for `read`. Instances may be absent; none may be new.

    Returns
    -------
    extended : Panel
    unchanged : ndarray of int64, shape (n_series,)
        How many leading steps of each series, regressors included, are as before.

    Raises
    ------
    ValueError
        For an unknown instance, other columns, times of another kind, and for times before the
        first one only.
    """
    if (X is not None) != bool(panel.regressors) or len(y.columns) != len(panel.columns):
        raise ValueError(
            f"update needs the columns of fit: {panel.columns} and X with "
            f"{panel.regressors or 'none'}; got {list(y.columns)} and "
            f"{'no X' if X is None else list(X.columns)}."
        )
    y = _together(y)
    rows, starts = _rows(y, X), _starts(y.index)
    Times(y.index).refuse_duplicates(starts)
    instances, times = _instances(y.index, starts), y.index.get_level_values(-1)
    counts = np.diff(np.append(starts, len(rows)))
    present = _places_of(instances, panel)
    owner = np.repeat(present, counts)
    place = _steps_after(panel, times, owner, counts) + panel.lengths[owner] - 1
    new_lengths, old_lengths = panel.lengths.copy(), panel.lengths
    new_lengths[present] = place[np.cumsum(counts) - 1] + 1
    if (new_lengths < 1).any():
        i = int(np.argmax(new_lengths < 1))
        raise ValueError(
            f"{panel.name(i)}: update needs values at or after the first one seen; got earlier "
            "ones only. Fit again to start earlier."
        )
    kept = np.minimum(old_lengths, new_lengths)
    within = np.arange(kept.sum()) - np.repeat(_first(kept), kept)
    source = np.repeat(_first(old_lengths), kept) + within
    target = np.repeat(_first(new_lengths), kept) + within
    seen = place >= 0
    fresh = _first(new_lengths)[owner[seen]] + place[seen]
    old = panel.values.reshape(rows.shape[1], -1)
    new = np.full((rows.shape[1], new_lengths.sum()), np.nan)
    new[:, target] = old[:, source]
    new[:, fresh] = rows[seen].T
    before, after = old[:, source], new[:, target]
    differs = (before != after) & ~(np.isnan(before) & np.isnan(after))
    unchanged = np.stack([_leading(row, within, kept) for row in differs])
    n_columns = len(panel.columns)
    unchanged = np.minimum(unchanged[:n_columns], unchanged[n_columns:].min(axis=0, initial=2**62))
    which = np.arange(panel.n_instances)
    which[present] = panel.n_instances + np.arange(len(present))
    extended = replace(
        panel,
        values=new.ravel(),
        offsets=_offsets(new_lengths, len(new)),
        ends=panel.ends.append(times[np.cumsum(counts) - 1]).take(which),
        owner=None,
    )
    check(extended)
    return extended, unchanged.ravel()


def select(X: pd.DataFrame, index: pd.Index) -> np.ndarray:
    """Rows of X with the labels of an index, in its order; (len(index), n_regressors).

    Raises
    ------
    ValueError
        Where X lacks a label, or is infinite.
    """
    if not X.index.is_unique:
        label = X.index[int(X.index.duplicated().argmax())]
        raise ValueError(f"X needs each time once; {label} stands twice. Keep one of both.")
    if X.index.equals(index):
        rows = X.to_numpy(np.float64)
    else:
        place = X.index.get_indexer(index)
        if (place < 0).any():
            label = index[int(np.argmax(place < 0))]
            raise ValueError(
                f"X needs a row for every time of y, and of the horizon to forecast; it has none "
                f"for {label}."
            )
        rows = X.to_numpy(np.float64)[place]
    if np.isinf(rows).any():
        column = X.columns[int(np.argmax(np.isinf(rows).any(axis=0)))]
        raise ValueError(f"X must be finite; column {column!r} is not. Set such values to NaN.")
    return rows


def period(panel: Panel) -> int:
    """Seasonal period that the times suggest: 12 for months, 7 for days; 1 where they are integers.

    Half-years and other multiples divide it: 6 for every second month. Steps of five minutes and
    more go by the day: 48 for half-hours.
    """
    name = _frequency_name(panel)
    if name is None:
        return 1
    digits = "".join(character for character in name if character.isdigit())
    letters = name.lstrip("0123456789").split("-")[0]
    letters = {"ME": "M", "MS": "M", "QE": "Q", "QS": "Q", "BME": "M", "BQE": "Q"}.get(
        letters, letters
    )
    multiple = int(digits or 1)
    coarse = letters == "min" and multiple >= COARSE
    whole = MINUTES_OF_A_DAY if coarse else PERIODS.get(letters, 1)
    return whole // multiple if whole % multiple == 0 else 1


def may_be_weeks(panel: Panel) -> bool:
    """Whether the times are weeks, or integers, which may be anything."""
    name = _frequency_name(panel)
    return name is None or name == "W" or name.startswith("W-") or name == "7D"


def _frequency_name(panel: Panel) -> str | None:
    return getattr(panel.ends, "freqstr", None) if panel.freq is None else panel.freq.freqstr


def _rows(y: pd.DataFrame, X: pd.DataFrame | None) -> np.ndarray:
    """Values of y and X side by side; (n_rows, n_columns + n_regressors)."""
    rows = y.to_numpy(np.float64)
    if not len(rows):
        raise ValueError("A series needs at least one value; got an empty frame.")
    if X is None:
        return rows
    told = select(X, y.index)
    if (unknown := np.isnan(told).all(axis=0)).any():
        column = X.columns[int(unknown.argmax())]
        raise ValueError(f"X needs a value in each column; column {column!r} has none. Drop it.")
    return np.hstack([rows, told])


def _starts(index: pd.Index) -> np.ndarray:
    """Row at which each instance begins."""
    if not isinstance(index, pd.MultiIndex):
        return np.zeros(1, np.int64)
    changes = np.zeros(len(index), bool)
    changes[0] = True
    for level in index.codes[:-1]:
        codes = np.asarray(level)
        changes[1:] |= codes[1:] != codes[:-1]
    return np.flatnonzero(changes)


def _together(y: pd.DataFrame) -> pd.DataFrame:
    """The frame itself; sorted, where other instances stand between the rows of one."""
    if not len(y) or not isinstance(y.index, pd.MultiIndex):
        return y
    labels = y.index[_starts(y.index)].droplevel(-1)
    return y if labels.is_unique else y.sort_index()


def label(names: pd.Index, i: int) -> str:
    """Name i for messages; that of several levels as a tuple of plain values."""
    name = names[i]
    if isinstance(name, tuple):
        name = tuple(part.item() if isinstance(part, np.generic) else part for part in name)
    return str(name)


def last_rows(index: pd.MultiIndex) -> np.ndarray:
    """The last row of each instance."""
    return np.append(_starts(index)[1:], len(index)) - 1


def _instances(index: pd.Index, starts: np.ndarray) -> pd.Index | None:
    """Labels of the instances; None for a single one without a label."""
    return index[starts].droplevel(-1) if isinstance(index, pd.MultiIndex) else None


def _first(lengths: np.ndarray) -> np.ndarray:
    """Where each series begins if they stand one after the other."""
    return np.cumsum(lengths) - lengths


def _offsets(lengths: np.ndarray, n_columns: int) -> np.ndarray:
    return np.append(0, np.cumsum(np.tile(lengths, n_columns))).astype(np.int64)


def _leading(differs: np.ndarray, within: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Steps before the first difference of each instance."""
    place = np.where(differs, within, np.repeat(kept, kept))
    return np.minimum.reduceat(place, _first(kept))


def _places_of(instances: pd.Index | None, panel: Panel) -> np.ndarray:
    """Which instances of the panel these are."""
    if (instances is None) != (panel.instances is None):
        raise ValueError("update needs the kind of y that was fitted, a series or a panel.")
    if instances is None or panel.instances is None:
        return np.zeros(1, np.int64)
    present = panel.instances.get_indexer(instances)
    if (present < 0).any():
        raise ValueError(
            f"Series {instances[int(np.argmax(present < 0))]} is not among those fitted; update "
            "needs known ones. Fit again with all of them."
        )
    return present


def _steps_after(panel: Panel, times: pd.Index, owner: np.ndarray, counts) -> np.ndarray:
    """How many steps after the end of its instance each time lies; 0 is the end itself."""
    _times.refuse_others(times, panel.ends)
    both = panel.ends.append(times)
    ordinals = _times.ordinals(both, panel.freq)
    if ordinals is not None:
        return (ordinals[panel.n_instances :] - ordinals[owner]) // panel.step
    # Row by row: later times follow the end, earlier ones come before it.
    later = times > panel.ends[owner]
    starts = _first(counts)
    n_earlier = np.add.reduceat(~later, starts)
    within = np.arange(len(times)) - np.repeat(starts, counts)
    return within - np.repeat(n_earlier, counts) + 1


def check(panel: Panel) -> None:
    """Raise an error that names a series with an infinite value, or all without any value."""
    values, offsets = panel.targets
    if np.isinf(values).any():
        s = int(np.searchsorted(offsets, np.argmax(np.isinf(values)), side="right")) - 1
        raise ValueError(
            f"{panel.name(s)} has an infinite value at step {np.argmax(np.isinf(panel.series(s)))}."
            " Values must be finite; set those that are not known to NaN."
        )
    empty = np.add.reduceat(~np.isnan(values), offsets[:-1]) == 0
    if empty.any():
        which = np.flatnonzero(empty)
        names = ", ".join(panel.name(int(s)) for s in which[:NAMED])
        if len(which) == 1:
            drop = "" if panel.n_series == 1 else " Drop it."
            raise ValueError(
                f"{names} has no value that is not missing; it needs at least one.{drop}"
            )
        more = f" and {len(which) - NAMED} more" if len(which) > NAMED else ""
        raise ValueError(
            f"{len(which)} series have no value that is not missing: {names}{more}. Each needs at "
            "least one. Drop them."
        )
