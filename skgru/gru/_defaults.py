"""What ``"auto"`` stands for, from the shape of the training data."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Length(NamedTuple):
    """How long a default fit is: so many updates, within bounds on the passes over the data.

    Attributes
    ----------
    updates : int
        What a fit aims at.
    fewest, most : int
        Epochs.
    floor : int
        Updates for which there may be more epochs than that.
    """

    updates: int
    fewest: int
    most: int
    floor: int = 0


# Networks learn the noise of numbers by heart sooner than that of labels.
LENGTHS = {"cross_entropy": Length(1200, 20, 400), "squared_error": Length(600, 10, 15, 150)}


def patches(length, stride, lengths: np.ndarray) -> tuple[int, int]:
    """Patch length and stride: about 32 patches to a series, each four strides long.

    A stride chosen here is 8 at most, so that series beyond some 280 steps have more patches.

    Parameters
    ----------
    length, stride : int, "auto" or None
        None is 1: no patches.
    lengths : ndarray of int
        Time steps of each training series.

    Raises
    ------
    ValueError
        If a series is shorter than a patch length asked for.
    """
    if isinstance(length, str):
        typical = int(np.median(lengths))
        step = min(max(typical // 32, 1), 8) if isinstance(stride, str) else stride or 1
        length = min(4 * step if step > 1 else max(min(typical // 2, 8), 3), typical)
        return length, min(step, length)
    length = length or 1
    if lengths.min() < length:
        raise ValueError(
            f"patch_length={length} needs series of at least {length} time steps; the shortest in "
            f"X has {lengths.min()}. Choose a smaller patch_length."
        )
    return length, max(1, length // 4) if isinstance(stride, str) else stride or 1


def batch_size(size, n_samples: int) -> int:
    """Rows to an update."""
    return min(16 if isinstance(size, str) else int(size), n_samples)


def epochs(number, n_samples: int, rows: int, loss: str) -> int:
    """Passes over the data, so that a fit has about the same number of updates on any of them."""
    if not isinstance(number, str):
        return int(number)
    length, n_batches = LENGTHS[loss], math.ceil(n_samples / rows)
    passes = min(max(length.updates // n_batches, length.fewest), length.most)
    return max(passes, math.ceil(length.floor / n_batches))
