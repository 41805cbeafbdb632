"""How far a training has come: what it remembers from one update to the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from skgru._checkpoint import FINISHED, Checkpoint, check_curve, copy_into
from skgru.text._sharded import ShardedEngine


class Course:
    """What a training has been through; it begins where a checkpoint was, if there is one.

    Parameters
    ----------
    engine : ShardedEngine
    rng : Generator
        Of the order of batches.
    checkpoint : Checkpoint

    Attributes
    ----------
    losses : list of float
        Mean loss of a token in each epoch.
    scores : list of float
        After each, where somebody watches.
    best : ndarray or None
        Parameters that had the best score.
    stop_reason : str
        Why the training ended; "" as long as it has not.
    n_batches, n_rows : int
        Done in the running epoch.
    """

    def __init__(self, engine: ShardedEngine, rng: np.random.Generator, checkpoint: Checkpoint):
        self._engine, self._rng, self._checkpoint = engine, rng, checkpoint
        self.losses: list[float] = []
        self.scores: list[float] = []
        self.best: np.ndarray | None = None
        self.stop_reason = ""
        self.n_batches = self.n_rows = 0
        self._total, self._n_tokens = 0.0, 0
        checkpoint.resume(self._restore)

    @property
    def loss(self) -> float:
        """Mean loss of a token in the running epoch."""
        return self._total / self._n_tokens

    @property
    def resting(self) -> int:
        """Epochs since the best score."""
        return len(self.scores) - 1 - int(np.argmax(self.scores))

    def batches(self, source) -> Iterator:
        """Those of the running epoch that are to come; `source` has ``epoch(rng)``."""
        self._epoch_began = self._rng.bit_generator.state
        return itertools.islice(source.epoch(self._rng), self.n_batches, None)

    def add(self, loss: float, n_tokens: int, n_rows: int) -> None:
        """Take note of an update: the sum of the losses of so many tokens."""
        self._total, self._n_tokens = self._total + loss, self._n_tokens + n_tokens
        self.n_batches, self.n_rows = self.n_batches + 1, self.n_rows + n_rows
        if self._checkpoint.due:
            self.keep()

    def judge(self, score: float) -> None:
        """Take note of a score after an epoch."""
        self.scores.append(score)
        if not self.resting:
            self.best = self._engine.parameters.copy()

    def end_epoch(self) -> None:
        """Close the running epoch, if anything was done in it."""
        if self.n_batches:
            self.losses.append(self.loss)
        self.n_batches = self.n_rows = 0
        self._total, self._n_tokens = 0.0, 0

    def keep(self) -> None:
        """Have the checkpoint take note of this moment, between two updates."""
        self._checkpoint.keep(self._state)

    def _state(self) -> dict:
        running = self.n_batches > 0
        return {
            "losses": list(self.losses),
            "scores": list(self.scores),
            "best": self.best,
            "stop_reason": self.stop_reason,
            "running": [self.n_batches, self.n_rows, self._total, self._n_tokens],
            "generator": self._epoch_began if running else self._rng.bit_generator.state,
            "engine": self._engine.state(),
        }

    def _restore(self, state: dict) -> None:
        self.losses = check_curve(state["losses"], "losses")
        self.scores = check_curve(state["scores"], "scores")
        if state["best"] is not None:
            self.best = np.empty_like(self._engine.parameters)
            copy_into(self.best, state["best"])
        if state["stop_reason"] in FINISHED:
            self.stop_reason = state["stop_reason"]
        self.n_batches, self.n_rows, self._total, self._n_tokens = state["running"]
        check_curve(state["running"], "counts")
        self._rng.bit_generator.state = state["generator"]
        self._engine.restore(state["engine"])
