"""What must hold among the values of transcribers, synthesizers and augmenters of speech."""

from __future__ import annotations

import numpy as np

from skgru.persistence._checks_networks import check_network, check_scaling, check_stop_reason
from skgru.persistence._conditions import array, get, require
from skgru.speech._durations import CONTEXTS
from skgru.speech._lines import Lines


def check_alphabet(alphabet) -> None:
    """Tokens of the kind that the level says."""
    classes = alphabet.classes
    require(alphabet.level in ("char", "word", None), "the level")
    require(classes.ndim == 1 and len(classes) > 0, "the alphabet")
    is_text = alphabet.level is None or all(isinstance(token, str) for token in classes.tolist())
    require(is_text, "the alphabet")


def check_model(model) -> None:
    """A network with an output at each step, for each token and the blank."""
    check_network(model)
    spec = model.spec
    require(spec.pooling == ("none",) and spec.loss == "ctc" and spec.n_tokens == 0, "the network")
    require(spec.patch_stride == spec.patch_length, "frame_stacking")
    require(spec.n_outputs == len(model.alphabet) + 1, "the alphabet")
    check_scaling(model.scaling, spec.n_channels, "the scaling")


def check_transcriber(estimator) -> None:
    """Channels and classes are those of the network."""
    check_stop_reason(vars(estimator).get("stop_reason_"))
    if "model_" not in vars(estimator):
        return
    model = estimator.model_
    require(type(model).__name__ == "TrainedTranscriber", "model_")
    require(get(estimator, "n_features_in_") == model.spec.n_channels, "n_features_in_")
    require(np.array_equal(get(estimator, "classes_"), model.alphabet.classes), "classes_")


def check_analysis(analysis) -> None:
    """A window that fits into the transform, and bands of all its frequencies."""
    window, filters = analysis.window, analysis.filters
    require(window.ndim == 1 and filters.ndim == 2 and filters.size > 0, "the analysis")
    require(1 < len(window) <= 2 * (len(filters) - 1), "the window")
    require(1 <= analysis.hop <= len(window) // 2, "the hop")
    require(bool(np.isfinite(filters).all() and np.isfinite(window).all()), "the analysis")


def check_durations(durations) -> None:
    """An effect for each value of each context."""
    contexts, effects = durations.contexts, durations.effects
    require(len(contexts) == len(effects) == CONTEXTS, "the durations")
    for known, own in zip(contexts, effects):
        require(known.ndim == 1 and known.dtype.kind == "U" and len(known) > 0, "the contexts")
        require(array(own, known.shape, np.float64), "the effects")


def check_speakers(speakers) -> None:
    """The default is one of them."""
    require(speakers.labels.ndim == 1, "the speakers")
    require(0 <= speakers.default < len(speakers.labels), "the default speaker")


def check_voice(model) -> None:
    """A network that reads what describes a step and answers whole frames."""
    check_network(model)
    spec, n_mels = model.spec, model.analysis.filters.shape[1]
    n_speakers = len(model.speakers.labels)
    require(spec.pooling == ("none",) and spec.loss == "squared_error", "the network")
    require(spec.n_tokens == 0 and spec.patch_stride == spec.patch_length == 1, "the network")
    require(spec.n_channels == Lines(len(model.alphabet), n_speakers).width, "the network's input")
    require(spec.n_outputs > 0 and spec.n_outputs % n_mels == 0, "the network's output")
    require(array(model.contrast, (n_speakers, n_mels), np.float64), "the contrast")
    check_scaling(model.scaling, n_mels, "the scaling")


def check_synthesizer(estimator) -> None:
    """Tokens and speakers are those of the network."""
    check_stop_reason(vars(estimator).get("stop_reason_"))
    if "model_" not in vars(estimator):
        return
    model = estimator.model_
    require(type(model).__name__ == "TrainedSynthesizer", "model_")
    require(np.array_equal(get(estimator, "classes_"), model.alphabet.classes), "classes_")
    require(np.array_equal(get(estimator, "speakers_"), model.speakers.labels), "speakers_")


def check_augmenter(estimator) -> None:
    """Origins are whole numbers."""
    origins = vars(estimator).get("sample_indices_")
    require(origins is None or array(origins, (None,), np.intp), "sample_indices_")
