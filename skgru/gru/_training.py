"""The loop over epochs: order of rows, learning rates, validation, early stopping, interruption."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from skgru.gru import _accelerator, _batches, _whitening
from skgru.gru._model import (
    CustomSpec,
    GRUSpec,
    History,
    Moments,
    OptimizerSettings,
    TrainingSet,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Weights = tuple[np.ndarray, ...]


class Engine(Protocol):
    """What trains: it owns the weights, the optimiser's moments and the count of updates."""

    def run_epoch(self, order: np.ndarray, rates: np.ndarray) -> float:
        """One update for each row of `order`; the mean loss."""
        ...

    def replace_values(self, values: np.ndarray) -> None:
        """Train on other values of the same rows from here on."""
        ...

    @property
    def weights(self) -> Weights: ...

    @property
    def moments(self) -> Moments | None:
        """What another engine takes to go on as if it were this one; None if it cannot tell."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How long to train and how fast.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate : float
        Of the first update.
    decay : {"cosine", "constant"}
        ``"cosine"`` lets it fall to zero over all updates (Loshchilov & Hutter 2017, without
        restarts).
    """

    epochs: int
    batch_size: int
    learning_rate: float
    decay: str

    def rates(self, epoch: int, n_batches: int) -> np.ndarray:
        """Learning rate of each update of an epoch, float32."""
        done = (epoch * n_batches + np.arange(n_batches)) / (self.epochs * n_batches)
        factor = 0.5 * (1 + np.cos(np.pi * done)) if self.decay == "cosine" else np.ones(n_batches)
        return (self.learning_rate * factor).astype(np.float32)


@dataclass(frozen=True)
class Stopping:
    """Watch a score on held-out rows, keep the best weights, stop when it rests.

    Attributes
    ----------
    score : callable
        Weights -> score, higher is better.
    n_iter_no_change : int
    tol : float
    """

    score: Callable[[Weights], float]
    n_iter_no_change: int
    tol: float


def start(
    name: str,
    spec: GRUSpec | CustomSpec,
    weights: Weights | None,
    data: TrainingSet,
    settings: OptimizerSettings,
    seed: int,
    moments: Moments | None = None,
) -> Engine:
    """The engine called `name`, ready for its first epoch.

    ``"auto"`` is Keras where JAX has an accelerator. On the CPU it is numba wherever that knows the
    architecture: it was the faster in every shape measured, and it has nothing to compile.
    """
    if data.whitening is not None and weights is not None:
        weights = _whitening.unfold(data.whitening, weights)
    # Either engine takes seconds to import, and a fit needs one of them.
    engine: Engine
    if isinstance(spec, GRUSpec) and weights is not None and _prefers_cpu(name):
        from skgru.gru._native import NumbaEngine

        engine = NumbaEngine(spec, weights, data, settings, seed, moments)
    else:
        from skgru.gru._epoch import KerasEngine

        engine = KerasEngine(spec, weights, data, settings, seed, moments)
    return engine if data.whitening is None else _whitening.WhitenedEngine(engine, data.whitening)


def _prefers_cpu(name: str) -> bool:
    return name == "numba" or (name == "auto" and not _accelerator.available())


def train(
    engine: Engine,
    n_steps: np.ndarray,
    schedule: Schedule,
    rng: np.random.Generator,
    *,
    vary: Callable[[], np.ndarray] | None = None,
    stopping: Stopping | None = None,
    after_epoch: Callable[[int, History], bool] | None = None,
) -> tuple[Weights, History]:
    """Run epochs until the schedule, `stopping`, `after_epoch` or the user ends it.

    Parameters
    ----------
    engine : Engine
    n_steps : ndarray of int, shape (n_samples,)
        Length of each training row.
    schedule : Schedule
    rng : Generator
        Decides the order of rows.
    vary : callable, optional
        Values for the rows, asked for anew before each epoch.
    stopping : Stopping, optional
    after_epoch : callable, optional
        Called with the number of epochs done and the history; True ends the training.

    Returns
    -------
    weights : tuple of ndarray
        The best by `stopping`'s score, else the last.
    history : History

    Raises
    ------
    ValueError
        If the loss is no longer finite.
    """
    history = History()
    best: tuple[float, Weights] | None = None
    resting = 0
    try:
        for epoch in range(schedule.epochs):
            if vary is not None:
                engine.replace_values(vary())
            order = _batches.plan(rng, n_steps, schedule.batch_size)
            loss = engine.run_epoch(order, schedule.rates(epoch, len(order)))
            _refuse_divergence(loss, epoch)
            if stopping is not None:
                weights = engine.weights
                score = stopping.score(weights)
                resting += 1
                if best is None or score > best[0] + stopping.tol:
                    resting = 0
                if best is None or score > best[0]:
                    best = score, weights
                history.validation_score.append(score)
            history.loss.append(loss)
            if after_epoch is not None and after_epoch(epoch + 1, history):
                break
            if stopping is not None and resting >= stopping.n_iter_no_change:
                break
    except KeyboardInterrupt:
        if not history.loss:
            raise
        warnings.warn(
            f"Training interrupted by user after {len(history.loss)} of {schedule.epochs} epochs; "
            "the best weights reached are kept.",
            stacklevel=4,
        )
    return (engine.weights if best is None else best[1]), history


def _refuse_divergence(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise ValueError(
            f"Training diverged in epoch {epoch + 1}: the loss is {loss}. Lower `learning_rate`, "
            "set `clipnorm`, or look for extreme values in X and y."
        )
