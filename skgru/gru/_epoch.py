"""The Keras engine: compiled epochs on JAX, a plain loop on Keras' other backends."""

from __future__ import annotations

from skgru.gru._backend import backend_name

if backend_name == "jax":
    from skgru.gru._compiled import KerasEngine
    from skgru.gru._user_forward import custom_features, custom_outputs
else:
    from skgru.gru._portable import (  # type: ignore[assignment]
        KerasEngine,
        custom_features,
        custom_outputs,
    )

__all__ = ["KerasEngine", "custom_features", "custom_outputs"]
