"""From documents to a trained language model: one fit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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
) -> list[float]:
    """Run all epochs, or until the user interrupts; the mean loss of each.

    Raises
    ------
    ValueError
        If the loss is no longer finite.
    """
    rates = iter(schedule.rates().tolist())
    losses: list[float] = []
    total, seen = 0.0, 0
    try:
        with engine.threads():
            for epoch in range(schedule.epochs):
                engine.forget()
                total, seen = 0.0, 0
                for number, piece in enumerate(streams.epoch(rng), 1):
                    loss = engine.update(piece, next(rates))
                    refuse_divergence(loss, epoch)
                    total, seen = total + loss, seen + piece.targets.size
                    progress.show(epoch + 1, number, total / seen)
                losses.append(total / seen)
                seen = 0
                after_epoch(epoch + 1)
    except KeyboardInterrupt:
        if not (losses or seen):
            raise
        if seen:
            losses.append(total / seen)
        warnings.warn(
            f"Training interrupted by user in epoch {len(losses)} of {schedule.epochs}; what was "
            "learnt until then is kept.",
            stacklevel=5,
        )
    finally:
        progress.close()
    return losses


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
