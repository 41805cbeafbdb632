"""What the training engines share: weights, Adam, and shards that may run side by side.

The rows of an update are dealt out to shards of a size at which the products are fast. Their
gradients are added in a fixed order: a fit gives the same bits on any number of cores.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from skgru._checkpoint import copy_into
from skgru.gru import _adam
from skgru.text._threads import side_by_side

SHARD = 32  # rows


class ShardedEngine(ABC):
    """Weights as one vector, and the optimiser that moves them.

    Parameters
    ----------
    spec : VectorSpec with `view`
    parameters : ndarray of float32
        Copied.
    shards : sequence
        Each with its own `gradient` and `rng`.
    clipnorm : float
        Largest norm of a gradient; 0 does not clip.
    moments : tuple, optional
        Adam's state to go on from: two vectors and the count of updates.
    """

    def __init__(
        self, spec, parameters: np.ndarray, shards: Sequence, clipnorm: float, moments=None
    ):
        self.parameters = parameters.copy()
        self._weights = spec.view(self.parameters)
        self._shards, self._clipnorm = shards, clipnorm
        zeros = np.zeros_like(self.parameters)
        first, second, count = moments or (zeros, zeros, 0)
        self._count: int = count
        self._first, self._second = first.copy(), second.copy()
        self._decay = zeros
        self._map: Callable = map

    @property
    def moments(self) -> tuple:
        """Adam's state of this moment."""
        return self._first.copy(), self._second.copy(), self._count

    @property
    def _generators(self) -> list[np.random.Generator]:
        """All that draw in training."""
        return [shard.rng for shard in self._shards]

    @property
    def _carried(self) -> list[np.ndarray]:
        """What goes on from one update to the next, beside the weights."""
        return []

    def state(self) -> dict:
        """All that changes in training, copied; `restore` takes it."""
        return {
            "parameters": self.parameters.copy(),
            "moments": self.moments,
            "carried": [array.copy() for array in self._carried],
            "generators": [rng.bit_generator.state for rng in self._generators],
        }

    def restore(self, state: dict) -> None:
        """Be as an engine of the same network was."""
        first, second, self._count = state["moments"]
        pairs = (
            (self.parameters, state["parameters"]),
            (self._first, first),
            (self._second, second),
        )
        for own, value in (*pairs, *zip(self._carried, state["carried"], strict=True)):
            copy_into(own, value)
        for rng, value in zip(self._generators, state["generators"], strict=True):
            rng.bit_generator.state = value

    @contextmanager
    def threads(self) -> Iterator[None]:
        """Let shards run side by side, in as many threads as BLAS may use."""
        with side_by_side(len(self._shards)) as self._map:
            try:
                yield
            finally:
                self._map = map

    @abstractmethod
    def differentiate(self, batch) -> tuple[float, np.ndarray]:
        """Sum of the losses of a batch and the gradient of their mean."""

    def _gather(self, work: Callable[..., float], shards: Sequence, parts: Iterable):
        """Let each shard work on its part; the sum of the losses and of the gradients."""
        loss = math.fsum(self._map(work, shards, parts))
        gradient = shards[0].gradient
        for shard in shards[1:]:
            gradient += shard.gradient
        return loss, gradient

    def update(self, batch, rate: float) -> float:
        """One step of Adam; the sum of the losses before it."""
        loss, gradient = self.differentiate(batch)
        self._count += 1
        _adam.step(
            *(self.parameters, gradient, self._first, self._second, self._decay, rate),
            *(self._count, self._clipnorm, 0.9, 0.999, 1e-8),
        )
        return loss
