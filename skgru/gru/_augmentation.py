"""Variants of the training series: time runs a little faster here and slower there.

A class of series is mostly one of shapes, and a shape stays what it is when time is warped a little
or its ends are cut. Trained on such variants, new in each epoch, a network has less to memorise.
"""

from __future__ import annotations

import numpy as np

SHARE = 0.75  # of the rows that an epoch sees changed
KNOTS = 4  # at which the logarithm of the speed is drawn
SPEED = 0.2  # its standard deviation
SHORTEST_CROP = 0.85  # of a series' length, stretched back to the whole of it

# Below this length single steps carry meaning, as the columns of a table do.
SHORTEST = 16


def warp(
    values: np.ndarray, lengths: np.ndarray, rng: np.random.Generator, out: np.ndarray
) -> None:
    """Write a variant of each series: warped in time and cropped, of the same length.

    Window warping and slicing as in Le Guennec, Malinowski & Tavenard (2016), the warp smooth.

    Parameters
    ----------
    values : ndarray of float32, shape (n_samples, n_timesteps, n_channels)
        Each row continued by its last step.
    lengths : ndarray of int, shape (n_samples,)
        Own steps of each row.
    rng : Generator
    out : ndarray
        Of the shape of `values`.
    """
    n_samples, n_timesteps, n_channels = values.shape
    size = max(1, 2**18 // (n_timesteps * n_channels))
    for start in range(0, n_samples, size):
        block = slice(start, start + size)
        times = _draw_times(lengths[block], n_timesteps, rng)
        _interpolate(values[block], times, out[block])


def _draw_times(lengths: np.ndarray, n_timesteps: int, rng: np.random.Generator) -> np.ndarray:
    """Where each step of a variant is read: (n,) -> float32 (n, n_timesteps), rising."""
    n_samples = len(lengths)
    steps = np.arange(n_timesteps, dtype=np.float32)
    last = np.maximum(lengths[:, np.newaxis] - 1, 1).astype(np.float32)
    changed = (rng.random(n_samples) < SHARE) & (lengths >= SHORTEST)
    knots = np.clip(rng.normal(0, SPEED, (n_samples, KNOTS)), -4 * SPEED, 4 * SPEED)
    kept = rng.uniform(SHORTEST_CROP, 1, n_samples)
    first = rng.uniform(0, 1, n_samples) * (1 - kept)
    place = np.minimum(steps / last, 1) * (KNOTS - 1)
    left = np.minimum(place.astype(np.intp), KNOTS - 2)
    low = np.take_along_axis(knots, left, axis=1)
    high = np.take_along_axis(knots, left + 1, axis=1)
    speed = np.exp(low + (high - low) * (place - left))
    times = np.cumsum(speed, axis=1) - speed[:, :1]
    end = np.take_along_axis(times, lengths[:, np.newaxis] - 1, axis=1)
    times = np.minimum(times, end) / np.maximum(end, 1e-6)
    times = (first[:, np.newaxis] + kept[:, np.newaxis] * times) * last
    return np.where(changed[:, np.newaxis], np.minimum(times, last), steps).astype(np.float32)


def _interpolate(values: np.ndarray, times: np.ndarray, out: np.ndarray) -> None:
    """Values between steps, on a straight line: (n, T, F) at (n, T) -> (n, T, F)."""
    before = np.minimum(times.astype(np.intp), values.shape[1] - 1)
    after = np.minimum(before + 1, values.shape[1] - 1)
    rows = np.arange(len(values))[:, np.newaxis]
    share = (times - before)[:, :, np.newaxis]
    left = values[rows, before]
    out[:] = left + (values[rows, after] - left) * share
