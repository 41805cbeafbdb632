"""Masks that drop a share of the values and make up for it with the rest."""

from __future__ import annotations

import numpy as np


class Dropout:
    """Draws masks.

    Parameters
    ----------
    rate : float
        Share that is dropped; at 0 nothing is drawn.
    rng : Generator
    """

    def __init__(self, rate: float = 0.0, rng: np.random.Generator | None = None):
        self._rate = np.float32(rate)
        self._rng = rng

    def apply(self, values: np.ndarray) -> np.ndarray | None:
        """Drop in place; the mask, or None."""
        if not self._rate or self._rng is None:
            return None
        kept = self._rng.random(values.shape, np.float32) >= self._rate
        mask = kept * (1 / (1 - self._rate))
        values *= mask
        return mask


def undo(d_values: np.ndarray, mask: np.ndarray | None) -> None:
    """From the gradient after `Dropout.apply` to that before, in place."""
    if mask is not None:
        d_values *= mask
