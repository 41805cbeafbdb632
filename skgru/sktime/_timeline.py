"""Frames of sktime, one series, a panel or a hierarchy -> series on a regular grid, and back."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from skgru._time_kind import kind
from skgru.sktime import _calendar
from skgru.sktime._windows import Series

CALENDAR = {"MS": "M", "ME": "M", "QS": "Q", "QE": "Q", "YS": "Y", "YE": "Y"}
LARGEST_GAP = 1000  # steps to a row: beyond, the index does not count steps


UNDATED = "The dates of y show no frequency"
CURE = (
    "Give y a frequency, for example y.asfreq('D'), or y.asfreq('B') where there are no weekends, "
    "or an index of periods"
)


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
                index = _periods(index, self.freq)
            return (index.asi8 - self.origin) // self.freq.n
        if pd.api.types.is_integer_dtype(index.dtype):
            return np.asarray(index) - self.origin
        return np.arange(len(index))

    def after(self, cutoff: pd.Index, steps: np.ndarray) -> pd.Index:
        """Times `steps` after a timestamp."""
        if self.offset is None and (steps != 0).any():
            raise ValueError(f"{UNDATED}, so steps after the last one have no dates. {CURE}.")
        offset = self.offset or pd.offsets.Day()
        return pd.DatetimeIndex([cutoff[0] + int(step) * offset for step in steps])

    def refuse_others(self, times: pd.Index, cutoff: pd.Index) -> None:
        """Raise where times cannot be counted from a time of the series."""
        if kind(times) != kind(cutoff):
            raise ValueError(
                f"Times in fh must be of the kind that y has, {cutoff.dtype}; got {times.dtype}. "
                "Convert them, or ask for numbers of steps."
            )
        if isinstance(times, pd.DatetimeIndex) and self.freq is None:
            raise ValueError(f"{UNDATED}, so times in fh cannot be counted from it. {CURE}.")

    def calendar(self, first: int, n: int) -> np.ndarray:
        """Features of `n` ticks from `first` on: (n, n_features)."""
        if self.freq is None:
            return np.zeros((n, 0))
        ordinals = self.origin + (first + np.arange(n)) * self.freq.n
        with _business_days():
            return _calendar.features(pd.PeriodIndex.from_ordinals(ordinals, freq=self.freq))


def _of_periods(freq):
    """A frequency as periods have it: months that begin, or end, on a date are months."""
    if freq is None:
        return None
    offset = to_offset(freq)
    name = offset.name.partition("-")[0]
    unit = CALENDAR.get(name.removeprefix("B"))
    return freq if unit is None else f"{offset.n}{unit}"


def _periods(index: pd.DatetimeIndex, freq) -> pd.PeriodIndex:
    """Dates as periods; hours and less are counted in UTC, as clocks that change would not."""
    if index.tz is not None:
        fixed = freq is not None and isinstance(to_offset(freq), pd.offsets.Tick)
        index = index.tz_convert("UTC" if fixed else index.tz).tz_localize(None)
    with _business_days():
        return index.to_period(freq)


@contextmanager
def _business_days():
    """Periods of business days serve within: pandas would have dates instead, and says so."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"PeriodDtype\[B\]", FutureWarning)
        yield


def draw(index: pd.Index, freq=None) -> Timeline:
    """The time axis of the times of one series; `freq` where they do not tell it themselves."""
    if isinstance(index, pd.PeriodIndex):
        return Timeline(index.freq, int(index.asi8[0]))
    if isinstance(index, pd.DatetimeIndex):
        freq = index.freq or freq or (pd.infer_freq(index) if len(index) > 2 else None)
        try:
            periods = _periods(index, _of_periods(freq))
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
    if not len(frame):
        raise ValueError("A series needs at least one value; got an empty frame.")
    if frame.index.nlevels == 1:
        return frame.index
    index = frame.index
    if any(names.hasnans or (codes < 0).any() for names, codes in zip(index.levels, index.codes)):
        raise ValueError("Each series of a panel needs a name and times; a label is missing.")
    first = frame.index.droplevel(-1)[0]
    return frame.loc[first].index


