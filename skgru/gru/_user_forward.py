"""The forward pass of a user's own network, compiled for JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from skgru.gru import _buckets, _network
from skgru.gru._backend import require_same_process
from skgru.gru._compiled import Weights, prepare
from skgru.gru._model import CustomSpec
from skgru.gru._program import count_trace, device
from skgru.gru._programs import Programs, SpecKey

_forwards = Programs(32)

# Rows that one call takes.
_BLOCK = 128


def forward(spec: CustomSpec, weights: Weights, values, n_steps) -> list[np.ndarray]:
    """Outputs (n, n_outputs) and features (n, d) of a user's network: scaled values (n, T, F)."""
    require_same_process()
    ragged = _network.reads_lengths(spec, n_steps)
    if ragged:
        longer = _buckets.length_bucket(values.shape[1]) - values.shape[1]
        values = np.pad(values, ((0, 0), (0, longer), (0, 0)), mode="edge")
    n_timesteps = values.shape[1]
    model, _ = prepare(spec, weights, n_timesteps, ragged, 0)
    n_trained = len(model.trainable_variables)
    split = [jnp.asarray(w) for w in weights[:n_trained]], list(weights[n_trained:])
    key = (SpecKey(spec), n_timesteps, ragged, device())
    run = _forwards.get(key, lambda: _compile_forward(model, n_timesteps, spec, ragged, split))
    blocks = []
    for start in range(0, len(values), _BLOCK):
        inputs = [_buckets.fill(values[start : start + _BLOCK], _BLOCK)]
        if ragged:
            inputs.append(np.maximum(_buckets.fill(n_steps[start : start + _BLOCK], _BLOCK), 1))
        blocks.append([np.asarray(part) for part in run(*split, inputs)])
    return [np.concatenate(parts)[: len(values)] for parts in zip(*blocks, strict=True)]


def _compile_forward(model, n_timesteps: int, spec: CustomSpec, ragged: bool, split):
    def forward(trained, state, inputs):
        count_trace()
        return model.stateless_call(
            trained, state, inputs if ragged else inputs[0], training=False
        )[0]

    inputs = [jax.ShapeDtypeStruct((_BLOCK, n_timesteps, spec.n_channels), jnp.float32)]
    if ragged:
        inputs.append(jax.ShapeDtypeStruct((_BLOCK,), jnp.int32))
    return jax.jit(forward).lower(*split, inputs).compile()
