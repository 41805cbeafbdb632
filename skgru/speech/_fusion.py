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
    known = {token: i for i, token in enumerate(np.asarray(language_model.classes_).tolist())}
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
        return np.log(np.maximum(language_model.predict_proba(asked), _LEAST, dtype=np.float64))

    end = known.get(_END) if alphabet.level is not None else None
    return Fusion(
        next_token=lambda prefixes: ask(prefixes)[:, columns],
        end=None if end is None else lambda prefixes: ask(prefixes)[:, end],
        weight=weight,
        bonus=bonus,
    )
