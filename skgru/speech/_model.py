"""A trained transcriber."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgru.gru._model import GRUSpec
from skgru.gru._scaling import Scaling
from skgru.speech._transcripts import Alphabet


@dataclass(frozen=True)
class TrainedTranscriber:
    """A network and what stands around it: plain values and NumPy arrays.

    Attributes
    ----------
    spec : GRUSpec
    weights : tuple of ndarray
        In the order of ``spec.weight_shapes()``.
    scaling : Scaling
        Of the channels.
    alphabet : Alphabet
    """

    spec: GRUSpec
    weights: tuple[np.ndarray, ...]
    scaling: Scaling
    alphabet: Alphabet
