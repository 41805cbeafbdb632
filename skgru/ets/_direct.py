"""Forecasts straight from arrays or a long frame: nothing is kept of the fit."""

from __future__ import annotations

import numbers
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skgru._memory import require_memory
from skgru.ets import _blockwise, _distributed, _frames, _long, _options, _series
from skgru.ets._long import Columns
from skgru.ets._part import Part
from skgru.ets._progress import Progress
from skgru.ets._series import Panel


class Forecasts(NamedTuple):
    """Forecasts of many series.

    Attributes
    ----------
    forecast : ndarray, shape (n_series, h)
    lower, upper : ndarray, shape (n_coverages, n_series, h)
        Bounds of the intervals, in the order of `coverage`.
    """

    forecast: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


class Direct(Part):
    """The methods of `ETSForecaster` that forecast without a fit."""

    def forecast_long(
        self,
        frame,
        h,
        *,
        id="id",
        time="time",
        value="value",
        coverage=None,
        freq=None,
        engine=None,
    ) -> Any:
        """Forecasts of a long frame, for any number of series; the forecaster stays unfitted.

        Fits, forecasts and forgets one block of series after the other, so that memory is that of
        the data and the result. Numbers are those of `fit` and `predict` on the same panel.

        Parameters
        ----------
        frame : DataFrame of pandas or polars, or Table of pyarrow
            A row for each series and time, in any order; other columns are refused. Absent rows and
            missing values are skipped as in `fit`. With an engine, also a frame of Dask, Ray, Spark
            or Fugue, or the path of a Parquet file.
        h : int
            Steps to forecast, each series from its own last time.
        id : str or list of str
            Name of the column that tells the series, or of several that do so together, such as
            ``["store", "item"]``; one, where the frame belongs to an engine.
        time, value : str
            Names of the other columns. Times are dates on one frequency, periods or integers.
        coverage : float or sequence of float, default=None
            Of intervals; 0.9 adds columns ``lower_90`` and ``upper_90``.
        freq : str, offset or int, default=None
            Distance between times; None finds it, once for all series. Frames of an engine need it.
        engine : str, client or Fugue engine, default=None
            Who computes, by way of Fugue: ``"dask"``, ``"ray"``, ``"spark"``, or a client of one.
            None is this process with `n_jobs` threads.

        Returns
        -------
        frame of the same kind
            Columns of id and time, ``forecast``, and bounds; sorted by id and time, unless it is a
            frame of an engine.

        Examples
        --------
        >>> import pandas as pd
        >>> from skgru import ETSForecaster
        >>> sales = pd.DataFrame(
        ...     {
        ...         "shop": ["a"] * 6 + ["b"] * 5,
        ...         "month": [*range(6), *range(5)],
        ...         "sold": [3.0, 4, 3, 5, 4, 6, 90, 85, 91, 88, 90],
        ...     }
        ... )
        >>> forecasts = ETSForecaster().forecast_long(
        ...     sales, 2, id="shop", time="month", value="sold", coverage=0.9
        ... )
        >>> list(forecasts.columns)
        ['shop', 'month', 'forecast', 'lower_90', 'upper_90']
        >>> forecasts["month"].tolist()
        [6, 7, 5, 6]
        """
        columns = Columns(tuple(id) if isinstance(id, list) else (id,), time, value)
        seed, title = _options.seed(self.random_state), type(self).__name__
        return of_frame(
            self.get_params(deep=False), frame, h, columns, coverage, freq, engine, seed, title
        )

    def forecast_arrays(self, values, offsets, h, *, coverage=None) -> Forecasts:
        """Forecasts of series in one array, for any number of them; the forecaster stays unfitted.

        Parameters
        ----------
        values : array_like of shape (n_values,)
            The series one after the other; NaN is missing.
        offsets : array_like of int, shape (n_series + 1,)
            Series i is ``values[offsets[i]:offsets[i + 1]]``.
        h : int
            Steps to forecast.
        coverage : float or sequence of float, default=None
            Of intervals.

        Returns
        -------
        Forecasts
            Named tuple of `forecast`, shape (n_series, h), `lower` and `upper`, shape
            (n_coverages, n_series, h).

        Examples
        --------
        >>> from skgru import ETSForecaster
        >>> values, offsets = [3.0, 4, 3, 5, 9, 8, 9, 8, 9], [0, 4, 9]
        >>> ETSForecaster().forecast_arrays(values, offsets, 3).forecast.shape
        (2, 3)
        """
        seed, title = _options.seed(self.random_state), type(self).__name__
        return of_arrays(self.get_params(deep=False), values, offsets, h, coverage, seed, title)


