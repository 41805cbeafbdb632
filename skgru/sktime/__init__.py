"""The GRU as native sktime estimators: sktime's data types in, everything in sktime around it.

Write ``from skgru.sktime import GRUClassifier``; ``from skgru import sktime`` would hide sktime
itself. Names are loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skgru.sktime._classifier import GRUClassifier
    from skgru.sktime._forecaster import GRUForecaster
    from skgru.sktime._regressor import GRURegressor

__all__ = ["GRUClassifier", "GRUForecaster", "GRURegressor"]

_MODULES = {
    "GRUClassifier": "skgru.sktime._classifier",
    "GRUForecaster": "skgru.sktime._forecaster",
    "GRURegressor": "skgru.sktime._regressor",
}


def __getattr__(name: str):
    """Load a public name on first use and keep it."""
    if name not in _MODULES:
        raise AttributeError(f"module 'skgru.sktime' has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Every name, loaded or not, so that completion works."""
    return sorted({*globals(), *_MODULES})
