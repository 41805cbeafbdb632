"""The layers of a network in Keras, from values to outputs: one graph for training and for export.

Training on JAX puts our own GRU and dropout layers into it; a plain model holds nothing but Keras'
layers and operations, so that it opens where skgru is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgru.gru import _custom
from skgru.gru._backend import backend_name, keras
from skgru.gru._model import BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM, CustomSpec, GRUSpec

if backend_name == "jax":
    from skgru.gru import _fused

layers, ops = keras.layers, keras.ops

# The weights of a GRUSpec are brought: zeros cost nothing to draw.
_UNDRAWN = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}

# Less than any float32 state or score that means something, and finite.
_LOWEST = -1e30


class _OneMaskCell(keras.layers.GRUCell):
    """Keras draws a recurrent mask for each gate; ours is one for all three."""

    def get_recurrent_dropout_mask(self, step_input):
        return [super().get_recurrent_dropout_mask(step_input)[0]] * 3


class _OwnNorm(keras.layers.BatchNormalization):
    """Batch normalisation over the places that a mask has, in training.

    Keras' own does the same but for a layer of one unit, where with a mask it fails (3.15).
    """

    def call(self, inputs, training=None, mask=None):
        """Shapes: inputs (B, S, D), mask bool (B, S) -> (B, S, D)."""
        if not training:
            return super().call(inputs, training=False)
        counts = ops.cast(ops.expand_dims(mask, -1), "float32")
        n = ops.maximum(ops.sum(counts), 1.0)
        mean = ops.sum(counts * inputs, axis=(0, 1)) / n
        centred = inputs - mean
        variance = ops.sum(counts * ops.square(centred), axis=(0, 1)) / n
        for running, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + now * (1 - self.momentum))
        return centred * (self.gamma * ops.rsqrt(variance + self.epsilon)) + self.beta


@dataclass(frozen=True)
class Plain:
    """Makes Keras' own layers; rates above zero are for training without JAX."""

    dropout: float = 0.0
    recurrent_dropout: float = 0.0

    def gru(self, units: int, **options):
        if self.recurrent_dropout:
            rate = self.recurrent_dropout
            cell = _OneMaskCell(units, recurrent_dropout=rate, dtype="float32", **_UNDRAWN)
            return layers.RNN(cell, **options)
        return layers.GRU(units, **_UNDRAWN, **options)

    def drop(self, x, name: str):
        if not self.dropout:
            return x
        layer = layers.SpatialDropout1D if x.ndim == 3 else layers.Dropout
        return layer(self.dropout, name=name, dtype="float32")(x)


class Fused:
    """Makes our layers for JAX, whose rates are given while a step is traced."""

    def gru(self, units: int, **options):
        return _fused.FusedGRU(units, **_UNDRAWN, **options)

    def drop(self, x, name: str):
        return _fused.TracedDropout(name=name, dtype="float32")(x)


# ---------------------------------------------------------------------- patches


def patches(spec, values):
    """Windows of steps, the last step repeated past the end: (B, T, F) -> (B, S, p F)."""
    if isinstance(spec, CustomSpec) or spec.patch_length == spec.patch_stride == 1:
        return values
    n_timesteps = values.shape[1]
    starts = spec.patch_stride * np.arange(spec.n_patches(n_timesteps))
    steps = starts[:, None] + np.arange(spec.patch_length)
    windows = ops.take(values, np.minimum(steps, n_timesteps - 1).astype("int32"), axis=1)
    return layers.Reshape((len(starts), spec.patch_width))(windows)


