"""From pairs to a trained encoder-decoder: the loop over epochs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

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


@dataclass
class History:
    """What a training went through.

    Attributes
    ----------
    losses : list of float
        Mean loss of a token in each epoch.
    scores : list of float
        After each, where somebody watches.
    """

    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    @property
    def resting(self) -> int:
        """Epochs since the best score."""
        return len(self.scores) - 1 - int(np.argmax(self.scores))


def train(
    engine: Seq2SeqEngine,
    pairs: Pairs,
    schedule: Schedule,
    rng: np.random.Generator,
    progress: Progress,
    stopping: Stopping | None = None,
) -> tuple[np.ndarray, History]:
    """Run epochs until the schedule, `stopping` or the user ends it; the best parameters.

    Raises
    ------
    ValueError
        If the loss is no longer finite.
    """
    history, best = History(), engine.parameters
    rates = schedule.rates()
    try:
        with engine.threads():
            for _ in range(schedule.epochs):
                _run_epoch(engine, pairs, schedule.epochs, rates, rng, progress, history)
                if stopping is None:
                    continue
                history.scores.append(stopping.score(engine.parameters))
                if not history.resting:
                    best = engine.parameters.copy()
                if history.resting >= stopping.n_iter_no_change:
                    break
    except KeyboardInterrupt:
        if not history.losses:
            raise
        warnings.warn(
            f"Training interrupted by user in epoch {len(history.losses)} of {schedule.epochs}; "
            "what was learnt until then is kept.",
            stacklevel=5,
        )
    finally:
        progress.close()
    return (best if history.scores else engine.parameters), history


def _run_epoch(engine, pairs: Pairs, epochs: int, rates, rng, progress: Progress, history) -> None:
    """One epoch; its loss so far is at the end of the history from the first batch on."""
    epoch, total, n_tokens, n_pairs = len(history.losses), 0.0, 0, 0
    for batch in pairs.epoch(rng):
        done = (epoch + n_pairs / len(pairs)) / epochs
        loss = engine.update(batch, float(rates[int(done * len(rates))]))
        refuse_divergence(loss, epoch)
        total, n_pairs = total + loss, n_pairs + len(batch)
        n_tokens += sum(len(target) + 1 for _, target in batch)
        history.losses[epoch:] = [total / n_tokens]
        progress.show(epoch + 1, n_pairs, total / n_tokens)
