"""From probabilities of each step to a transcript.

Prefix beam search follows Hannun et al. (2014): a prefix of the transcript gathers the probability
of all paths that read as it, those that end in a blank apart from those that end in its last token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

# Probabilities of the next token after prefixes: (n, n_tokens) logarithms for a list of n prefixes.
NextToken = Callable[[list[tuple[int, ...]]], np.ndarray]


def collapse(path: np.ndarray, blank: int, before: int | None = None) -> np.ndarray:
    """What a path reads as: repeated tokens merged, blanks taken out.

    Parameters
    ----------
    path : ndarray of int, shape (S,)
    blank : int
    before : int, optional
        What the path goes on from; nothing where it begins.
    """
    previous = np.concatenate([[-1 if before is None else before], path[:-1]])
    return path[(path != previous) & (path != blank)]


def greedy(log_p: np.ndarray) -> np.ndarray:
    """The transcript of the likeliest path: (S, K) -> (L,)."""
    return collapse(log_p.argmax(axis=1), log_p.shape[1] - 1)


@dataclass(frozen=True)
class Fusion:
    """What a beam search weighs beside the recording.

    Attributes
    ----------
    next_token : NextToken or None
        The language model.
    end : callable or None
        Logarithm of the probability that nothing follows: list of n prefixes -> (n,).
    weight : float
        Of the language model's logarithms.
    bonus : float
        For each token, in nats.
    """

    next_token: NextToken | None = None
    end: Callable[[list[tuple[int, ...]]], np.ndarray] | None = None
    weight: float = 1.0
    bonus: float = 0.0


@dataclass
class _Prefixes:
    """All prefixes that a search has met, as a tree; prefix 0 is the empty one.

    Attributes
    ----------
    tokens : list of tuple of int
        Of each prefix.
    origins : list of (int, int)
        The prefix without its last token, and that token.
    children : dict
        The inverse of `origins`.
    """

    fusion: Fusion
    n_tokens: int
    tokens: list[tuple[int, ...]] = field(default_factory=lambda: [()])
    origins: list[tuple[int, int]] = field(default_factory=lambda: [(-1, -1)])
    children: dict[tuple[int, int], int] = field(default_factory=dict)
    _gains: dict[int, np.ndarray] = field(default_factory=dict)

    def child(self, prefix: int, token: int) -> int:
        key = prefix, token
        if key not in self.children:
            self.children[key] = len(self.tokens)
            self.tokens.append((*self.tokens[prefix], token))
            self.origins.append(key)
        return self.children[key]

    def gains(self, prefixes: np.ndarray) -> np.ndarray:
        """What each further token adds to the score: (W,) -> (W, n_tokens)."""
        fusion = self.fusion
        if fusion.next_token is None:
            return np.full((len(prefixes), self.n_tokens), fusion.bonus)
        new = [p for p in prefixes.tolist() if p not in self._gains]
        if new:
            found = fusion.next_token([self.tokens[p] for p in new])
            self._gains.update(zip(new, fusion.weight * found + fusion.bonus))
        return np.array([self._gains[p] for p in prefixes.tolist()])


def beam_search(log_p: np.ndarray, width: int, fusion: Fusion) -> list[tuple[np.ndarray, float]]:
    """The best transcripts that a beam of prefixes finds, and their scores.

    Parameters
    ----------
    log_p : ndarray of float64, shape (S, K)
        The blank is the last output.
    width : int
        Prefixes that are kept after each step.
    fusion : Fusion

    Returns
    -------
    list of (ndarray of int, float)
        At most `width`, the best first. Without a language model and a bonus the score is the
        logarithm of the probability of the paths found.
    """
    prefixes = _Prefixes(fusion, log_p.shape[1] - 1)
    beam = np.zeros(1, np.intp)
    blank, token = np.zeros(1), np.full(1, -np.inf)  # score of paths that end in either
    for emitted in log_p:
        beam, blank, token = _step(prefixes, beam, blank, token, emitted, width)
    scores = np.logaddexp(blank, token)
    if fusion.end is not None:
        scores = scores + fusion.weight * fusion.end([prefixes.tokens[p] for p in beam])
    order = np.argsort(-scores, kind="stable")
    return [(np.array(prefixes.tokens[beam[i]], dtype=np.intp), float(scores[i])) for i in order]


def _step(prefixes: _Prefixes, beam, blank, token, emitted: np.ndarray, width: int):
    """The beam after one more step: prefixes (W,), their two scores (W,) and (W,)."""
    origins = [prefixes.origins[p] for p in beam]
    ends = np.array([last for _, last in origins])
    whole = np.logaddexp(blank, token)
    stays_blank = whole + emitted[-1]
    stays_token = token + np.where(ends < 0, -np.inf, emitted[ends])
    longer = whole[:, np.newaxis] + emitted[:-1] + prefixes.gains(beam)
    repeats = np.flatnonzero(ends >= 0)  # a token follows itself after a blank only
    longer[repeats, ends[repeats]] += blank[repeats] - whole[repeats]
    places = {p: i for i, p in enumerate(beam.tolist())}
    for i, (parent, last) in enumerate(origins):
        if parent in places:  # both in the beam: two ways to one prefix
            stays_token[i] = np.logaddexp(stays_token[i], longer[places[parent], last])
            longer[places[parent], last] = -np.inf
    return _choose(prefixes, beam, stays_blank, stays_token, longer, width)


def _choose(prefixes: _Prefixes, beam, stays_blank, stays_token, longer, width: int):
    """The best of the prefixes that stay as they are and of the longer ones."""
    scores = np.concatenate([np.logaddexp(stays_blank, stays_token), longer.ravel()])
    best = np.argpartition(-scores, min(width, len(scores)) - 1)[:width]
    best = best[scores[best] > -np.inf]
    best = best[np.argsort(-scores[best], kind="stable")]
    stay, grow = best[best < len(beam)], best[best >= len(beam)] - len(beam)
    parents, tokens = np.divmod(grow, longer.shape[1])
    children = [prefixes.child(beam[i], int(k)) for i, k in zip(parents, tokens)]
    return (
        np.concatenate([beam[stay], np.array(children, np.intp)]),
        np.concatenate([stays_blank[stay], np.full(len(grow), -np.inf)]),
        np.concatenate([stays_token[stay], longer.ravel()[grow]]),
    )
