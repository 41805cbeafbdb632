"""Estimators and their values -> what JSON knows, with arrays apart, and back.

None, truth values, whole numbers, finite floats, text and lists stand for themselves. Everything
else is an object with one name more than it needs, which says what it is: ``{"tuple": [...]}``.
"""

from __future__ import annotations

import inspect
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from skgru._archive import holds
from skgru.persistence import _checks, _registry

# What scikit-learn keeps on an estimator that is no part of what it has learnt.
_FOREIGN = ("_skl_", "_callback", "_parent_callback", "_metadata_request")

_PLAIN = (bool, int, str, type(None))
_PANDAS = ("index", "frame", "offset", "horizon", "kind")  # of `_tables`


class Writer:
    """Turns values into nodes, and gathers their arrays.

    Attributes
    ----------
    arrays : dict of ndarray
        By the place where each was met first.
    """

    def __init__(self):
        self.arrays: dict[str, np.ndarray] = {}
        self._names: dict[int, tuple[str, np.ndarray]] = {}

    def estimator(self, estimator, where: str = "") -> dict:
        """An estimator of the closed table."""
        name = _registry.class_name(type(estimator))
        parameters = estimator.get_params(deep=False)
        left_out = {*parameters, *getattr(estimator, "_transient", ())}
        state = {
            key: value
            for key, value in vars(estimator).items()
            if key not in left_out and not key.startswith(_FOREIGN)
        }
        prefix = f"{where}." if where else ""
        return {
            "estimator": name,
            "parameters": {k: self.node(v, f"{prefix}{k}") for k, v in parameters.items()},
            "state": {k: self.node(v, f"{prefix}{k}") for k, v in state.items()},
        }

    def node(self, value, where: str) -> Any:
        """Any value; `where` says where it was found. A path becomes its text.

        Raises
        ------
        TypeError
            If it is of a kind that files do not hold.
        """
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, np.ndarray):
            return self._array(value, where)
        if isinstance(value, np.generic):
            return {"scalar": self._array(np.asarray(value), where)}
        if isinstance(value, Path):
            return os.fspath(value)
        if isinstance(value, np.random.RandomState):
            _, *state = value.get_state()
            return {"random_state": self._sequence(state, where)}
        if _registry.record_name(kind):
            fields = _registry.fields(value)
            nodes = {k: self.node(v, f"{where}.{k}") for k, v in fields.items()}
            return {"record": _registry.record_name(kind), "fields": nodes}
        if _registry.class_name(kind):
            return self.estimator(value, where)
        return self._container(value, where)

    def _container(self, value, where: str):
        if isinstance(value, list):
            return self._sequence(value, where)
        if type(value) is tuple:
            return {"tuple": self._sequence(value, where)}
        if type(value) is dict:
            pairs = [
                [self.node(k, f"{where}.{i}.key"), self.node(v, f"{where}.{i}")]
                for i, (k, v) in enumerate(value.items())
            ]
            return {"dict": pairs}
        if type(value).__module__.partition(".")[0] in ("pandas", "sktime"):
            from skgru.persistence import _tables  # imports pandas

            node = _tables.node(value, lambda part: self.node(part, where))
            if node is not None:
                return node
        raise TypeError(
            f"A file holds numbers, text and arrays, and no code: {where!r} is a "
            f"{type(value).__name__}, which cannot be saved. Use joblib, whose files "
            "run code when they are loaded."
        )

    def _sequence(self, values, where: str) -> list:
        return [self.node(value, f"{where}.{i}") for i, value in enumerate(values)]

    def _array(self, array: np.ndarray, where: str) -> dict:
        kind = array.dtype
        if kind.kind in "OU":
            items = self._sequence(array.ravel().tolist(), where)
            text = "str" if kind.kind == "U" else "object"
            return {"items": items, "shape": list(array.shape), "of": text}
        numbers = array.view(np.int64) if kind.kind in "mM" else array
        if not holds(numbers.dtype):
            raise TypeError(f"{where!r} is an array of {kind}, which cannot be saved.")
        node: dict = {"array": self._add(numbers, array, where)}
        if kind.kind in "mM":
            node["time"] = kind.newbyteorder("<").str
        if array.flags.f_contiguous and not array.flags.c_contiguous:
            node["order"] = "F"
        return node

    def _add(self, numbers: np.ndarray, array: np.ndarray, where: str) -> str:
        """The name under which an array is kept: one for all places of the same array."""
        if id(array) not in self._names:
            name = where if where not in self.arrays else f"{where}.{len(self.arrays)}"
            self._names[id(array)] = name, array  # kept, or another might get its id
            self.arrays[name] = numbers
        return self._names[id(array)][0]


