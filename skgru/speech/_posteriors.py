"""What a trained network takes each step of a recording for.

Recordings are read one at a time: an answer never depends on what else was asked, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import log_softmax

from skgru._blas_threads import one_thread
from skgru.gru import _embedding, _forward, _layers
from skgru.gru._model import GRUSpec


def group(spec: GRUSpec, weights) -> _forward.Network:
    """The network with batch normalisation folded into its layers."""
    arrays = [np.require(w, np.float32, ["C", "A", "W"]) for w in weights]
    network = _forward.group(spec, arrays)
    return network._replace(embedding=tuple(map(_embedding.fold, network.embedding)))


def cut(spec: GRUSpec, frames: np.ndarray) -> np.ndarray:
    """Frames of one recording as steps, the last one filled up with its last frame.

    Shapes: (T, C) -> (S, patch_width).
    """
    short = spec.padded_length(len(frames)) - len(frames)
    if short:
        frames = np.concatenate([frames, np.repeat(frames[-1:], short, axis=0)])
    return frames.reshape(-1, spec.patch_width)


def posteriors(spec: GRUSpec, weights, recordings) -> Iterator[np.ndarray]:
    """Log-probabilities of all outputs at each step of each recording.

    Parameters
    ----------
    spec : GRUSpec
    weights : tuple of ndarray
    recordings : iterable of ndarray, shape (T, C)
        Scaled.

    Yields
    ------
    ndarray of float64, shape (S, n_outputs)
    """
    for logits in outputs(spec, weights, recordings):
        yield log_softmax(logits.astype(np.float64), axis=1)


def outputs(spec: GRUSpec, weights, recordings) -> Iterator[np.ndarray]:
    """What the output layer answers at each step: as `posteriors`, float32 and no probabilities."""
    network = group(spec, weights)
    tape = None
    for frames in recordings:
        steps = cut(spec, frames)
        with one_thread:
            if tape is None or len(tape.patches) < len(steps):
                tape = _forward.Tape(spec, 1, len(steps))
            tape.patches[: len(steps), 0] = steps
            _forward.run_layers(spec, network, tape, np.array([len(steps)], np.int32))
            states = np.concatenate([d.outputs[: len(steps), 0] for d in tape.layers[-1]], axis=1)
            logits = np.empty((len(steps), spec.n_outputs), np.float32)
            _layers.dense(states, network.output, logits)
        yield logits
