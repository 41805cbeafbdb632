"""How far a training has come: what it remembers from one epoch to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skgru._checkpoint import FINISHED, check_curve, copy_into
from skgru.gru._model import History

if TYPE_CHECKING:
    import numpy as np

    Weights = tuple[np.ndarray, ...]


def one_reason(reasons: list[str]) -> str:
    """Why several trainings ended: that of one that was cut short, or else of the first."""
    short = (reason for reason in ("interrupted", "max_time") if reason in reasons)
    return next(short, reasons[0])


@dataclass
class Course:
    """What a training has been through.

    Attributes
    ----------
    history : History
    best : tuple of float and tuple of ndarray, or None
        The best score on held-out rows, and the weights that had it.
    resting : int
        Epochs since a gain that counts.
    """

    history: History = field(default_factory=History)
    best: tuple[float, Weights] | None = None
    resting: int = 0

    def judge(self, score: float, weights: Weights, tol: float) -> None:
        """Take note of a score after an epoch."""
        self.resting += 1
        if self.best is None or score > self.best[0] + tol:
            self.resting = 0
        if self.best is None or score > self.best[0]:
            self.best = score, weights
        self.history.validation_score.append(score)

    def state(self) -> dict:
        """Plain values and arrays that `restore` takes."""
        return {
            "loss": list(self.history.loss),
            "validation_score": list(self.history.validation_score),
            "stop_reason": self.history.stop_reason,
            "best": self.best,
            "resting": self.resting,
        }

    def restore(self, state: dict, weights: Weights) -> None:
        """Be where `state` was; `weights` are arrays of their shapes, to be written to."""
        self.history.loss[:] = check_curve(state["loss"], "losses", fewest=1)
        self.history.validation_score[:] = check_curve(state["validation_score"], "scores")
        if state["stop_reason"] in FINISHED:
            self.history.stop_reason = state["stop_reason"]
        self.resting = state["resting"]
        if state["best"] is not None:
            score, best = state["best"]
            for own, value in zip(weights, best, strict=True):
                copy_into(own, value)
            self.best = score, weights
