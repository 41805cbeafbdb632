"""One order for the rows of a training set, equal rows merged.

A fit must not depend on the order in which rows come, and a row of weight 3 must act as the same
row given three times. Both hold exactly, to the last bit, when equal rows are merged and the rest
put in an order that their content alone decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from skgru.gru._sequences import Sequences


def canonical_rows(
    sequences: Sequences, y: np.ndarray, sample_weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers in canonical order, one for each set of equal rows, and their summed weights.

    Parameters
    ----------
    sequences : Sequences
    y : ndarray, shape (n_samples,) or (n_samples, n_outputs)
        Numbers: class codes or targets.
    sample_weight : ndarray of float64, shape (n_samples,)
        Rows of weight zero are left out.
    """
    rows = np.flatnonzero(sample_weight)
    keys = _hash_rows(sequences, y, rows)
    order = np.argsort(keys, kind="stable")
    rows, keys = rows[order], keys[order]
    starts = np.ones(len(rows), dtype=bool)
    alike = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    starts[alike] = ~_equal(sequences, y, rows[alike - 1], rows[alike])
    first = np.flatnonzero(starts)
    return rows[first], np.add.reduceat(sample_weight[rows], first)


def _hash_rows(sequences: Sequences, y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A 64-bit key of each row's values and target, the same for every dtype and padding."""
    width = sequences.n_timesteps * sequences.n_channels
    y = y.reshape(len(y), -1)
    # The multipliers are a part of the order, not of any fit's randomness.
    multipliers = np.random.default_rng(0).integers(0, 2**63, y.shape[1] + width, dtype=np.uint64)
    multipliers |= np.uint64(1)
    keys = np.empty(len(rows), dtype=np.uint64)
    for block in sequences.blocks(len(rows)):
        values = sequences.values[rows[block]].reshape(-1, width)
        row = np.concatenate([y[rows[block]], values], axis=1, dtype=np.float64)
        missing = np.isnan(row)
        row += 0.0  # -0.0 equals 0.0
        terms, shifted = row.view(np.uint64), np.empty(row.shape, np.uint64)
        _mix(terms, shifted)
        terms *= multipliers
        _mix(terms, shifted)
        terms[missing] = 0  # so that what a short row is padded with counts for nothing
        keys[block] = terms.sum(axis=1, dtype=np.uint64)
    return keys


def _mix(bits: np.ndarray, shifted: np.ndarray) -> None:
    """Bring the high bits, where floats differ, down to the low ones, in place."""
    np.right_shift(bits, np.uint64(29), out=shifted)
    bits ^= shifted


def _equal(sequences: Sequences, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether rows a[i] and b[i] have the same values and target."""
    same = np.empty(len(a), dtype=bool)
    for block in sequences.blocks(len(a)):
        one, other = sequences.values[a[block]], sequences.values[b[block]]
        same[block] = ((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=(1, 2))
    y = y.reshape(len(y), -1)
    return same & (y[a] == y[b]).all(axis=1)
