"""How long each token lasts: a linear model of the logarithm, of a token, its neighbours and voice.

The exponential of a mean logarithm is a middle duration, as robust to a few long ones as a median.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

PENALTY = 1.0  # about one observation against what is known of a token whatever its neighbours
FARTHEST = 3  # tokens from an end of the text beyond which its distance plays no part


def learn(labels: list[np.ndarray], lasts: list[np.ndarray], speakers: np.ndarray) -> Pipeline:
    """A model of the steps that tokens last.

    Parameters
    ----------
    labels, lasts : list of ndarray of int, shape (L,)
        Token numbers and steps of each text.
    speakers : ndarray of int, shape (n_texts,)
    """
    model = make_pipeline(
        OneHotEncoder(handle_unknown="ignore"), Ridge(alpha=PENALTY, solver="sparse_cg")
    )
    rows = [_contexts(own, speaker) for own, speaker in zip(labels, speakers)]
    return model.fit(np.concatenate(rows), np.log(np.concatenate(lasts)))


def predict(model: Pipeline, labels: np.ndarray, speaker: int, tempo: float) -> np.ndarray:
    """Steps of each token, at least 1; rounding errors do not add up.

    Shapes: (L,) -> (L,).
    """
    lengths = np.exp(model.predict(_contexts(labels, speaker))) / tempo
    borders = np.round(np.cumsum(lengths)).astype(np.intp)
    return np.maximum(1, np.diff(borders, prepend=0))


def _contexts(labels: np.ndarray, speaker: int) -> np.ndarray:
    """A row for each token: what its duration may depend on, as categories, (L, 7) strings."""
    before, after = np.append(-1, labels[:-1]), np.append(labels[1:], -1)
    place = np.arange(len(labels))
    columns = (
        [f"{own}" for own in labels],
        [f"{left} {own}" for left, own in zip(before, labels)],
        [f"{own} {right}" for own, right in zip(labels, after)],
        [f"{speaker}"] * len(labels),
        [f"{own} {speaker}" for own in labels],
        [f"{min(i, FARTHEST)}" for i in place],
        [f"{min(i, FARTHEST)}" for i in place[::-1]],
    )
    return np.array(columns).T
