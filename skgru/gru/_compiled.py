"""Training on JAX: an epoch is one compiled call; and inference of a user's own network.

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
from skgru.gru._backend import require_same_process
from skgru.gru._model import CustomSpec, GRUSpec, Moments, OptimizerSettings, TrainingSet
from skgru.gru._programs import Programs, SpecKey

Spec = GRUSpec | CustomSpec
Weights = tuple[np.ndarray, ...]

_models = Programs(32)
_epochs = Programs(32)
_forwards = Programs(32)

# Rows that one call of a compiled forward pass takes.
_BLOCK = 128

# How often JAX has traced a function of this module, for tests and benchmarks.
n_traces = 0


def _count_trace() -> None:
    global n_traces
    n_traces += 1


# ---------------------------------------------------------------------- keys and buckets


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


def _device() -> str:
    names = ("jax_default_device", "jax_enable_x64", "jax_default_matmul_precision")
    return " ".join(str(getattr(jax.config, name)) for name in names)


def _power_of_two(n: int, least: int = 1) -> int:
    return max(least, 1 << (n - 1).bit_length())


def _close_above(n: int) -> int:
    """The next of 1, 2 .. 16, 18, 20 .. 32, 36, 40 ..: at most an eighth too many."""
    step = max(1, _power_of_two(n) >> 4)
    return -(-n // step) * step


def _row_bucket(n_rows: int, row_bytes: int) -> int:
    """Rows to make room for: coarse steps while that is at most 16 MiB."""
    for bucket in (_power_of_two(n_rows, 1024), _power_of_two(n_rows)):
        if bucket * row_bytes <= 1 << 24:
            return bucket
    return _close_above(n_rows)


def _length_bucket(n_timesteps: int) -> int:
    """The next of 1, 2, 3, 4, 6, 8, 12, 16, 24 .."""
    power = _power_of_two(n_timesteps)
    return 3 * power // 4 if power >= 4 and n_timesteps <= 3 * power // 4 else power


# ---------------------------------------------------------------------- the compiled epoch


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


class _Epoch:
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
        _count_trace()
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
            losses = _losses.per_row(self._spec.loss, outputs, batch.targets, hyper.label_smoothing)
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


class KerasEngine:
    """Trains a spec through its Keras model's stateless interface, an epoch a compiled call.

    Parameters
    ----------
    spec : GRUSpec or CustomSpec
    weights : tuple of ndarray or None
        In the order of ``spec.weight_shapes()``; of a `CustomSpec` all its variables, the trained
        ones first, or None to draw them from `seed`.
    data : TrainingSet
    settings : OptimizerSettings
    seed : int
        Of dropout, and of the first weights where they are drawn here.
    """

    def __init__(self, spec, weights, data, settings, seed, moments: Moments | None = None):
        require_same_process()
        self._spec = spec
        self._settings = settings
        self._hyper = Hyper.of(settings)
        self._seed = np.array([seed >> 32, seed & 0xFFFFFFFF], "uint32")
        self._ragged = _network.reads_lengths(spec, data.n_steps)
        n_timesteps = data.values.shape[1]
        if self._ragged:
            # The longest row differs from fold to fold: shared steps, that all rows pass over.
            n_timesteps = spec.padded_length(_close_above(n_timesteps))
        self._whitened = data.whitening is not None
        self._model, weights = _prepare(
            spec, weights, n_timesteps, self._ragged, seed, self._whitened
        )
        self._data = _place(data, n_timesteps, self._ragged)
        n_trained = len(self._model.trainable_variables)
        params = np.concatenate([np.ravel(w) for w in weights[:n_trained]]).astype("float32")
        state = self._state(weights[n_trained:], data)
        zeros = np.zeros_like(params)
        first, second, self._n_done = moments or Moments(zeros, zeros, 0)
        # Not donated to the program: if the user interrupts a call, the state before it remains.
        self._progress = jax.tree.map(jnp.asarray, Progress(params, first, second, state))

    def replace_values(self, values: np.ndarray) -> None:
        """Train on other values of the same rows from here on."""
        room, n_timesteps, _ = self._data.values.shape
        placed = jax.device_put(_spread(values, room, n_timesteps))
        self._data = self._data._replace(values=placed)

    def _state(self, kept: Weights, data: TrainingSet) -> list:
        """The model's variables that are not trained; `kept` are those that count as weights."""
        others = self._model.non_trainable_variables
        places = {id(v): i for i, v in enumerate(others)}
        variables = _network.variables(self._spec, self._model)
        self._kept = [places[id(v)] for v in variables if id(v) in places]
        state = [v.value for v in others]
        for place, value in zip(self._kept, kept, strict=True):
            state[place] = value
        if data.whitening is not None:
            shared = _network.whitening_variables(self._model)
            for variable, value in zip(shared, data.whitening, strict=True):
                state[places[id(variable)]] = np.asarray(value, "float32")
        return state

    def run_epoch(self, order: np.ndarray, rates: np.ndarray) -> float:
        """One update for each row of `order` (n_batches, batch_size); the mean loss."""
        require_same_process()
        n_batches, batch_size = order.shape
        room = _power_of_two(n_batches, 64)
        key = EpochKey(
            spec=SpecKey(self._spec),
            n_rows=len(self._data.values),
            n_timesteps=self._data.values.shape[1],
            batch_size=batch_size,
            n_batches=room,
            ragged=self._ragged,
            whitened=self._whitened,
            dropout=self._settings.dropout > 0,
            recurrent_dropout=self._settings.recurrent_dropout > 0,
            device=_device(),
        )
        arguments = (
            self._progress,
            self._data,
            _fill(order, room),
            _fill(self._corrected(rates), room),
            _fill(np.float32(self._settings.weight_decay) * rates, room),
            np.int32(n_batches),
            np.int32(self._n_done),
            self._hyper,
            self._seed,
        )
        program = _epochs.get(key, lambda: _Epoch(key, self._spec, self._model, arguments))
        self._progress, total = program(*arguments)
        self._n_done += n_batches
        return float(total) / int((order >= 0).sum())

    def _corrected(self, rates):
        """Learning rates with Adam's correction for moments that start at zero, float32."""
        t = self._n_done + 1.0 + np.arange(len(rates))
        beta_1, beta_2 = self._settings.beta_1, self._settings.beta_2
        return (rates * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)).astype("float32")

    @property
    def moments(self) -> Moments:
        first, second = np.array(self._progress.mean), np.array(self._progress.square)
        return Moments(first, second, self._n_done)

    @property
    def weights(self) -> Weights:
        trained = self._model.trainable_variables
        ends = np.cumsum([np.prod(v.shape, dtype=int) for v in trained])[:-1]
        parts = np.split(np.array(self._progress.params), ends)
        weights = [part.reshape(v.shape) for part, v in zip(parts, trained, strict=True)]
        weights += [np.array(self._progress.state[place]) for place in self._kept]
        return tuple(weights)


