"""Times of a frame's rows as numbers of steps.

A panel holds the same times again and again; its index has each once, and what is made here for
all rows is made from those.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from skgru._time_kind import kind

# Rows that are looked at together where a whole column of intermediate numbers is not needed.
_CHUNK = 1 << 18
# Gaps in the index count as missing values up to this many times the rows.
LARGEST_GAP = 20
# Integers that span more than so many times the rows may be no numbers of steps.
SUSPICIOUS_GAP = 2


class Times:
    """The last level of an index, each time kept once.

    Parameters
    ----------
    index : Index
        Of times, or a MultiIndex whose last level is time.
    """

    def __init__(self, index: pd.Index):
        self._labels, self._codes = index, None
        if isinstance(index, pd.MultiIndex):
            self._labels, self._codes = index.levels[-1], np.asarray(index.codes[-1])
            if (self._codes < 0).any():  # a missing time has no label
                self._labels, self._codes = index.get_level_values(-1), None

    def __len__(self) -> int:
        return len(self._labels if self._codes is None else self._codes)

    def at(self, rows: np.ndarray | slice) -> pd.Index:
        """Times of some rows."""
        return self._labels[rows if self._codes is None else self._codes[rows]]

    def refuse_duplicates(self, starts: np.ndarray) -> None:
        """Raise an error if a time follows itself within an instance."""
        if isinstance(self._labels, pd.RangeIndex) and self._codes is None:
            return
        numbers = self._codes
        if numbers is None:
            numbers = getattr(self._labels, "asi8", None)
            numbers = self._labels.to_numpy() if numbers is None else numbers
        same = numbers[1:] == numbers[:-1]
        same[starts[1:] - 1] = False
        if same.any():
            row = np.flatnonzero(same)[:1]
            raise ValueError(
                f"Each time stands once in the index of a series; {self.at(row)[0]} stands "
                "twice. Add such values up, take their mean, or keep the last: "
                "y.groupby(level=-1).last(), for example."
            )

    def frequency(self, starts: np.ndarray, stops: np.ndarray):
        """Frequency of dates: declared, or that of the longest instance, or of all together."""
        if not isinstance(self._labels, pd.DatetimeIndex):
            return None
        if self._codes is None and self._labels.freq is not None:
            return self._labels.freq
        longest = int(np.argmax(stops - starts))
        own = self.at(slice(starts[longest], stops[longest]))
        for index in (own, self._distinct()[0].unique().sort_values()):
            if len(index) >= 3 and (name := pd.infer_freq(index)) is not None:
                return pd.tseries.frequencies.to_offset(name)
        return None

    def places(self, starts: np.ndarray, stops: np.ndarray, freq):
        """Steps of the rows within their instances.

        Returns
        -------
        place : ndarray of int64, shape (n_rows,), or None
            Time step of each row within its instance; None: as they stand.
        lengths : ndarray, shape (n_instances,)
        step : int
            What one step adds to an integer or period.
        """
        counts, labels = stops - starts, self._labels
        regular = isinstance(labels, pd.RangeIndex) or getattr(labels, "freq", None) is not None
        if regular and self._codes is None and not isinstance(labels, pd.PeriodIndex):
            return None, counts, abs(getattr(labels, "step", 1))
        distinct, which = self._distinct()
        numbers = ordinals(distinct, freq)
        if numbers is None and freq is not None:
            _refuse_finer(self.at(slice(None)).asi8, starts, stops, freq)
        if numbers is None or len(self) == len(starts):
            return None, counts, 1
        step, longest = _gaps(numbers, which, starts)
        if step < 1 or step == longest:
            return None, counts, max(step, 1)
        place = numbers if which is None else numbers[which]
        place = place - np.repeat(place[starts], counts)
        if (place % step).any():
            return None, counts, step
        place //= step
        lengths = place[stops - 1] + 1
        if lengths.sum() > LARGEST_GAP * len(self):
            raise ValueError(
                f"The index spans {lengths.sum()} steps of {step}, but only {len(self)} of them "
                "have a row. Give rows consecutive integers, or a row with NaN for each missing "
                "time."
            )
        if pd.api.types.is_integer_dtype(labels.dtype):
            warn_of_gaps(int(lengths.sum()), len(self), stacklevel=5)
        return place, lengths, step

    def _distinct(self) -> tuple[pd.Index, np.ndarray | None]:
        """The times that occur, and which of them each row has; None: one row after the other."""
        if self._codes is None:
            return self._labels, None
        occurs = np.zeros(len(self._labels), bool)
        occurs[self._codes] = True
        if occurs.all():
            return self._labels, self._codes
        place = (np.cumsum(occurs) - 1).astype(self._codes.dtype)
        return self._labels[occurs], place[self._codes]


def ordinals(times: pd.Index, freq) -> np.ndarray | None:
    """Times as numbers of steps; None for dates off their frequency or without one."""
    if isinstance(times, pd.PeriodIndex):
        return times.asi8 if times.freq.n == 1 else times.asi8 // times.freq.n
    if pd.api.types.is_integer_dtype(times):
        return times.to_numpy(np.int64)
    if not isinstance(times, pd.DatetimeIndex) or freq is None:
        return None
    place = pd.date_range(times.min(), times.max(), freq=freq).get_indexer(times)
    return None if (place < 0).any() else place.astype(np.int64, copy=False)


def warn_of_gaps(n_steps: int, n_rows: int, stacklevel: int) -> None:
    """Warn where integers leave out more steps than they have, as 201812 and 201901 do."""
    if n_steps > SUSPICIOUS_GAP * n_rows:
        warnings.warn(
            f"The times span {n_steps} steps, but only {n_rows} of them have a row; the others "
            "count as missing values. Are these dates? Integers such as 201812 are not, as 201901 "
            "is 89 steps later; make them periods, for example by pd.PeriodIndex("
            "pd.to_datetime(times.astype(str), format='%Y%m'), freq='M').",
            UserWarning,
            stacklevel + 1,
        )


def refuse_others(times: pd.Index, seen: pd.Index) -> None:
    """Raise where times are of another kind than those seen."""
    if kind(times) != kind(seen):
        raise ValueError(
            f"Times must be of the kind that was fitted, {seen.dtype}; got {times.dtype}. Convert "
            "them."
        )


def _refuse_finer(times: np.ndarray, starts, stops, freq) -> None:
    """Raise where the dates of an instance are closer than those that the frequency is from."""
    distance = np.diff(times, prepend=times[0])
    distance[starts] = np.iinfo(np.int64).max
    closest = np.minimum.reduceat(distance, starts)
    finer = closest < closest[np.argmax(stops - starts)] / 2
    if finer.any():
        row = starts[int(finer.argmax())]
        raise ValueError(
            f"All series of a panel need one frequency; that of the longest is {freq.freqstr!r}, "
            f"and the one from row {row} on has dates closer than that. Fit series of other "
            "frequencies by themselves."
        )


def _gaps(numbers: np.ndarray, which: np.ndarray | None, starts: np.ndarray) -> tuple[int, int]:
    """Smallest and largest distance of two rows of an instance that follow each other."""
    least, most = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    n_rows = len(numbers if which is None else which)
    for first in range(0, n_rows - 1, _CHUNK):
        rows = slice(first, first + _CHUNK + 1)
        gaps = np.diff(numbers[rows] if which is None else numbers[which[rows]])
        a, b = np.searchsorted(starts, [first + 1, first + 1 + len(gaps)])
        gaps = np.delete(gaps, starts[a:b] - first - 1)
        if len(gaps):
            least, most = min(least, gaps.min()), max(most, gaps.max())
    return int(least), int(most)
