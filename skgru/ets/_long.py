"""Long frames, a row for each series and time: read into arrays, and forecasts written as one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skgru.ets import _blockwise, _calendar, _series, _times
from skgru.ets._calendar import Calendar
from skgru.ets._series import Panel

# Rows that are looked at together where a whole column of intermediate numbers is not needed.
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a long frame.

    Parameters
    ----------
    ids : tuple of hashable
        Together they name a series.
    time, value : hashable
    """

    ids: tuple
    time: str
    value: str

    def __iter__(self):
        return iter((*self.ids, self.time, self.value))


@dataclass(frozen=True)
class Long:
    """The series of a long frame, in the order of their names.

    Parameters
    ----------
    panel : Panel
        Gaps filled with NaN.
    names : Index
        Of the series, of the type of the id column; a MultiIndex for several.
    calendar : Calendar
    lasts : ndarray of int64, shape (n_series,)
        Number of the last time of each series.
    """

    panel: Panel
    names: pd.Index
    calendar: Calendar
    lasts: np.ndarray


def read(frame: pd.DataFrame, columns: Columns, freq=None) -> Long:
    """The series of a long frame; rows may stand in any order.

    Parameters
    ----------
    frame : DataFrame
        Of these columns.
    columns : Columns
    freq : str, offset, int or None
        Distance between times; None finds it, once for all series.

    Raises
    ------
    ValueError, TypeError
        For missing or other columns, a missing id or time, two rows of one series and time, dates
        off their frequency, infinite values, and series without any value.
    """
    check_columns(list(frame.columns), columns)
    if not len(frame):
        raise ValueError("A series needs at least one value; got an empty frame.")
    codes, names = _names_of(frame, columns.ids)
    times = pd.Index(frame[columns.time])
    if times.dtype.kind == "M":  # dates kept by Arrow among them
        times = pd.DatetimeIndex(times)
    calendar, numbers = _calendar.read(times, codes, names, columns.time, freq)
    layout = _layout(calendar, codes, numbers, len(names))
    calendar = layout.calendar
    values = _scatter(_numbers_of(frame[columns.value], columns.value), layout, names)
    freq = calendar.freq
    ends = calendar.origin.repeat(len(names)) if freq is None else pd.RangeIndex(len(names))
    panel = _blockwise.panel_of(values, layout.offsets, names, ends=ends, freq=freq)
    _series.check(panel)
    return Long(panel, names, calendar, layout.lasts)


def write(long: Long, columns: Columns, means, quantiles, coverage: list[float]) -> pd.DataFrame:
    """Forecasts as a long frame.

    Parameters
    ----------
    long : Long
    columns : Columns
    means : ndarray, shape (n_series, h)
    quantiles : ndarray, shape (2 n_coverages, n_series, h)
        Lower and upper bound of each interval in turn.
    coverage : list of float
    """
    n, h = means.shape
    numbers = long.lasts[:, None] + long.calendar.step * np.arange(1, h + 1)
    one = len(columns.ids) == 1
    frame = {
        name: (long.names if one else long.names.get_level_values(k)).repeat(h)
        for k, name in enumerate(columns.ids)
    }
    frame[columns.time] = long.calendar.times(numbers.ravel())
    frame["forecast"] = means.ravel()
    for name, bound in zip(bounds(coverage), quantiles):
        frame[name] = bound.reshape(n * h)
    return pd.DataFrame(frame, copy=False)


def bounds(coverage: list[float]) -> list[str]:
    """Names of the columns of intervals: lower_90, upper_90, and lower_97_5 for 0.975."""
    ends = [f"{100 * c:.10g}".replace(".", "_") for c in coverage]
    return [f"{side}_{end}" for end in ends for side in ("lower", "upper")]


def check_columns(found: list, columns: Columns) -> None:
    """Raise an error where a frame has other columns than these."""
    asked = list(columns)
    if len(set(asked)) < len(asked):
        raise ValueError(f"id, time and value are different columns; got {asked}.")
    missing = [name for name in asked if name not in found]
    if missing:
        raise ValueError(
            f"The frame has columns {found}, but none named {missing}. Say which ones hold the "
            "name of the series, time and value by id, time and value; a label that stands in "
            "the index becomes a column by reset_index()."
        )
    others = [name for name in found if name not in asked]
    if others or len(found) != len(asked):
        raise ValueError(
            f"Forecasts of a long frame take no exogenous columns; got {others or found} beside "
            f"{asked}. Select the latter, or fit(y, X) where others explain the values."
        )


def check_result(columns: Columns, coverage) -> None:
    """Raise an error where the result would have two columns of one name."""
    own = ["forecast", *bounds(list(coverage))]
    for role, name in (*(("id", name) for name in columns.ids), ("time", columns.time)):
        if name in own:
            raise ValueError(
                f"The result has a column {name!r} of its own; got {role}={name!r}. Rename that "
                f"column of the frame, to {name + '_' + role!r} for example."
            )


