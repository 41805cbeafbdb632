"""What an encoder-decoder does where the user leaves it open."""

from __future__ import annotations

import math

import numpy as np

# Chosen on the validation part of the training data of number words and dates.
_UPDATES = 800
_MIN_EPOCHS, _MAX_EPOCHS = 10, 200
_MAX_ROWS, _BATCHES = 64, 16


def batch_size(given: int | str, n_pairs: int) -> int:
    """Pairs to an update: at least 16 updates a pass, where there are as many pairs."""
    if given != "auto":
        return min(int(given), n_pairs)
    return min(_MAX_ROWS, max(1, n_pairs // _BATCHES))


def epochs(given: int | str, n_batches: int) -> int:
    """Passes over the pairs."""
    if given != "auto":
        return int(given)
    return min(_MAX_EPOCHS, max(_MIN_EPOCHS, math.ceil(_UPDATES / n_batches)))


def limits(lengths: np.ndarray, longest_source: int, longest_target: int) -> np.ndarray:
    """Most tokens to write for sources of these lengths.

    Half more than the longest target known, and more as a source is longer than all known.
    """
    excess = np.maximum(1, (lengths + 1) / (longest_source + 1))
    return np.ceil(1.5 * excess * longest_target).astype(int) + 10
