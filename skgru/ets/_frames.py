"""Long frames of other libraries as pandas frames, and results as frames like them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from skgru.ets import _long
from skgru.ets._long import Columns

# Frames that live in this process; others are for an engine.
LOCAL = ("pandas", "polars", "pyarrow")


def kind(frame) -> str:
    """Library that a frame is of."""
    return type(frame).__module__.partition(".")[0]


def to_pandas(frame, columns: Columns) -> pd.DataFrame:
    """These columns, names of series as categories; a frame of pandas as it is."""
    if isinstance(frame, pd.DataFrame):
        return frame
    if kind(frame) == "polars" and hasattr(frame, "collect"):
        raise TypeError("Lazy frames have no values yet; pass frame.collect().")
    if kind(frame) == "polars" and hasattr(frame, "get_columns"):
        _long.check_columns(frame.columns, columns)
        return _from_polars(frame, columns)
    if kind(frame) == "pyarrow" and hasattr(frame, "column_names"):
        _long.check_columns(frame.column_names, columns)
        return _from_arrow(frame, columns)
    raise TypeError(
        f"A long frame is one of pandas or polars, or a table of pyarrow; got {type(frame)}. "
        "Convert it, or name the engine that it belongs to, for example engine='dask'."
    )


def like(result: pd.DataFrame, frame, columns: Columns):
    """A result as a frame of the kind, and with the types of id and time, of another one."""
    if isinstance(frame, pd.DataFrame):
        return result
    return (_to_polars if kind(frame) == "polars" else _to_arrow)(result, frame, columns)


def _from_polars(frame, columns: Columns) -> pd.DataFrame:
    import polars as pl

    for name in (*columns.ids, columns.time):
        if frame[name].null_count():
            raise ValueError(f"Column {name!r} has missing entries. Drop such rows.")
    table: dict[str, Any] = {}
    for name in columns.ids:
        ids = frame[name]
        if ids.dtype in (pl.String, pl.Categorical, pl.Enum):
            ids = ids.cast(pl.String)
            names = ids.unique().sort()
            codes = ids.cast(pl.Enum(names)).to_physical().to_numpy()
            table[name] = pd.Categorical.from_codes(codes, pd.Index(names.to_list()))
        else:
            table[name] = ids.to_numpy()
    times = frame[columns.time]
    when: Any = times.to_numpy()
    if when.dtype == "datetime64[D]":
        when = when.astype("M8[s]")
    if zone := getattr(times.dtype, "time_zone", None):
        when = pd.DatetimeIndex(when).tz_localize("UTC").tz_convert(zone)
    values = frame[columns.value].cast(pl.Float64).to_numpy()
    return pd.DataFrame({**table, columns.time: when, columns.value: values}, copy=False)


def _to_polars(result: pd.DataFrame, frame, columns: Columns):
    import polars as pl

    table = {}
    for name in result.columns:
        column = result[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = pl.Series(column.cat.codes.to_numpy())
            series = pl.Series(column.cat.categories.to_list(), dtype=pl.String).gather(codes)
        elif isinstance(column.dtype, pd.DatetimeTZDtype):
            series = pl.Series(
                column.dt.tz_convert("UTC").dt.tz_localize(None).dt.as_unit("us").to_numpy()
            )
            zone = str(column.dtype.tz)
            series = series.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        else:
            series = pl.Series(_known(column.to_numpy()))
        table[name] = series
    dtypes = {name: frame[name].dtype for name in (*columns.ids, columns.time)}
    return pl.DataFrame(table).cast(dtypes)


def _known(values: np.ndarray) -> np.ndarray:
    """Polars has no dates in whole seconds."""
    return values.astype("M8[us]") if values.dtype == "datetime64[s]" else values


def _from_arrow(table, columns: Columns) -> pd.DataFrame:
    import pyarrow as pa

    names, texts = {}, []
    for name in columns.ids:
        ids = table.column(name)
        if pa.types.is_string(ids.type) or pa.types.is_large_string(ids.type):
            ids = ids.dictionary_encode()
            texts.append(name)
        names[name] = ids
    picked = pa.table(
        {
            **names,
            columns.time: table.column(columns.time),
            columns.value: table.column(columns.value).cast(pa.float64()),
        }
    )
    frame = picked.to_pandas(date_as_object=False)
    for name in texts:  # Arrow numbers words as they come
        known = frame[name].cat
        frame[name] = known.reorder_categories(known.categories.sort_values())
    return frame


def _to_arrow(result: pd.DataFrame, table, columns: Columns):
    import pyarrow as pa

    fields = [table.schema.field(name).type for name in (*columns.ids, columns.time)]
    fields += [pa.float64()] * (len(result.columns) - len(fields))
    made = pa.Table.from_pandas(result, preserve_index=False)
    return made.cast(pa.schema(list(zip(result.columns, fields)))).replace_schema_metadata(None)
