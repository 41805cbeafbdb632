"""Transcripts as users write them <-> numbers of tokens."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Alphabet:
    """The tokens that transcripts are made of.

    Attributes
    ----------
    level : {"char", "word"} or None
        Characters or words of strings, or the labels of sequences.
    classes : ndarray, shape (n_tokens,)
        In order.
    """

    level: str | None
    classes: np.ndarray

    def __len__(self) -> int:
        return len(self.classes)

    def join(self, tokens: Sequence) -> str | list:
        """A transcript from tokens: of the kind that `fit` was given."""
        if self.level is None:
            return list(tokens)
        return ("" if self.level == "char" else " ").join(tokens)

    def decode(self, numbers) -> str | list:
        """A transcript from the numbers of its tokens."""
        return self.join(self.classes[np.asarray(numbers, dtype=np.intp)].tolist())


def split(y, level: str | None, n_recordings: int | None, name: str = "y") -> list[list[Hashable]]:
    """The tokens of each transcript; `name` is what the caller calls them.

    Raises
    ------
    TypeError
        If a transcript is no string, or with ``level=None`` no sequence.
    ValueError
        If there are more or fewer transcripts than recordings.
    """
    if isinstance(y, str) or not hasattr(y, "__len__"):
        raise TypeError(
            f"{name} must be a list of transcripts, one a recording. "
            f"Got {'one string' if isinstance(y, str) else type(y).__name__}."
        )
    if n_recordings is not None and len(y) != n_recordings:
        raise ValueError(f"X has {n_recordings} recordings, and y {len(y)} transcripts.")
    return [_split_one(transcript, level, i, name) for i, transcript in enumerate(y)]


def _split_one(transcript, level: str | None, i: int, name: str) -> list:
    if isinstance(transcript, str) != (level is not None):
        wanted = "a string" if level else "a sequence of labels"
        cure = "level=None" if level else "level='char' or 'word'"
        raise TypeError(
            f"With level={level!r} each transcript in {name} must be {wanted}; transcript {i} is a "
            f"{type(transcript).__name__}. Set {cure} for the other kind."
        )
    if level == "word":
        return transcript.split()
    if not hasattr(transcript, "__iter__") or isinstance(transcript, set | frozenset | dict):
        raise TypeError(
            f"Each transcript in {name} must be a sequence of labels; transcript {i} is a "
            f"{type(transcript).__name__}."
        )
    return [label.item() if isinstance(label, np.generic) else label for label in transcript]


def learn(transcripts: list[list], level: str | None) -> Alphabet:
    """The alphabet of some transcripts.

    Raises
    ------
    ValueError
        If they hold no token at all, or labels that have no order.
    """
    try:
        tokens = {token for transcript in transcripts for token in transcript}
    except TypeError as error:
        raise TypeError(f"Labels in y must be plain, such as words or numbers: {error}.") from None
    if any(token != token for token in tokens):  # NaN
        raise ValueError("Labels in y must equal themselves; one of them is NaN. Drop it.")
    if not tokens:
        raise ValueError(
            "A transcriber learns tokens from transcripts, and there is none in the "
            f"{len(transcripts)} of y. Give at least one that is not empty."
        )
    try:
        ordered = sorted(tokens)
    except TypeError as error:
        raise TypeError(
            f"The labels in y must be of one kind that can be sorted: {error}."
        ) from None
    classes = np.empty(len(ordered), object)
    for i, token in enumerate(ordered):
        classes[i] = token
    if not isinstance(ordered[0], tuple):
        plain = np.array(ordered)
        if plain.tolist() == ordered:  # NumPy cuts NUL off the end of text
            classes = plain
    return Alphabet(level, classes)


def encode(transcripts: list[list], alphabet: Alphabet) -> list[np.ndarray]:
    """Numbers of the tokens of each transcript, int32."""
    numbers = {token: i for i, token in enumerate(alphabet.classes.tolist())}
    return [np.array([numbers[t] for t in tokens], dtype=np.int32) for tokens in transcripts]
