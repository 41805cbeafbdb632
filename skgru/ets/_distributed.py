"""The same forecasts on the workers of Dask, Ray or Spark, which Fugue hands partitions to."""

from __future__ import annotations

import base64
import importlib.util
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from skgru.ets import _blockwise, _long, _options, _series
from skgru.ets._long import Columns
from skgru.ets._series import Panel

# Libraries whose frames need an engine.
FRAMES = ("dask", "fugue", "fugue_dask", "fugue_ray", "fugue_spark", "pyspark", "ray")

# Partitions of an engine, for each of its workers: the work is spread evenly.
_PARTS = 4
# More values than this make further partitions, so that each stays a small message.
_VALUES_A_PART = 1_000_000
# Columns of our own; the first one names the partition of a row.
_PART, _SERIES, _PLACE, _LENGTHS, _VALUE = "_part", "_series", "_place", "_lengths", "_value"


@dataclass(frozen=True)
class Task:
    """What the workers do; plain values that can be sent to them.

    Parameters
    ----------
    parameters : dict
        Of the forecaster.
    h : int
    coverage : tuple of float
    seed : int
    columns : Columns, optional
        Of a long frame; without them, partitions have our own columns.
    freq : str, offset, int or None
    """

    parameters: dict
    h: int
    coverage: tuple[float, ...]
    seed: int
    columns: Columns | None = None
    freq: Any = None


def require() -> None:
    """Raise an error that says how to install Fugue where it is absent."""
    if importlib.util.find_spec("fugue") is None:
        raise ImportError(
            "Forecasts on Dask, Ray or Spark need Fugue: pip install 'skgru[fugue]', which brings "
            "Dask, and 'fugue[ray]' or 'fugue[spark]' for the others."
        )


def forecast(panel: Panel, task: Task, engine) -> tuple[np.ndarray, np.ndarray]:
    """Point forecasts and bounds of a panel of this process, as `_blockwise.forecast` has them.

    Parameters
    ----------
    panel : Panel
    task : Task
        Without columns; the seasonal period is a number.
    engine : str, client or Fugue engine
    """
    import fugue.api as fa

    n, h = panel.n_series, task.h
    names = _names(task)
    with fa.engine_context(engine) as context:
        parts = _packed(panel, _PARTS * context.get_current_parallelism())
        result = fa.transform(
            parts,
            _work_on_parts,
            schema=f"{_SERIES}:long,{_PLACE}:long,{','.join(f'{name}:double' for name in names)}",
            partition={"num": len(parts)},
            params={"task": task},
            as_local=True,
        )
    result = fa.as_pandas(result)
    out = np.empty((len(names), n, h))
    for row, name in zip(out, names):
        row[result[_SERIES].to_numpy(), result[_PLACE].to_numpy()] = result[name].to_numpy()
    return out[0], out[1:]


def forecast_frame(frame, task: Task, engine):
    """Forecasts of a long frame that belongs to an engine, as a frame of the same.

    Parameters
    ----------
    frame : frame of Dask, Ray, Spark or Fugue, or path of a Parquet file
    task : Task
    engine : str, client, Fugue engine or None
        None is the frame's own.
    """
    import fugue.api as fa

    columns = task.columns
    assert columns is not None
    if len(columns.ids) > 1:
        raise ValueError(
            f"A frame of an engine has one column of ids; got {list(columns.ids)}. Join them "
            "first, for example frame.assign(id=frame['store'] + '/' + frame['item'])."
        )
    (id_,) = columns.ids
    if task.freq is None:
        raise ValueError(
            "A frame of an engine is not read twice to find its frequency: give freq, for example "
            "'D' or 'MS', or the step between times that are integers."
        )
    with fa.engine_context(engine, infer_by=[frame]) as context:
        frame = fa.load(frame) if isinstance(frame, str) else frame
        schema = fa.get_schema(frame)
        _long.check_columns(list(schema.names), columns)
        parts = _PARTS * context.get_current_parallelism()
        spread = fa.transform(
            frame, _spread, schema=f"*,{_PART}:long", params={"column": id_, "parts": parts}
        )
        kept = schema.extract([id_, columns.time])
        return fa.transform(
            spread,
            _work_on_frame,
            schema=kept + ",".join(f"{name}:double" for name in _names(task)),
            partition={"by": _PART, "num": parts},
            params={"task": task},
        )