def _names_of(frame: pd.DataFrame, ids: tuple):
    """Code of each row, and the names of the series in order; several columns are told apart."""
    codes, names = _factorize(frame[ids[0]], ids[0])
    if len(ids) == 1:
        return codes, names
    levels, parts = [names], [codes]
    for column in ids[1:]:
        own, names = _factorize(frame[column], column)
        levels.append(names)
        parts.append(own)
        codes, distinct = pd.factorize(codes.astype(np.int64) * len(names) + own, sort=True)
    rows = np.empty(len(distinct), np.int64)
    rows[codes] = np.arange(len(codes))
    return codes, pd.MultiIndex(levels=levels, codes=[own[rows] for own in parts], names=ids)


def _factorize(ids: pd.Series, column: str):
    """Code of each row, and the names of the series in order."""
    try:
        codes, names = pd.factorize(ids, sort=True)
    except TypeError:  # names of types that have no order
        codes, names = pd.factorize(ids)
    if (codes < 0).any():
        raise ValueError(
            f"Column {column!r} names no series in row {int(np.argmax(codes < 0))}. Drop such rows."
        )
    return codes, pd.Index(names)


@dataclass(frozen=True)
class _Layout:
    """Where each row belongs: `offsets[code] + (number - firsts[code]) / step`."""

    calendar: Calendar
    codes: np.ndarray
    numbers: np.ndarray
    firsts: np.ndarray
    lasts: np.ndarray
    offsets: np.ndarray

    def places(self, rows: slice):
        """Place of each row, and what is left of a step where it falls between two."""
        own = self.codes[rows]
        ahead, rest = np.divmod(self.numbers[rows] - self.firsts[own], self.calendar.step)
        return ahead + self.offsets[own], rest


def _layout(calendar: Calendar, codes: np.ndarray, numbers: np.ndarray, n_series: int) -> _Layout:
    """Extent of each series, one after the other."""
    limits = np.iinfo(np.int64)
    firsts, lasts = np.full(n_series, limits.max), np.full(n_series, limits.min)
    np.minimum.at(firsts, codes, numbers)
    np.maximum.at(lasts, codes, numbers)
    step = calendar.step or _step(numbers, firsts, codes) or calendar.least
    lengths = (lasts - firsts) // step + 1
    if lengths.sum() > _times.LARGEST_GAP * len(numbers):
        raise ValueError(
            f"The times of the series span {lengths.sum()} steps of {step}, but only "
            f"{len(numbers)} of them have a row. Number times consecutively, give freq, or add a "
            "row with a missing value for each time."
        )
    if pd.api.types.is_integer_dtype(calendar.origin.dtype):
        _times.warn_of_gaps(int(lengths.sum()), len(numbers), stacklevel=5)
    offsets = np.append(0, np.cumsum(lengths))
    return _Layout(replace(calendar, step=step), codes, numbers, firsts, lasts, offsets)


def _step(numbers: np.ndarray, firsts: np.ndarray, codes: np.ndarray) -> int:
    """Largest step that leads from the first time of each series to all others; 0 without any."""
    step = 0
    for start in range(0, len(numbers), _CHUNK):
        part = slice(start, start + _CHUNK)
        step = int(np.gcd(step, np.gcd.reduce(numbers[part] - firsts[codes[part]])))
        if step == 1:
            break
    return step


def _scatter(rows: np.ndarray, layout: _Layout, names: pd.Index) -> np.ndarray:
    """Values in the order of series and time, NaN in the gaps."""
    values = np.full(layout.offsets[-1], np.nan)
    seen = np.zeros(len(values), bool)
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        place, rest = layout.places(part)
        if rest.any():
            series = layout.codes[part][np.argmax(rest != 0)]
            raise ValueError(
                f"Series {_series.label(names, series)} has times that are not freq apart. Give "
                "their true distance, or leave freq out to find it."
            )
        values[place] = rows[part]
        seen[place] = True
    if np.count_nonzero(seen) < len(rows):
        raise ValueError(_duplicate(layout, names))
    return values


def _duplicate(layout: _Layout, names: pd.Index) -> str:
    """The first series and time that several rows have."""
    place, _ = layout.places(slice(None))
    first = int(np.argmax(np.bincount(place) > 1))
    rows = np.flatnonzero(place == first)
    time = layout.calendar.times(layout.numbers[rows[:1]])[0]
    series = _series.label(names, layout.codes[rows[0]])
    return (
        f"Series {series} has {len(rows)} rows for {time}, the first ones "
        f"being rows {rows[0]} and {rows[1]}. Keep one row for each series and time, for example "
        "by drop_duplicates or a sum with groupby."
    )


def _numbers_of(column: pd.Series, name: str) -> np.ndarray:
    """Values as float64; NaN: missing."""
    try:
        return column.to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise TypeError(f"Column {name!r} needs numbers; it has {column.dtype}.") from None
