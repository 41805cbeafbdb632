"""An epoch of training as one compiled program for JAX.

What is compiled depends on the architecture and on shapes alone, see `EpochKey`. Learning rates,
all of `OptimizerSettings`, weights, seeds, sample weights, the number of rows within a bucket and
the number of batches are arguments of the program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from skgru.gru import _fused, _losses, _network
from skgru.gru._model import CustomSpec, GRUSpec, OptimizerSettings
from skgru.gru._programs import SpecKey

Spec = GRUSpec | CustomSpec

# How often JAX has traced a function of the engine, for tests and benchmarks.
n_traces = 0


def count_trace() -> None:
    """To be called where a traced function begins."""
    global n_traces
    n_traces += 1


def device() -> str:
    names = ("jax_default_device", "jax_enable_x64", "jax_default_matmul_precision")
    return " ".join(str(getattr(jax.config, name)) for name in names)


@dataclass(frozen=True)
class EpochKey:
    """Everything that a compiled epoch depends on.

    Attributes
    ----------
    spec : SpecKey
    n_rows, n_timesteps, batch_size, n_batches : int
        Shapes, the first and the last rounded up.
    ragged, whitened, dropout, recurrent_dropout : bool
        A program without noise draws no random numbers: they cost more than a small GRU.
    device : str
        What JAX's own settings say about where and how precisely it computes.
    """

    spec: SpecKey
    n_rows: int
    n_timesteps: int
    batch_size: int
    n_batches: int
    ragged: bool
    whitened: bool
    dropout: bool
    recurrent_dropout: bool
    device: str


class Progress(NamedTuple):
    """What an update changes: flat weights (P,), flat moments (P,), the rest of the variables."""

    params: Any
    mean: Any
    square: Any
    state: Any


class Hyper(NamedTuple):
    """`OptimizerSettings` as the compiled program takes them, float32 scalars."""

    clipnorm: Any
    mean_share: Any
    square_share: Any
    epsilon: Any
    dropout: Any
    recurrent_dropout: Any
    label_smoothing: Any

    @classmethod
    def of(cls, settings: OptimizerSettings) -> Hyper:
        return cls(
            *map(
                np.float32,
                (
                    settings.clipnorm or np.inf,
                    1 - settings.beta_1,
                    1 - settings.beta_2,
                    settings.epsilon,
                    settings.dropout,
                    settings.recurrent_dropout,
                    settings.label_smoothing,
                ),
            )
        )


class Columns(NamedTuple):
    """`TrainingSet` on the device; `n_steps` is None where all rows are of one length."""

    values: Any
    n_steps: Any
    targets: Any
    sample_weight: Any


def _rows(data: Columns, chosen):
    """The rows of a batch; a place with no row repeats the first, with weight zero."""
    real = chosen >= 0
    rows = jnp.where(real, chosen, chosen[0])
    batch = jax.tree.map(lambda column: column[rows], data)
    return batch._replace(sample_weight=jnp.where(real, batch.sample_weight, 0.0)), real


class Epoch:
    """A whole epoch, compiled for these arguments and all of their shapes."""

    def __init__(self, key: EpochKey, spec: Spec, model, arguments):
        self._key = key
        self._spec = spec
        self._model = model
        self._trained = model.trainable_variables
        self._sizes = [int(np.prod(v.shape)) for v in self._trained]
        self._noise_width = _fused.noise_width(model, key.dropout, key.recurrent_dropout)
        decayed = np.repeat(np.array(_network.decayed(model), "float32"), self._sizes)
        self._decayed = jnp.asarray(decayed)
        # Compiled ahead of its calls: from here on nothing can be traced again.
        self._compiled = jax.jit(self._run).lower(self._decayed, *arguments).compile()

    def __call__(self, *arguments) -> tuple[Progress, Any]:
        return self._compiled(self._decayed, *arguments)

    def _run(self, decayed, progress, data, order, rates, decays, n_batches, n_done, hyper, seed):
        """Progress after an epoch, and the sum of all weighted losses."""
        count_trace()
        base = jax.random.wrap_key_data(seed, impl="threefry2x32")

        def body(i, carry):
            progress, total = carry
            batch, real = _rows(data, order[i])
            rng = jax.random.fold_in(base, n_done + i) if self._noise_width else None
            gradient, state, added = self._gradient(progress, batch, real, hyper, rng)
            decay = 1 - decays[i] * decayed
            progress = _update(progress, gradient, state, rates[i], decay, hyper)
            return progress, total + added

        return lax.fori_loop(0, n_batches, body, (progress, jnp.float32(0)))

    def _gradient(self, progress, batch, real, hyper, rng):
        """Flat gradient (P,), new state, and the sum of weighted losses."""
        inputs = _network.join_inputs(self._spec, batch.values, batch.n_steps, real)

        def objective(weights):
            with _fused.noise(self._noise(hyper, rng)):
                (outputs, _), state, penalties = self._model.stateless_call(
                    weights,
                    progress.state,
                    inputs,
                    training=True,
                    return_losses=True,
                )
            levels = getattr(self._spec, "levels", ())
            losses = _losses.per_row(
                self._spec.loss, outputs, batch.targets, hyper.label_smoothing, levels
            )
            total = jnp.sum(batch.sample_weight * losses)
            return total / jnp.maximum(jnp.sum(real), 1) + sum(penalties), (state, total)

        weights = self._unflatten(progress.params)
        gradients, (state, total) = jax.grad(objective, has_aux=True)(weights)
        return jnp.concatenate([g.ravel().astype("float32") for g in gradients]), state, total

    def _noise(self, hyper, rng) -> _fused.Noise | None:
        if not self._noise_width:
            return None
        return _fused.Noise(
            rng,
            self._key.batch_size,
            self._noise_width,
            hyper.dropout if self._key.dropout else None,
            hyper.recurrent_dropout if self._key.recurrent_dropout else None,
        )

    def _unflatten(self, params):
        parts = jnp.split(params, np.cumsum(self._sizes)[:-1])
        return [part.reshape(v.shape).astype(v.dtype) for part, v in zip(parts, self._trained)]


def _update(progress: Progress, gradient, state, rate, decay, hyper: Hyper) -> Progress:
    """One update as in `OptimizerSettings`; `rate` holds Adam's correction of the moments."""
    gradient *= jnp.minimum(1.0, hyper.clipnorm / jnp.sqrt(jnp.sum(gradient * gradient)))
    mean = progress.mean + (gradient - progress.mean) * hyper.mean_share
    square = progress.square + (gradient * gradient - progress.square) * hyper.square_share
    params = progress.params * decay - rate * mean / (jnp.sqrt(square) + hyper.epsilon)
    return Progress(params, mean, square, state)
