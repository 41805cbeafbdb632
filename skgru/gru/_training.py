"""The loop over epochs: order of rows, validation, early stopping, interruption, checkpoints."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from skgru._checkpoint import NOWHERE, Checkpoint
from skgru._time_limit import UNLIMITED, TimeLimit
from skgru.gru import _accelerator, _batches, _whitening
from skgru.gru._course import Course
from skgru.gru._model import (
    CustomSpec,
    GRUSpec,
    History,
    Moments,
    OptimizerSettings,
    TrainingSet,
)
from skgru.gru._schedule import Pace, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Weights = tuple[np.ndarray, ...]


class Engine(Protocol):
    """What trains: it owns the weights, the optimiser's moments and the count of updates.

    Attributes
    ----------
    whole_epochs : bool
        Whether it wants the rates of all updates of an epoch at once.
    """

    whole_epochs: bool

    def run_epoch(self, order: np.ndarray, rates: Iterable[float]) -> float:
        """One update for each row of `order`, as long as there are rates; the mean loss."""
        ...

    def replace_values(self, values: np.ndarray) -> None:
        """Train on other values of the same rows from here on."""
        ...

    def state(self) -> dict:
        """All that changes in training, copied."""
        ...

    def restore(self, state: dict) -> None:
        """Be as an engine of the same network was when it gave that state."""
        ...

    @property
    def weights(self) -> Weights: ...

    @property
    def moments(self) -> Moments | None:
        """What another engine takes to go on as if it were this one; None if it cannot tell."""
        ...


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


@dataclass(frozen=True)
class Variants:
    """Values of the training rows, drawn anew before each epoch.

    Attributes
    ----------
    draw : callable
        Generator -> values.
    rng : Generator
    """

    draw: Callable[[np.random.Generator], np.ndarray]
    rng: np.random.Generator

    def __call__(self) -> np.ndarray:
        return self.draw(self.rng)


def choose(name: str, spec: GRUSpec | CustomSpec) -> str:
    """Which engine the one called `name` is for an architecture: "numba" or "keras".

    ``"auto"`` is Keras where JAX has an accelerator. On the CPU it is numba wherever that knows the
    architecture: it was the faster in every shape measured, and it has nothing to compile.
    """
    on_cpu = name == "numba" or (name == "auto" and not _accelerator.available())
    return "numba" if isinstance(spec, GRUSpec) and on_cpu else "keras"


def start(
    name: str,
    spec: GRUSpec | CustomSpec,
    weights: Weights | None,
    data: TrainingSet,
    settings: OptimizerSettings,
    seed: int,
    moments: Moments | None = None,
) -> Engine:
    """The engine called `name`, see `choose`, ready for its first epoch."""
    if data.whitening is not None and weights is not None:
        weights = _whitening.unfold(data.whitening, weights)
    # Either engine takes seconds to import, and a fit needs one of them.
    engine: Engine
    if choose(name, spec) == "numba" and isinstance(spec, GRUSpec) and weights is not None:
        from skgru.gru._native import NumbaEngine

        engine = NumbaEngine(spec, weights, data, settings, seed, moments)
    else:
        from skgru.gru._epoch import KerasEngine

        engine = KerasEngine(spec, weights, data, settings, seed, moments)
    return engine if data.whitening is None else _whitening.WhitenedEngine(engine, data.whitening)


def train(
    engine: Engine,
    n_steps: np.ndarray,
    schedule: Schedule,
    rng: np.random.Generator,
    *,
    vary: Variants | None = None,
    stopping: Stopping | None = None,
    after_epoch: Callable[[int, History], bool] | None = None,
    limit: TimeLimit = UNLIMITED,
    checkpoint: Checkpoint = NOWHERE,
) -> tuple[Weights, History]:
    """Run epochs until the schedule, `stopping`, `after_epoch`, `limit` or the user ends it.

    Parameters
    ----------
    engine : Engine
    n_steps : ndarray of int, shape (n_samples,)
        Length of each training row.
    schedule : Schedule
    rng : Generator
        Decides the order of rows.
    vary : Variants, optional
        Values for the rows, asked for anew before each epoch.
    stopping : Stopping, optional
    after_epoch : callable, optional
        Called with the number of epochs done and the history; True ends the training.
    limit : TimeLimit
        An epoch is left after any update where it hurries, else after its end.
    checkpoint : Checkpoint
        Where the training goes on from, and keeps what the next one goes on from.

    Returns
    -------
    weights : tuple of ndarray
        The best by `stopping`'s score, else the last.
    history : History

    Raises
    ------
    ValueError
        If the loss is no longer finite, or the checkpoint is damaged.
    """
    course, generators = Course(), [rng] if vary is None else [rng, vary.rng]
    history = course.history
    keep = _resume(checkpoint, course, engine, generators)
    try:
        while not history.stop_reason:
            epoch = len(history.loss)
            if vary is not None:
                engine.replace_values(vary())
            order = _batches.plan(rng, n_steps, schedule.batch_size)
            pace = Pace(schedule, limit, epoch, len(order), engine.whole_epochs)
            loss = engine.run_epoch(order, pace.rates())
            _refuse_divergence(loss, epoch)
            if stopping is not None:
                weights = engine.weights
                course.judge(stopping.score(weights), weights, stopping.tol)
            history.loss.append(loss)
            leave = after_epoch is not None and after_epoch(epoch + 1, history)
            if epoch + 1 == schedule.epochs and not pace.cut:
                history.stop_reason = "epochs"
            elif stopping is not None and course.resting >= stopping.n_iter_no_change:
                history.stop_reason = "early_stopping"
            elif leave:
                history.stop_reason = "callback"
            elif limit.over:
                history.stop_reason = "max_time"
            keep()
    except KeyboardInterrupt:
        if not history.loss:
            raise
        history.stop_reason = "interrupted"
        warnings.warn(
            f"Training interrupted by user after {len(history.loss)} of {schedule.epochs} epochs; "
            "the best weights reached are kept.",
            stacklevel=4,
        )
    finally:
        checkpoint.write()
    return (engine.weights if course.best is None else course.best[1]), history


def _resume(
    checkpoint: Checkpoint, course: Course, engine: Engine, generators: list[np.random.Generator]
) -> Callable[[], None]:
    """Go on from a checkpoint, where there is one; what is to be called after each epoch."""

    def state() -> dict:
        return {
            "course": course.state(),
            "engine": engine.state(),
            "generators": [generator.bit_generator.state for generator in generators],
        }

    if checkpoint.active:
        engine.state()  # an engine that has none says so now, not after an epoch

    def restore(found: dict) -> None:
        course.restore(found["course"], engine.weights)
        engine.restore(found["engine"])
        for generator, own in zip(generators, found["generators"], strict=True):
            generator.bit_generator.state = own

    checkpoint.resume(restore)
    return lambda: checkpoint.keep(state)


def _refuse_divergence(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise ValueError(
            f"Training diverged in epoch {epoch + 1}: the loss is {loss}. Lower `learning_rate`, "
            "set `clipnorm`, or look for extreme values in X and y."
        )
