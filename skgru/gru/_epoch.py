"""The Keras engine: compiled epochs on JAX, a plain loop on Keras' other backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skgru.gru._backend import backend_name

if backend_name == "jax":
    from skgru.gru._compiled import KerasEngine
    from skgru.gru._user_forward import forward
else:
    from skgru.gru._portable import KerasEngine, forward  # type: ignore[assignment]

if TYPE_CHECKING:
    import numpy as np

    from skgru.gru._model import CustomSpec

__all__ = ["KerasEngine", "custom_features", "custom_outputs"]


def custom_outputs(spec: CustomSpec, weights, values, n_steps) -> np.ndarray:
    """Raw outputs (n, n_outputs) of a user's network for scaled values (n, T, F)."""
    return forward(spec, weights, values, n_steps)[0]


def custom_features(spec: CustomSpec, weights, values, n_steps) -> np.ndarray:
    """What the output layer reads, (n, d)."""
    return forward(spec, weights, values, n_steps)[1]
