"""Two engines, one description: without dropout they do the same arithmetic."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from skgru.gru import _batches, _initial, _network
from skgru.gru._epoch import KerasEngine
from skgru.gru._model import GRUSpec, OptimizerSettings, TrainingSet

_native = pytest.importorskip("skgru.gru._native", reason="the numba engine is not there yet")
_inference = pytest.importorskip("skgru.gru._inference", reason="inference is not there yet")

# (architecture, whether rows differ in length)
CASES = {
    "plain": (GRUSpec(1, 2, (4,)), False),
    "ragged": (GRUSpec(2, 3, (4,)), True),
    "bidirectional": (GRUSpec(2, 3, (4,), True), False),
    "bidirectional ragged": (GRUSpec(2, 3, (4,), True, ("last", "mean")), True),
    "stacked": (GRUSpec(2, 3, (4, 3, 5), pooling=("mean",)), False),
    "stacked bidirectional ragged": (GRUSpec(2, 3, (4, 3), True, ("max",)), True),
    "patches": (GRUSpec(2, 3, (4,), False, ("max",), 3, 2), False),
    "patches ragged": (GRUSpec(1, 2, (4,), True, ("max", "mean"), 4, 3), True),
    "embedding": (GRUSpec(2, 3, (4,), True, ("mean",), 3, 1, 5), False),
    "attention": (GRUSpec(2, 3, (4,), False, ("attention",)), False),
    "attention ragged": (GRUSpec(2, 3, (4,), True, ("attention", "last"), 2, 2, 5), True),
    "regression": (GRUSpec(2, 1, (4,), True, ("mean",), loss="squared_error"), False),
    "many outputs ragged": (
        GRUSpec(2, 3, (4, 4), True, ("last", "mean", "max", "attention"), 3, 2, 4, "squared_error"),
        True,
    ),
    "context": (GRUSpec(2, 3, (4,), True, ("mean",), 3, 1, 5, context_length=4), False),
    "context ragged": (
        GRUSpec(2, 3, (4,), True, ("max",), embedding_units=5, context_length=3),
        True,
    ),
    "norm": (GRUSpec(2, 3, (4,), True, ("mean",), 3, 1, 5, batch_norm=True), False),
    "norm ragged": (GRUSpec(2, 3, (4,), False, ("last",), 2, 2, 1, batch_norm=True), True),
    "norm and context": (
        GRUSpec(2, 1, (4, 3), True, ("mean",), 3, 2, 5, "squared_error", 3, True),
        False,
    ),
    "norm and context ragged": (
        GRUSpec(2, 3, (4,), True, ("attention",), 2, 1, 5, context_length=2, batch_norm=True),
        True,
    ),
    "tokens": (GRUSpec(1, 3, (4,), True, embedding_units=5, n_tokens=7), False),
    "tokens ragged": (
        GRUSpec(
            *(1, 3, (4,), True, ("mean",)),
            embedding_units=5,
            context_length=3,
            batch_norm=True,
            n_tokens=7,
        ),
        True,
    ),
}
WHITENED = ["embedding", "context ragged", "norm and context", "norm and context ragged"]
each_case = pytest.mark.parametrize(("spec", "ragged"), CASES.values(), ids=CASES)
N, T = 21, 9


def draw(spec, ragged, seed=0):
    """Weights, series of shape (N, T, F), lengths, and all as a training set."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, N) if ragged else np.full(N, T)
    lengths[0] = T
    X = rng.normal(size=(N, T, spec.n_channels)).astype("float32")
    if spec.n_tokens:
        X = rng.integers(spec.n_tokens, size=X.shape).astype("float32")
    values = np.empty((N, spec.padded_length(T), spec.n_channels), "float32")
    for row, series, length in zip(values, X, lengths):
        row[:length], row[length:] = series[:length], series[length - 1]
    if spec.loss == "cross_entropy":
        targets = rng.integers(0, spec.n_outputs, N).astype("int32")
    else:
        targets = rng.normal(size=(N, spec.n_outputs)).astype("float32")
    weight = rng.random(N)
    data = TrainingSet(
        values,
        spec.n_patches(lengths).astype("int32"),
        targets,
        (weight / weight.mean()).astype("float32"),
    )
    return _initial.draw(spec, rng), X, lengths.astype("int32"), data


def assert_engines_train_alike(spec, weights, data):
    settings = OptimizerSettings(
        weight_decay=0.05,
        clipnorm=0.5,
        label_smoothing=0.1,
        # The bias before a normalisation has no effect: its gradient is rounding, which Adam with
        # its usual epsilon blows up to a step.
        epsilon=1e-3 if spec.batch_norm else 1e-7,
    )
    engines = [
        engine(spec, weights, data, settings, 0) for engine in (_native.NumbaEngine, KerasEngine)
    ]
    rng = np.random.default_rng(0)
    for _ in range(2):
        order = _batches.plan(rng, data.n_steps, 8)
        rates = np.linspace(1e-2, 5e-3, len(order), dtype="float32")
        found, expected = (engine.run_epoch(order, rates) for engine in engines)
        assert found == pytest.approx(expected, rel=1e-5)
    # An entry whose gradient is near zero takes a step of either sign: judge whole arrays.
    for found, expected, shape in zip(
        engines[0].weights, engines[1].weights, spec.weight_shapes(), strict=True
    ):
        assert found.shape == shape.shape
        assert np.linalg.norm(found - expected) < 1e-3 * (np.linalg.norm(expected) + 1e-2), shape
    for found, expected in zip(engines[0].moments, engines[1].moments, strict=True):
        assert np.shape(found) == np.shape(expected)


@each_case
def test_engines_train_alike(spec, ragged):
    weights, _, _, data = draw(spec, ragged)
    assert_engines_train_alike(spec, weights, data)


def test_engines_train_alike_on_quantiles():
    levels = (0.1, 0.5, 0.9)
    spec = GRUSpec(2, 6, (4,), embedding_units=5, loss="pinball", levels=levels)
    weights, _, _, data = draw(replace(spec, loss="squared_error"), False)
    targets = data.targets[:, :2].copy()
    targets[3, 0] = np.nan
    assert_engines_train_alike(spec, weights, replace(data, targets=targets))


@pytest.mark.parametrize("name", WHITENED)
def test_engines_whiten_alike(name):
    spec, ragged = CASES[name]
    weights, _, _, data = draw(spec, ragged)
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(spec.patch_width, spec.patch_width)) / np.sqrt(spec.patch_width)
    shift = rng.normal(size=spec.patch_width)
    whitening = matrix.astype("float32"), shift.astype("float32")
    assert_engines_train_alike(spec, weights, replace(data, whitening=whitening))


@each_case
def test_an_exported_model_agrees_with_inference(spec, ragged):
    weights, X, lengths, data = draw(spec, ragged)
    rng = np.random.default_rng(1)
    weights = [w + rng.uniform(-0.3, 0.3, w.shape).astype("float32") for w in weights]
    model = _network.export(
        spec,
        weights,
        None if ragged else T,
        ragged=ragged,
        center=np.zeros(spec.n_channels),
        scale=np.ones(spec.n_channels),
    )
    variables = [
        [v.value for v in group]
        for group in (model.trainable_variables, model.non_trainable_variables)
    ]
    answer = jax.jit(lambda *data: model.stateless_call(*data)[0])
    expected = answer(*variables, [X, lengths] if ragged else X)
    found = _inference.outputs(spec, weights, data.values, data.n_steps)
    np.testing.assert_allclose(found, expected, atol=1e-5)
