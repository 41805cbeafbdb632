"""How long a network is trained and how fast, and when that is given up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skgru._time_limit import TimeLimit
from skgru.text import _recipe


@dataclass(frozen=True)
class Schedule:
    """How long to train and how fast.

    Attributes
    ----------
    epochs, n_batches : int
        Batches of an epoch, about.
    learning_rate : float
    constant : bool
        Whether the rate stays what it is.
    """

    epochs: int
    n_batches: int
    learning_rate: float
    constant: bool = False

    @property
    def n_updates(self) -> int:
        return self.epochs * self.n_batches

    def rate(self, done: float, limit: TimeLimit) -> float:
        """Learning rate after so many updates, or of further on where time is short."""
        if self.constant:
            return self.learning_rate
        place = min(int(limit.place(int(done), self.n_updates)), self.n_updates - 1)
        return float(_recipe.rates(self.learning_rate, self.n_updates, np.array([place]))[0])


def refuse_divergence(loss: float, epoch: int) -> None:
    """Raise where a loss is no longer finite; epochs count from 0."""
    if not math.isfinite(loss):
        raise ValueError(
            f"Training diverged in epoch {epoch + 1}: the loss is {loss}. Lower `learning_rate` or "
            "set `clipnorm`."
        )
