"""Times as whole numbers of steps: dates on one frequency, periods and integers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

# Fewer dates show no frequency.
_FEWEST_DATES = 3
# The longest series, of which one may have a gap or a wrong date, are looked at before all dates.
_MOST_SERIES = 3


@dataclass(frozen=True)
class Calendar:
    """What the numbers of steps stand for.

    Parameters
    ----------
    origin : Index, length 1
        The time of number 0; of integers and periods, that of any number.
    base : offset or None
        What one step adds to a date; None for integers and periods.
    step : int
        Distance between times that follow each other; 0 where the data are to tell it.
    """

    origin: pd.Index
    base: Any = None
    step: int = 0

    def numbers(self, times: pd.Index) -> np.ndarray | None:
        """Number of each time, int64; None where dates are off the frequency."""
        if isinstance(times, pd.PeriodIndex):
            return times.asi8
        if self.base is None:
            return times.to_numpy(np.int64)
        if (unit := self._unit(times)) is not None:
            numbers, rest = np.divmod(times.asi8 - self._origin(times), unit)
            return None if rest.any() else numbers
        grid = pd.date_range(self.origin[0], times.max(), freq=self.base)
        place = grid.as_unit(times.unit).get_indexer(times)
        return None if (place < 0).any() else place.astype(np.int64)

    def times(self, numbers: np.ndarray) -> pd.Index:
        """The times of numbers, of the type that came in."""
        if isinstance(self.origin, pd.PeriodIndex):
            return pd.PeriodIndex.from_ordinals(numbers, freq=self.origin.freq)
        if self.base is None:  # small integers may end before the forecasts do
            nullable = pd.api.types.is_extension_array_dtype(self.origin.dtype)
            return pd.Index(numbers, dtype="Int64" if nullable else np.int64)
        if (unit := self._unit(self.origin)) is not None:
            found = self._origin(self.origin) + unit * numbers
            dates = pd.DatetimeIndex(found.view(f"M8[{self.origin.unit}]"))
            zone = self.origin.tz
            return dates if zone is None else dates.tz_localize("UTC").tz_convert(zone)
        grid = pd.date_range(self.origin[0], periods=int(numbers.max()) + 1, freq=self.base)
        return grid.as_unit(self.origin.unit).take(numbers)

    @property
    def freq(self):
        """Frequency of dates; None for integers and periods."""
        return None if self.base is None else self.base * max(self.step, 1)

    @property
    def least(self) -> int:
        """The step where no series has two times: periods of two months are two numbers apart."""
        return self.origin.freq.n if isinstance(self.origin, pd.PeriodIndex) else 1

    def _origin(self, times) -> int:
        return int(self.origin.as_unit(times.unit).asi8[0])

    def _unit(self, times) -> int | None:
        """A step in the units of dates where all steps are equally long; a day may not be."""
        if not isinstance(self.base, pd.tseries.offsets.Tick):
            return None
        if isinstance(self.base, pd.tseries.offsets.Day):
            return None
        return int(pd.Timedelta(self.base) / pd.Timedelta(1, times.unit)) or None


def read(times: pd.Index, codes: np.ndarray, names: pd.Index, column: str, freq=None):
    """The calendar of a column of times, and their numbers.

    Parameters
    ----------
    times : Index
        One for each row, in any order.
    codes : ndarray of int, shape (n_rows,)
        Series of each row.
    names : Index
        Of the series.
    column : str
        For messages.
    freq : str, offset, int or None
        Distance between times; None finds it.

    Returns
    -------
    calendar : Calendar
    numbers : ndarray of int64, shape (n_rows,)
    """
    if times.hasnans:
        raise ValueError(
            f"Column {column!r} has a missing time in row {int(np.argmax(times.isna()))}. "
            "Drop such rows."
        )
    whole = pd.api.types.is_integer_dtype(times)
    if whole or isinstance(times, pd.PeriodIndex):
        calendar = Calendar(times[:1])
        calendar = replace(calendar, step=_whole_step(freq, column) * calendar.least)
        return calendar, calendar.numbers(times)
    if not isinstance(times, pd.DatetimeIndex):
        raise TypeError(
            f"Times are dates, periods or integers; column {column!r} has {times.dtype}. "
            "Convert it, for example with pandas.to_datetime."
        )
    origin = times[[int(times.argmin())]]
    tried = []
    for offset in _offsets(times, codes, freq):
        name = offset.freqstr
        calendar = Calendar(origin, offset.base, offset.n if freq is not None else 0)
        numbers = calendar.numbers(times)
        if numbers is not None:
            return calendar, numbers
        tried.append(name)
    raise ValueError(_irregular(times, codes, names, column, tried, freq))


def _whole_step(freq, column: str) -> int:
    if freq is None:
        return 0
    if isinstance(freq, bool) or not isinstance(freq, (int, np.integer)) or freq < 1:
        raise ValueError(
            f"Column {column!r} has integers or periods: freq is the whole number of them between "
            f"two times, or None; got {freq!r}."
        )
    return int(freq)


def _offsets(times: pd.DatetimeIndex, codes: np.ndarray, freq):
    """Frequencies that the dates may have: the one given, or those that can be seen in them."""
    if freq is not None:
        yield pd.tseries.frequencies.to_offset(freq)
        return
    longest = np.argsort(-np.bincount(codes), kind="stable")[:_MOST_SERIES]
    seen = set()
    for code in (*longest, None):
        dates = (times if code is None else times[codes == code]).unique().sort_values()
        name = pd.infer_freq(dates) if len(dates) >= _FEWEST_DATES else None
        if name is not None and name not in seen:
            seen.add(name)
            yield pd.tseries.frequencies.to_offset(name)


def _irregular(times, codes, names, column: str, tried: list[str], freq) -> str:
    """What is wrong with dates that have no frequency in common, and what to do."""
    if not tried:
        return (
            f"The dates of column {column!r} show no frequency. Give it, for example freq='D' or "
            "freq='MS'; or, where dates fall irregularly, make them regular first, for example by "
            f"frame[{column!r}].dt.to_period('M') and a sum for each period."
        )
    offset = pd.tseries.frequencies.to_offset(tried[0])
    grid = pd.date_range(times.min(), times.max(), freq=offset.base)
    row = int(np.argmax(grid.as_unit(times.unit).get_indexer(times) < 0))
    source = "freq" if freq is not None else "the other dates' frequency"
    return (
        f"Series {names[codes[row]]}: {times[row]} in column {column!r} is off {source}, "
        f"{tried[0]!r}. Correct the date; give another freq, for example '7D' for weeks that begin "
        "on any day; or turn dates into periods, for example by "
        f"frame[{column!r}].dt.to_period('M'), if their exact day does not matter."
    )
