"""The Keras engine on JAX: an epoch is one call of a compiled program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from skgru._checkpoint import copy_into
from skgru.gru import _buckets, _network
from skgru.gru._backend import require_same_process
from skgru.gru._model import Moments, TrainingSet
from skgru.gru._program import Columns, Epoch, EpochKey, Hyper, Progress, Spec, device
from skgru.gru._programs import Programs, SpecKey

if TYPE_CHECKING:
    from collections.abc import Iterable

Weights = tuple[np.ndarray, ...]

_models = Programs(32)
_epochs = Programs(32)


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

    whole_epochs = True

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
            n_timesteps = spec.padded_length(_buckets.close_above(n_timesteps))
        self._whitened = data.whitening is not None
        self._model, weights = prepare(
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

    def run_epoch(self, order: np.ndarray, rates: Iterable[float]) -> float:
        """One update for each row of `order` (n_batches, batch_size); the mean loss."""
        require_same_process()
        rates = np.fromiter(rates, "float32")
        n_batches, batch_size = order.shape
        room = _buckets.power_of_two(n_batches, 64)
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
            device=device(),
        )
        arguments = (
            self._progress,
            self._data,
            _buckets.fill(order, room),
            _buckets.fill(self._corrected(rates), room),
            _buckets.fill(np.float32(self._settings.weight_decay) * rates, room),
            np.int32(n_batches),
            np.int32(self._n_done),
            self._hyper,
            self._seed,
        )
        program = _epochs.get(key, lambda: Epoch(key, self._spec, self._model, arguments))
        self._progress, total = program(*arguments)
        self._n_done += n_batches
        return float(total) / int((order >= 0).sum())

    def _corrected(self, rates):
        """Learning rates with Adam's correction for moments that start at zero, float32."""
        t = self._n_done + 1.0 + np.arange(len(rates))
        beta_1, beta_2 = self._settings.beta_1, self._settings.beta_2
        return (rates * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)).astype("float32")

    def state(self) -> dict:
        """All that changes in training, copied; `restore` takes it."""
        params, mean, square, others = jax.tree.map(np.array, self._progress)
        return {"params": params, "moments": (mean, square, self._n_done), "others": others}

    def restore(self, state: dict) -> None:
        """Be as an engine of the same network was."""
        mean, square, self._n_done = state["moments"]
        found = Progress(state["params"], mean, square, state["others"])
        own = jax.tree.map(np.array, self._progress)
        jax.tree.map(copy_into, own, found)
        self._progress = jax.tree.map(jnp.asarray, own)

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


def prepare(
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

    key = (SpecKey(spec), n_timesteps, ragged, whitened, device())
    return _models.get(key, build), weights


def _place(data: TrainingSet, n_timesteps: int, ragged: bool) -> Columns:
    """The training set on the device, with room for the rows and steps of its bucket."""
    room = _buckets.row_bucket(len(data.values), data.values[0].nbytes)
    values = _spread(data.values, room, n_timesteps)
    n_steps = _buckets.fill(data.n_steps, room) if ragged else None
    targets, sample_weight = (
        _buckets.fill(data.targets, room),
        _buckets.fill(data.sample_weight, room),
    )
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
