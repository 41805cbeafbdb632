"""How long each token lasts: a linear model of the logarithm, of a token, its neighbours and voice.

The exponential of a mean logarithm is a middle duration, as robust to a few long ones as a median.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgru._memory import require_memory

PENALTY = 1.0  # about one observation against what is known of a token whatever its neighbours
FARTHEST = 3  # tokens from an end of the text beyond which its distance plays no part
CONTEXTS = 7  # what a duration depends on


@dataclass(frozen=True)
class Durations:
    """What has been learnt of durations.

    Attributes
    ----------
    contexts : tuple of ndarray of str
        Known values of each of the `CONTEXTS`, in order.
    effects : tuple of ndarray
        What each of these adds to the logarithm of a duration in steps.
    mean : float
        What they add to.
    """

    contexts: tuple[np.ndarray, ...]
    effects: tuple[np.ndarray, ...]
    mean: float

    def predict(self, labels: np.ndarray, speaker: int, tempo: float) -> np.ndarray:
        """Steps of each token, at least 1; rounding errors do not add up.

        Shapes: (L,) -> (L,). What is unknown adds nothing.
        """
        logarithms = np.full(len(labels), self.mean)
        for column, known, effects in zip(_contexts(labels, speaker), self.contexts, self.effects):
            places = np.minimum(np.searchsorted(known, column), len(known) - 1)
            logarithms += np.where(known[places] == column, effects[places], 0.0)
        with np.errstate(over="ignore"):
            ends = np.cumsum(np.exp(logarithms) / tempo)
        require_memory(8 * float(ends[-1]), f"Speech at a tempo of {tempo}", "raise tempo")
        borders = np.round(ends).astype(np.intp)
        return np.maximum(1, np.diff(borders, prepend=0))


def learn(labels: list[np.ndarray], lasts: list[np.ndarray], speakers: np.ndarray) -> Durations:
    """A model of the steps that tokens last.

    Parameters
    ----------
    labels, lasts : list of ndarray of int, shape (L,)
        Token numbers and steps of each text.
    speakers : ndarray of int, shape (n_texts,)
    """
    # Slow to import, and only a fit needs them.
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import OneHotEncoder

    rows = [np.transpose(_contexts(own, speaker)) for own, speaker in zip(labels, speakers)]
    encoder, ridge = OneHotEncoder(), Ridge(alpha=PENALTY, solver="sparse_cg")
    ridge.fit(encoder.fit_transform(np.concatenate(rows)), np.log(np.concatenate(lasts)))
    sizes = [len(known) for known in encoder.categories_]
    effects = np.split(ridge.coef_, np.cumsum(sizes)[:-1])
    return Durations(tuple(encoder.categories_), tuple(effects), float(ridge.intercept_))


def _contexts(labels: np.ndarray, speaker: int) -> list[np.ndarray]:
    """What the duration of each token may depend on, as categories: `CONTEXTS` times (L,)."""
    before, after = np.append(-1, labels[:-1]), np.append(labels[1:], -1)
    place = np.minimum(np.arange(len(labels)), FARTHEST)
    columns = (
        [f"{own}" for own in labels],
        [f"{left} {own}" for left, own in zip(before, labels)],
        [f"{own} {right}" for own, right in zip(labels, after)],
        [f"{speaker}"] * len(labels),
        [f"{own} {speaker}" for own in labels],
        [f"{i}" for i in place],
        [f"{i}" for i in place[::-1]],
    )
    return [np.array(column) for column in columns]
