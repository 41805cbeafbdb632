"""All weights of a network as one vector, so that the optimiser is one loop."""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np


class VectorSpec:
    """Sizes of a network whose arrays stand in one vector; the base of frozen records."""

    @property
    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each array in the vector, in their order."""

    @property
    def n_parameters(self) -> int:
        """Length of the vector."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    def cut(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays in a vector by their names, as views."""
        arrays, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            arrays[name] = vector[start:stop].reshape(shape)
            start = stop
        return arrays