def _names(task: Task) -> list[str]:
    return ["forecast", *_long.bounds(list(task.coverage))]


def _spread(df: pd.DataFrame, column: str, parts: int) -> pd.DataFrame:
    """Rows with the number of the partition of their series."""
    hashed = pd.util.hash_array(df[column].astype(str).to_numpy(object), categorize=True)
    number = (hashed % np.uint64(parts)).astype(np.int64)
    return df.assign(**{_PART: number})


def _packed(panel: Panel, n_parts: int) -> pd.DataFrame:
    """Series that follow each other in about equal parts, a part a row: no engine has to sort."""
    offsets = panel.offsets
    n_parts = max(n_parts, -(-int(offsets[-1]) // _VALUES_A_PART))
    even = np.linspace(0, offsets[-1], n_parts + 1)[1:-1]
    edges = np.unique([0, *np.searchsorted(offsets, even), panel.n_series])
    rows = [
        {
            _SERIES: int(first),
            _LENGTHS: _text(np.diff(offsets[first : last + 1])),
            _VALUE: _text(panel.values[offsets[first] : offsets[last]]),
        }
        for first, last in pairwise(edges)
    ]
    return pd.DataFrame(rows)


def _text(values: np.ndarray) -> str:
    """Numbers to the bit in letters: what every engine's frames can hold."""
    return base64.b64encode(values.tobytes()).decode("ascii")


def _numbers(text: str, dtype) -> np.ndarray:
    """What `_text` was made of."""
    return np.frombuffer(base64.b64decode(text), dtype).copy()  # kernels want it writeable


def _work_on_parts(df: pd.DataFrame, task: Any) -> pd.DataFrame:
    """Forecasts of parts of a panel of our own."""
    rows = zip(df[_SERIES], df[_LENGTHS], df[_VALUE])
    return pd.concat([_work_on_part(int(first), own, text, task) for first, own, text in rows])


def _work_on_part(first: int, lengths: str, values: str, task: Task) -> pd.DataFrame:
    """Forecasts of the series from number `first` on."""
    offsets = np.append(0, np.cumsum(_numbers(lengths, np.int64)))
    numbers = np.arange(first, first + len(offsets) - 1)
    panel = _blockwise.panel_of(_numbers(values, np.float64), offsets, pd.Index(numbers))
    found = _forecast(panel, task, _options.first_period(task.parameters["sp"]), numbers)
    table = {_SERIES: np.repeat(numbers, task.h), _PLACE: np.tile(np.arange(task.h), len(numbers))}
    return pd.DataFrame({**table, **dict(zip(_names(task), found))})


def _work_on_frame(df: pd.DataFrame, task: Any) -> pd.DataFrame:
    """Forecasts of a partition of a long frame."""
    columns = task.columns
    long = _long.read(df.drop(columns=_PART), columns, task.freq)
    sp = task.parameters["sp"]
    found = _forecast(
        long.panel, task, _series.period(long.panel) if sp == "auto" else _options.first_period(sp)
    )
    h = task.h
    return _long.write(
        long,
        columns,
        found[0].reshape(-1, h),
        found[1:].reshape(len(found) - 1, len(long.names), h),
        list(task.coverage),
    )


def _forecast(panel: Panel, task: Task, sp: int, numbers=None) -> np.ndarray:
    """Means and bounds, (1 + n_levels, n_series h). One thread: engines have workers."""
    weeks = _series.may_be_weeks(panel)
    options = replace(_options.read(task.parameters, sp, weeks=weeks), n_jobs=1)
    levels = [level for c in task.coverage for level in (0.5 - 0.5 * c, 0.5 + 0.5 * c)]
    means, quantiles = _blockwise.forecast(
        panel, options, task.h, levels, task.parameters["n_simulations"], task.seed, None, numbers
    )
    return np.concatenate([means[None], quantiles]).reshape(len(quantiles) + 1, -1)
