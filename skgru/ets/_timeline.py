"""Horizons of sktime as steps after the end of each series, and the labels of those steps."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skgru._time_kind import kind
from skgru.ets import _labels
from skgru.ets._series import Panel


def steps(panel: Panel, fh: ForecastingHorizon, names) -> tuple[np.ndarray, pd.Index]:
    """Steps after the end of each series, and the labels of the forecasts.

    Parameters
    ----------
    panel : Panel
    fh : ForecastingHorizon
    names : sequence
        Of the levels of the labels.

    Returns
    -------
    steps : ndarray of int, shape (n_series, n_steps)
    index : Index, length n_instances n_steps
    """
    ends, which = panel.ends.unique(), np.zeros(panel.n_instances, int)
    if len(ends) > 1:
        which = ends.get_indexer(panel.ends)
    found = [_from(panel, fh, ends[[k]]) for k in range(len(ends))]
    times = found[0][1]
    if len(found) > 1:
        times = times.append([others for _, others in found[1:]])
    steps = np.stack([relative for relative, _ in found])[which]
    place = which[:, None] * steps.shape[1] + np.arange(steps.shape[1])
    index = _labels.rows(panel, times, place, names)
    return np.tile(steps, (len(panel.columns), 1)), index


def seen(panel: Panel, names) -> pd.Index:
    """Labels of the values seen; of dates without a frequency those of the last ones."""
    times, owners = [], []
    undated = isinstance(panel.ends, pd.DatetimeIndex) and panel.freq is None
    for i in range(panel.n_instances):
        n = 1 if undated else panel.lengths[i]
        fh = ForecastingHorizon(np.arange(1 - n, 1), is_relative=True)
        times.append(_from(panel, fh, panel.ends[[i]])[1])
        owners.append(np.full(n, i))
    labels, owner = times[0].append(times[1:]), np.concatenate(owners)
    if panel.instances is None:
        return labels
    levels = [panel.instances.get_level_values(k) for k in range(panel.instances.nlevels)]
    return pd.MultiIndex.from_arrays(
        [*[level.take(owner) for level in levels], labels], names=names
    )


def _from(panel: Panel, fh: ForecastingHorizon, end: pd.Index):
    """Steps after one end, an index of length 1, and their times."""
    if isinstance(end, pd.DatetimeIndex):
        if panel.freq is None:
            return _undated(fh, end)
        try:
            end = pd.DatetimeIndex(end, freq=panel.freq)
        except ValueError:
            raise ValueError(
                f"All series of a panel need one frequency; that of the longest is "
                f"{panel.freq.freqstr!r}, and {end[0]} is no such date. Fit series of other "
                "frequencies by themselves."
            ) from None
        if fh.freq is None:
            fh = ForecastingHorizon(fh.to_pandas(), fh.is_relative, freq=panel.freq)
    if fh.is_relative:
        steps = fh
        if not pd.api.types.is_integer_dtype(fh.to_pandas().dtype):  # distances in time
            steps = fh.to_absolute(end).to_relative(end)
        steps = steps.to_numpy().astype(np.int64)
        if panel.step > 1:  # of integers and periods: a step is what lies between two rows
            fh = ForecastingHorizon(panel.step * steps, is_relative=True)
        return steps, fh.to_absolute_index(end)
    times = fh.to_pandas()
    _refuse_other_times(times, end)
    if getattr(end, "tz", None) is not None:
        fh = ForecastingHorizon(_naive(times, end), is_relative=False, freq=panel.freq)
        end = pd.DatetimeIndex(_naive(end, end), freq=panel.freq)
    return _counted(panel, fh.to_relative(end), times), times


def _counted(panel: Panel, fh: ForecastingHorizon, times: pd.Index) -> np.ndarray:
    """Distances in units of the index as numbers of steps; int64."""
    steps, rest = np.divmod(fh.to_numpy().astype(np.int64), panel.step)
    if rest.any():
        raise ValueError(
            f"The index of y goes in steps of {panel.step}, and {times[rest != 0][0]} in fh is not "
            "on it. Ask for times that are, or for numbers of steps."
        )
    return steps


def _refuse_other_times(times: pd.Index, end: pd.Index) -> None:
    """Raise where the times asked for cannot be compared with those of the series."""
    if kind(times) != kind(end):
        raise ValueError(
            f"Times in fh must be of the kind that y has, {end.dtype}; got {times.dtype}. Convert "
            "them, or ask for numbers of steps."
        )


def _naive(times: pd.DatetimeIndex, end: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Times between which steps are counted: clocks that change would shift hours by one."""
    fixed = isinstance(end.freq, pd.offsets.Tick)
    return times.tz_convert("UTC" if fixed else end.tz).tz_localize(None)


def _undated(fh: ForecastingHorizon, end: pd.Index):
    """The same for dates without a frequency: only the end itself has a place."""
    labels = fh.to_pandas()
    if fh.is_relative and not (labels == 0).all():
        raise ValueError(
            "The dates of y show no frequency, so steps after the last one have no dates. "
            "Give y a frequency, for example y.asfreq('D'), or y.asfreq('B') where there are no "
            "weekends, or an index of periods."
        )
    if not fh.is_relative and not (labels == end[0]).all():
        raise ValueError(
            "The dates of y show no frequency, so it is not known how many steps away "
            f"{labels[0]} is. Give y a frequency, for example y.asfreq('D')."
        )
    return np.zeros(len(labels), np.int64), end.repeat(len(labels))
