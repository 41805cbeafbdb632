"""Texts to be spoken -> token numbers."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from skgru.speech import _transcripts
from skgru.speech._transcripts import Alphabet


def split(X, level: str | None) -> list[list[Hashable]]:
    """The tokens of each text.

    Raises
    ------
    TypeError
        If a text is no string, or with ``level=None`` no sequence.
    ValueError
        If there is no text, or an empty one.
    """
    texts = _transcripts.split(X, level, None, "X")
    if not texts:
        raise ValueError("X must hold at least one text. Got none.")
    for i, tokens in enumerate(texts):
        if not tokens:
            raise ValueError(f"Each text in X needs a token; text {i} has none. Drop it.")
    return texts


def read(X, alphabet: Alphabet) -> list[np.ndarray]:
    """Token numbers of texts that are made of known tokens.

    Raises
    ------
    TypeError, ValueError
        As `split`, and if a token is unknown.
    """
    texts = split(X, alphabet.level)
    known = set(alphabet.classes.tolist())
    for i, tokens in enumerate(texts):
        for token in tokens:
            if token not in known:
                names = ", ".join(map(repr, alphabet.classes.tolist()[:40]))
                raise ValueError(
                    f"No text in fit had {token!r}, which text {i} of X has: how it sounds is "
                    f"unknown. Known: {names}{' …' if len(known) > 40 else ''}."
                )
    return _transcripts.encode(texts, alphabet)


def refuse_unequal(n_texts: int, recordings) -> None:
    """Raise where there are more or fewer recordings than texts."""
    if not hasattr(recordings, "__len__"):
        raise TypeError(f"y must be a list of recordings. Got {type(recordings).__name__}.")
    if n_texts != len(recordings):
        raise ValueError(
            f"X has {n_texts} texts, and y {len(recordings)} recordings; each text needs one."
        )


def refuse_crowded(labels: list[np.ndarray], n_steps: np.ndarray) -> None:
    """Raise where a text has more tokens than its recording has steps."""
    for i, (own, n) in enumerate(zip(labels, n_steps)):
        if len(own) > n:
            raise ValueError(
                f"A text needs a step for each token; row {i} has {len(own)} tokens and its "
                f"recording {n} steps of frames_per_step frames. Drop such rows, or lower hop or "
                "frames_per_step."
            )
