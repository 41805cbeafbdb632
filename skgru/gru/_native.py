"""The training engine for the CPU: forward, backward and AdamW in numba and BLAS.

One thread: batches are small, and what other threads would gain they lose in waiting.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from skgru._blas_threads import one_thread
from skgru._checkpoint import copy_into
from skgru.gru import _adam, _backward, _forward, _layers
from skgru.gru._model import GRUSpec, Moments, OptimizerSettings, TrainingSet

if TYPE_CHECKING:
    from collections.abc import Iterable


class CPUEngine(ABC):
    """The weights of a network and how an epoch changes them; what is learnt, subclasses say.

    Parameters
    ----------
    spec : GRUSpec
    weights : tuple of ndarray
        In the order of ``spec.weight_shapes()``; copied.
    settings : OptimizerSettings
    seed : int
        Of the dropout masks.
    moments : Moments, optional
        Of the optimiser, to go on from; zeros otherwise.
    """

    whole_epochs = False

    def __init__(
        self,
        spec: GRUSpec,
        weights: tuple[np.ndarray, ...],
        settings: OptimizerSettings,
        seed: int,
        moments: Moments | None = None,
    ):
        self._spec, self._settings = spec, settings
        self._rng = np.random.default_rng(seed)
        # All weights are one vector, and so are the moments: the optimiser is one loop.
        shapes = [s for s in spec.weight_shapes() if s.trained]
        trained = weights[: len(shapes)]
        self._parameters = np.concatenate([w.ravel() for w in trained], dtype=np.float32)
        self._gradient = np.zeros_like(self._parameters)
        zeros = np.zeros_like(self._parameters)
        first, second, self._count = moments or Moments(zeros, zeros, 0)
        self._first, self._second = first.copy(), second.copy()
        # Running statistics, which every forward pass moves and no gradient does, stand beside it.
        statistics = [w.astype(np.float32) for w in weights[len(shapes) :]]
        self._weights = (*_views(self._parameters, shapes), *statistics)
        self._network = _forward.group(spec, self._weights)
        self._gradients = _forward.group(spec, (*_views(self._gradient, shapes), *statistics))
        decayed = np.repeat([s.decayed for s in shapes], [w.size for w in trained])
        self._decay = (settings.weight_decay * decayed).astype(np.float32)

    @property
    def weights(self) -> tuple[np.ndarray, ...]:
        """The weights of this moment."""
        return tuple(w.copy() for w in self._weights)

    @property
    def moments(self) -> Moments:
        """Adam's state of this moment."""
        return Moments(self._first.copy(), self._second.copy(), self._count)

    def state(self) -> dict:
        """All that changes in training, copied; `restore` takes it."""
        return {
            "weights": self.weights,
            "moments": self.moments,
            "generator": self._rng.bit_generator.state,
        }

    def restore(self, state: dict) -> None:
        """Be as an engine of the same network was."""
        for own, value in zip(self._weights, state["weights"], strict=True):
            copy_into(own, value)
        first, second, self._count = state["moments"]
        copy_into(self._first, first)
        copy_into(self._second, second)
        self._rng.bit_generator.state = state["generator"]

    @abstractmethod
    def differentiate(self, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """Sum of the weighted losses of a batch and the gradient of their mean.

        Shapes: rows int32 (B,) -> float, (n_parameters,); the gradient is overwritten by the next
        call. Running statistics take one step.
        """

    def run_epoch(self, order: np.ndarray, rates: Iterable[float]) -> float:
        """One update for each row of `order`, or as many as there are rates.

        Parameters
        ----------
        order : ndarray of int32, shape (n_batches, batch_size)
            Rows of the data; -1 stands for no row.
        rates : iterable of float, n_batches at the most
            Learning rate of each update, asked for just before it.

        Returns
        -------
        float
            Sum of the weighted losses divided by the number of rows.
        """
        total, n_rows = 0.0, 0
        with one_thread:
            for batch, rate in zip(order, rates):
                rows = batch[batch >= 0]
                total += self.differentiate(rows)[0]
                n_rows += len(rows)
                self._update(float(rate))
        return float(total / n_rows)

    def _update(self, rate: float) -> None:
        s = self._settings
        self._count += 1
        _adam.step(
            self._parameters,
            self._gradient,
            self._first,
            self._second,
            self._decay,
            rate,
            self._count,
            s.clipnorm,
            s.beta_1,
            s.beta_2,
            s.epsilon,
        )


class NumbaEngine(CPUEngine):
    """Trains a network whose states are pooled, batch by batch.

    Parameters
    ----------
    spec, weights, settings, seed, moments
        As for `CPUEngine`.
    data : TrainingSet
    """

    def __init__(
        self,
        spec: GRUSpec,
        weights: tuple[np.ndarray, ...],
        data: TrainingSet,
        settings: OptimizerSettings,
        seed: int,
        moments: Moments | None = None,
    ):
        super().__init__(spec, weights, settings, seed, moments)
        self._data = data
        self._ragged = data.ragged
        self._whitening = tuple(
            np.require(a, np.float32, ["C", "A", "W"]) for a in data.whitening or ()
        )
        self._tapes: dict[int, _backward.Tape] = {}

    def replace_values(self, values: np.ndarray) -> None:
        """Train on other values of the same rows from here on."""
        self._data = replace(self._data, values=values)

    def differentiate(self, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """See `CPUEngine`."""
        data, spec = self._data, self._spec
        if self._ragged:
            rows = rows[np.argsort(-data.n_steps[rows], kind="stable")]
        n_steps = data.n_steps[rows]
        tape = self._tape(len(rows))
        tape.draw_masks(self._rng)
        _layers.cut_patches(data.values, rows, n_steps, spec.patch_stride, tape.unmapped)
        if self._whitening:
            own = slice(n_steps[0] * len(rows))
            unmapped, patches = (
                a.reshape(-1, spec.patch_width)[own] for a in (tape.unmapped, tape.patches)
            )
            _layers.dense(unmapped, self._whitening, patches)
        pooled = _forward.run(spec, self._network, tape, n_steps)
        if len(tape.pooled_mask):
            pooled *= tape.pooled_mask
        _layers.dense(pooled, self._network.output, tape.outputs)
        loss = self._differentiate_loss(tape.outputs, rows)
        _backward.run(spec, self._network, self._gradients, tape, n_steps)
        return loss, self._gradient

    def _tape(self, n_rows: int) -> _backward.Tape:
        """Memory for batches of this size: an epoch has two sizes at the most."""
        if n_rows not in self._tapes:
            n_steps = int(self._data.n_steps.max())
            self._tapes[n_rows] = _backward.Tape(
                self._spec, n_rows, n_steps, self._settings, whitened=bool(self._whitening)
            )
        return self._tapes[n_rows]

    def _differentiate_loss(self, outputs: np.ndarray, rows: np.ndarray) -> float:
        """Sum of the losses; `outputs` becomes the gradient of their mean."""
        data = self._data
        targets, weights = data.targets[rows], data.sample_weight[rows]
        if self._spec.loss == "squared_error":
            return _layers.squared_error(outputs, targets, weights)
        if self._spec.loss == "pinball":
            levels = np.array(self._spec.levels, np.float32)
            return _layers.pinball(outputs, targets, weights, levels)
        return _layers.cross_entropy(outputs, targets, weights, self._settings.label_smoothing)


def _views(vector: np.ndarray, shapes) -> tuple[np.ndarray, ...]:
    """Consecutive pieces of a vector in the given shapes."""
    ends = np.cumsum([np.prod(s.shape) for s in shapes])[:-1]
    return tuple(piece.reshape(s.shape) for piece, s in zip(np.split(vector, ends), shapes))
