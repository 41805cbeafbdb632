"""What must hold among the values of transcribers of speech."""

from __future__ import annotations

import numpy as np

from skgru.persistence._checks_networks import check_network, check_scaling
from skgru.persistence._conditions import array, get, require


def check_alphabet(alphabet) -> None:
    """Tokens of the kind that the level says."""
    classes = alphabet.classes
    require(alphabet.level in ("char", "word", None), "the level")
    require(classes.ndim == 1 and len(classes) > 0, "the alphabet")
    require(alphabet.level is None or classes.dtype.kind == "U", "the alphabet")


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
    if "model_" not in vars(estimator):
        return
    model = estimator.model_
    require(type(model).__name__ == "TrainedTranscriber", "model_")
    require(get(estimator, "n_features_in_") == model.spec.n_channels, "n_features_in_")
    require(np.array_equal(get(estimator, "classes_"), model.alphabet.classes), "classes_")


def check_augmenter(estimator) -> None:
    """Origins are whole numbers."""
    origins = vars(estimator).get("sample_indices_")
    require(origins is None or array(origins, (None,), np.intp), "sample_indices_")
