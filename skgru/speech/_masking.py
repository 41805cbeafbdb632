"""Hiding parts of a recording from the network, so that it learns to do without them.

SpecAugment (Park et al. 2019) without its time warping: bands of channels and stretches of time are
set to the mean, which after scaling is zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Masks(NamedTuple):
    """How much is hidden.

    Attributes
    ----------
    channels : float
        Largest share of the channels in a band.
    frames : int
        Frames of the longest stretch.
    """

    channels: float = 0.2
    frames: int = 10


_PER_FRAMES = 100  # stretches: one for each so many frames


def hide(frames: np.ndarray, masks: Masks, rng: np.random.Generator) -> np.ndarray:
    """A copy with one band and some stretches hidden: (T, C) -> (T, C)."""
    n_frames, n_channels = frames.shape
    hidden = frames.copy()
    width = rng.integers(0, int(masks.channels * n_channels) + 1)
    first = rng.integers(0, n_channels - width + 1)
    hidden[:, first : first + width] = 0
    for _ in range(-(-n_frames // _PER_FRAMES)):
        width = min(rng.integers(0, masks.frames + 1), n_frames)
        first = rng.integers(0, n_frames - width + 1)
        hidden[first : first + width] = 0
    return hidden