def own_patches(spec, values, lengths):
    """Windows of rows of which each ends where `lengths` says, the longest being unknown.

    Shapes: (B, T, F), (B,) -> (B, S, p F) with S at least every row's number of patches, and those
    numbers (B,).
    """
    length, stride = 1, 1
    if isinstance(spec, GRUSpec):
        length, stride = spec.patch_length, spec.patch_stride
    last = ops.take_along_axis(values, ops.expand_dims(lengths - 1, (1, 2)), axis=1)
    if length > 1:
        values = ops.concatenate([values, ops.repeat(last, length - 1, axis=1)], axis=1)
    # Also keeps out what stands after a row's end, were it NaN.
    values = ops.where(_is_own(values, lengths), values, last)
    n_steps = (ops.maximum(lengths - length, 0) + stride - 1) // stride + 1
    if length == 1:
        return values, n_steps
    ends = [*range(1 - length, 0), None]
    shifted = [values[:, start:end:stride] for start, end in enumerate(ends)]
    return ops.concatenate(shifted, axis=-1), n_steps


# ---------------------------------------------------------------------- graph


def _is_own(steps, n_steps):
    """Which steps a row has: (B, S, D), (B,) -> bool (B, S, 1)."""
    if steps.shape[1] is None:
        place = ops.cumsum(ops.ones_like(steps[:, :, :1], dtype="int32"), axis=1) - 1
    else:
        place = np.arange(steps.shape[1], dtype="int32")[None, :, None]
    return ops.less(place, ops.expand_dims(n_steps, (1, 2)))


def connect(spec, patches, n_steps, make, is_row=None, whitened=False):
    """Patches (B, S, p F), n_steps (B,) or None -> outputs (B, K), features (B, D)."""
    own = None if n_steps is None else _is_own(patches, n_steps)
    if isinstance(spec, CustomSpec):
        states = _custom.call_network(spec, patches, own)
        features = states if states.ndim == 2 else _pool(spec, states, n_steps, own)
    else:
        x = _embed(spec, patches, own, is_row, whitened) if spec.embedding_units else patches
        features = _pool(spec, _recur(spec, x, own, make), n_steps, own)
    features = layers.Identity(name="features", dtype="float32")(features)
    dropped = make.drop(features, "features_dropout")
    outputs = layers.Dense(
        spec.n_outputs, kernel_initializer=_kernel_initializer(spec), name="output", dtype="float32"
    )(dropped)
    return outputs, features


def _kernel_initializer(spec) -> str:
    """First weights of a dense layer: those beside a user's network are drawn by Keras."""
    return "glorot_uniform" if isinstance(spec, CustomSpec) else "zeros"


def _embed(spec: GRUSpec, x, own, is_row, whitened: bool):
    """Patches (B, S, p F) -> (B, S, D)."""
    mask = None if own is None else ops.squeeze(own, -1)
    if is_row is not None:
        here = ops.repeat(ops.expand_dims(is_row, 1), x.shape[1], axis=1)
        mask = here if mask is None else ops.logical_and(mask, here)
    if whitened:
        # Weights that are not trained are arguments of a compiled program.
        x = layers.Dense(
            spec.patch_width,
            kernel_initializer="identity",
            trainable=False,
            name="whitening",
            dtype="float32",
        )(x)
    norm = layers.BatchNormalization if is_row is None else _OwnNorm
    x = _norm_relu(
        spec,
        _look_up(spec, x) if spec.n_tokens else _dense(spec, x, "embedding"),
        "embedding",
        norm,
        mask,
    )
    if not spec.context_length:
        return x
    second = _dense(spec, _windows(spec, x, own), "context")
    return ops.add(x, _norm_relu(spec, second, "context", norm, mask))


def _look_up(spec: GRUSpec, tokens):
    """Rows of a table: (B, S, 1) -> (B, S, D)."""
    table = layers.Embedding(
        spec.n_tokens,
        spec.embedding_units,
        embeddings_initializer=_kernel_initializer(spec),
        name="embedding",
        dtype="float32",
    )
    return table(ops.cast(ops.squeeze(tokens, -1), "int32"))


def _dense(spec: GRUSpec, x, name: str):
    """Shapes: (B, S, E) -> (B, S, D)."""
    dense = layers.Dense(
        spec.embedding_units,
        kernel_initializer=_kernel_initializer(spec),
        name=name,
        dtype="float32",
    )
    return dense(x)


