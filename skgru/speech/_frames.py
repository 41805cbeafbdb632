"""Frames of recordings as users hand them over -> one long array and each recording's place."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from skgru.gru._scaling import CONSTANT, LARGEST, Scaling

_FEWEST = "Each recording in X needs the shape (n_frames, n_channels) with at least one frame"


@dataclass(frozen=True)
class Frames:
    """Recordings of one call, checked.

    Attributes
    ----------
    values : ndarray of float32, shape (n_frames of all recordings, n_channels)
        Finite; nobody else's.
    bounds : ndarray of intp, shape (n_recordings + 1,)
        Where each recording begins, and where the last ends.
    """

    values: np.ndarray
    bounds: np.ndarray

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, i: int) -> np.ndarray:
        return self.values[self.bounds[i] : self.bounds[i + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """Frames of each recording."""
        return np.diff(self.bounds)


def read(X, n_channels: int | None = None) -> Frames:
    """Check recordings; `n_channels` is what `fit` has seen.

    Raises
    ------
    TypeError
        If `X` is no list of recordings.
    ValueError
        If a recording is empty, not finite, or of other channels.
    """
    if isinstance(X, str | bytes | dict) or not hasattr(X, "__len__"):
        raise TypeError(
            "X must be a list of (n_frames, n_channels) arrays, one a recording. "
            f"Got {type(X).__name__}."
        )
    if not len(X):
        raise ValueError("X must hold at least one recording. Got none.")
    arrays = [read_one(item, i) for i, item in enumerate(X)]
    wanted = n_channels or arrays[0].shape[1]
    for i, array in enumerate(arrays):
        refuse_channels(array, wanted, f"recording {i}", fitted=n_channels is not None)
    bounds = np.concatenate([[0], np.cumsum([len(array) for array in arrays])]).astype(np.intp)
    return Frames(np.concatenate(arrays), bounds)


def read_one(frames, i: int | None = None) -> np.ndarray:
    """One recording, float32 of shape (n_frames, n_channels)."""
    name = "the frames pushed" if i is None else f"recording {i}"
    array = np.asarray(frames)
    if array.dtype == object and array.ndim:
        with suppress(TypeError, ValueError):  # what holds no numbers is refused below
            array = array.astype(np.float64)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{_FEWEST}, of real numbers; {name} holds {array.dtype}.")
    if array.ndim != 2 or not array.size:
        raise ValueError(
            f"{_FEWEST}; {name} has the shape {array.shape}. A waveform becomes frames by "
            "skgru.LogMel, a single recording goes into a list."
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        frame, channel = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"X must be finite in float32; {name} is not at frame {frame}, channel {channel}. "
            "Replace or drop such frames."
        )
    return array


def refuse_channels(array: np.ndarray, wanted: int, name: str, fitted: bool) -> None:
    """Raise where a recording has other channels than the model or than the first recording."""
    if array.shape[1] != wanted:
        source = "the model was fitted on" if fitted else "recording 0 has"
        raise ValueError(
            f"All recordings need the same channels; {source} {wanted}, {name} has "
            f"{array.shape[1]}."
        )


def learn_scaling(frames: Frames, rows: np.ndarray) -> Scaling:
    """Mean and standard deviation of each channel over the frames of some recordings."""
    peak = np.max([np.abs(frames[i]).max(axis=0) for i in rows], axis=0).astype(np.float64)
    total, square = np.zeros((2, frames.values.shape[1]))
    n_frames = frames.lengths[rows].sum()
    for i in rows:  # one by one: no float64 copy of everything
        total += frames[i].sum(axis=0, dtype=np.float64)
    mean = total / n_frames
    for i in rows:
        square += ((frames[i] - mean) ** 2).sum(axis=0)
    spread = np.sqrt(square / n_frames)
    return Scaling(mean, np.where(spread > CONSTANT * peak, spread, 1.0))


def scale(scaling: Scaling, values: np.ndarray) -> np.ndarray:
    """Standardised values, float32."""
    scaled = (values - scaling.center) / scaling.scale
    return np.clip(scaled, -LARGEST, LARGEST, out=scaled).astype(np.float32)
