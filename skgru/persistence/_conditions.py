"""Conditions on values, for the checks of what files hold."""

from __future__ import annotations

from typing import Any

import numpy as np

_LARGEST = 2**31 - 1


def require(holds, what: str) -> None:
    """Raise ValueError unless something holds."""
    if not holds:
        raise ValueError(f"{what} does not fit the rest of the model")


def whole(value, low: int = 0, high: int = _LARGEST) -> bool:
    """Whether a value is a whole number between two others."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return bool(is_whole and low <= value <= high)


def array(value, shape: tuple, kind=np.float64, *, finite: bool = True) -> bool:
    """Whether a value is a C-contiguous array of this shape, where None is any length."""
    if not isinstance(value, np.ndarray) or value.dtype != kind or value.ndim != len(shape):
        return False
    fits = all(want is None or have == want for have, want in zip(value.shape, shape))
    return bool(fits and value.flags.c_contiguous and not (finite and not np.isfinite(value).all()))


def get(estimator, name: str) -> Any:
    """A fitted attribute that must be there."""
    require(name in vars(estimator), f"{name} (missing)")
    return vars(estimator)[name]