class Reader:
    """Turns nodes back into values.

    Parameters
    ----------
    arrays : dict of ndarray
    """

    def __init__(self, arrays: dict[str, np.ndarray]):
        self._arrays = arrays
        self._readers = {
            "array": self._array,
            "dict": lambda node: {self.value(k): self.value(v) for k, v in node["dict"]},
            "estimator": self.estimator,
            "float": lambda node: float(node["float"]),
            "items": self._items,
            "random_state": self._random_state,
            "record": self._record,
            "scalar": lambda node: self.value(node["scalar"])[()],
            "tuple": lambda node: tuple(map(self.value, node["tuple"])),
        }

    def value(self, node) -> Any:
        """The value of a node.

        Raises
        ------
        ValueError, TypeError, KeyError
            If the node is none that `Writer` makes.
        """
        if isinstance(node, list):
            return [self.value(item) for item in node]
        if not isinstance(node, dict):
            return node
        for kind, read in self._readers.items():
            if kind in node:
                return read(node)
        for kind in _PANDAS:
            if kind in node:
                from skgru.persistence import _tables  # imports pandas

                return _tables.value(kind, node, self.value)
        raise ValueError(f"a value of the kind {sorted(node)} is none that this version knows")

    def estimator(self, node: dict):
        """An estimator of the closed table, checked."""
        cls = _registry.find_class(node["estimator"])
        parameters = {name: self.value(v) for name, v in node["parameters"].items()}
        unknown = set(parameters) - set(inspect.signature(cls).parameters)
        if unknown:
            raise ValueError(f"{cls.__name__} has no parameters {sorted(unknown)}")
        state = {name: self.value(v) for name, v in node["state"].items()}
        for name in state:
            known = getattr(cls, name, None)
            if (
                name in parameters
                or name[:2] == "__"
                or callable(known)
                or isinstance(known, property)
            ):
                raise ValueError(f"{name!r} is no fitted attribute of {cls.__name__}")
        estimator = cls(**parameters)
        vars(estimator).update(state)
        _checks.check_estimator(node["estimator"], estimator)
        return estimator

    def _record(self, node: dict):
        kind = _registry.find_record(node["record"])
        record = _registry.build(kind, {k: self.value(v) for k, v in node["fields"].items()})
        _checks.check_record(node["record"], record)
        return record

    def _array(self, node: dict) -> np.ndarray:
        array = self._arrays[node["array"]]
        if "time" in node:
            kind = np.dtype(node["time"])
            if kind.kind not in "mM" or array.dtype != np.int64:
                raise ValueError(f"{node['array']} is no array of {node['time']}")
            array = array.view(kind)
        return np.asfortranarray(array) if node.get("order") == "F" else array

    def _items(self, node: dict) -> np.ndarray:
        values = [self.value(item) for item in node["items"]]
        if node["of"] == "str":
            if not all(isinstance(value, str) for value in values):
                raise ValueError("an array of text holds something else")
            return np.array(values, dtype=str).reshape(node["shape"])
        array = np.empty(len(values), object)
        array[:] = values
        return array.reshape(node["shape"])

    def _random_state(self, node: dict) -> np.random.RandomState:
        random_state = np.random.RandomState(0)
        random_state.set_state(("MT19937", *self.value(node["random_state"])))
        return random_state
