"""Keras layers for training on JAX: the GRU over our kernel, and dropout with traced rates.

Rates and random keys reach the layers through a context that is open while a training step is
traced, so neither is a constant of the compiled program. Outside of it both layers do what the
plain layers of their names do at inference.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager

import jax
import jax.numpy as jnp

from skgru.gru._backend import keras
from skgru.gru._kernel import recurrence

# As a gate's preactivation: the sigmoid is 1 to the last bit, and its slope 0.
_SHUT = 1e30

_context = threading.local()


class Noise:
    """The random numbers of one training step, handed out to the layers in the order of calls.

    Parameters
    ----------
    key : JAX key
    n_rows, width : int
        Rows of the batch; columns that all layers ask for together.
    dropout, recurrent_dropout : float scalar or None
        None where this kind is off.
    """

    def __init__(self, key, n_rows, width, dropout, recurrent_dropout):
        # One draw for all layers: a generator of its own per layer costs more compile time.
        self._uniform = jax.random.uniform(key, (n_rows, width))
        self._used = 0
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout

    def mask(self, width, rate):
        """Zeros at this rate, else ``1 / (1 - rate)``; shape (n_rows, width)."""
        columns = self._uniform[:, self._used : self._used + width]
        self._used += width
        return jnp.where(columns < rate, 0.0, 1 / (1 - rate))


@contextmanager
def noise(source: Noise | None):
    """While open, training layers of this thread draw from `source`."""
    _context.noise = source
    try:
        yield
    finally:
        _context.noise = None


def _source(training) -> Noise | None:
    return getattr(_context, "noise", None) if training else None


def noise_width(model, dropout: bool, recurrent_dropout: bool) -> int:
    """Columns of random numbers that one training step of a model asks for."""
    return sum(
        layer.noise_width
        for layer in model.layers
        if (dropout and isinstance(layer, TracedDropout))
        or (recurrent_dropout and isinstance(layer, FusedGRU))
    )


class TracedDropout(keras.layers.Layer):
    """Dropout of whole channels: one mask a row, the same at all its steps."""

    def build(self, input_shape):
        self.noise_width = input_shape[-1]

    def call(self, inputs, training=False):
        source = _source(training)
        if source is None or source.dropout is None:
            return inputs
        mask = source.mask(self.noise_width, source.dropout)
        return inputs * (mask[:, None] if inputs.ndim == 3 else mask)

    def compute_output_shape(self, input_shape):
        return input_shape


class FusedGRU(keras.layers.GRU):
    """`keras.layers.GRU` with default activations, its loop over time replaced by our kernel."""

    @property
    def noise_width(self) -> int:
        return self.units

    def inner_loop(self, sequences, initial_state, mask, training=False):
        kernel, recurrent_kernel, bias = (weight.value for weight in self.cell.trainable_variables)
        steps = jnp.swapaxes(sequences, 0, 1)
        # A product over one channel is slow as a matrix product.
        projected = steps * kernel if kernel.shape[0] == 1 else steps @ kernel
        projected += bias[0]
        if mask is not None:
            projected = self._pass_over(projected, mask)
        source = _source(training)
        dropped = None
        if source is not None and source.recurrent_dropout is not None:
            dropped = source.mask(self.units, source.recurrent_dropout)
        states = recurrence(
            projected, initial_state[0], recurrent_kernel, bias[1], dropped, self.go_backwards
        )
        if self.go_backwards:
            states = states[::-1]
        return states[-1], jnp.swapaxes(states, 0, 1), [states[-1]]

    def _pass_over(self, projected, mask):
        """Keep the state as it is at masked steps: with z = 1, c + z (s - c) is s."""
        hold = jnp.repeat(jnp.array([_SHUT, 0.0, 0.0], projected.dtype), self.units)
        return jnp.where(mask.T[..., None], projected, hold)
