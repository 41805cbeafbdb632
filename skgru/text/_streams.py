"""Documents -> pieces of several streams that are read side by side, each going on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skgru.text._tokens import END, UNKNOWN


class Piece(NamedTuple):
    """S steps of B streams; all of shape (S, B).

    Attributes
    ----------
    tokens : ndarray of int32
        What is read.
    targets : ndarray of int32
        What comes next.
    starts : ndarray of bool
        Where a document begins: what was before is to be forgotten.
    """

    tokens: np.ndarray
    targets: np.ndarray
    starts: np.ndarray


class Streams:
    """One long circle of documents, cut into streams of equal length.

    Parameters
    ----------
    documents : list of ndarray of int32
        Token numbers.
    n_rows : int
        Streams.
    n_steps : int
        Steps of a piece, about.
    rare : ndarray of bool, shape (n_tokens,)
        Tokens that are shown as unknown half of the time, drawn anew in each epoch: so it is
        learnt what an unknown token means, and where to expect one.
    """

    def __init__(self, documents, n_rows: int, n_steps: int, rare: np.ndarray):
        self._circle = np.concatenate([np.append(d, END) for d in documents]).astype(np.int32)
        self._n_rows = min(n_rows, len(self._circle))
        self._length = -(-len(self._circle) // self._n_rows)
        self._one_text = len(documents) == 1
        self._rare = rare
        self.n_pieces = max(1, round(self._length / n_steps))
        self._bounds = np.linspace(0, self._length, self.n_pieces + 1).round().astype(int)

    @property
    def n_rows(self) -> int:
        """Streams."""
        return self._n_rows

    @property
    def longest(self) -> int:
        """Steps of the longest piece."""
        return int(np.diff(self._bounds).max())

    @property
    def n_tokens(self) -> int:
        """Targets of an epoch."""
        return self._length * self._n_rows

    def epoch(self, rng: np.random.Generator) -> Iterator[Piece]:
        """All pieces in order; where the streams begin is drawn anew."""
        circle = self._circle
        if self._rare.any():
            hidden = self._rare[circle] & (rng.random(len(circle)) < 0.5)
            circle = np.where(hidden, np.int32(UNKNOWN), circle)
        offset = rng.integers(len(circle)) if self._n_rows > 1 else 0
        places = (offset + np.arange(self.n_tokens)) % len(circle)
        targets = np.ascontiguousarray(circle[places].reshape(self._n_rows, -1).T)
        tokens = np.ascontiguousarray(circle[places - 1].reshape(self._n_rows, -1).T)
        if self._one_text:  # it has one beginning; a prefix may be from anywhere
            tokens[0] = END
        for start, stop in zip(self._bounds, self._bounds[1:]):
            own = tokens[start:stop]
            yield Piece(own, targets[start:stop], own == END)
