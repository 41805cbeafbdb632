import random
import subprocess
import sys

import jax
import numpy as np
import pytest

from skgru.gru import _initial, _network
from skgru.gru._backend import backend_name, keras
from skgru.gru._model import CustomSpec, GRUSpec

ALL = ("last", "mean", "max", "attention")
SPECS = {
    "plain": GRUSpec(1, 2, (4,)),
    "stacked": GRUSpec(3, 2, (5, 4, 3), pooling=("max",), loss="squared_error"),
    "bidirectional": GRUSpec(2, 3, (4, 3), True, ("mean", "max")),
    "embedding": GRUSpec(2, 3, (4,), pooling=("attention",), embedding_units=6),
    "one long patch": GRUSpec(2, 3, (4,), patch_length=30, patch_stride=7),
    "all": GRUSpec(2, 3, (4, 3), True, ALL, 4, 3, 5),
    "context": GRUSpec(2, 3, (4,), embedding_units=5, context_length=4),
    "norm": GRUSpec(2, 3, (4,), True, ("mean",), 3, 2, 5, context_length=3, batch_norm=True),
    "norm of one unit": GRUSpec(1, 2, (3,), embedding_units=1, batch_norm=True),
}
N, T = 6, 11
LENGTHS = np.array([T, 1, 4, 7, 10, 1], "int32")
each_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
each_raggedness = pytest.mark.parametrize("ragged", [False, True], ids=["equal", "ragged"])


def draw(spec, ragged, seed=0):
    """Weights, series of shape (N, T, F) and their lengths."""
    rng = np.random.default_rng(seed)
    weights = tuple(
        w + rng.uniform(-0.3, 0.3, w.shape).astype("float32") for w in _initial.draw(spec, rng)
    )
    lengths = LENGTHS if ragged else np.full(N, T, "int32")
    return weights, rng.normal(size=(N, T, spec.n_channels)).astype("float32"), lengths


def inputs_of(spec, X, lengths, ragged):
    """What a model for training reads; what lies past a row's last patch is rubbish."""
    padded = np.full((len(X), spec.padded_length(X.shape[1]), spec.n_channels), 99, "float32")
    for row, series, length in zip(padded, X, lengths):
        row[:length] = series[:length]
        row[length : spec.padded_length(length)] = series[length - 1]
    n_steps = spec.n_patches(np.asarray(lengths)).astype("int32") if ragged else None
    return _network.join_inputs(spec, padded, n_steps, np.ones(len(X), bool))


def outputs_of(model, inputs, **options):
    """What a model answers, compiled: that is quicker than to run each new operation alone."""
    variables = [v.value for v in model.trainable_variables]
    others = [v.value for v in model.non_trainable_variables]
    answer = jax.jit(lambda *data: model.stateless_call(*data, **options)[0])(
        variables, others, inputs
    )
    return jax.tree.map(np.asarray, answer)


def built(spec, weights, ragged, fused, n_timesteps=T):
    model = _network.build(spec, n_timesteps, ragged=ragged, fused=fused)
    for variable, value in zip(_network.variables(spec, model), weights, strict=True):
        variable.assign(value)
    return model


def exported(spec, weights, ragged, n_timesteps=T, **links):
    channels = np.arange(spec.n_channels)
    return _network.export(
        spec,
        weights,
        n_timesteps,
        ragged=ragged,
        center=3.0 + channels,
        scale=0.5 + channels,
        **links,
    )


def in_own_units(spec, X):
    channels = np.arange(spec.n_channels)
    return X * (0.5 + channels) + 3.0 + channels


@each_spec
@each_raggedness
def test_every_model_has_the_weights_of_its_spec_in_order(spec, ragged):
    weights, _, _ = draw(spec, ragged)
    shapes = spec.weight_shapes()
    expected = [weight.shape for weight in shapes]
    for fused in (False, True):
        model = _network.build(spec, T, ragged=ragged, fused=fused, whitened=fused)
        assert [tuple(v.shape) for v in _network.variables(spec, model)] == expected
        trained = [weight.shape for weight in shapes if weight.trained]
        assert [tuple(v.shape) for v in model.trainable_variables] == trained
    model = exported(spec, weights, ragged)
    assert len(model.weights) == len(shapes)
    for found, given in zip(_network.variables(spec, model), weights, strict=True):
        np.testing.assert_array_equal(found.value, given)


def test_a_front_layer_is_found_under_its_name():
    """Both layers of the embedding may be of one shape: only names tell them apart."""
    spec = GRUSpec(5, 2, (4,), embedding_units=5, context_length=1, batch_norm=True)
    weights, _, _ = draw(spec, ragged=False)
    named = {shape.name: weight for shape, weight in zip(spec.weight_shapes(), weights)}
    for model in (exported(spec, weights, False), built(spec, weights, False, fused=True)):
        for front in ("embedding", "context"):
            dense, norm = model.get_layer(front), model.get_layer(f"{front}_norm")
            for part, variable in {
                "kernel": dense.kernel,
                "bias": dense.bias,
                "gamma": norm.gamma,
                "beta": norm.beta,
                "mean": norm.moving_mean,
                "variance": norm.moving_variance,
            }.items():
                np.testing.assert_array_equal(variable.value, named[f"{front}/{part}"])


