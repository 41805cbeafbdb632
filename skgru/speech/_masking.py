"""Hiding parts of recordings from the network, so that it learns to do without them.

SpecAugment (Park et al. 2019) without its time warping: bands of channels and stretches of time are
set to the channel's mean, which after scaling is zero.
"""

from __future__ import annotations

import numpy as np

from skgru.speech._frames import Frames

BAND = 0.2  # of the channels, at most
STRETCH = 10  # frames, at most
EVERY = 100  # frames: one stretch for each so many


def hide(frames: Frames, rng: np.random.Generator, out: np.ndarray) -> None:
    """Write the values with one band and some stretches of each recording hidden.

    Shapes: out (n_frames of all recordings, n_channels).
    """
    out[:] = frames.values
    n_channels = out.shape[1]
    for start, stop in zip(frames.bounds[:-1].tolist(), frames.bounds[1:].tolist()):
        first, last = _draw_range(int(BAND * n_channels), n_channels, rng)
        out[start:stop, first:last] = 0
        for _ in range(-(-(stop - start) // EVERY)):
            first, last = _draw_range(STRETCH, stop - start, rng)
            out[start + first : start + last] = 0


def _draw_range(longest: int, size: int, rng: np.random.Generator) -> tuple[int, int]:
    """A range of up to `longest` places among `size`, all lengths and places alike."""
    length = min(int(rng.integers(longest + 1)), size)
    first = int(rng.integers(size - length + 1))
    return first, first + length
