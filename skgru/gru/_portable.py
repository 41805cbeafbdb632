"""Training on any Keras backend by Keras' own means: slower than on JAX, the same arithmetic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from skgru.gru import _losses, _network
from skgru.gru._backend import keras, require_same_process
from skgru.gru._model import CustomSpec, GRUSpec, OptimizerSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

Spec = GRUSpec | CustomSpec
Weights = tuple[np.ndarray, ...]

# Rows that one forward pass takes.
_BLOCK = 128


def _row_loss(spec: Spec, label_smoothing: float):
    """The loss of each row in the form that `keras.Model.compile` takes."""

    def row_loss(y_true, y_pred):
        y_true = keras.ops.convert_to_tensor(y_true)
        if spec.loss == "cross_entropy":
            y_true = keras.ops.reshape(keras.ops.cast(y_true, "int32"), (-1,))
        levels = getattr(spec, "levels", ())
        return _losses.per_row(spec.loss, y_pred, y_true, label_smoothing, levels)

    return row_loss


class _Sum(keras.losses.Loss):
    """The weighted sum over rows: the weights passed in divide by their number."""

    def __init__(self, row_loss):
        super().__init__(name="sum", reduction="sum")
        self.call = row_loss


class KerasEngine:
    """Trains a spec with `keras.optimizers.AdamW`, a batch a call.

    Parameters
    ----------
    spec : GRUSpec or CustomSpec
    weights : tuple of ndarray or None
        As for the engine on JAX.
    data : TrainingSet
    settings : OptimizerSettings
    seed : int
    """

    moments = None  # stay inside of Keras' optimizer
    whole_epochs = True

    def __init__(self, spec, weights, data, settings, seed, moments=None):
        del moments
        require_same_process()
        self._spec = spec
        self._data = data
        self._ragged = _network.reads_lengths(spec, data.n_steps)
        model = _network.build(
            spec,
            data.values.shape[1],
            ragged=self._ragged,
            fused=False,
            whitened=data.whitening is not None,
            dropout=settings.dropout,
            recurrent_dropout=settings.recurrent_dropout,
            seed=seed,
        )
        self._variables = _network.variables(spec, model)
        if weights is not None:
            _assign(self._variables, weights)
        if data.whitening is not None:
            _assign(_network.whitening_variables(model), data.whitening)
        self._trainer = keras.Model(model.input, model.outputs[0])
        row_loss = _row_loss(spec, settings.label_smoothing)
        self._trainer.compile(
            optimizer=_optimizer(model, settings),
            loss=_Sum(row_loss),
            # Beside the loss, which holds the penalties of a user's layers, their loss alone.
            weighted_metrics=[keras.metrics.MeanMetricWrapper(row_loss)],
            jit_compile=False,
        )

    def replace_values(self, values: np.ndarray) -> None:
        """Train on other values of the same rows from here on."""
        self._data = replace(self._data, values=values)

    def state(self) -> dict:
        """Refused: what Keras' optimizer and its random generators hold is not at hand."""
        raise ValueError(
            "Of this engine no checkpoint can be made. With `checkpoint_dir`, set engine='numba', "
            "or let Keras run on JAX."
        )

    def restore(self, state: dict) -> None:
        """Never reached: there is no state."""

    def run_epoch(self, order: np.ndarray, rates: Iterable[float]) -> float:
        """One update for each row of `order` (n_batches, batch_size); the mean loss."""
        data, total = self._data, 0.0
        for chosen, rate in zip(order, rates, strict=True):
            real = chosen >= 0
            # A place with no row repeats the first, with weight zero: all batches have one shape.
            rows = np.where(real, chosen, chosen[0])
            n_steps = data.n_steps[rows] if self._ragged else None
            inputs = _network.join_inputs(self._spec, data.values[rows], n_steps, real)
            weights = np.where(real, data.sample_weight[rows], 0) / max(real.sum(), 1)
            self._trainer.optimizer.learning_rate = float(rate)
            self._trainer.reset_metrics()
            _, mean = self._trainer.train_on_batch(
                inputs, data.targets[rows], sample_weight=weights.astype("float32")
            )
            total += float(mean) * weights.sum() * real.sum()
        return float(total / (order >= 0).sum())

    @property
    def weights(self) -> Weights:
        return _read(self._variables)


def _optimizer(model, settings: OptimizerSettings):
    optimizer = keras.optimizers.AdamW(
        weight_decay=settings.weight_decay,
        beta_1=settings.beta_1,
        beta_2=settings.beta_2,
        epsilon=settings.epsilon,
        global_clipnorm=settings.clipnorm or None,
    )
    trained = zip(model.trainable_variables, _network.decayed(model), strict=True)
    optimizer.exclude_from_weight_decay(var_list=[v for v, decays in trained if not decays])
    return optimizer


def _assign(variables, weights: Weights) -> None:
    for variable, value in zip(variables, weights, strict=True):
        variable.assign(value)


def _read(variables) -> Weights:
    return tuple(np.array(keras.ops.convert_to_numpy(v.value)) for v in variables)


def forward(spec: CustomSpec, weights: Weights, values, n_steps) -> list[np.ndarray]:
    """Outputs (n, n_outputs) and features (n, d) of a user's network: scaled values (n, T, F)."""
    require_same_process()
    ragged = _network.reads_lengths(spec, n_steps)
    model = _network.build(spec, values.shape[1], ragged=ragged, fused=False)
    _assign(_network.variables(spec, model), weights)
    blocks = []
    for start in range(0, len(values), _BLOCK):
        inputs = values[start : start + _BLOCK]
        if ragged:
            inputs = [inputs, n_steps[start : start + _BLOCK]]
        outputs = model(inputs, training=False)
        blocks.append([keras.ops.convert_to_numpy(part) for part in outputs])
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]
