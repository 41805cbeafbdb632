"""GRU networks and exponential smoothing as scikit-learn and sktime estimators.

Public names are loaded on first use: ``import skgru`` imports nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skgru.ets._forecaster import ETSForecaster
    from skgru.gru._classifier import GRUClassifier
    from skgru.gru._regressor import GRURegressor
    from skgru.speech._augmenter import SpeechAugmenter
    from skgru.speech._log_mel import LogMel
    from skgru.speech._synthesizer import GRUSynthesizer
    from skgru.speech._transcriber import GRUTranscriber
    from skgru.text._language_model import GRULanguageModel
    from skgru.text._seq2seq import GRUSeq2Seq
    from skgru.text._text_scorer import make_text_scorer
    from skgru.text._vectorizer import SequenceVectorizer

__version__ = "0.1.0"
__all__ = [
    "ETSForecaster",
    "GRUClassifier",
    "GRULanguageModel",
    "GRURegressor",
    "GRUSeq2Seq",
    "GRUSynthesizer",
    "GRUTranscriber",
    "LogMel",
    "SequenceVectorizer",
    "SpeechAugmenter",
    "__version__",
    "make_text_scorer",
]

_MODULES = {
    "ETSForecaster": "skgru.ets._forecaster",
    "GRUClassifier": "skgru.gru._classifier",
    "GRULanguageModel": "skgru.text._language_model",
    "GRURegressor": "skgru.gru._regressor",
    "GRUSeq2Seq": "skgru.text._seq2seq",
    "GRUSynthesizer": "skgru.speech._synthesizer",
    "GRUTranscriber": "skgru.speech._transcriber",
    "LogMel": "skgru.speech._log_mel",
    "SequenceVectorizer": "skgru.text._vectorizer",
    "SpeechAugmenter": "skgru.speech._augmenter",
    "make_text_scorer": "skgru.text._text_scorer",
}

_PUBLIC_MODULES = {"persistence", "sktime"}  # in no `import *`, where one would hide the real one


def __getattr__(name: str):
    """Load a public name on first use and keep it."""
    if name in _PUBLIC_MODULES:
        return import_module(f"skgru.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module 'skgru' has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Every name, loaded or not, so that completion works."""
    return sorted({*globals(), *_MODULES, *_PUBLIC_MODULES})
