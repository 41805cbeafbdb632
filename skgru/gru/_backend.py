"""Keras, its backend chosen before it is first imported. No other file imports keras.

JAX is the default. What the user has set wins: an imported Keras, ``KERAS_BACKEND``, or a
``keras.json`` that differs from the one which Keras writes by itself. (Keras writes that file at
its first import, naming TensorFlow whatever runs, so an untouched one tells nothing.)
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

_WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


def _config_path() -> Path:
    """Where Keras looks for its configuration, by its own rule."""
    if "KERAS_HOME" in os.environ:
        return Path(os.environ["KERAS_HOME"]).expanduser() / "keras.json"
    home = Path.home()
    return (home if os.access(home, os.W_OK) else Path("/tmp")) / ".keras" / "keras.json"


def _config_chooses() -> bool:
    """Whether ``keras.json`` holds a backend that somebody put there."""
    try:
        config = json.loads(_config_path().read_text())
    except (OSError, ValueError):
        return False
    return "backend" in config and config != _WRITTEN_BY_KERAS


def _choose() -> None:
    """Set JAX in the environment, so that worker processes started from here agree."""
    if "keras" not in sys.modules and not os.environ.get("KERAS_BACKEND") and not _config_chooses():
        os.environ["KERAS_BACKEND"] = "jax"


_choose()

import keras  # noqa: E402
from keras.src.backend.common import global_state  # noqa: E402, F401

backend_name: str = keras.config.backend()

_first_process: int | None = None
_forked_after_start = False


def _jax_has_started() -> bool:
    """Whether JAX has started its threads, here or in code that is not ours."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "backends_are_initialized", None)
    return _first_process is not None or (started is not None and started())


def _note_fork() -> None:
    global _forked_after_start
    _forked_after_start = _forked_after_start or _jax_has_started()


if backend_name == "jax" and hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def require_same_process() -> None:
    """Refuse to compute with JAX in a fork of a process where JAX had started.

    JAX's threads do not exist in such a child: its first compiled call would wait for ever.

    Raises
    ------
    RuntimeError
    """
    global _first_process
    if backend_name != "jax":
        return
    if _forked_after_start:
        raise RuntimeError(
            f"Keras on JAX cannot run in process {os.getpid()}: it was forked from one in which "
            "JAX had already started, and its first computation would never return. Start "
            "workers by 'spawn' or 'forkserver' (joblib's default, loky, is safe), or train with "
            "engine='numba', which may be forked."
        )
    _first_process = os.getpid()
