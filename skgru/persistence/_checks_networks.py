"""What must hold among the values of GRU networks, and of the estimators around them."""

from __future__ import annotations

import numpy as np

from skgru.gru._model import POOLINGS, STOP_REASONS
from skgru.persistence._conditions import array, get, require, whole
from skgru.sktime import _quantiles


def check_spec(spec) -> None:
    """Sizes of a network that belong together."""
    require(whole(spec.n_channels, 1) and whole(spec.n_outputs, 1), "the network's width")
    require(spec.units and all(whole(n, 1) for n in spec.units), "units")
    require(whole(spec.patch_length, 1), "patch_length")
    require(whole(spec.patch_stride, 1, spec.patch_length), "patch_stride")
    require(whole(spec.embedding_units) and whole(spec.context_length), "embedding")
    require(spec.embedding_units or not (spec.context_length or spec.batch_norm), "embedding")
    require(whole(spec.n_tokens), "n_tokens")
    if spec.n_tokens:
        require(spec.embedding_units and spec.n_channels == spec.patch_length == 1, "n_tokens")


def check_network(network) -> None:
    """The weights are those of the spec."""
    shapes = network.spec.weight_shapes()
    require(len(shapes) == len(network.weights), "the number of weights")
    for wanted, weight in zip(shapes, network.weights):
        require(array(weight, wanted.shape, np.float32), f"the weight {wanted.name}")


def _is_pooled(spec) -> bool:
    return bool(spec.pooling) and set(spec.pooling) <= set(POOLINGS)


def check_scaling(scaling, n_columns: int, name: str) -> None:
    """A centre and a scale for each column."""
    for part in (scaling.center, scaling.scale):
        require(array(part, (n_columns,)), name)
    require((scaling.scale >= 0).all(), name)


def check_stop_reason(reason) -> None:
    """One of those there are; files of older releases have none."""
    require(reason is None or reason in STOP_REASONS, "stop_reason_")


def _series_estimator(estimator) -> None:
    """What classifier and regressor share."""
    check_stop_reason(vars(estimator).get("stop_reason_"))
    spec = get(estimator, "model_").spec
    require(_is_pooled(spec), "pooling")
    require(whole(get(estimator, "n_channels_in_"), spec.n_channels, spec.n_channels), "X")
    require(get(estimator, "_input_ndim") in (2, 3), "_input_ndim")
    n_timesteps = get(estimator, "n_timesteps_in_")
    require(n_timesteps is None or whole(n_timesteps, 1), "n_timesteps_in_")
    names = vars(estimator).get("feature_names_in_")
    if names is not None:
        require(np.shape(names) == (get(estimator, "n_features_in_"),), "feature_names_in_")
    scaling = get(estimator, "_scaling")
    check_scaling(scaling, spec.n_channels, "_scaling")
    require((scaling.scale > 0).all(), "_scaling")
    if spec.n_tokens:  # what is looked up in a table must stay the number that was checked
        require((scaling.center == 0).all() and (scaling.scale == 1).all(), "_scaling")


def check_classifier(estimator) -> None:
    """The network is one for the classes."""
    if "model_" in vars(estimator):
        _series_estimator(estimator)
        n_classes = np.shape(get(estimator, "classes_"))
        require(n_classes == (estimator.model_.spec.n_outputs,), "classes_")
        require(estimator.model_.spec.loss == "cross_entropy", "loss")


def check_regressor(estimator) -> None:
    """The network is one for the targets."""
    if "model_" in vars(estimator):
        _series_estimator(estimator)
        n_outputs = estimator.model_.spec.n_outputs
        require(get(estimator, "n_outputs_") == n_outputs, "n_outputs_")
        is_flat = get(estimator, "_flat_y")
        require(isinstance(is_flat, bool) and not (is_flat and n_outputs > 1), "_flat_y")
        check_scaling(get(estimator, "_target_scaling"), n_outputs, "_target_scaling")


def check_global_model(model) -> None:
    """Networks and highway are of one shape of windows."""
    check_stop_reason(model.stop_reason)
    context, horizon = model.shape.context, model.shape.horizon
    length, n_levels = model.token_length, len(_quantiles.LEVELS)
    require(whole(context, 1) and whole(horizon, 1) and whole(length, 1), "window")
    require(model.networks and array(model.factors, (n_levels,)), "the networks")
    width = length + 2 + model.n_known * length
    for network in model.networks:
        require(_is_pooled(network.spec), "pooling")
        require(network.spec.n_channels == width, "the network's width")
        require(network.spec.n_outputs == horizon * n_levels, "the network's outputs")
    highway = model.highway
    require(whole(highway.period, 1, context), "the highway's period")
    own = [highway.weights, *highway.own.values()]
    require(all(np.shape(w) == (context + 1, horizon) for w in own), "the highway")
    require(len(highway.known_weights) == horizon, "the highway")


def check_global_forecaster(estimator) -> None:
    """Models are models."""
    for name in ("model_", "pretrained_model_"):
        model = vars(estimator).get(name)
        require(model is None or type(model).__name__ == "GlobalModel", name)
