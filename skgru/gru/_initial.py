"""First weights of a network, drawn as Keras draws them."""

from __future__ import annotations

import numpy as np

from skgru.gru._model import GRUSpec


def draw(spec: GRUSpec, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Glorot-uniform kernels, orthogonal recurrent kernels, zero biases, in the spec's order.

    The rows of a table of tokens are as long as 1 on average, however many there are.
    """
    weights = []
    for name, shape, decayed, _ in spec.weight_shapes():
        if name.endswith(("gamma", "variance")):
            weights.append(np.ones(shape, dtype=np.float32))
        elif not decayed:
            weights.append(np.zeros(shape, dtype=np.float32))
        elif name.endswith("table"):
            limit = np.sqrt(3 / shape[1])
            weights.append(rng.uniform(-limit, limit, shape).astype(np.float32))
        elif name.endswith("recurrent_kernel"):
            weights.append(_orthogonal(shape, rng))
        else:
            weights.append(_glorot_uniform(shape, rng))
    return tuple(weights)


def _glorot_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    limit = np.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def _orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Rows are orthonormal (Saxe, McClelland & Ganguli 2014), signs without bias."""
    q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    q *= np.sign(np.diag(r))
    return np.ascontiguousarray(q.T if shape[0] < shape[1] else q, dtype=np.float32)