def front_by_hand(spec, weights, patches):
    """The embedding of the patches (S, W) of one row, with running statistics."""
    w = {shape.name: weight for shape, weight in zip(spec.weight_shapes(), weights)}

    def layer(name, x):
        x = x @ w[f"{name}/kernel"] + w[f"{name}/bias"]
        if spec.batch_norm:
            x = (x - w[f"{name}/mean"]) / np.sqrt(w[f"{name}/variance"] + 1e-3)
            x = x * w[f"{name}/gamma"] + w[f"{name}/beta"]
        return np.maximum(x, 0)

    a = layer("embedding", patches)
    before = spec.context_length // 2
    windows = np.zeros((len(a), spec.context_length, spec.embedding_units))
    for i in range(len(a)):
        for k in range(spec.context_length):
            if 0 <= i + k - before < len(a):
                windows[i, k] = a[i + k - before]
    return a + layer("context", windows.reshape(len(a), -1))


@pytest.mark.parametrize("name", ["context", "norm"])
@each_raggedness
def test_the_embedding_by_hand(name, ragged):
    """What lies behind it is a plain model of the same weights, reading the embedding."""
    spec = SPECS[name]
    weights, X, lengths = draw(spec, ragged)
    raw = in_own_units(spec, X)
    model = exported(spec, weights, ragged, None if ragged else T)
    found = outputs_of(model, [raw, lengths] if ragged else raw)
    behind = GRUSpec(spec.embedding_units, 3, spec.units, spec.bidirectional, spec.pooling)
    own = [w for s, w in zip(spec.weight_shapes(), weights) if s.name.startswith(("gru", "out"))]
    for i, length in enumerate(lengths[:4] if ragged else lengths[:1]):
        row = inputs_of(spec, X[i : i + 1, :length], [length], True)[0][0]
        starts = spec.patch_stride * np.arange(spec.n_patches(int(length)))
        patches = np.array([row[start : start + spec.patch_length].ravel() for start in starts])
        x = front_by_hand(spec, weights, patches).astype("float32")[None]
        expected = outputs_of(built(behind, own, False, True, n_timesteps=len(starts)), x)[0]
        np.testing.assert_allclose(found[i], expected[0], atol=2e-5)


@pytest.mark.parametrize("name", ["stacked", "embedding", "all", "context", "norm"])
def test_a_row_is_answered_the_same_alone_and_among_longer_ones(name):
    spec = SPECS[name]
    weights, X, lengths = draw(spec, ragged=True)
    together, _ = outputs_of(
        built(spec, weights, True, fused=True), inputs_of(spec, X, lengths, True)
    )
    for i, length in enumerate(lengths[:4]):
        alone = X[i : i + 1, :length]
        model = built(spec, weights, False, fused=True, n_timesteps=length)
        answer, _ = outputs_of(model, inputs_of(spec, alone, [length], False))
        np.testing.assert_allclose(together[i], answer[0], atol=1e-6)


def test_pooling_by_hand():
    """The forward direction reads up to a row's last own step, the backward one starts there."""
    spec = GRUSpec(1, 2, (3,), True, ALL)
    weights, X, lengths = draw(spec, ragged=True)
    forward, backward = (
        keras.layers.GRU(3, return_sequences=True, go_backwards=reverse, seed=0)
        for reverse in (False, True)
    )
    _, features = outputs_of(
        built(spec, weights, True, fused=True), inputs_of(spec, X, lengths, True)
    )
    for row, series, length in list(zip(features, X, lengths))[:3]:
        states = []
        for layer, own in ((forward, weights[:3]), (backward, weights[3:6])):
            layer.build((1, None, 1))
            layer.set_weights(own)
            states.append(np.asarray(layer(series[None, :length]))[0])
        states[1] = states[1][::-1]
        joined = np.concatenate(states, axis=1)
        share = np.exp(joined @ weights[6])
        expected = [
            [*states[0][-1], *states[1][0]],
            joined.mean(axis=0),
            joined.max(axis=0),
            (share * joined).sum(axis=0) / share.sum(),
        ]
        np.testing.assert_allclose(row, np.concatenate(expected), atol=1e-6)


