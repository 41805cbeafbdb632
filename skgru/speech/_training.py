"""What trains networks with outputs at every step: batches of recordings, and their gradients."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from skgru.gru import _backward, _forward, _layers
from skgru.gru._blas import multiply
from skgru.gru._model import GRUSpec, OptimizerSettings
from skgru.gru._native import CPUEngine
from skgru.gru._training import Schedule
from skgru.speech import _ctc, _posteriors
from skgru.speech._frames import Frames


@dataclass(frozen=True)
class Corpus:
    """What is trained on.

    Attributes
    ----------
    frames : Frames
        Scaled.
    n_steps : ndarray of int32, shape (n_recordings,)
    labels : list of ndarray
        What is asked for: transcripts, int32; or a vector of floats for each step.
    """

    frames: Frames
    n_steps: np.ndarray
    labels: list[np.ndarray]


@dataclass(frozen=True)
class WarmedUp(Schedule):
    """The rate rises over a share of all updates before it falls.

    Attributes
    ----------
    warm_up : float
    """

    warm_up: float = 0.0

    def at(self, updates: np.ndarray, n_batches: int) -> np.ndarray:
        """Learning rates where so many updates have been made, float32."""
        rise = max(1.0, self.warm_up * self.epochs * n_batches)
        risen = np.minimum(1, (updates + 1) / rise).astype(np.float32)
        return super().at(updates, n_batches) * risen


class _Tape(_backward.Tape):
    """Memory for a batch, with outputs at every step.

    Attributes
    ----------
    joined_states, d_joined : ndarray, shape (S, B, n_states)
        What the output layer reads, after dropout, and its gradient.
    logits : ndarray, shape (S, B, n_outputs)
    """

    def __init__(self, spec: GRUSpec, n_rows: int, n_steps: int, settings: OptimizerSettings):
        super().__init__(spec, n_rows, n_steps, settings)
        self.joined_states, self.d_joined = (
            np.empty((n_steps, n_rows, spec.n_states), np.float32) for _ in "sd"
        )
        self.logits = np.empty((n_steps, n_rows, spec.n_outputs), np.float32)


class StepEngine(CPUEngine):
    """Trains a network on its outputs at every step, batch by batch; the loss, subclasses have.

    Parameters
    ----------
    spec : GRUSpec
    weights : tuple of ndarray
        Copied.
    corpus : Corpus
    train : ndarray of int
        Recordings of the corpus that are trained on; `differentiate` counts among these.
    settings : OptimizerSettings
    seed : int
        Of dropout.
    """

    def __init__(self, spec, weights, corpus: Corpus, train, settings, seed: int):
        super().__init__(spec, weights, settings, seed)
        self._corpus, self._train = corpus, train
        self._tapes: dict[int, _Tape] = {}

    def replace_values(self, values: np.ndarray) -> None:
        """Train on other values of the same frames from here on."""
        frames = replace(self._corpus.frames, values=values)
        self._corpus = replace(self._corpus, frames=frames)

    def differentiate(self, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """See `CPUEngine`."""
        corpus, rows = self._corpus, self._train[rows]
        rows = rows[np.argsort(-corpus.n_steps[rows], kind="stable")]
        n_steps = corpus.n_steps[rows]
        tape = self._tape(len(rows))
        tape.draw_masks(self._rng)
        for column, row in enumerate(rows):
            steps = _posteriors.cut(self._spec, corpus.frames[row])
            tape.patches[: n_steps[column], column] = steps
            tape.patches[n_steps[column] : n_steps[0], column] = 0
        _forward.run_layers(self._spec, self._network, tape, n_steps)
        loss = self._score(tape, n_steps, [corpus.labels[row] for row in rows])
        _backward.go_back(self._spec, self._network, self._gradients, tape, n_steps)
        return loss, self._gradient

    def _tape(self, n_rows: int) -> _Tape:
        """Memory for batches of this size: an epoch has two sizes at the most."""
        if n_rows not in self._tapes:
            longest = int(self._corpus.n_steps.max())
            self._tapes[n_rows] = _Tape(self._spec, n_rows, longest, self._settings)
        return self._tapes[n_rows]

    def _score(self, tape: _Tape, n_steps: np.ndarray, labels: list[np.ndarray]) -> float:
        """Output layer forward and backward, to the gradients of the last states."""
        n = n_steps[0]
        states, d_states, logits = tape.joined_states[:n], tape.d_joined[:n], tape.logits[:n]
        units = self._spec.units[-1]
        for k, direction in enumerate(tape.layers[-1]):
            _layers.join(direction.outputs, k * units, tape.pooled_mask, states)
        kernel, bias = self._network.output
        multiply(_flat(states), kernel, _flat(logits))
        logits += bias
        loss = self._loss(logits, n_steps, labels)
        _layers.dense_backward(
            _flat(states), kernel, _flat(logits), self._gradients.output, _flat(d_states)
        )
        for k, d in enumerate(tape.d_states[-1]):
            _layers.part(d_states, k * units, tape.pooled_mask, d)
            tape.d_last[-1][k].fill(0)
        return loss

    @abstractmethod
    def _loss(self, logits: np.ndarray, n_steps: np.ndarray, labels: list[np.ndarray]) -> float:
        """Sum of the losses of a batch; outputs give way to the gradient of their mean.

        Shapes: logits (S, B, n_outputs), overwritten, zero past a row's end; n_steps (B,).
        """


class CTCEngine(StepEngine):
    """Trains a network on transcripts: `labels` are token numbers, whose times nobody knows."""

    def _loss(self, logits, n_steps, labels) -> float:
        return _ctc.loss(logits, n_steps, labels, 1 / len(labels))


class FrameEngine(StepEngine):
    """Trains a network on what each step should answer: `labels` are (n_steps, n_outputs)."""

    def _loss(self, logits, n_steps, labels) -> float:
        """Mean squared error over all numbers of the batch, times its rows."""
        share = 2 / (int(n_steps.sum()) * logits.shape[2])
        total = 0.0
        for i, (n, wanted) in enumerate(zip(n_steps, labels)):
            error = logits[:n, i]
            error -= wanted
            total += float(np.vdot(error, error))
            error *= share
            logits[n:, i] = 0
        return total * share / 2 * len(labels)


def _flat(a: np.ndarray) -> np.ndarray:
    """(S, B, N) -> (S B, N)."""
    return a.reshape(-1, a.shape[2])
