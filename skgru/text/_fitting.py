"""From documents to a trained language model: one fit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skgru._checkpoint import NOWHERE, Checkpoint
from skgru._time_limit import UNLIMITED, TimeLimit
from skgru.text._course import Course
from skgru.text._model import LanguageSpec, Weights
from skgru.text._progress import Progress
from skgru.text._schedule import Schedule, refuse_divergence
from skgru.text._streams import Streams
from skgru.text._training import LanguageEngine, Settings


@dataclass(frozen=True)
class TrainedLanguageModel:
    """The network: sizes, and all weights as one vector.

    Attributes
    ----------
    spec : LanguageSpec
    parameters : ndarray of float32, shape (n_parameters,)
    """

    spec: LanguageSpec
    parameters: np.ndarray

    @property
    def weights(self) -> Weights:
        """The weights by what they do, as views."""
        return self.spec.view(self.parameters)


def train(
    engine: LanguageEngine,
    streams: Streams,
    schedule: Schedule,
    rng: np.random.Generator,
    progress: Progress,
    after_epoch: Callable[[int], None],
    limit: TimeLimit = UNLIMITED,
    checkpoint: Checkpoint = NOWHERE,
) -> Course:
    """Run all epochs, or until the time is up or the user interrupts.

    Raises
    ------
    ValueError
        If the loss is no longer finite, or the checkpoint is damaged.
    """
    course = Course(engine, rng, checkpoint)
    try:
        with engine.threads():
            while not course.stop_reason:
                epoch = len(course.losses)
                _run_epoch(engine, streams, schedule, course, progress, limit)
                complete = course.n_batches == streams.n_pieces
                if not complete:
                    course.keep()
                course.end_epoch()
                after_epoch(epoch + 1)
                if complete and epoch + 1 == schedule.epochs:
                    course.stop_reason = "epochs"
                elif limit.over:
                    course.stop_reason = "max_time"
                if complete:
                    course.keep()
        progress.end(len(course.losses), course.stop_reason)
    except KeyboardInterrupt:
        course.end_epoch()
        if not course.losses:
            raise
        course.stop_reason = "interrupted"
        warnings.warn(
            f"Training interrupted by user in epoch {len(course.losses)} of {schedule.epochs}; "
            "what was learnt until then is kept.",
            stacklevel=5,
        )
    finally:
        checkpoint.write()
        progress.close()
    return course


def _run_epoch(
    engine, streams: Streams, schedule: Schedule, course: Course, progress, limit: TimeLimit
) -> None:
    """The rest of an epoch, as far as time allows."""
    epoch = len(course.losses)
    if not course.n_batches:
        engine.forget()
    for piece in course.batches(streams):
        rate = schedule.rate(epoch * streams.n_pieces + course.n_batches, limit)
        loss = engine.update(piece, rate)
        refuse_divergence(loss, epoch)
        course.add(loss, piece.targets.size, 1)
        progress.show(epoch + 1, course.n_batches, course.loss)
        if limit.over:
            break


def start(
    spec: LanguageSpec,
    parameters: np.ndarray,
    streams: Streams,
    settings: Settings,
    seed: list[int],
    moments=None,
) -> LanguageEngine:
    """The engine for these streams."""
    return LanguageEngine(
        spec, parameters, streams.n_rows, streams.longest, settings, seed, moments
    )
