"""How long a network is trained and how fast, with and without a limit of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skgru._time_limit import TimeLimit


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

    def rates(self, epoch: float, n_batches: int) -> np.ndarray:
        """Learning rate of each update of an epoch, float32."""
        return self.at(epoch * n_batches + np.arange(n_batches), n_batches)

    def at(self, updates: np.ndarray, n_batches: int) -> np.ndarray:
        """Learning rates where so many updates have been made, float32."""
        done = np.minimum(updates / (self.epochs * n_batches), 1)
        factor = 0.5 * (1 + np.cos(np.pi * done)) if self.decay == "cosine" else np.ones(len(done))
        return (self.learning_rate * factor).astype(np.float32)


class Pace:
    """The learning rates of an epoch under a limit of time.

    Parameters
    ----------
    schedule : Schedule
    limit : TimeLimit
    epoch, n_batches : int
        Epochs that are done; updates of this one.
    at_once : bool
        Whether all rates are wanted before the first update. Then the epoch is not left early.

    Attributes
    ----------
    cut : bool
        Whether the time was up before the last update.
    """

    def __init__(
        self, schedule: Schedule, limit: TimeLimit, epoch: int, n_batches: int, at_once: bool
    ):
        self._schedule, self._limit = schedule, limit
        self._epoch, self._n_batches = epoch, n_batches
        self._at_once = at_once
        self.cut = False

    def rates(self) -> Iterable[float]:
        """One rate an update; those of a limited epoch as they are asked for."""
        if self._limit.hurries and not self._at_once:
            return self._follow()
        place = self._limit.place(self._epoch, self._schedule.epochs)
        return self._schedule.rates(place, self._n_batches)

    def _follow(self) -> Iterator[float]:
        schedule, n = self._schedule, self._n_batches
        for update, rate in enumerate(schedule.rates(self._epoch, n).tolist(), self._epoch * n):
            if update > self._epoch * n and self._limit.over:
                self.cut = True
                return
            place = self._limit.place(update, schedule.epochs * n)
            yield rate if place == update else float(schedule.at(np.array([place]), n)[0])
