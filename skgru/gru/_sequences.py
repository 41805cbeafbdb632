"""Series as users hand them over -> one rectangular array and each row's own length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skgru._memory import require_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOATS = (np.float64, np.float32)
# What is worked on at once: stays in cache, and no second copy of a panel is made.
BLOCK_BYTES = 2**19


@dataclass(frozen=True)
class Sequences:
    """Series of one call, checked.

    Attributes
    ----------
    values : ndarray of float64 or float32, shape (n_samples, n_timesteps, n_channels)
        NaN is a missing value; past a row's length everything is NaN.
    lengths : ndarray of int64, shape (n_samples,)
        Steps up to the last one with an observed channel, at least 1.
    rectangular : bool
        Whether the user gave an array, so that all series share the time steps.
    """

    values: np.ndarray
    lengths: np.ndarray
    rectangular: bool

    def __len__(self) -> int:
        return len(self.values)

    @property
    def n_timesteps(self) -> int:
        return self.values.shape[1]

    @property
    def n_channels(self) -> int:
        return self.values.shape[2]

    def blocks(self, n_rows: int) -> Iterator[slice]:
        """Slices of a choice of rows whose values, as float64, fill half a megabyte each."""
        size = max(1, BLOCK_BYTES // (8 * self.n_timesteps * self.n_channels))
        for start in range(0, n_rows, size):
            yield slice(start, min(start + size, n_rows))


def read(estimator, X, *, reset: bool) -> Sequences:
    """Check `X` and bring it into one form; on `reset` learn what later calls must match.

    Sets ``n_features_in_`` (time steps of 2-D input, otherwise channels), ``feature_names_in_``,
    ``n_timesteps_in_``, ``n_channels_in_`` and ``_input_ndim`` on the estimator.
    """
    if not reset and (quick := _read_quickly(estimator, X)) is not None:
        return quick
    if (series := _series_in(X)) is not None:
        values, ndim, rectangular = _stack(series), 3, False
    else:
        ndim, rectangular = _n_dims(X), True
        try:
            values = _read_array(estimator, X, ndim, reset)
        except ValueError as error:
            if not (meaning := _meaning(error)):
                raise
            raise ValueError(f"{str(error).rstrip('.')}. {meaning}") from error
    name = type(estimator).__name__
    _refuse_infinite(values)
    sequences = Sequences(values, _lengths(values), rectangular)
    if reset:
        _remember(estimator, sequences, ndim)
    else:
        _compare(estimator, sequences, name)
    return sequences


def _read_quickly(estimator, X) -> Sequences | None:
    """The commonest call, checked at the cost of a sum: a finite float array of the fitted shape.

    A service asks for one row at a time, and scikit-learn's general check takes longer than the
    network.
    """
    if (
        type(X) is not np.ndarray
        or X.dtype.char not in "df"
        or X.ndim not in (2, 3)
        or hasattr(estimator, "feature_names_in_")
        or X.shape[1] != estimator.n_timesteps_in_
        or (X.shape[2] if X.ndim == 3 else 1) != estimator.n_channels_in_
        or not len(X)
        or not np.isfinite(np.add.reduce(X, axis=None))
    ):
        return None
    lengths = np.full(len(X), X.shape[1])
    return Sequences(X[:, :, np.newaxis] if X.ndim == 2 else X, lengths, True)


def _n_dims(X) -> int:
    """Dimensions of `X` without converting it; what hides them is taken as a table."""
    if isinstance(X, list | tuple):
        return 1 + (_n_dims(X[0]) if len(X) else 1)
    if np.isscalar(X):
        return 0
    if hasattr(X, "shape") and hasattr(X.shape, "__len__"):
        return len(X.shape)
    return 2


def _series_in(X) -> list | tuple | None:
    """The series that a list, or an array or column of objects holds; None for a table or numbers.

    Rows that are plain lists of one length are a table, as everywhere in scikit-learn. Arrays in a
    list are series whatever their lengths, or the answer for one would depend on the others.
    """
    listed = isinstance(X, list | tuple)
    if not listed and _n_dims(X) != 1:
        return None
    items = X if listed else list(X)
    dims = [_n_dims(item) for item in items]
    if not any(dims):
        return None
    rows = listed and set(dims) == {1} and all(isinstance(item, list | tuple) for item in items)
    return None if rows and len(set(map(len, items))) == 1 else items


def _stack(series) -> np.ndarray:
    """Series of unequal length -> values padded with NaN."""
    arrays: list[np.ndarray] = []
    for i, item in enumerate(series):
        array = np.asarray(item)
        array = array[:, np.newaxis] if array.ndim == 1 else array
        if array.ndim != 2:
            raise ValueError(
                "Each series in X needs the shape (length, channels) or (length,); series "
                f"{i} has {array.ndim} dimensions."
            )
        if not array.size:
            raise ValueError(
                f"Each series in X needs at least one time step and one channel; series {i} has "
                f"the shape {array.shape}. Drop it."
            )
        if arrays and array.shape[1] != arrays[0].shape[1]:
            raise ValueError(
                f"All series in X need the same channels; series 0 has {arrays[0].shape[1]}, "
                f"series {i} has {array.shape[1]}."
            )
        if array.dtype.char not in "df":
            _refuse_dates(array)
            array = check_array(array, dtype=FLOATS, ensure_all_finite=False, input_name="X")
        arrays.append(array)
    longest = max(map(len, arrays))
    dtype = np.result_type(*{array.dtype for array in arrays})
    shape = len(arrays), longest, arrays[0].shape[1]
    require_memory(
        math.prod(shape) * dtype.itemsize,
        f"A table of all {len(arrays)} series of X, as long as the longest of {longest} steps,",
        "cut the long ones to pieces, or thin them out",
    )
    values = np.full(shape, np.nan, dtype=dtype)
    for row, array in zip(values, arrays):
        row[: len(array)] = array
    return values


def _read_array(estimator, X, ndim: int, reset: bool) -> np.ndarray:
    """An array or a frame -> values of shape (n_samples, n_timesteps, n_channels)."""
    _refuse_dates(X)
    checks = {"dtype": FLOATS, "ensure_all_finite": False, "estimator": estimator}
    if ndim <= 2:
        if reset or estimator._input_ndim == 2:
            X = validate_data(estimator, X, reset=reset, dtype=FLOATS, ensure_all_finite=False)
        else:
            X = check_array(X, input_name="X", **checks)
        return X[:, :, np.newaxis]
    if ndim > 3:
        raise ValueError(
            "X needs the shape (n_samples, n_timesteps), (n_samples, n_timesteps, n_channels), or "
            f"to be a list of (length, channels) arrays; it has {ndim} dimensions."
        )
    X = check_array(X, ensure_2d=False, allow_nd=True, input_name="X", **checks)
    if 0 in X.shape:
        raise ValueError(
            "X needs at least one time step and one channel; its shape is "
            f"{X.shape} (n_samples, n_timesteps, n_channels)."
        )
    return X


def _meaning(error: ValueError) -> str:
    """What a complaint of scikit-learn or NumPy about a table means where its rows are series."""
    words = str(error)
    if "sequence" in words:  # what NumPy says of a cell that is no number
        return "Cells of X hold whole series: give them as a list, such as list(X['column'])."
    if "features, but" in words:
        return (
            "The columns of a table are time steps; for series of other lengths give a list of "
            "arrays: list(np.asarray(X))."
        )
    return ""


def _refuse_dates(X) -> None:
    """NumPy would count their nanoseconds."""
    if getattr(getattr(X, "dtype", None), "kind", None) in ("m", "M"):
        raise ValueError(
            f"X must hold numbers; it has the dtype {X.dtype}. Turn dates into numbers that mean "
            "something for your task, such as days since the first one."
        )


def _refuse_infinite(values: np.ndarray) -> None:
    if np.isfinite(np.add.reduce(values, axis=None)):
        return
    for i, series in enumerate(values):  # one by one: no mask as large as the panel
        infinite = np.isinf(series)
        if infinite.any():
            step, channel = np.argwhere(infinite)[0]
            raise ValueError(
                f"Input X contains infinity: the first is at sample {i}, time step {step}, channel "
                f"{channel}. Clip it, or set it to NaN to have it treated as missing."
            )


def _lengths(values: np.ndarray) -> np.ndarray:
    """Steps of each row up to the last one where any channel is observed."""
    n_samples, n_timesteps, _ = values.shape
    if not np.isnan(values[:, -1]).all(axis=1).any():
        return np.full(n_samples, n_timesteps)
    observed = ~np.isnan(values).all(axis=2)
    empty = ~observed.any(axis=1)
    if empty.any():
        raise ValueError(
            "Each series in X needs at least one observed value; series "
            f"{np.flatnonzero(empty)[0]} holds only NaN. Drop it."
        )
    return n_timesteps - observed[:, ::-1].argmax(axis=1)


def _remember(estimator, sequences: Sequences, ndim: int) -> None:
    fixed = sequences.rectangular and (sequences.lengths == sequences.n_timesteps).all()
    estimator._input_ndim = min(ndim, 3)
    estimator.n_channels_in_ = sequences.n_channels
    estimator.n_timesteps_in_ = sequences.n_timesteps if fixed else None
    if ndim > 2:
        estimator.n_features_in_ = sequences.n_channels
        estimator.__dict__.pop("feature_names_in_", None)


def _compare(estimator, sequences: Sequences, name: str) -> None:
    if sequences.n_channels != estimator.n_channels_in_:
        raise ValueError(
            f"X has {sequences.n_channels} features at each time step, but {name} is expecting "
            f"{estimator.n_channels_in_} features as input."
        )
    steps = estimator.n_timesteps_in_
    if sequences.rectangular and steps is not None and sequences.n_timesteps != steps:
        raise ValueError(
            f"X has {sequences.n_timesteps} time steps, but {name} was fitted on series of "
            f"{steps}. Give a list of (length, channels) arrays to have other lengths read."
        )
