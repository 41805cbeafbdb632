"""What must hold among the values of a loaded estimator.

Compiled code reads arrays without looking at their bounds. So shapes, types and ranges are compared
here, before any of it sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skgru.gru._model import POOLINGS
from skgru.sktime import _quantiles

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST = 2**31 - 1


def check_record(name: str, record) -> None:
    """Raise ValueError if a record contradicts itself."""
    if name in _RECORDS:
        _RECORDS[name](record)


def check_estimator(name: str, estimator) -> None:
    """Raise ValueError if what an estimator has learnt does not fit together."""
    if name in _CLASSES:
        _CLASSES[name](estimator)


def _require(holds, what: str) -> None:
    if not holds:
        raise ValueError(f"{what} does not fit the rest of the model")


def _whole(value, low: int = 0, high: int = _LARGEST) -> bool:
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return bool(is_whole and low <= value <= high)


def _array(value, shape: tuple, kind=np.float64, *, finite: bool = True) -> bool:
    """Whether a value is a C-contiguous array of this shape, where None is any length."""
    if not isinstance(value, np.ndarray) or value.dtype != kind or value.ndim != len(shape):
        return False
    fits = all(want is None or have == want for have, want in zip(value.shape, shape))
    return bool(fits and value.flags.c_contiguous and not (finite and not np.isfinite(value).all()))


def _get(estimator, name: str) -> Any:
    _require(name in vars(estimator), f"{name} (missing)")
    return vars(estimator)[name]


# ---------------------------------------------------------------------- the GRU engine


def _gru_spec(spec) -> None:
    _require(_whole(spec.n_channels, 1) and _whole(spec.n_outputs, 1), "the network's width")
    _require(spec.units and all(_whole(n, 1) for n in spec.units), "units")
    _require(_whole(spec.patch_length, 1), "patch_length")
    _require(_whole(spec.patch_stride, 1, spec.patch_length), "patch_stride")
    _require(_whole(spec.embedding_units) and _whole(spec.context_length), "embedding")
    _require(spec.embedding_units or not (spec.context_length or spec.batch_norm), "embedding")
    _require(_whole(spec.n_tokens), "n_tokens")
    if spec.n_tokens:
        _require(spec.embedding_units and spec.n_channels == spec.patch_length == 1, "n_tokens")


def _network(network) -> None:
    """A spec with its weights."""
    shapes = network.spec.weight_shapes()
    _require(len(shapes) == len(network.weights), "the number of weights")
    for wanted, weight in zip(shapes, network.weights):
        _require(_array(weight, wanted.shape, np.float32), f"the weight {wanted.name}")


def _is_pooled(spec) -> bool:
    return bool(spec.pooling) and set(spec.pooling) <= set(POOLINGS)


def _scaling(scaling, n_columns: int, name: str) -> None:
    for part in (scaling.center, scaling.scale):
        _require(_array(part, (n_columns,)), name)
    _require((scaling.scale >= 0).all(), name)


def _series_estimator(estimator) -> None:
    """What classifier and regressor share."""
    spec = _get(estimator, "model_").spec
    _require(_is_pooled(spec), "pooling")
    _require(_whole(_get(estimator, "n_channels_in_"), spec.n_channels, spec.n_channels), "X")
    _require(_get(estimator, "_input_ndim") in (2, 3), "_input_ndim")
    n_timesteps = _get(estimator, "n_timesteps_in_")
    _require(n_timesteps is None or _whole(n_timesteps, 1), "n_timesteps_in_")
    names = vars(estimator).get("feature_names_in_")
    if names is not None:
        _require(np.shape(names) == (_get(estimator, "n_features_in_"),), "feature_names_in_")
    _scaling(_get(estimator, "_scaling"), spec.n_channels, "_scaling")


def _classifier(estimator) -> None:
    if "model_" in vars(estimator):
        _series_estimator(estimator)
        n_classes = np.shape(_get(estimator, "classes_"))
        _require(n_classes == (estimator.model_.spec.n_outputs,), "classes_")
        _require(estimator.model_.spec.loss == "cross_entropy", "loss")


def _regressor(estimator) -> None:
    if "model_" in vars(estimator):
        _series_estimator(estimator)
        n_outputs = estimator.model_.spec.n_outputs
        _require(_get(estimator, "n_outputs_") == n_outputs, "n_outputs_")
        is_flat = _get(estimator, "_flat_y")
        _require(isinstance(is_flat, bool) and not (is_flat and n_outputs > 1), "_flat_y")
        _scaling(_get(estimator, "_target_scaling"), n_outputs, "_target_scaling")


# ---------------------------------------------------------------------- text


def _language_spec(spec) -> None:
    sizes = (spec.n_tokens, spec.embedding_dim, spec.units, spec.n_layers)
    _require(all(_whole(size, 1) for size in sizes), "the network's size")


def _vector_network(model) -> None:
    """A spec with all its weights in one vector."""
    _require(_array(model.parameters, (model.spec.n_parameters,), np.float32), "model_.parameters")


def _vocabulary(vocabulary) -> None:
    n_tokens = len(vocabulary.classes)
    _require(vocabulary.classes.ndim == 1 and n_tokens >= 2, "the vocabulary")
    _require(vocabulary.counts.shape == (n_tokens,), "the vocabulary's counts")
    _require(vocabulary.counts.dtype.kind in "iu", "the vocabulary's counts")
    _require(type(vocabulary.numbers).__name__ == "_Numbers", "the vocabulary's numbers")
    _require(
        all(_whole(number, 0, n_tokens - 1) for number in vocabulary.numbers.values()),
        "the vocabulary's numbers",
    )


def _language_model(estimator) -> None:
    if "model_" in vars(estimator):
        n_tokens = estimator.model_.spec.n_tokens
        _require(len(_get(estimator, "_vocabulary")) == n_tokens, "the vocabulary")
        _require(np.shape(_get(estimator, "classes_")) == (n_tokens,), "classes_")


# ---------------------------------------------------------------------- exponential smoothing


def _panel(panel) -> None:
    n_columns = len(panel.columns) + len(panel.regressors)
    n_series = panel.n_instances * n_columns
    _require(len(panel.columns) > 0 and panel.n_instances > 0, "the panel")
    _require(panel.instances is None or len(panel.instances) == panel.n_instances, "instances")
    _require(_array(panel.values, (None,), finite=False), "the panel's values")
    _require(not np.isinf(panel.values).any(), "the panel's values")
    _require(_array(panel.offsets, (n_series + 1,), np.int64), "the panel's offsets")
    _require(panel.offsets[0] == 0 and panel.offsets[-1] == len(panel.values), "offsets")
    _require((np.diff(panel.offsets) > 0).all(), "offsets")


def _settings(settings) -> None:
    _require(settings.specs and _whole(settings.sp, 1), "the candidates")
    _require(_array(settings.bounds, (4, 2)), "bounds")
    for starts in (settings.search.starts, settings.search.seasonal_starts):
        _require(_array(starts, (None, 4)), "search")
    season = settings.fixed.season
    _require(_array(season, (None,)) and len(season) in (0, settings.sp), "initial_seasonal")


def _fitted(fitted) -> None:
    n, m, sp = len(fitted.best), len(fitted.settings.specs), fitted.settings.sp
    fits = fitted.fits
    for name, shape, kind in (
        ("status", (n, m), np.int8),
        ("smoothing", (n, m, 4), np.float64),
        ("initial", (n, m, 2 + sp), np.float64),
        ("final", (n, m, 2 + sp), np.float64),
        ("loss", (n, m), np.float64),
        ("sse", (n, m), np.float64),
        ("n_observed", (n,), np.int64),
        ("n_times", (n,), np.int64),
    ):
        _require(_array(getattr(fits, name), shape, kind, finite=False), name)
    _require(_array(fitted.criteria, (n, m), finite=False), "criteria")
    _require(_array(fitted.weights, (n, m)) and (fitted.weights >= 0).all(), "weights")
    _require(_array(fitted.best, (n,), np.int64), "best")
    _require(((fitted.best >= 0) & (fitted.best < m)).all(), "best")
    _require(fitted.lambdas is None or _array(fitted.lambdas, (n,)), "lambdas")
    _require(fitted.shares is None or _array(fitted.shares, (n,)), "shares")
    _require(_array(fitted.coefficients, (n, None)), "coefficients")
    _require(
        all(_array(pattern, (n, None)) and pattern.size for pattern in fitted.cycles), "cycles"
    )
    _require(_whole(fitted.n_paths, 1, 10**7), "n_simulations")
    _require(fitted.companion is None or len(fitted.companion.best) == n, "the companion")


def _forecaster(estimator) -> None:
    if "_fitted" not in vars(estimator):
        return
    fitted, panel = estimator._fitted, _get(estimator, "_panel")
    while fitted is not None:
        _require(len(fitted.best) == panel.n_series, "the models")
        times = np.tile(panel.lengths, len(panel.columns))
        _require((fitted.fits.n_times == times).all(), "n_times")
        _require(fitted.coefficients.shape[1] == len(panel.regressors), "coefficients")
        fitted = fitted.companion


# ---------------------------------------------------------------------- the global forecaster


def _global_model(model) -> None:
    context, horizon = model.shape.context, model.shape.horizon
    length, n_levels = model.token_length, len(_quantiles.LEVELS)
    _require(_whole(context, 1) and _whole(horizon, 1) and _whole(length, 1), "window")
    _require(model.networks and _array(model.factors, (n_levels,)), "the networks")
    width = length + 2 + model.n_known * length
    for network in model.networks:
        _require(_is_pooled(network.spec), "pooling")
        _require(network.spec.n_channels == width, "the network's width")
        _require(network.spec.n_outputs == horizon * n_levels, "the network's outputs")
    highway = model.highway
    _require(_whole(highway.period, 1, context), "the highway's period")
    own = [highway.weights, *highway.own.values()]
    _require(all(np.shape(w) == (context + 1, horizon) for w in own), "the highway")
    _require(len(highway.known_weights) == horizon, "the highway")


def _global_forecaster(estimator) -> None:
    for name in ("model_", "pretrained_model_"):
        model = vars(estimator).get(name)
        _require(model is None or type(model).__name__ == "GlobalModel", name)


_RECORDS: dict[str, Callable[[Any], None]] = {
    "ets.Fitted": _fitted,
    "gru.GRUSpec": _gru_spec,
    "sktime.GlobalModel": _global_model,
    "text.LanguageSpec": _language_spec,
    "sktime.Network": _network,
    "ets.Panel": _panel,
    "ets.Settings": _settings,
    "gru.TrainedGRU": _network,
    "text.TrainedLanguageModel": _vector_network,
    "text.Vocabulary": _vocabulary,
}

_CLASSES: dict[str, Callable[[Any], None]] = {
    "skgru.ETSForecaster": _forecaster,
    "skgru.GRUClassifier": _classifier,
    "skgru.GRULanguageModel": _language_model,
    "skgru.GRURegressor": _regressor,
    "skgru.sktime.GRUForecaster": _global_forecaster,
}
