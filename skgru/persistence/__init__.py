"""Fitted estimators in files that hold no code, and as ONNX graphs.

Names are loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skgru.persistence._files import load, save
    from skgru.persistence._onnx import to_onnx

__all__ = ["load", "save", "to_onnx"]

_MODULES = {
    "load": "skgru.persistence._files",
    "save": "skgru.persistence._files",
    "to_onnx": "skgru.persistence._onnx",
}


def __getattr__(name: str):
    """Load a public name on first use and keep it."""
    if name not in _MODULES:
        raise AttributeError(f"module 'skgru.persistence' has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Every name, loaded or not, so that completion works."""
    return sorted({*globals(), *_MODULES})
