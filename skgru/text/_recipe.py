"""How long and in what pieces to train, where the user leaves that open."""

from __future__ import annotations

import math

import numpy as np

# Chosen on the validation part of a text of a million characters and on pieces of it.
_UPDATES = 1200
_MAX_ROWS, _TOKENS_PER_ROW = 64, 4096
_MIN_EPOCHS, _MAX_EPOCHS = 4, 200
_WARM_UP, _WARM_UP_SHARE = 100, 0.1

# Up to so many tokens the output has a table of its own, and a narrow embedding is enough.
SMALL_VOCABULARY = 1000


def batch_size(given: int | str, n_tokens: int) -> int:
    """Streams side by side: few where there is little text, or it would take few updates."""
    if given != "auto":
        return int(given)
    rows = min(_MAX_ROWS, max(1, n_tokens // _TOKENS_PER_ROW))
    return rows if rows < 8 else rows // 8 * 8


def epochs(given: int | str, n_pieces: int) -> int:
    """Passes over the text, for about 1,200 updates."""
    if given != "auto":
        return int(given)
    return min(_MAX_EPOCHS, max(_MIN_EPOCHS, math.ceil(_UPDATES / n_pieces)))


def rates(learning_rate: float, n_updates: int, update: np.ndarray | None = None) -> np.ndarray:
    """Learning rate of each update, or of some: a short rise, then along a cosine to zero."""
    update = np.arange(n_updates) if update is None else update
    rise = max(1, min(_WARM_UP, int(_WARM_UP_SHARE * n_updates)))
    fall = 0.5 * (1 + np.cos(np.pi * update / n_updates))
    return learning_rate * np.minimum(1, (update + 1) / rise) * fall
