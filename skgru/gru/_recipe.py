"""An estimator's parameters -> how it is trained."""

from __future__ import annotations

from skgru.gru import _defaults
from skgru.gru._model import OptimizerSettings
from skgru.gru._training import Schedule


def schedule(estimator, n_rows: int, epochs: int | None) -> Schedule:
    """Epochs, batches and rates; `epochs` are those of a `partial_fit`, at a constant rate."""
    batch_size = _defaults.batch_size(estimator.batch_size, n_rows)
    return Schedule(
        epochs=epochs or _defaults.epochs(estimator.epochs, n_rows, batch_size, estimator._loss),
        batch_size=batch_size,
        learning_rate=float(estimator.learning_rate),
        decay="constant" if epochs else estimator.schedule,
    )


def optimizer(estimator) -> OptimizerSettings:
    """What stays the same over all updates; a regressor has no labels to smooth."""
    return OptimizerSettings(
        weight_decay=float(estimator.weight_decay),
        clipnorm=float(estimator.clipnorm or 0),
        dropout=float(estimator.dropout),
        recurrent_dropout=float(estimator.recurrent_dropout),
        label_smoothing=float(getattr(estimator, "label_smoothing", 0)),
    )
