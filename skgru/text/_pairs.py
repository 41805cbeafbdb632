"""Pairs of sources and targets -> batches of like length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skgru.text._tokens import END, UNKNOWN

# Pairs are sorted by length within groups of this many batches: like lengths meet, and the
# composition of batches still changes from epoch to epoch.
_GROUP = 8

# Places of a batch, fillers included: what a batch of very long texts may take of memory.
_PLACES = 1 << 16


class Batch(NamedTuple):
    """B pairs, filled up behind their ends; sources of S steps, targets of T.

    Attributes
    ----------
    sources : ndarray of int32, shape (S, B)
        Each with an end.
    source_lengths : ndarray of int, shape (B,)
        The end included.
    inputs, targets : ndarray of int32, shape (T, B)
        What the decoder reads, the first an end, and what it should write, the last an end.
    target_lengths : ndarray of int, shape (B,)
    """

    sources: np.ndarray
    source_lengths: np.ndarray
    inputs: np.ndarray
    targets: np.ndarray
    target_lengths: np.ndarray


def fill_up(documents) -> tuple[np.ndarray, np.ndarray]:
    """Documents, each closed by an end, side by side: (S, B), and their lengths (B,)."""
    lengths = np.array([len(document) + 1 for document in documents])
    tokens = np.full((lengths.max(), len(documents)), END, np.int32)
    for i, document in enumerate(documents):
        tokens[: len(document), i] = document
    return tokens, lengths


def batch(sources, targets) -> Batch:
    """Token numbers of some pairs as one batch."""
    wanted, target_lengths = fill_up(targets)
    inputs = np.concatenate([np.full((1, len(targets)), END, np.int32), wanted[:-1]])
    return Batch(*fill_up(sources), inputs, wanted, target_lengths)


def cut(order: np.ndarray, sizes: np.ndarray, n_rows: int) -> Iterator[np.ndarray]:
    """An order of rows in runs of `n_rows` at the most, shorter where they are long.

    Shapes: order (n,), sizes (n_samples,) -> up to (n_rows,) each.
    """
    start = 0
    while start < len(order):
        stop = min(start + n_rows, len(order))
        while stop > start + 1 and sizes[order[start:stop]].max() * (stop - start) > _PLACES:
            stop = start + (stop - start + 1) // 2
        yield order[start:stop]
        start = stop


class Pairs:
    """What is trained on.

    Parameters
    ----------
    sources, targets : list of ndarray of int32
        Token numbers.
    batch_size : int
    rare : ndarray of bool, shape (n_source_tokens,)
        Tokens that are shown as unknown half of the time, drawn anew in each epoch.
    """

    def __init__(self, sources, targets, batch_size: int, rare: np.ndarray):
        self._sources, self._targets = sources, targets
        self._batch_size = batch_size
        self._rare = rare
        self._sizes = np.array([len(s) + len(t) + 2 for s, t in zip(sources, targets)])

    def __len__(self) -> int:
        return len(self._sources)

    def epoch(self, rng: np.random.Generator) -> Iterator[list[tuple[np.ndarray, np.ndarray]]]:
        """All pairs once, in batches drawn anew."""
        rows = rng.permutation(len(self))
        size = _GROUP * self._batch_size
        groups = (rows[start : start + size] for start in range(0, len(rows), size))
        order = np.concatenate([g[np.argsort(self._sizes[g], kind="stable")] for g in groups])
        batches = list(cut(order, self._sizes, self._batch_size))
        for i in rng.permutation(len(batches)):
            yield [(self._show(self._sources[j], rng), self._targets[j]) for j in batches[i]]

    def _show(self, source: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if not self._rare.any():
            return source
        hidden = self._rare[source] & (rng.random(len(source)) < 0.5)
        return np.where(hidden, np.int32(UNKNOWN), source)
