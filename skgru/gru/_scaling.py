"""Centre and scale of each channel, and the values as the network reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from skgru.gru._sequences import Sequences

# Below this part of the largest value, what is left of a spread is the rounding of its mean.
CONSTANT = 1e-13

# Of a scaled value: its products with weights stay finite in float32.
LARGEST = 1e15


class Scaling(NamedTuple):
    """``(x - center) / scale``; each of shape (n_columns,), float64."""

    center: np.ndarray
    scale: np.ndarray


# Of what is no quantity.
NONE = Scaling(np.zeros(1), np.ones(1))


def learn(sequences: Sequences, rows: np.ndarray, weights: np.ndarray) -> Scaling:
    """Weighted mean and standard deviation of each channel over the observed values."""
    peak = np.zeros(sequences.n_channels)
    for block in sequences.blocks(len(rows)):
        # A channel may be missing from a whole block: fmax passes over NaN.
        peak = np.fmax(
            peak, np.fmax.reduce(np.abs(sequences.values[rows[block]]), axis=(0, 1))
        ).astype(np.float64)
    peak[peak == 0] = 1.0
    total = np.zeros(sequences.n_channels)
    count = np.zeros(sequences.n_channels)
    for block in sequences.blocks(len(rows)):
        x = sequences.values[rows[block]] / peak  # values of 1e300 must not overflow when squared
        missing = np.isnan(x)
        if missing.any():
            x[missing] = 0.0
            count += _sum(weights[block], ~missing)
        else:
            count += weights[block].sum() * x.shape[1]
        total += _sum(weights[block], x)
    count[count == 0] = 1.0
    mean = total / count
    square = np.zeros(sequences.n_channels)
    for block in sequences.blocks(len(rows)):
        deviation = sequences.values[rows[block]] / peak
        deviation -= mean
        deviation *= deviation
        np.copyto(deviation, 0.0, where=np.isnan(deviation))
        square += _sum(weights[block], deviation)
    return _finish(mean, np.sqrt(square / count), peak)


def _sum(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Weighted sum of each channel: (n,), (n, T, F) -> (F,)."""
    steps = np.einsum("n,nk->k", weights, x.reshape(len(x), -1))  # long rows: its fast case
    return steps.reshape(x.shape[1:]).sum(axis=0)


def learn_columns(y: np.ndarray, weights: np.ndarray) -> Scaling:
    """Weighted mean and standard deviation of each column of (n_samples, n_outputs)."""
    peak = np.abs(y).max(axis=0)
    peak[peak == 0] = 1.0
    mean = np.average(y / peak, axis=0, weights=weights)
    spread = np.sqrt(np.average((y / peak - mean) ** 2, axis=0, weights=weights))
    return _finish(mean, spread, peak)


def _finish(mean: np.ndarray, spread: np.ndarray, peak: np.ndarray) -> Scaling:
    """Back to the data's own unit; a constant column is only centred."""
    scale = np.where(spread > CONSTANT, spread * peak, 1.0)
    return Scaling(mean * peak, np.where(scale > 0, scale, 1.0))


def apply(
    scaling: Scaling, sequences: Sequences, rows: np.ndarray | None, padded_length: int
) -> np.ndarray:
    """Scaled values of `rows` (None: all), finite, each row continued by its own last step.

    A missing value is the last one observed before it in its channel, and the channel's mean where
    there is none.

    Returns
    -------
    ndarray of float32, shape (len(rows), padded_length, n_channels)
        `padded_length` may fall short of the longest row by steps that no patch reads.
    """
    n_samples = len(sequences) if rows is None else len(rows)
    out = np.empty((n_samples, padded_length, sequences.n_channels), dtype=np.float32)
    n_steps = min(padded_length, sequences.n_timesteps)
    for block in sequences.blocks(n_samples):
        chosen = block if rows is None else rows[block]
        # A value far outside what fit has seen saturates the gates; it must not become infinite.
        with np.errstate(over="ignore"):
            x = np.subtract(sequences.values[chosen, :n_steps], scaling.center, dtype=np.float64)
            x /= scaling.scale
        np.clip(x, -LARGEST, LARGEST, out=x)
        lengths = sequences.lengths[chosen]
        if np.isnan(x).any():
            x = _carry_forward(x)
        out[block, :n_steps] = x
        _continue_last_step(out[block], np.minimum(lengths, n_steps))
    return out


def _carry_forward(x: np.ndarray) -> np.ndarray:
    """Replace NaN by the last value before it, or by 0 where there is none."""
    steps = np.arange(x.shape[1])[np.newaxis, :, np.newaxis]
    last = np.maximum.accumulate(np.where(np.isnan(x), 0, steps), axis=1)
    return np.nan_to_num(np.take_along_axis(x, last, axis=1))


def _continue_last_step(x: np.ndarray, lengths: np.ndarray) -> None:
    """Write each row's last step over the steps that follow it, in place."""
    short = np.flatnonzero(lengths < x.shape[1])
    if len(short):
        steps = np.minimum(np.arange(x.shape[1]), lengths[short, np.newaxis] - 1)
        x[short] = np.take_along_axis(x[short], steps[:, :, np.newaxis], axis=1)
