"""What must hold among the values of a loaded estimator.

Compiled code reads arrays without looking at their bounds. So shapes, types and ranges are compared
here, before any of it sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skgru.persistence import _checks_ets, _checks_networks, _checks_speech, _checks_text

if TYPE_CHECKING:
    from collections.abc import Callable

_RECORDS: dict[str, Callable[[Any], None]] = {
    "ets.Panel": _checks_ets.check_panel,
    "ets.Settings": _checks_ets.check_settings,
    "gru.GRUSpec": _checks_networks.check_spec,
    "gru.TrainedGRU": _checks_networks.check_network,
    "sktime.GlobalModel": _checks_networks.check_global_model,
    "sktime.Network": _checks_networks.check_network,
    "speech.Alphabet": _checks_speech.check_alphabet,
    "speech.Analysis": _checks_speech.check_analysis,
    "speech.Durations": _checks_speech.check_durations,
    "speech.Speakers": _checks_speech.check_speakers,
    "speech.TrainedSynthesizer": _checks_speech.check_voice,
    "speech.TrainedTranscriber": _checks_speech.check_model,
    "text.LanguageSpec": _checks_text.check_spec,
    "text.Seq2SeqSpec": _checks_text.check_pair_spec,
    "text.TrainedLanguageModel": _checks_text.check_network,
    "text.TrainedSeq2Seq": _checks_text.check_network,
    "text.Vocabulary": _checks_text.check_vocabulary,
}

_CLASSES: dict[str, Callable[[Any], None]] = {
    "skgru.ETSForecaster": _checks_ets.check_forecaster,
    "skgru.GRUClassifier": _checks_networks.check_classifier,
    "skgru.GRULanguageModel": _checks_text.check_language_model,
    "skgru.GRURegressor": _checks_networks.check_regressor,
    "skgru.GRUSeq2Seq": _checks_text.check_seq2seq,
    "skgru.GRUSynthesizer": _checks_speech.check_synthesizer,
    "skgru.GRUTranscriber": _checks_speech.check_transcriber,
    "skgru.SpeechAugmenter": _checks_speech.check_augmenter,
    "skgru.sktime.GRUForecaster": _checks_networks.check_global_forecaster,
}


def check_record(name: str, record) -> None:
    """Raise ValueError if a record contradicts itself."""
    if name in _RECORDS:
        _RECORDS[name](record)


def check_estimator(name: str, estimator) -> None:
    """Raise ValueError if what an estimator has learnt does not fit together."""
    if name in _CLASSES:
        _CLASSES[name](estimator)
