"""Which rows each update of an epoch sees."""

from __future__ import annotations

import numpy as np

# Rows are sorted by length within groups of this many batches: like lengths meet, and the
# composition of batches still changes from epoch to epoch.
GROUP = 8


def count(n_samples: int, batch_size: int) -> int:
    """Updates in an epoch."""
    return -(-n_samples // batch_size)


def plan(rng: np.random.Generator, n_steps: np.ndarray, batch_size: int) -> np.ndarray:
    """Rows of one epoch in random order, in batches that differ by one row at the most.

    Where lengths differ, rows of like length share a batch, so that little time goes into steps
    past a row's end.

    Parameters
    ----------
    rng : Generator
    n_steps : ndarray of int, shape (n_samples,)
        Length of each row.
    batch_size : int

    Returns
    -------
    ndarray of int32, shape (n_batches, batch_size)
        Row numbers; -1 stands for no row.
    """
    n_samples = len(n_steps)
    n_batches = count(n_samples, batch_size)
    rows = rng.permutation(n_samples)
    if (n_steps != n_steps[0]).any():
        rows = _gather_like_lengths(rows, n_steps, batch_size)
    order = np.full((n_batches, batch_size), -1, dtype=np.int32)
    for batch, chosen in zip(order, np.array_split(rows, n_batches), strict=True):
        batch[: len(chosen)] = chosen
    return order[rng.permutation(n_batches)]


def _gather_like_lengths(rows: np.ndarray, n_steps: np.ndarray, batch_size: int) -> np.ndarray:
    size = GROUP * batch_size
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    return np.concatenate([group[np.argsort(n_steps[group], kind="stable")] for group in groups])