def of_arrays(parameters: dict, values, offsets, h, coverage, seed: int, title: str) -> Forecasts:
    """Forecasts of series that stand one after the other; see `ETSForecaster.forecast_arrays`."""
    h, coverage = _check_horizon(h), _check_coverage(coverage)
    _options.check(parameters)
    require_memory(8 * h * (len(offsets) - 1), f"Forecasts of {h} steps", "lower h")
    values = np.ascontiguousarray(values, np.float64)
    offsets = np.asarray(offsets)
    if offsets.dtype.kind not in "iu":
        raise TypeError(f"offsets are whole numbers; got an array of {offsets.dtype}.")
    offsets = np.ascontiguousarray(offsets, np.int64)
    _check_offsets(values, offsets)
    panel = _blockwise.panel_of(values, offsets, pd.RangeIndex(offsets.size - 1))
    _series.check(panel)
    means, quantiles = _forecast(parameters, panel, h, coverage, seed, title, None)
    return Forecasts(means, quantiles[0::2], quantiles[1::2])


def of_frame(
    parameters: dict, frame, h, columns: Columns, coverage, freq, engine, seed: int, title: str
):
    """Forecasts of a long frame, as a frame of its kind; see `ETSForecaster.forecast_long`."""
    h, coverage = _check_horizon(h), _check_coverage(coverage)
    _options.check(parameters)
    if not columns.ids:
        raise ValueError("id names the column of the series, or several; got an empty list.")
    _long.check_result(columns, coverage)
    kind = _frames.kind(frame)
    spread = engine is not None or kind in _distributed.FRAMES
    if spread:
        _distributed.require()
    if spread and kind not in _frames.LOCAL:
        task = _distributed.Task(parameters, h, tuple(coverage), seed, columns, freq)
        return _distributed.forecast_frame(frame, task, engine)
    long = _long.read(_frames.to_pandas(frame, columns), columns, freq)
    means, quantiles = _forecast(parameters, long.panel, h, coverage, seed, title, engine)
    result = _long.write(long, columns, means, quantiles, coverage)
    return _frames.like(result, frame, columns)


def _forecast(parameters: dict, panel: Panel, h: int, coverage, seed: int, title: str, engine):
    """Means and bounds, here or by an engine."""
    sp = (
        _series.period(panel)
        if parameters["sp"] == "auto"
        else _options.first_period(parameters["sp"])
    )
    if engine is not None:
        period = sp if parameters["sp"] == "auto" else parameters["sp"]
        if sp == 1 and not _series.may_be_weeks(panel):  # the engine sees numbers only
            period = [1]
        task = _distributed.Task({**parameters, "sp": period}, h, tuple(coverage), seed)
        return _distributed.forecast(panel, task, engine)
    options = _options.read(parameters, sp, weeks=_series.may_be_weeks(panel))
    progress = Progress(title, panel.n_series, parameters["verbose"])
    levels = [level for c in coverage for level in (0.5 - 0.5 * c, 0.5 + 0.5 * c)]
    return _blockwise.forecast(
        panel, options, h, levels, parameters["n_simulations"], seed, progress.show
    )


def _check_horizon(h) -> int:
    if isinstance(h, bool) or not isinstance(h, numbers.Integral) or h < 1:
        raise ValueError(f"h is the number of steps to forecast, an integer from 1; got {h!r}.")
    return int(h)


def _check_coverage(coverage) -> list[float]:
    """Coverages as a list, empty for None."""
    asked = [] if coverage is None else np.atleast_1d(np.asarray(coverage, float)).tolist()
    if not all(0 < c < 1 for c in asked) or len(set(asked)) < len(asked):
        raise ValueError(
            f"coverage is one or several different numbers between 0 and 1; got {coverage!r}."
        )
    return asked


def _check_offsets(values: np.ndarray, offsets: np.ndarray) -> None:
    if values.ndim != 1 or offsets.ndim != 1 or offsets.size < 2:
        raise ValueError(
            "values are one-dimensional, the series one after the other, and offsets n_series + 1 "
            f"numbers; got shapes {values.shape} and {offsets.shape}."
        )
    if offsets[0] != 0 or offsets[-1] != values.size:
        raise ValueError(
            f"offsets begin with 0 and end with the number of values, {values.size}; got "
            f"{offsets[0]} and {offsets[-1]}."
        )
    short = np.diff(offsets) < 1
    if short.any():
        raise ValueError(
            f"Series {int(np.argmax(short))} has no values: offsets must rise, by at least 1 for "
            "each series. Leave empty series out."
        )
