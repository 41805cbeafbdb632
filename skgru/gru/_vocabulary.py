"""Series of tokens: each step is one of so many, named by a whole number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from skgru.gru._sequences import Sequences

# float32, in which values reach a network, holds every whole number up to this one.
LARGEST = 2**24


def bound(vocabulary_size) -> int:
    """What token numbers of a first fit stay below: 0 where steps are measured values."""
    if vocabulary_size is None:
        return 0
    return LARGEST if isinstance(vocabulary_size, str) else int(vocabulary_size)


def size(vocabulary_size, sequences: Sequences) -> int:
    """How many tokens there are: 0 where steps are measured values.

    Parameters
    ----------
    vocabulary_size : int, "auto" or None
    sequences : Sequences
        Those of a first fit, checked; ``"auto"`` knows no token beyond theirs.
    """
    if isinstance(vocabulary_size, str):
        return int(np.nanmax(sequences.values)) + 1
    return bound(vocabulary_size)


def check(sequences: Sequences, n_tokens: int) -> None:
    """Refuse what is no token, naming the first.

    Raises
    ------
    ValueError
        If there are several channels, a step is missing, or holds anything but a whole number in
        [0, n_tokens).
    """
    values = sequences.values
    if values.shape[2] != 1:
        raise ValueError(
            "With `vocabulary_size`, each step in X is one token number, so X has one channel; it "
            f"has {values.shape[2]}."
        )
    own = np.arange(values.shape[1]) < sequences.lengths[:, np.newaxis]
    numbers = values[:, :, 0]
    known = (numbers >= 0) & (numbers < n_tokens) & (numbers == np.floor(numbers))
    wrong = np.argwhere(own & ~known)
    if len(wrong):
        row, step = wrong[0]
        raise ValueError(
            f"Each step in X must be a token, a whole number in [0, {n_tokens}); sample {row} has "
            f"{numbers[row, step]:g} at step {step}. Give unknown tokens one number of their own, "
            "or set `vocabulary_size` at fit to how many there can be."
        )
