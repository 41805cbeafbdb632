"""The closed tables of what a file may hold. A class that is not here is never loaded.

To add an estimator: a line in `CLASSES`, one in `RECORDS` for each record that its fitted
attributes hold, and one in `_checks` for each record that compiled code reads. Then one in the
tests' `conftest.py`, and one in `releases/write.py`, which is run.
"""

from __future__ import annotations

import dataclasses
import inspect
from importlib import import_module
from numbers import Integral, Real
from typing import Any

import numpy as np

# Public path -> module.
CLASSES = {
    "skgru.ETSForecaster": "skgru.ets._forecaster",
    "skgru.GRUClassifier": "skgru.gru._classifier",
    "skgru.GRULanguageModel": "skgru.text._language_model",
    "skgru.GRURegressor": "skgru.gru._regressor",
    "skgru.GRUSeq2Seq": "skgru.text._seq2seq",
    "skgru.GRUSynthesizer": "skgru.speech._synthesizer",
    "skgru.GRUTranscriber": "skgru.speech._transcriber",
    "skgru.LogMel": "skgru.speech._log_mel",
    "skgru.SequenceVectorizer": "skgru.text._vectorizer",
    "skgru.SpeechAugmenter": "skgru.speech._augmenter",
    "skgru.sktime.GRUClassifier": "skgru.sktime._classifier",
    "skgru.sktime.GRUForecaster": "skgru.sktime._forecaster",
    "skgru.sktime.GRURegressor": "skgru.sktime._regressor",
}

# Frozen records, dictionaries of a class of their own, and classes without any state, by the folder
# that each is from.
RECORDS = {
    "ets.Bag": "skgru.ets._bagging",
    "ets.ETSSpec": "skgru.ets._model",
    "ets.Fits": "skgru.ets._model",
    "ets.Fitted": "skgru.ets._fitted",
    "ets.Fixed": "skgru.ets._model",
    "ets.Kept": "skgru.ets._kept",
    "ets.Packed": "skgru.ets._packed",
    "ets.Panel": "skgru.ets._series",
    "ets.Search": "skgru.ets._model",
    "ets.Settings": "skgru.ets._model",
    "gru.GRUSpec": "skgru.gru._model",
    "gru.Scaling": "skgru.gru._scaling",
    "gru.TrainedGRU": "skgru.gru._model",
    "sktime.GlobalModel": "skgru.sktime._global",
    "sktime.Highway": "skgru.sktime._highway",
    "sktime.Network": "skgru.sktime._residual",
    "sktime.Shape": "skgru.sktime._windows",
    "sktime.Timeline": "skgru.sktime._timeline",
    "speech.Alphabet": "skgru.speech._transcripts",
    "speech.Analysis": "skgru.speech._spectra",
    "speech.Durations": "skgru.speech._durations",
    "speech.Speakers": "skgru.speech._speakers",
    "speech.TrainedSynthesizer": "skgru.speech._voice",
    "speech.TrainedTranscriber": "skgru.speech._model",
    "text.Characters": "skgru.text._tokens",
    "text.LanguageSpec": "skgru.text._model",
    "text.Seq2SeqSpec": "skgru.text._seq2seq_model",
    "text.TrainedLanguageModel": "skgru.text._fitting",
    "text.TrainedSeq2Seq": "skgru.text._seq2seq_fitting",
    "text.Vocabularies": "skgru.text._sides",
    "text.Vocabulary": "skgru.text._tokens",
    "text.Words": "skgru.text._tokens",
    "text._Numbers": "skgru.text._tokens",
}
_CLASS_NAMES = {name.partition(".")[2] for name in RECORDS}

_TYPES: dict[str, Any] = {
    "Any": object,
    "None": type(None),
    "bool": (bool, np.bool_),
    "dict": dict,
    "float": Real,
    "int": Integral,
    "list": list,
    "np.ndarray": np.ndarray,
    "str": str,
}


def class_name(kind: type) -> str | None:
    """Public path of an estimator's class; None for one that is not in the table."""
    for name, module in CLASSES.items():
        if kind.__module__ == module and kind.__name__ == name.rpartition(".")[2]:
            return name
    return None


def record_name(kind: type) -> str | None:
    """Name of a record's class; None for one that is not in the table."""
    _, _, rest = kind.__module__.partition(".")
    name = f"{rest.partition('.')[0]}.{kind.__name__}"
    return name if RECORDS.get(name) == kind.__module__ else None


def find_class(name: str) -> type:
    """The class of a public path."""
    return _find(CLASSES, name, "class")


def find_record(name: str) -> type:
    """The class of a record."""
    return _find(RECORDS, name, "record")


def _find(table: dict[str, str], name: str, what: str) -> type:
    if name not in table:
        raise ValueError(f"the {what} {name!r} is none that this version of skgru loads")
    return getattr(import_module(table[name]), name.rpartition(".")[2])


def fields(record) -> dict[str, Any]:
    """What a record is made of, by name, less what is no part of it where two are compared."""
    if isinstance(record, dict):
        return {"items": dict(record)}
    parts = dataclasses.fields(record) if dataclasses.is_dataclass(record) else ()
    left_out = {part.name for part in parts if not part.compare}
    return {name: getattr(record, name) for name in hints(type(record)) if name not in left_out}


def hints(kind: type) -> dict[str, str]:
    """Declared type of each field, as it is written."""
    if not hasattr(kind, "_fields") and not hasattr(kind, "__dataclass_fields__"):
        return {}
    declared = inspect.get_annotations(kind)
    return {name: str(getattr(hint, "__forward_arg__", hint)) for name, hint in declared.items()}


def build(kind: type, given: dict[str, Any]):
    """A record from its fields; those with a default may be missing.

    Raises
    ------
    ValueError
        If a field is unknown, or not of its declared type.
    """
    if issubclass(kind, dict):
        return kind(given["items"])
    declared = hints(kind)
    for name, value in given.items():
        if name not in declared:
            raise ValueError(f"{kind.__name__} has no field {name!r}")
        if not _is_a(value, declared[name]):
            raise ValueError(
                f"{kind.__name__}.{name} is {declared[name]}, not {type(value).__name__}"
            )
    return kind(**given)


def _is_a(value, hint: str) -> bool:
    """Whether a value is of a type, as far as the hint is one of the simple kinds used here."""
    if hint.startswith("tuple[") and hint.endswith(", ...]"):
        of = hint.removeprefix("tuple[").removesuffix(", ...]")
        return isinstance(value, tuple) and all(_is_a(item, of) for item in value)
    if " | " in hint:
        return any(_is_a(value, part) for part in hint.split(" | "))
    name = hint.partition("[")[0]
    if name in _TYPES:
        is_truth = isinstance(value, bool | np.bool_)
        return isinstance(value, _TYPES[name]) and not (is_truth and name in ("int", "float"))
    if name in _CLASS_NAMES:
        return type(value).__name__ == name and record_name(type(value)) is not None
    return True