def until(joined: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Without what comes after the last new time of each instance that has new ones.

    That is where sktime's cutoff then is.
    """
    if joined.index.nlevels == 1:
        return joined.loc[: new.index[-1]] if len(new) else joined
    ends = {key: frame.index[-1] for key, frame in instances(new)}
    late = [
        (*key, time)
        for key, frame in instances(joined)
        if key in ends
        for time in frame.index[frame.index > ends[key]]
    ]
    return joined.drop(index=late) if late else joined


def refuse_infinite(X: pd.DataFrame) -> None:
    """Raise where a column that explains is infinite."""
    if (infinite := np.isinf(X.to_numpy(float)).any(axis=0)).any():
        column = X.columns[int(infinite.argmax())]
        raise ValueError(f"X must be finite; column {column!r} is not. Set such values to NaN.")


def refuse_others(frame: pd.DataFrame, seen: pd.DataFrame) -> None:
    """Raise where times are of another kind than those seen."""
    came, wanted = frame.index.get_level_values(-1), seen.index.get_level_values(-1)
    if len(came) and kind(came) != kind(wanted):
        raise ValueError(
            f"Times must be of the kind that was fitted, {wanted.dtype}; got {came.dtype}. "
            "Convert them."
        )


def refuse_earlier(new: pd.DataFrame, seen: pd.DataFrame) -> None:
    """Raise where an instance brings nothing but times before the first one seen of it."""
    starts = {key: frame.index[0] for key, frame in instances(seen)}
    for key, frame in instances(new):
        if len(frame) and key in starts and frame.index[-1] < starts[key]:
            raise ValueError(
                f"{_name(key)}: update needs values at or after the first one seen, "
                f"{starts[key]}; the last one given is at {frame.index[-1]}. Fit again to start "
                "earlier."
            )


def refuse_repeated(frame: pd.DataFrame) -> None:
    """Raise where a time stands twice in a series."""
    if (same := frame.index.duplicated()).any():
        raise ValueError(
            f"Each time stands once in the index of a series; {frame.index[int(same.argmax())]} "
            "stands twice. Add such values up, take their mean, or keep the last: "
            "y.groupby(level=-1).last(), for example."
        )


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


def read(
    y: pd.DataFrame, X: pd.DataFrame | None, timeline: Timeline, n_ahead: int, scaling, asked=()
) -> Panel:
    """Frames -> Panel, with what is known of the `n_ahead` steps after each series.

    `X` may reach past the end of `y`, and must at the ticks `asked`; other steps that it does not
    tell go on as they were last. `scaling` is the centre and scale of its columns.
    """
    refuse_repeated(y)
    if X is not None:
        refuse_repeated(X)
    told = dict(instances(X)) if X is not None else {}
    series, ends, keys = [], [], []
    for key, frame in instances(y):
        ticks = timeline.ticks(frame.index)
        _check(key, frame, ticks)
        values = _spread(frame.to_numpy(float), ticks - ticks[0], ticks[-1] - ticks[0] + 1)
        keys.append(key)
        n = len(values) + n_ahead
        known = [np.zeros((n, 0)), timeline.calendar(int(ticks[0]), n)]
        if key in told:
            rows, places = told[key].to_numpy(float), timeline.ticks(told[key].index)
            _refuse_untold(key, places, np.asarray(asked), ticks[-1])
            known[0] = _known(rows, places - ticks[0], n, scaling)
        for column in values.T:
            series.append(_trim(key, column, np.concatenate(known, axis=1)))
            ends.append(ticks[-1])
    return Panel(series, np.array(ends), keys)


def beside(y: pd.DataFrame, timeline: Timeline, late: list[np.ndarray]) -> pd.DataFrame:
    """Values of the last steps of each series -> a frame like `y`, with the rows that have them.

    `late` is in the order of a Panel; an instance begins where all of its columns do.
    """
    parts, n_columns = [], y.shape[1]
    for i, (key, frame) in enumerate(instances(y)):
        columns = late[i * n_columns : (i + 1) * n_columns]
        ticks = timeline.ticks(frame.index)
        back = ticks[-1] - ticks
        rows = back < min(len(column) for column in columns)
        if not rows.any():
            continue
        index = frame.index[rows]
        if key:
            index = pd.MultiIndex.from_tuples([(*key, t) for t in index], names=y.index.names)
        values = [column[::-1][back[rows]] for column in columns]
        parts.append(pd.DataFrame(np.array(values).T, index, y.columns))
    return pd.concat(parts)


def _name(key) -> str:
    return f"series {key}" if key else "the series"


def _refuse_untold(key, places: np.ndarray, asked: np.ndarray, end: int) -> None:
    """Raise where X has no row for a time after the end that is asked for."""
    ahead = asked[asked > end]
    if (untold := ~np.isin(ahead, places)).any():
        raise ValueError(
            f"X needs a row for every time of fh; for {_name(key)} {untold.sum()} of {len(ahead)} "
            f"are missing, the first at step {ahead[untold][0] - end} after its end. Give predict "
            "the columns of fit at these times, NaN where a value is not known."
        )


def _check(key, frame: pd.DataFrame, ticks: np.ndarray) -> None:
    """Raise where values or times of a series are none that can be forecast."""
    name, times = _name(key), frame.index
    if (infinite := np.isinf(frame.to_numpy(float)).any(axis=1)).any():
        raise ValueError(
            f"Values of y must be finite; {name} has infinity at {times[int(infinite.argmax())]}. "
            "Set such values to NaN if they are not known."
        )
    if (same := np.diff(ticks) == 0).any():
        raise ValueError(
            "All series of a panel need the frequency of the first one; in that, "
            f"{times[int(same.argmax())]} and the time after it in {name} are one step. Fit series "
            "of other frequencies by themselves."
        )
    span = int(ticks[-1] - ticks[0]) + 1
    if span > LARGEST_GAP * len(ticks):
        raise ValueError(
            f"The index of {name} spans {span} steps, but only {len(ticks)} of them have a row. "
            "Give rows consecutive integers, or a row with NaN for each missing time."
        )


def learn_scaling(X: pd.DataFrame | None):
    """Centre and scale of each column, None without columns."""
    if X is None:
        return None
    refuse_infinite(X)
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
