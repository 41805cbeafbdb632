"""From pairs to a trained encoder-decoder: the loop over epochs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skgru._checkpoint import NOWHERE, Checkpoint
from skgru._time_limit import UNLIMITED, TimeLimit
from skgru.text._course import Course
from skgru.text._pairs import Pairs
from skgru.text._progress import Progress
from skgru.text._schedule import Schedule, refuse_divergence
from skgru.text._seq2seq_model import Seq2SeqSpec, Weights
from skgru.text._seq2seq_training import Seq2SeqEngine


@dataclass(frozen=True)
class TrainedSeq2Seq:
    """The network: sizes, and all weights as one vector.

    Attributes
    ----------
    spec : Seq2SeqSpec
    parameters : ndarray of float32, shape (n_parameters,)
    """

    spec: Seq2SeqSpec
    parameters: np.ndarray

    @property
    def weights(self) -> Weights:
        """The weights by what they do, as views."""
        return self.spec.view(self.parameters)


@dataclass(frozen=True)
class Stopping:
    """Watch a score, keep the best parameters, stop when it rests.

    Attributes
    ----------
    score : callable
        Parameters -> score, higher is better.
    n_iter_no_change : int
    """

    score: Callable[[np.ndarray], float]
    n_iter_no_change: int


def train(
    engine: Seq2SeqEngine,
    pairs: Pairs,
    schedule: Schedule,
    rng: np.random.Generator,
    progress: Progress,
    stopping: Stopping | None = None,
    limit: TimeLimit = UNLIMITED,
    checkpoint: Checkpoint = NOWHERE,
) -> tuple[np.ndarray, Course]:
    """Run epochs until the schedule, `stopping`, `limit` or the user ends it; the best parameters.

    Raises
    ------
    ValueError
        If the loss is no longer finite, or the checkpoint is damaged.
    """
    course = Course(engine, rng, checkpoint)
    try:
        with engine.threads():
            while not course.stop_reason:
                _run_epoch(engine, pairs, schedule, course, progress, limit)
                complete = course.n_rows == len(pairs)
                if not complete:
                    course.keep()
                course.end_epoch()
                if stopping is not None:
                    course.judge(stopping.score(engine.parameters))
                if complete and len(course.losses) == schedule.epochs:
                    course.stop_reason = "epochs"
                elif stopping is not None and course.resting >= stopping.n_iter_no_change:
                    course.stop_reason = "early_stopping"
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
    return (engine.parameters if course.best is None else course.best), course


def _run_epoch(
    engine, pairs: Pairs, schedule: Schedule, course: Course, progress, limit: TimeLimit
) -> None:
    """The rest of an epoch, as far as time allows."""
    epoch = len(course.losses)
    for batch in course.batches(pairs):
        done = (epoch + course.n_rows / len(pairs)) / schedule.epochs
        loss = engine.update(batch, schedule.rate(done * schedule.n_updates, limit))
        refuse_divergence(loss, epoch)
        course.add(loss, sum(len(target) + 1 for _, target in batch), len(batch))
        progress.show(epoch + 1, course.n_rows, course.loss)
        if limit.over:
            break
