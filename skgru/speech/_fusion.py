"""A language model of the user's own as a beam search asks it."""

from __future__ import annotations

import numpy as np

from skgru.speech._decoding import Fusion
from skgru.speech._transcripts import Alphabet

_END, _UNKNOWN = "", ("\ufffd", "<unk>")  # as GRULanguageModel names them
_LEAST = 1e-30  # of a probability: a logarithm that every sum survives


def fuse(language_model, alphabet: Alphabet, weight: float, bonus: float) -> Fusion:
    """What a beam search weighs.

    Parameters
    ----------
    language_model : object or None
        With ``classes_``, its tokens, and ``predict_proba``, which takes a list of beginnings of
        transcripts and returns the probabilities of the next token (n, len(classes_)).
    alphabet : Alphabet
    weight, bonus : float

    Raises
    ------
    ValueError
        If the language model is not fitted, or does not know a token of the alphabet.
    """
    if language_model is None:
        return Fusion(bonus=bonus)
    if not hasattr(language_model, "classes_"):
        raise ValueError(
            f"The language model {language_model!r} has no classes_: it is not fitted. Fit it on "
            "transcripts first; where it is cloned, as in a search over parameters, wrap it in "
            "sklearn.frozen.FrozenEstimator."
        )
    classes = np.asarray(language_model.classes_).tolist()
    known = {token: i for i, token in enumerate(classes)}
    unknown = next((known[name] for name in _UNKNOWN if name in known), None)
    tokens = alphabet.classes.tolist()
    missing = [token for token in tokens if token not in known]
    if missing and unknown is None:
        raise ValueError(
            f"The language model has no token {missing[0]!r} in its classes_, and none for unknown "
            f"ones. Fit it on transcripts of the same level ({alphabet.level!r}) that hold it."
        )
    columns = np.array([known.get(token, unknown) for token in tokens])

    def ask(prefixes) -> np.ndarray:
        asked = [alphabet.decode(prefix) for prefix in prefixes]
        p = np.asarray(language_model.predict_proba(asked), dtype=np.float64)
        _refuse_no_probabilities(p, (len(asked), len(classes)))
        return np.log(np.maximum(p, _LEAST))

    end = known.get(_END) if alphabet.level is not None else None
    return Fusion(
        next_token=lambda prefixes: ask(prefixes)[:, columns],
        end=None if end is None else lambda prefixes: ask(prefixes)[:, end],
        weight=weight,
        bonus=bonus,
    )


def _refuse_no_probabilities(p: np.ndarray, shape: tuple[int, int]) -> None:
    """Raise where a language model answers something else."""
    if p.shape != shape or not ((p >= 0) & (p <= 1 + 1e-3)).all():  # NaN is neither
        what = f"the shape {p.shape}" if p.shape != shape else f"{p.min()} to {p.max()}"
        raise ValueError(
            "predict_proba of the language_model must give a probability in [0, 1] to each of its "
            f"{shape[1]} classes_, a row to each of {shape[0]} beginnings; got {what}."
        )
