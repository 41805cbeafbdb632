"""Whether Keras would compute on something else than the CPU."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points


@cache
def available() -> bool:
    """Whether Keras runs on JAX here and JAX has an accelerator.

    JAX reaches accelerators through plugins, and a machine without any is told from their list
    alone: nobody should wait for an import of JAX to hear that there is only a CPU.
    """
    if not entry_points(group="jax_plugins"):
        return False
    from skgru.gru import _backend

    if _backend.backend_name != "jax":
        return False
    import jax

    return jax.default_backend() != "cpu"
