"""Values of pandas and sktime -> nodes, and back: indices, frames, offsets, horizons."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sktime.datatypes._dtypekind import DtypeKind
from sktime.forecasting.base import ForecastingHorizon

# Element types of an index or a column beside NumPy's own.
_TEXT = ("str", "string")
_LONGEST_RANGE = 1_000_000  # three numbers in a file must not fill the memory


def node(value, write):
    """The node of a value, None for a kind that is not known; `write` makes those of its parts."""
    if isinstance(value, pd.Index):
        return {"index": _index(value, write)}
    if isinstance(value, pd.DataFrame):
        columns = [_column(value.iloc[:, i], write) for i in range(value.shape[1])]
        return {"frame": columns, "rows": write(value.index), "columns": write(value.columns)}
    if isinstance(value, pd.tseries.offsets.BaseOffset):
        return {"offset": _offset(value)}
    if isinstance(value, ForecastingHorizon):
        freq = None if value.freq is None else str(value.freq)
        return {"horizon": write(value.to_pandas()), "relative": value.is_relative, "freq": freq}
    if isinstance(value, DtypeKind):
        return {"kind": value.name}
    return None


def value(kind: str, node: dict, read):
    """The value of a node; `read` gives those of its parts."""
    given = node[kind]
    if kind == "index":
        return _as_index(given, read)
    if kind == "offset":
        return pd.tseries.frequencies.to_offset(str(given))
    if kind == "horizon":
        times = read(given)
        if not isinstance(times, pd.Index):  # a number would be all steps up to it
            raise ValueError("a horizon is no index")
        return ForecastingHorizon(times, node["relative"], freq=node["freq"])
    if kind == "kind":
        return DtypeKind[given]
    rows, columns = read(node["rows"]), read(node["columns"])
    parts = {i: _as_column(part, read) for i, part in enumerate(given)}
    frame = pd.DataFrame(parts, index=rows)
    frame.columns = columns
    return frame


def _column(column: pd.Series, write) -> dict:
    text = str(column.dtype)
    values = column.to_numpy(object) if text in _TEXT else column.to_numpy()
    return {"values": write(values), "dtype": text if text in _TEXT else None}


def _as_column(node: dict, read):
    values = read(node["values"])
    return pd.array(values, dtype=_text(node["dtype"])) if node["dtype"] else values


def _text(name: str) -> str:
    if name not in _TEXT:
        raise ValueError(f"columns of type {name!r} are unknown")
    return name


def _index(index: pd.Index, write) -> dict:
    if isinstance(index, pd.MultiIndex):
        levels = [write(index.get_level_values(k)) for k in range(index.nlevels)]
        return {"levels": levels, "names": write(list(index.names))}
    node = {"name": write(index.name)}
    if isinstance(index, pd.RangeIndex) and len(index) <= _LONGEST_RANGE:
        return {**node, "range": [index.start, index.stop, index.step]}
    if isinstance(index, pd.PeriodIndex):
        return {**node, "periods": write(index.asi8), "freq": index.freqstr}
    if isinstance(index, pd.DatetimeIndex):
        return {
            **node,
            "dates": write(index.asi8),
            "unit": index.unit,
            "zone": None if index.tz is None else str(index.tz),
            "freq": None if index.freq is None else _offset(index.freq),
        }
    if isinstance(index, pd.TimedeltaIndex):
        freq = None if index.freq is None else _offset(index.freq)
        return {**node, "spans": write(index.asi8), "unit": index.unit, "freq": freq}
    if not isinstance(index.dtype, np.dtype) and str(index.dtype) not in _TEXT:
        raise TypeError(f"An index of {index.dtype} cannot be saved. Turn it into text or numbers.")
    return {**node, **_column(index.to_series(), write)}


def _as_index(node: dict, read) -> pd.Index:
    if "levels" in node:
        levels = [read(level) for level in node["levels"]]
        return pd.MultiIndex.from_arrays(levels, names=read(node["names"]))
    name = read(node["name"])
    if "range" in node:
        index = pd.RangeIndex(*node["range"], name=name)
        if len(index) > _LONGEST_RANGE:
            raise ValueError(f"a range has {len(index)} values")
        return index
    if "periods" in node:
        return pd.PeriodIndex.from_ordinals(read(node["periods"]), freq=node["freq"], name=name)
    if "dates" in node:
        times = pd.DatetimeIndex(read(node["dates"]).view(f"M8[{node['unit']}]"), name=name)
        if node["zone"] is not None:
            times = times.tz_localize("UTC").tz_convert(node["zone"])
        return pd.DatetimeIndex(times, freq=node["freq"])
    if "spans" in node:
        spans = read(node["spans"]).view(f"m8[{node['unit']}]")
        return pd.TimedeltaIndex(spans, freq=node["freq"], name=name)
    values, text = read(node["values"]), node["dtype"]
    return pd.Index(values, dtype=_text(text) if text else values.dtype, name=name)


def _offset(offset) -> str:
    """The name of an offset, if it tells all of it."""
    try:
        same = pd.tseries.frequencies.to_offset(offset.freqstr) == offset
    except ValueError:
        same = False
    if not same:
        raise TypeError(f"The frequency {offset!r} has no name that tells all of it. Use joblib.")
    return offset.freqstr
