"""A fitted panel as plain numbers and strings, and back: the same forecasts on any machine."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from skgru.ets._bagging import Bag
from skgru.ets._fitted import Fitted
from skgru.ets._model import ETSSpec, Fits, Fixed, Search, Settings
from skgru.ets._series import Panel

VERSION = 1


def write(kind: str, record: dict, panel: Panel, fitted: Fitted, path=None) -> str:
    """Panel and models as JSON text, and into a file if there is a path.

    Parameters
    ----------
    kind : str
        Name of the class that reads it.
    record : dict
        What else it needs, as JSON knows it.
    """
    text = json.dumps(
        {
            "class": kind,
            "version": VERSION,
            **record,
            "panel": _plain(panel),
            "fitted": _plain(fitted),
        },
        allow_nan=False,
    )
    if path is not None:
        Path(path).write_text(text)
    return text


def read(kind: str, source) -> tuple[dict, Panel, Fitted]:
    """What `write` was given.

    Parameters
    ----------
    kind : str
    source : str or path
        The text, or the file that holds it.

    Raises
    ------
    ValueError
        For a record of another class or version.
    """
    is_text = isinstance(source, str) and source.lstrip().startswith("{")
    record = json.loads(source if is_text else Path(source).read_text())
    if record.get("class") != kind:
        raise ValueError(f"This is no record of {kind}; got {record.get('class')!r}.")
    if record["version"] != VERSION:
        raise ValueError(
            f"This version reads records of version {VERSION}; got {record['version']!r}. "
            "Write the model again with the version that reads it."
        )
    return record, _panel(record.pop("panel")), _fitted(record.pop("fitted"))


def _panel(p: dict) -> Panel:
    p.pop("owner", None)
    p["instances"], p["ends"] = _as_index(p["instances"]), _as_index(p["ends"])
    p["freq"] = None if p["freq"] is None else pd.tseries.frequencies.to_offset(p["freq"])
    for name, kind in (("values", np.float64), ("offsets", np.int64)):
        p[name] = _array(p[name], kind)
    return Panel(**p)


def _fitted(f: dict) -> Fitted:
    s = dict(f["settings"])
    settings = Settings(
        **{
            **s,
            "specs": tuple(ETSSpec.parse(name) for name in s["specs"]),
            "search": Search._make(
                _array(v) if isinstance(v, dict) else v
                for v in (s["search"][name] for name in Search._fields)
            ),
            "bounds": _array(s["bounds"]),
            "fixed": Fixed(
                _number(s["fixed"]["level"]),
                _number(s["fixed"]["slope"]),
                _array(s["fixed"]["season"]),
            ),
        }
    )
    kinds = {"status": np.int8, "n_observed": np.int64, "n_times": np.int64}
    fits = Fits(**{k: _array(v, kinds.get(k, np.float64)) for k, v in f["fits"].items()})
    arrays: dict = {
        name: _array(f[name], np.int64 if name == "best" else np.float64)
        for name in ("criteria", "weights", "best", "lambdas", "coefficients", "shares")
        if f[name] is not None
    }
    arrays["cycles"] = tuple(_array(pattern) for pattern in f["cycles"])
    if f["companion"] is not None:
        arrays["companion"] = _fitted(f["companion"])
    if f.get("bag") is not None:
        arrays["bag"] = Bag(_panel(f["bag"]["panel"]), _fitted(f["bag"]["models"]))
    return Fitted(**{**f, **arrays, "settings": settings, "fits": fits})


def _plain(value):
    """A record, array or scalar as what JSON knows; numbers that are not finite are strings."""
    if isinstance(value, ETSSpec):
        return value.name
    if hasattr(value, "_asdict"):
        return {name: _plain(v) for name, v in value._asdict().items()}
    if isinstance(value, Panel):
        record = {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        record["instances"], record["ends"] = _index(value.instances), _index(value.ends)
        return {**record, "freq": None if value.freq is None else value.freq.freqstr, "owner": None}
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "values": [_plain(v) for v in value.ravel().tolist()]}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return repr(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _number(value) -> float:
    return float(value)  # "nan", "inf" and "-inf" included


def _array(record: dict, kind=np.float64) -> np.ndarray:
    return np.array(record["values"], dtype=kind).reshape(record["shape"])


def _index(index: pd.Index | None) -> dict | None:
    """Labels with what is needed to make the same index again."""
    if index is None:
        return None
    if isinstance(index, pd.MultiIndex):
        levels = [_index(index.get_level_values(k)) for k in range(index.nlevels)]
        return {"kind": "levels", "levels": levels}
    record = {"name": _plain(index.name), "kind": "labels", "labels": index.tolist()}
    if isinstance(index, pd.PeriodIndex):
        record.update(kind="period", freq=index.freqstr, labels=[str(p) for p in index])
        record["labels"] = index.asi8.tolist()
    elif isinstance(index, pd.DatetimeIndex):
        zone = None if index.tz is None else str(index.tz)
        record.update(kind="date", unit=index.unit, zone=zone, labels=index.asi8.tolist())
    record["labels"] = [_plain(label) for label in record["labels"]]
    return record


def _as_index(record: dict | None) -> pd.Index | None:
    if record is None:
        return None
    kind = record["kind"]
    if kind == "levels":
        return pd.MultiIndex.from_arrays([_as_index(level) for level in record["levels"]])
    labels, name = record["labels"], record["name"]
    if kind == "period":
        return pd.PeriodIndex.from_ordinals(labels, freq=record["freq"], name=name)
    if kind == "date":
        dates = pd.DatetimeIndex(np.array(labels, f"datetime64[{record['unit']}]"), name=name)
        return (
            dates if record["zone"] is None else dates.tz_localize("UTC").tz_convert(record["zone"])
        )
    return pd.Index(labels, name=name)
