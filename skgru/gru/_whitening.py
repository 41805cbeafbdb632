"""A linear map that evens out how patches vary, while a network is trained.

Neighbouring steps are alike, so a few directions hold nearly all that patches vary in, and Adam is
slow along the rest. The embedding is trained on whitened patches; as it is linear before its
activation, the map is then multiplied into its kernel, and the trained network knows nothing of it.
"""

from __future__ import annotations

import numpy as np

from skgru.gru._model import GRUSpec, TrainingSet

Whitening = tuple[np.ndarray, np.ndarray]

SHRINKAGE = 1.0  # of the mean eigenvalue, added to each: noise is not to be blown up
WIDEST = 512  # patches, in numbers; the map of wider ones would take longer than the training


def learn(spec: GRUSpec, data: TrainingSet) -> Whitening | None:
    """Matrix (W, W) and shift (W,) for ``patch @ matrix + shift``; None where it is not for use."""
    width = spec.patch_width
    if not spec.embedding_units or not 1 < width <= WIDEST:
        return None
    count = 0.0
    mean = np.zeros(width)
    square = np.zeros((width, width))
    starts = np.arange(data.n_steps.max()) * spec.patch_stride
    steps = starts[:, np.newaxis] + np.arange(spec.patch_length)
    size = max(1, 2**20 // (len(starts) * width))
    for start in range(0, len(data.values), size):
        block = slice(start, start + size)
        n_steps = data.n_steps[block]
        own = np.arange(len(starts)) < n_steps[:, np.newaxis]
        patches = data.values[block][:, steps].reshape(len(n_steps), -1, width)[own]
        patches = patches.astype(np.float64)
        weights = np.repeat(data.sample_weight[block].astype(np.float64), n_steps)
        count += weights.sum()
        mean += weights @ patches
        square += (patches * weights[:, np.newaxis]).T @ patches
    mean /= count
    covariance = square / count - np.outer(mean, mean)
    spread, directions = np.linalg.eigh(covariance)
    spread = np.maximum(spread, 0)
    if not spread.any():
        return None
    matrix = directions / np.sqrt(spread + SHRINKAGE * spread.mean()) @ directions.T
    matrix *= np.sqrt(width / np.trace(matrix @ covariance @ matrix))
    return matrix.astype(np.float32), (-mean @ matrix).astype(np.float32)


def fold(whitening: Whitening, weights) -> tuple[np.ndarray, ...]:
    """Weights that read whitened patches -> weights that read patches."""
    matrix, shift = whitening
    kernel, bias, *rest = weights
    return matrix @ kernel, bias + shift @ kernel, *rest


def unfold(whitening: Whitening, weights) -> tuple[np.ndarray, ...]:
    """The inverse of `fold`."""
    matrix, shift = whitening
    kernel, bias, *rest = weights
    kernel = np.linalg.solve(matrix.astype(np.float64), kernel).astype(np.float32)
    return kernel, bias - shift @ kernel, *rest


class WhitenedEngine:
    """An engine that trains on whitened patches, seen from outside as one that does not.

    Parameters
    ----------
    engine : Engine
        Started with unfolded weights, on a `TrainingSet` with this whitening.
    whitening : tuple of ndarray
    """

    def __init__(self, engine, whitening: Whitening):
        self._engine = engine
        self._whitening = whitening
        self.whole_epochs = engine.whole_epochs
        self.run_epoch = engine.run_epoch
        self.replace_values = engine.replace_values
        self.state, self.restore = engine.state, engine.restore

    @property
    def weights(self) -> tuple[np.ndarray, ...]:
        return fold(self._whitening, self._engine.weights)

    @property
    def moments(self):
        return self._engine.moments
