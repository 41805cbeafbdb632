"""A trained synthesizer: a network that answers frames, and how its answers are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from skgru.gru._model import GRUSpec
from skgru.gru._scaling import Scaling
from skgru.speech import _posteriors
from skgru.speech._durations import Durations
from skgru.speech._frames import Frames
from skgru.speech._speakers import Speakers
from skgru.speech._spectra import Analysis
from skgru.speech._transcripts import Alphabet


@dataclass(frozen=True)
class TrainedSynthesizer:
    """A network and what stands around it: plain values and NumPy arrays.

    Attributes
    ----------
    spec : GRUSpec
    weights : tuple of ndarray
        In the order of ``spec.weight_shapes()``.
    scaling : Scaling
        Of the mel bands.
    contrast : ndarray, shape (n_speakers, n_mels)
        How much more the bands of recordings vary than those that the network answers.
    durations : Durations
    alphabet : Alphabet
    speakers : Speakers
    analysis : Analysis
        How frames are made of waveforms.
    seed : int
        Of phases.
    """

    spec: GRUSpec
    weights: tuple[np.ndarray, ...]
    scaling: Scaling
    contrast: np.ndarray
    durations: Durations
    alphabet: Alphabet
    speakers: Speakers
    analysis: Analysis
    seed: int

    @property
    def frames_per_step(self) -> int:
        return self.spec.n_outputs // len(self.scaling.center)

    def frames(
        self, utterances: Iterable[np.ndarray], speakers: np.ndarray, sharpen: bool
    ) -> Iterator[np.ndarray]:
        """Log-mel frames of described steps: (S, width) -> (S * frames_per_step, n_mels)."""
        answers = _posteriors.outputs(self.spec, self.weights, utterances)
        for answer, speaker in zip(answers, speakers):
            scaled = answer.reshape(-1, len(self.scaling.center))
            if sharpen:
                centre = scaled.mean(axis=0)
                scaled = centre + (scaled - centre) * self.contrast[speaker]
            yield (scaled * self.scaling.scale + self.scaling.center).astype(np.float32)


def contrast(
    wanted: Frames, answered: Iterable[np.ndarray], speakers: np.ndarray, n_speakers: int
) -> np.ndarray:
    """Ratios of standard deviations within recordings: (n_speakers, n_mels).

    The mean of many recordings, which least squares answers, is flatter than any of them: its
    global variance is too small (Toda & Tokuda 2007).
    """
    n_mels = wanted.values.shape[1]
    real, flat = np.zeros((2, n_speakers, n_mels))
    for i, answer in enumerate(answered):
        own = answer.reshape(-1, n_mels)[: len(wanted[i])]
        for total, frames in ((real, wanted[i]), (flat, own)):
            total[speakers[i]] += ((frames - frames.mean(axis=0)) ** 2).sum(axis=0)
    varied = flat > 0
    return np.sqrt(np.divide(real, flat, out=np.ones_like(flat), where=varied))
