"""A user's own network inside the graph, and its first weights from a seed alone."""

from __future__ import annotations

import inspect
import random
import sys
import threading
from contextlib import contextmanager

import numpy as np

from skgru.gru._backend import backend_name, global_state, keras
from skgru.gru._model import CustomSpec

_lock = threading.RLock()
_GENERATOR = "global_seed_generator"


@contextmanager
def seeded(seed: int):
    """While open, layers made without a seed draw from this one; global state is put back.

    Keras takes the seeds of unseeded initialisers and dropout from Python's `random`, and those of
    unseeded operations from a generator of its own; a user's code may use NumPy's.
    """
    with _lock, _torch_state(seed):
        python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
        generator = global_state.get_global_attribute(_GENERATOR)
        try:
            random.seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            global_state.set_global_attribute(_GENERATOR, None)
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002
            global_state.set_global_attribute(_GENERATOR, generator)


@contextmanager
def _torch_state(seed: int):
    if backend_name != "torch":
        yield
        return
    torch = sys.modules["torch"]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def call_network(spec: CustomSpec, values, own):
    """The user's network on values (B, T, F); `own` (B, T, 1) says which steps a row has, or None.

    Returns
    -------
    KerasTensor, shape (B, d) or (B, T, d); (B, steps, d) where rows are of equal length
    """
    network = spec.network(spec.n_timesteps, spec.n_channels)
    if not isinstance(network, keras.layers.Layer):
        raise TypeError(
            "`network` must return a Keras layer or model. "
            f"Got {type(network).__name__}: return keras.Sequential([...]), for instance."
        )
    if own is None:
        states = network(values)
    else:
        _require_mask(network)
        # Keras would warn that a functional model does not hand the mask on; nobody needs it then.
        network.supports_masking = True
        states = network(values, mask=keras.ops.squeeze(own, -1))
    if getattr(states, "ndim", None) not in (2, 3):
        raise ValueError(
            "`network` must map (batch, steps, channels) to (batch, d) or (batch, steps, d). "
            f"Got {getattr(states, 'shape', type(states).__name__)}."
        )
    if own is not None and states.ndim == 3 and states.shape[1] != values.shape[1]:
        raise ValueError(
            "Where series differ in length, `network` must keep the number of steps or return one "
            f"vector a series. It made {states.shape[1]} steps of {values.shape[1]}: pool inside "
            "of the network, or give series of equal length."
        )
    # An operation leaves Keras' mask behind, which a loss would otherwise apply to rows.
    return keras.ops.copy(states)


def _require_mask(network) -> None:
    """Refuse a layer that would read padding as data, or lose track of which is which."""
    for layer in _steps_of(network):
        inside = layer is not network and layer.supports_masking
        if inside or "mask" in inspect.signature(layer.call).parameters:
            continue
        raise ValueError(
            "Series in a list, whose lengths may differ, need a `network` that tells padding from "
            f"data, but {type(layer).__name__}.call takes no `mask`. Use layers that support "
            "masking, add the argument (bool, (batch, steps)) to your own, or give series of equal "
            "length as one array."
        )


def _steps_of(layer):
    """The layers that a sequential or functional model passes its mask through, or the layer."""
    if not isinstance(layer, keras.Sequential) and not hasattr(layer, "operations"):
        yield layer
        return
    for part in layer.layers:
        if not isinstance(part, keras.layers.InputLayer):
            yield from _steps_of(part)
