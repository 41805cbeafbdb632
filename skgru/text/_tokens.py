"""Texts -> token numbers and back: by character, by word, or by a tokenizer of the user's own."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

# Numbers of the two tokens that every vocabulary has.
END, UNKNOWN = 0, 1

# A word goes on over what is written above, below or between letters and is none itself: accents,
# Hebrew and Arabic points, Indic and Thai vowel signs, joiners.
_LETTERS = (
    r"\w\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    r"\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09d7\u0a01-\u0a51\u0b82-\u0bd7\u0c00-\u0c56"
    r"\u0e31-\u0e4e\u200c\u200d"
)
_WORD = re.compile(rf"[{_LETTERS}]+(?:['’\-][{_LETTERS}]+)*|\n\s*\n|[^\s{_LETTERS}]")
_CLOSING = frozenset(".,;:!?)]}»”’…%")
_OPENING = frozenset("([{«“‘")


class Characters:
    """A token is a character, that is a Unicode code point."""

    unknown = "\ufffd"
    end = ""

    def split(self, text: str):
        """The tokens of a text."""
        return text

    def join(self, tokens) -> str:
        """The text of tokens."""
        return "".join(tokens)


class Words:
    """A token is a word, a punctuation mark, or an empty line."""

    unknown = "<unk>"
    end = ""

    def split(self, text: str) -> list[str]:
        """The tokens of a text."""
        return ["\n\n" if token[0] == "\n" else token for token in _WORD.findall(text)]

    def join(self, tokens) -> str:
        """The text of tokens, spaced as prose is."""
        parts, tight = [], True
        for token in tokens:
            if not (tight or token in _CLOSING or token == "\n\n"):
                parts.append(" ")
            parts.append(token)
            tight = token in _OPENING or token == "\n\n"
        return "".join(parts)


class Foreign:
    """A token is a number of a tokenizer that has `encode` and `decode`."""

    unknown = -1
    end = -2

    def __init__(self, tokenizer):
        self._tokenizer = tokenizer

    def split(self, text: str) -> list[int]:
        """The tokens of a text."""
        tokens = self._tokenizer.encode(text)
        return [int(token) for token in getattr(tokens, "ids", tokens)]

    def join(self, tokens) -> str:
        """The text of tokens."""
        return self._tokenizer.decode([int(token) for token in tokens if token >= 0])


def splitter(level):
    """What splits and joins at this level.

    Raises
    ------
    ValueError
        If it is neither "char" nor "word" nor a tokenizer.
    """
    if isinstance(level, str) and level in ("char", "word"):
        return Characters() if level == "char" else Words()
    methods = [getattr(level, name, None) for name in ("encode", "decode")]
    if all(map(callable, methods)) and not isinstance(level, str | bytes):
        return Foreign(level)
    raise ValueError(
        "The 'level' parameter must be 'char', 'word' or a tokenizer with the methods encode(text) "
        f"and decode(tokens). Got {level!r} instead."
    )


class _Numbers(dict):
    """Token -> number; what is not there is unknown."""

    def __missing__(self, token):
        return UNKNOWN


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that a model knows.

    Attributes
    ----------
    splitter : Characters, Words or Foreign
    classes : ndarray of object, shape (n_tokens,)
        The end of a document, the unknown token, then the others in order.
    counts : ndarray of int, shape (n_tokens,)
        How often each was seen.
    """

    splitter: Characters | Words | Foreign
    classes: np.ndarray
    counts: np.ndarray
    numbers: dict

    def __len__(self) -> int:
        return len(self.classes)

    def encode(self, text: str) -> np.ndarray:
        """Token numbers of a text, int32."""
        tokens = self.splitter.split(text)
        return np.fromiter(map(self.numbers.__getitem__, tokens), np.int32, len(tokens))

    def decode(self, numbers) -> str:
        """The text of token numbers; an end adds nothing."""
        return self.splitter.join([self.classes[n] for n in numbers if n != END])


def learn(
    splitter, documents: list[str], max_vocabulary: int | None, min_df: int = 1
) -> Vocabulary:
    """The vocabulary of some documents, its most frequent tokens where there are too many.

    A token that occurs in fewer than `min_df` documents is unknown.
    """
    counts: Counter = Counter()
    spread: Counter = Counter()
    for text in documents:
        tokens = Counter(splitter.split(text))
        counts.update(tokens)
        if min_df > 1:
            spread.update(tokens.keys())
    n_unknown = counts.pop(splitter.unknown, 0)
    # Of two tokens that are equally frequent the one in front in order is kept, not the first read.
    known = [token for token in counts if min_df == 1 or spread[token] >= min_df]
    kept = sorted(known, key=lambda token: (-counts[token], token))[:max_vocabulary]
    n_unknown += counts.total() - sum(counts[token] for token in kept)
    kept.sort()
    classes = np.empty(len(kept) + 2, object)
    classes[:] = [splitter.end, splitter.unknown, *kept]
    return Vocabulary(
        splitter,
        classes,
        np.array([len(documents), n_unknown, *(counts[token] for token in kept)]),
        _Numbers({token: i for i, token in enumerate(classes) if i != END}),
    )
