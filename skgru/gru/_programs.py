"""A bounded store of what takes long to make: Keras models and compiled programs."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from skgru.gru._model import CustomSpec, GRUSpec


class Programs:
    """The `bound` most recently used programs; each is made once, whatever threads ask for it."""

    def __init__(self, bound: int):
        self._bound = bound
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The program of this key, made now if it is new. Others may be made meanwhile."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            if len(self._entries) > self._bound:
                self._entries.popitem(last=False)
        with entry.lock:
            if entry.program is None:
                entry.program = make()
            return entry.program


class _Entry:
    def __init__(self):
        self.lock = threading.Lock()
        self.program = None


class SpecKey:
    """A spec as part of a key: a user's function counts as itself, not by what it equals.

    Holding the spec, it also keeps the function alive, so that no other can take its identity.
    """

    def __init__(self, spec: GRUSpec | CustomSpec):
        self._spec = spec
        fields = {**vars(spec), "network": id(getattr(spec, "network", None))}
        self._identity = (type(spec), *fields.items())

    def __hash__(self):
        return hash(self._identity)

    def __eq__(self, other):
        return isinstance(other, SpecKey) and self._identity == other._identity
