"""The loss of each row, in the operations of any Keras backend."""

from __future__ import annotations

from skgru.gru._backend import keras
from skgru.gru._model import Loss

ops = keras.ops


def cross_entropy(logits, targets, label_smoothing):
    """Against the one-hot target mixed with the uniform distribution.

    Shapes: logits (B, K), targets int (B,) -> (B,).
    """
    n_classes = logits.shape[-1]
    wanted = ops.one_hot(targets, n_classes, dtype="float32")
    wanted = (1 - label_smoothing) * wanted + label_smoothing / n_classes
    return -ops.sum(wanted * ops.log_softmax(logits, axis=-1), axis=-1)


def squared_error(outputs, targets):
    """Mean over the outputs of a row. Shapes: (B, K), (B, K) -> (B,)."""
    return ops.mean(ops.square(outputs - targets), axis=-1)


def pinball(outputs, targets, levels):
    """Mean over targets and levels, without targets that are NaN: (B, T Q), (B, T) -> (B,)."""
    targets = ops.expand_dims(targets, -1)
    quantiles = ops.reshape(outputs, (-1, targets.shape[1], len(levels)))
    known = ops.logical_not(ops.isnan(targets))
    over = ops.where(known, targets, quantiles) - quantiles
    slopes = ops.convert_to_tensor(levels, dtype="float32")
    losses = ops.maximum(slopes * over, (slopes - 1) * over)
    return ops.mean(losses, axis=(1, 2))


def per_row(loss: Loss, outputs, targets, label_smoothing=0.0, levels=()):
    """Shapes: outputs (B, K), targets as in `TrainingSet` -> (B,)."""
    if loss == "pinball":
        return pinball(outputs, targets, levels)
    if loss == "cross_entropy":
        return cross_entropy(outputs, targets, label_smoothing)
    return squared_error(outputs, targets)
