"""The Keras model of a spec: for training, and as a plain model for the user."""

from __future__ import annotations

import numpy as np

from skgru.gru import _custom, _graph
from skgru.gru._backend import keras, require_same_process
from skgru.gru._model import CustomSpec, GRUSpec

layers = keras.layers


def build(
    spec: GRUSpec | CustomSpec,
    n_timesteps: int,
    *,
    ragged: bool,
    fused: bool,
    whitened: bool = False,
    dropout: float = 0.0,
    recurrent_dropout: float = 0.0,
    seed: int = 0,
):
    """The model that an engine trains.

    Parameters
    ----------
    spec : GRUSpec or CustomSpec
    n_timesteps : int
        Of the longest row; ``spec.padded_length`` of it gives the same model.
    ragged : bool
        Whether the model also reads the number of patches of each row.
    fused : bool
        Our layers for training on JAX, else Keras' own.
    whitened : bool
        Whether the embedding reads whitened patches, by the map in `whitening_variables`.
    dropout, recurrent_dropout : float
        Rates of the plain layers.
    seed : int
        Of the plain dropout layers, and of the first weights of a `CustomSpec`.

    Returns
    -------
    keras.Model
        ``values (B, T, F)[, n_steps (B,)][, is_row (B,)] -> outputs (B, K), features (B, D)``,
        see `join_inputs`. The trainable weights of a GRUSpec come in the order of
        ``spec.weight_shapes()``.
    """
    require_same_process()
    make = _graph.Fused() if fused else _graph.Plain(dropout, recurrent_dropout)
    shape = (spec.padded_length(n_timesteps), spec.n_channels)
    values = keras.Input(shape, dtype="float32", name="values")
    n_steps = keras.Input((), dtype="int32", name="n_steps") if ragged else None
    is_row = keras.Input((), dtype="bool", name="is_row") if _normalises(spec) else None
    with _custom.seeded(seed):
        patches = _graph.patches(spec, values)
        outputs, features = _graph.connect(spec, patches, n_steps, make, is_row, whitened)
    model = keras.Model(join_inputs(spec, values, n_steps, is_row), [outputs, features])
    _assert_order(spec, model)
    return model


def export(
    spec: GRUSpec | CustomSpec,
    weights: tuple[np.ndarray, ...],
    n_timesteps: int | None,
    *,
    ragged: bool,
    center: np.ndarray,
    scale: np.ndarray,
    target_center: np.ndarray | None = None,
    target_scale: np.ndarray | None = None,
    probabilities: bool = False,
):
    """A plain Keras model from series in their own units to answers in theirs.

    Parameters
    ----------
    spec : GRUSpec or CustomSpec
    weights : tuple of ndarray
    n_timesteps : int or None
        None takes series of any length; only where `ragged`.
    ragged : bool
        Whether the model reads ``[X, lengths]``, else X alone.
    center, scale : ndarray, shape (n_channels,)
        The network reads ``(X - center) / scale``.
    target_center, target_scale : ndarray, shape (n_outputs,), optional
        The model answers ``outputs * target_scale + target_center``.
    probabilities : bool
        Whether the outputs are logits to turn into probabilities.

    Returns
    -------
    keras.Model
        What the output layer reads is the output of its layer ``"features"``.
    """
    require_same_process()
    X = keras.Input((n_timesteps, spec.n_channels), dtype="float32", name="X")
    lengths = keras.Input((), dtype="int32", name="lengths") if ragged else None
    values = (X - np.asarray(center, "float32")) / np.asarray(scale, "float32")
    if ragged:
        patches, n_steps = _graph.own_patches(spec, values, lengths)
    else:
        patches, n_steps = _graph.patches(spec, values), None
    with _custom.seeded(0):
        outputs, _ = _graph.connect(spec, patches, n_steps, _graph.Plain())
        if probabilities:
            outputs = layers.Softmax(name="probabilities", dtype="float32")(outputs)
        if target_scale is not None:
            outputs = outputs * np.asarray(target_scale, "float32")
            outputs = outputs + np.asarray(target_center, "float32")
        model = keras.Model([X, lengths] if ragged else X, outputs)
        if isinstance(spec, GRUSpec):
            _restore_initializers(model)
    _assert_order(spec, model)
    for variable, value in zip(variables(spec, model), weights, strict=True):
        variable.assign(value)
    return model


def variables(spec: GRUSpec | CustomSpec, model) -> list:
    """The Keras variables that the weights of a spec are kept in, in their order.

    Those that are not trained follow the trained ones.
    """
    if isinstance(spec, GRUSpec):
        norms = [x for x in model.layers if isinstance(x, layers.BatchNormalization)]
        statistics = [v for x in norms for v in (x.moving_mean, x.moving_variance)]
        return model.trainable_variables + statistics
    # Plain dropout before the output layer, which only some of our models have, holds a seed.
    ours = {id(v) for x in model.layers if x.name == "features_dropout" for v in x.variables}
    return model.trainable_variables + [
        v for v in model.non_trainable_variables if id(v) not in ours
    ]


def join_inputs(spec: GRUSpec | CustomSpec, values, n_steps, is_row):
    """What a model for training reads, of which each spec needs its part.

    `n_steps` (B,) is None where rows are of one length. `is_row` (B,) tells batch normalisation
    which places of the batch hold a row: the others repeat one and must not count.
    """
    joined = [values]
    if n_steps is not None:
        joined.append(n_steps)
    if _normalises(spec):
        joined.append(is_row)
    return joined if len(joined) > 1 else values


def whitening_variables(model) -> list:
    """Where a model built as `whitened` keeps matrix (W, W) and shift (W,): not trained."""
    return model.get_layer("whitening").variables


def _normalises(spec: GRUSpec | CustomSpec) -> bool:
    return isinstance(spec, GRUSpec) and spec.batch_norm and spec.embedding_units > 0


def reads_lengths(spec: GRUSpec | CustomSpec, n_steps: np.ndarray) -> bool:
    """Whether a model for these rows has to know how long each is."""
    if isinstance(spec, CustomSpec):
        return spec.n_timesteps is None
    return bool((n_steps != n_steps[0]).any())


def decayed(model) -> list[bool]:
    """Whether weight decay acts on each trainable variable: on matrices, not on biases."""
    return [len(v.shape) > 1 and v.name != "bias" for v in model.trainable_variables]


def _restore_initializers(model) -> None:
    """Give a model built from zeros Keras' usual configuration: a copy of it starts as usual."""
    for layer in model.layers:
        owner = getattr(layer, "cell", layer)
        if hasattr(owner, "kernel_initializer"):
            owner.kernel_initializer = keras.initializers.GlorotUniform()
        if hasattr(owner, "embeddings_initializer"):
            owner.embeddings_initializer = keras.initializers.RandomUniform()
        if hasattr(owner, "recurrent_initializer"):
            owner.recurrent_initializer = keras.initializers.Orthogonal()


def _assert_order(spec: GRUSpec | CustomSpec, model) -> None:
    if isinstance(spec, GRUSpec):
        expected = spec.weight_shapes()
        found = [tuple(v.shape) for v in variables(spec, model)]
        assert [weight.shape for weight in expected] == found, (expected, found)
        assert [weight.decayed for weight in expected if weight.trained] == decayed(model)
