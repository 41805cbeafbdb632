"""Sources and targets as users give them -> token numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skgru.text import _documents, _tokens
from skgru.text._tokens import Vocabulary

# Of fewer pairs no token is given up to learn what an unknown one is.
_FEW_PAIRS = 100

Numbers = tuple[list[np.ndarray], list[np.ndarray]]


def read(X, y) -> tuple[list[str], list[str]]:
    """Sources and targets, as many of these as of those, and at least one.

    Raises
    ------
    TypeError
        If something in them is no string.
    ValueError
        If they differ in number, or there are none.
    """
    sources, targets = _documents.read(X), _documents.read(y, "y")
    if len(sources) != len(targets):
        raise ValueError(
            f"X and y must go together pair by pair. Got {len(sources)} sources in X and "
            f"{len(targets)} targets in y."
        )
    if not sources:
        raise ValueError("X and y must hold at least one pair. Got none.")
    return sources, targets


class Vocabularies(NamedTuple):
    """The tokens of either side."""

    source: Vocabulary
    target: Vocabulary

    def encode(self, sources: list[str], targets: list[str]) -> Numbers:
        """Token numbers of pairs."""
        return [*map(self.source.encode, sources)], [*map(self.target.encode, targets)]

    def find_rare(self, n_pairs: int) -> np.ndarray:
        """Source tokens that are to be shown as unknown at times: bool (n_tokens,)."""
        rare = self.source.counts == 1
        if n_pairs < _FEW_PAIRS or isinstance(self.source.splitter, _tokens.Characters):
            rare[:] = False
        rare[[_tokens.END, _tokens.UNKNOWN]] = False
        return rare


def learn(level, sources: list[str], targets: list[str], most: int | None) -> Vocabularies:
    """The vocabularies of pairs; `level` is one for both sides, or a pair.

    Raises
    ------
    ValueError
        If it is neither.
    """
    levels = tuple(level) if isinstance(level, tuple | list) else (level, level)
    if len(levels) != 2:
        raise ValueError(
            "The 'level' parameter must be one level, or a pair of them for sources and targets. "
            f"Got {level!r}, of length {len(levels)}."
        )
    of_source, of_target = map(_tokens.splitter, levels)
    return Vocabularies(
        _tokens.learn(of_source, sources, most), _tokens.learn(of_target, targets, most)
    )


def hold_out(numbers: Numbers, share: float, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Pairs to train on, and others to watch.

    Raises
    ------
    ValueError
        If none were left to train on.
    """
    n = len(numbers[0])
    n_held = max(1, round(share * n))
    if n_held >= n:
        raise ValueError(
            f"early_stopping holds {n_held} of {n} pairs out, which leaves none to train on. Give "
            "more pairs, lower `validation_fraction` or set early_stopping=False."
        )
    order = rng.permutation(n)

    def choose(rows) -> Numbers:
        sources, targets = numbers
        return [sources[i] for i in rows], [targets[i] for i in rows]

    return choose(np.sort(order[n_held:])), choose(order[:n_held])