def _norm_relu(spec: GRUSpec, x, name: str, norm, mask):
    """Shapes: x (B, S, D), mask (B, S) or None -> (B, S, D)."""
    if spec.batch_norm:
        norm = norm(
            epsilon=BATCH_NORM_EPSILON,
            momentum=BATCH_NORM_MOMENTUM,
            name=f"{name}_norm",
            dtype="float32",
        )
        x = norm(x, mask=mask)
    # An operation, not a layer: it leaves Keras' mask behind, which the GRU would take over.
    return ops.relu(x)


def _windows(spec: GRUSpec, x, own):
    """Each step among its neighbours, zero where a row has none: (B, S, D) -> (B, S, c D)."""
    if own is not None:
        x = ops.where(own, x, 0.0)
    before = spec.context_length // 2
    after = spec.context_length - 1 - before
    padded = ops.pad(x, ((0, 0), (before, after), (0, 0)))
    ends = [*range(1 - spec.context_length, 0), None]
    return ops.concatenate([padded[:, start:end] for start, end in enumerate(ends)], axis=-1)


def _recur(spec: GRUSpec, x, own, make):
    """GRU layers: (B, S, E) -> states (B, S, D)."""
    if spec.embedding_units:
        x = make.drop(x, "embedding_dropout")
    mask = None if own is None else ops.squeeze(own, -1)
    for layer, units in enumerate(spec.units):
        if layer:
            x = make.drop(x, f"gru_{layer}_dropout")
        # Forward, a state cannot depend on steps after the row's end: no mask. Backward, Keras'
        # mask leaves the state at zero until the row's last own step.
        options = {"return_sequences": True, "dtype": "float32"}
        forward = make.gru(units, name=f"gru_{layer}_forward", **options)(x)
        if not spec.bidirectional:
            x = forward
            continue
        backward = make.gru(units, name=f"gru_{layer}_backward", go_backwards=True, **options)
        backward = ops.flip(backward(x, mask=mask), axis=1)
        # Keras orders layers by their distance from the output: the identity makes it equal, so
        # that the forward weights come first.
        forward = layers.Identity(dtype="float32")(forward)
        x = ops.concatenate([forward, backward], axis=-1)
    return x


def _pool(spec, states, n_steps, own):
    """States of a row's own steps as one vector: (B, S, D) -> (B, D * number of poolings)."""
    pooled = [_POOLINGS[name](spec, states, n_steps, own) for name in spec.pooling]
    return pooled[0] if len(pooled) == 1 else ops.concatenate(pooled, axis=-1)


def _pool_last(spec, states, n_steps, own):
    if own is None:
        last = states[:, -1]
    else:
        # A sum with one term: the gradient of a gather is slow on the CPU.
        is_last = ops.logical_and(own, ops.logical_not(_is_own(states, n_steps - 1)))
        last = ops.sum(ops.where(is_last, states, 0.0), axis=1)
    if not getattr(spec, "bidirectional", False):
        return last
    n_units = spec.units[-1]
    return ops.concatenate([last[:, :n_units], states[:, 0, n_units:]], axis=-1)


def _pool_mean(spec, states, n_steps, own):
    del spec
    if own is None:
        return ops.mean(states, axis=1)
    total = ops.sum(ops.where(own, states, 0.0), axis=1)
    return total / ops.expand_dims(ops.cast(n_steps, "float32"), 1)


def _pool_max(spec, states, n_steps, own):
    del spec, n_steps
    return ops.max(states if own is None else ops.where(own, states, _LOWEST), axis=1)


def _pool_attention(spec, states, n_steps, own):
    del n_steps
    scores = layers.Dense(
        1,
        use_bias=False,
        kernel_initializer=_kernel_initializer(spec),
        name="attention",
        dtype="float32",
    )(states)
    if own is not None:
        scores = ops.where(own, scores, _LOWEST)
    # Not `ops.softmax`, which warns where series have one step.
    shares = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=1, keepdims=True)))
    return ops.sum(shares * states, axis=1) / ops.sum(shares, axis=1)


_POOLINGS = {
    "last": _pool_last,
    "mean": _pool_mean,
    "max": _pool_max,
    "attention": _pool_attention,
}
