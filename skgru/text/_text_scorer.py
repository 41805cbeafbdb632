"""make_text_scorer."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
from sklearn.metrics import make_scorer

from skgru.text import _documents

_SACREBLEU = ("bleu", "chrf")
_ROUGE = ("rouge1", "rouge2", "rougeL")


def make_text_scorer(metric="chrf", **options) -> Callable[..., float]:
    """A scorer of predicted texts, for ``scoring=`` of `GridSearchCV` or `cross_val_score`.

    Parameters
    ----------
    metric : {"chrf", "bleu", "rouge1", "rouge2", "rougeL"}, default="chrf"
        ``"chrf"`` [1]_ compares pieces of words, ``"bleu"`` [2]_ runs of words: both over all texts
        together, from 0 to 100, by sacrebleu. The others [3]_ are the mean F1 over texts of common
        words, pairs of words or words in order, from 0 to 1, by rouge-score, which reads only the
        letters a to z and digits.
    **options
        For sacrebleu's ``corpus_chrf`` or ``corpus_bleu``, or for rouge-score's ``RougeScorer``:
        ``word_order=2`` makes chrF++, ``use_stemmer=True`` lets ROUGE ignore endings.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``, higher is better, as `sklearn.metrics.make_scorer` makes them.

    Raises
    ------
    ValueError
        If the metric is none of these.
    ImportError
        If the package that computes it is not installed.

    References
    ----------
    .. [1] Popović, M. (2015). chrF: character n-gram F-score for automatic MT evaluation. WMT.
    .. [2] Post, M. (2018). A call for clarity in reporting BLEU scores. WMT.
    .. [3] Lin, C.-Y. (2004). ROUGE: A package for automatic evaluation of summaries. ACL workshop.

    Examples
    --------
    >>> from skgru import GRUSeq2Seq, make_text_scorer
    >>> X, y = ["ein", "zwei", "drei", "vier"] * 9, ["one", "two", "three", "four"] * 9
    >>> model = GRUSeq2Seq(units=32, random_state=0).fit(X, y)
    >>> make_text_scorer("chrf")(model, ["drei", "zwei"], ["three", "two"])
    100.0
    """
    if metric in _SACREBLEU:
        _import("sacrebleu")
        return make_scorer(_sacrebleu, name=metric, **options)
    if metric in _ROUGE:
        _import("rouge_score.rouge_scorer")
        return make_scorer(_rouge, name=metric, **options)
    names = ", ".join(map(repr, _SACREBLEU + _ROUGE))
    raise ValueError(f"The 'metric' parameter must be one of {names}. Got {metric!r} instead.")


def _import(module: str):
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"This metric needs the package {module.partition('.')[0]!r}. Install it with: "
            "pip install 'skgru[text]', or pip install sacrebleu rouge-score"
        ) from error


def _sacrebleu(y_true, y_pred, name: str, **options) -> float:
    """Of all texts together, 0 to 100."""
    measure = getattr(_import("sacrebleu"), f"corpus_{name}")
    wanted, found = _read(y_true, y_pred)
    return float(measure(found, [wanted], **options).score)


def _rouge(y_true, y_pred, name: str, **options) -> float:
    """Mean F1, 0 to 1."""
    measure = _import("rouge_score.rouge_scorer").RougeScorer([name], **options)
    pairs = zip(*_read(y_true, y_pred))
    return float(np.mean([measure.score(wanted, found)[name].fmeasure for wanted, found in pairs]))


def _read(y_true, y_pred) -> tuple[list[str], list[str]]:
    """What was wanted and what was found, as many of each."""
    wanted, found = _documents.read(y_true, "y"), list(y_pred)
    if not wanted or len(wanted) != len(found):
        raise ValueError(
            "A metric compares texts pair by pair, at least one. Got "
            f"{len(wanted)} in y and {len(found)} predicted."
        )
    return wanted, found