def _prepare(
    spec: Spec,
    weights: Weights | None,
    n_timesteps: int,
    ragged: bool,
    seed: int,
    whitened: bool = False,
):
    """The Keras model for these shapes, and the weights to start from."""
    drawn = None
    if weights is None:
        drawn = _network.build(spec, n_timesteps, ragged=ragged, fused=True, seed=seed)
        weights = tuple(np.array(v.value) for v in _network.variables(spec, drawn))

    def build():
        if drawn is not None:
            return drawn
        return _network.build(spec, n_timesteps, ragged=ragged, fused=True, whitened=whitened)

    key = (SpecKey(spec), n_timesteps, ragged, whitened, _device())
    return _models.get(key, build), weights


def _fill(column: np.ndarray, room: int) -> np.ndarray:
    """Zeros after the end of a column, up to `room` entries."""
    filled = np.zeros((room, *column.shape[1:]), column.dtype)
    filled[: len(column)] = column
    return filled


def _place(data: TrainingSet, n_timesteps: int, ragged: bool) -> Columns:
    """The training set on the device, with room for the rows and steps of its bucket."""
    room = _row_bucket(len(data.values), data.values[0].nbytes)
    values = _spread(data.values, room, n_timesteps)
    n_steps = _fill(data.n_steps, room) if ragged else None
    targets, sample_weight = _fill(data.targets, room), _fill(data.sample_weight, room)
    return jax.device_put(Columns(values, n_steps, targets, sample_weight))


def _spread(values: np.ndarray, room: int, n_timesteps: int) -> np.ndarray:
    """Values with each row continued to `n_timesteps`, and zeros for the rows up to `room`."""
    n_rows, n_given, n_channels = values.shape
    spread = _aligned((room, n_timesteps, n_channels))
    spread[:n_rows, :n_given] = values
    spread[:n_rows, n_given:] = values[:, -1:]
    return spread


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Zeros, float32, where JAX on the CPU takes them as they are instead of copying them."""
    n_bytes = 4 * int(np.prod(shape))
    memory = np.zeros(n_bytes + 64, "uint8")
    start = -memory.ctypes.data % 64
    return memory[start : start + n_bytes].view("float32").reshape(shape)


# ---------------------------------------------------------------------- a user's own network


def custom_outputs(spec: CustomSpec, weights: Weights, values, n_steps) -> np.ndarray:
    """Raw outputs (n, n_outputs) of a user's network for scaled values (n, T, F)."""
    return _forward(spec, weights, values, n_steps)[0]


def custom_features(spec: CustomSpec, weights: Weights, values, n_steps) -> np.ndarray:
    """What the output layer reads, (n, d)."""
    return _forward(spec, weights, values, n_steps)[1]


def _forward(spec: CustomSpec, weights: Weights, values, n_steps) -> list[np.ndarray]:
    require_same_process()
    ragged = _network.reads_lengths(spec, n_steps)
    if ragged:
        longer = _length_bucket(values.shape[1]) - values.shape[1]
        values = np.pad(values, ((0, 0), (0, longer), (0, 0)), mode="edge")
    n_timesteps = values.shape[1]
    model, _ = _prepare(spec, weights, n_timesteps, ragged, 0)
    n_trained = len(model.trainable_variables)
    split = [jnp.asarray(w) for w in weights[:n_trained]], list(weights[n_trained:])
    key = (SpecKey(spec), n_timesteps, ragged, _device())
    run = _forwards.get(key, lambda: _compile_forward(model, n_timesteps, spec, ragged, split))
    blocks = []
    for start in range(0, len(values), _BLOCK):
        inputs = [_fill(values[start : start + _BLOCK], _BLOCK)]
        if ragged:
            inputs.append(np.maximum(_fill(n_steps[start : start + _BLOCK], _BLOCK), 1))
        blocks.append([np.asarray(part) for part in run(*split, inputs)])
    return [np.concatenate(parts)[: len(values)] for parts in zip(*blocks, strict=True)]


def _compile_forward(model, n_timesteps: int, spec: CustomSpec, ragged: bool, split):
    def forward(trained, state, inputs):
        _count_trace()
        return model.stateless_call(
            trained, state, inputs if ragged else inputs[0], training=False
        )[0]

    inputs = [jax.ShapeDtypeStruct((_BLOCK, n_timesteps, spec.n_channels), jnp.float32)]
    if ragged:
        inputs.append(jax.ShapeDtypeStruct((_BLOCK,), jnp.int32))
    return jax.jit(forward).lower(*split, inputs).compile()