@each_spec
@each_raggedness
def test_a_plain_model_in_own_units_computes_what_fused_layers_do(spec, ragged):
    weights, X, lengths = draw(spec, ragged)
    expected, features = outputs_of(
        built(spec, weights, ragged, fused=True), inputs_of(spec, X, lengths, ragged)
    )
    assert features.shape == (N, spec.n_features)
    named = {shape.name: weight for shape, weight in zip(spec.weight_shapes(), weights)}
    kernel, bias = named["output/kernel"], named["output/bias"]
    np.testing.assert_allclose(features @ kernel + bias, expected, atol=1e-5)
    raw = in_own_units(spec, X)
    if ragged:
        raw[np.arange(T) >= lengths[:, None]] = np.nan
    model = exported(spec, weights, ragged, None if ragged else T)
    found = outputs_of(model, [raw, lengths] if ragged else raw)
    assert found.shape == (N, spec.n_outputs)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_an_exported_model_shows_its_representation_and_may_fix_the_longest_length():
    spec = SPECS["all"]
    weights, X, lengths = draw(spec, ragged=True)
    inputs = inputs_of(spec, X, lengths, True)
    expected, features = outputs_of(built(spec, weights, True, fused=False), inputs)
    model = exported(spec, weights, True, T)
    both = keras.Model(model.inputs, [model.output, model.get_layer("features").output])
    found = outputs_of(both, [in_own_units(spec, X), lengths])
    np.testing.assert_allclose(found[0], expected, atol=2e-6)
    np.testing.assert_allclose(found[1], features, atol=2e-6)


def test_an_exported_model_answers_in_the_units_of_the_user():
    spec = SPECS["plain"]
    weights, X, _ = draw(spec, ragged=False)
    raw = in_own_units(spec, X)
    logits = outputs_of(exported(spec, weights, False), raw)
    probabilities = outputs_of(exported(spec, weights, False, probabilities=True), raw)
    exponentials = np.exp(logits)
    np.testing.assert_allclose(
        probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-6
    )
    center, scale = np.array([1.0, -2.0]), np.array([3.0, 0.1])
    model = exported(spec, weights, False, target_center=center, target_scale=scale)
    np.testing.assert_allclose(outputs_of(model, raw), logits * scale + center, atol=1e-6)


def test_an_exported_model_opens_where_skgru_is_not_installed(tmp_path):
    for name, ragged in (("one long patch", False), ("all", True), ("norm", True)):
        spec = SPECS[name]
        weights, X, lengths = draw(spec, ragged)
        model = exported(spec, weights, ragged, None if ragged else T, probabilities=True)
        model.save(tmp_path / f"{name}.keras")
        raw = in_own_units(spec, X).astype("float32")
        inputs = [raw, lengths] if ragged else [raw]
        expected = outputs_of(model, inputs if ragged else raw)
        np.savez(tmp_path / f"{name}.npz", expected, *inputs)
    code = """
import pathlib, sys
import jax, keras, numpy as np
for path in pathlib.Path(sys.argv[1]).glob("*.keras"):
    model = keras.models.load_model(path)
    expected, *inputs = np.load(path.with_suffix(".npz")).values()
    variables = [
        [v.value for v in group]
        for group in (model.trainable_variables, model.non_trainable_variables)
    ]
    answer = jax.jit(lambda *data: model.stateless_call(*data)[0])
    found = answer(*variables, inputs if len(inputs) > 1 else inputs[0])
    print(np.abs(found - expected).max())
assert "skgru" not in sys.modules
"""
    run = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    errors = [float(line) for line in run.stdout.split()]
    assert len(errors) == 3
    assert max(errors) < 1e-6


def test_building_leaves_global_random_numbers_alone():
    def fit_in(n_timesteps, n_channels):
        del n_timesteps, n_channels
        return keras.Sequential([keras.layers.Dense(2), keras.layers.Dropout(0.5)])

    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    spec = SPECS["all"]
    _network.build(spec, T, ragged=True, fused=False, dropout=0.1, recurrent_dropout=0.1)
    exported(spec, draw(spec, True)[0], True)
    _network.build(CustomSpec(fit_in, T, 1, 2), T, ragged=False, fused=True, seed=3)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002


def test_dropout_of_plain_layers():
    spec = GRUSpec(2, 2, (8,), pooling=("mean",), embedding_units=8)
    rates = {"dropout": 0.5, "recurrent_dropout": 0.5}
    weights, X, _ = draw(spec, ragged=False)
    answers = []
    for seed in (0, 0, 1):
        model = _network.build(spec, T, ragged=False, fused=False, seed=seed, **rates)
        for variable, value in zip(model.trainable_variables, weights, strict=True):
            variable.assign(value)
        answers.append(outputs_of(model, X, training=True)[0])
    still = outputs_of(model, X)[0]
    np.testing.assert_array_equal(answers[0], answers[1])
    assert np.abs(answers[0] - answers[2]).max() > 1e-3
    assert np.abs(answers[0] - still).max() > 1e-3
    expected = outputs_of(built(spec, weights, False, fused=False), X)[0]
    np.testing.assert_allclose(still, expected, atol=1e-6)


def test_an_exported_model_has_the_configuration_of_a_usual_one():
    spec = SPECS["all"]
    model = exported(spec, draw(spec, False)[0], False)
    layer = keras.layers.GRU(4, return_sequences=True, name="gru_0_forward", dtype="float32")
    found, usual = (x.get_config() for x in (model.get_layer("gru_0_forward"), layer))
    assert found == usual
    twin = keras.models.clone_model(model)
    matrices = [np.asarray(v.value) for v in twin.trainable_variables if "kernel" in v.name]
    assert all(np.ptp(matrix) > 0 for matrix in matrices)


def test_tests_run_on_jax():
    assert backend_name == "jax"
