import random
import threading
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from skgru.gru import (
    _batches,
    _compiled,
    _fused,
    _initial,
    _losses,
    _network,
    _portable,
    _program,
)
from skgru.gru._backend import keras
from skgru.gru._epoch import KerasEngine, custom_features, custom_outputs
from skgru.gru._model import CustomSpec, GRUSpec, OptimizerSettings, TrainingSet

PLAIN = OptimizerSettings()
SMALL = GRUSpec(2, 3, (4,), True, ("mean", "max"), 3, 2, 5)
NORM = {"context_length": 3, "batch_norm": True}
# The bias before a normalisation has no effect: its gradient is rounding, which Adam with its usual
# epsilon blows up to a step.
STILL = {"epsilon": 1e-3}


def draw_data(spec, n=20, n_timesteps=8, ragged=False, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, n_timesteps + 1, n) if ragged else np.full(n, n_timesteps)
    lengths[0] = n_timesteps
    values = rng.normal(size=(n, spec.padded_length(n_timesteps), spec.n_channels))
    for row, length in zip(values, lengths):
        row[length:] = row[length - 1]
    if spec.loss == "cross_entropy":
        targets = rng.integers(0, spec.n_outputs, n).astype("int32")
    else:
        targets = rng.normal(size=(n, spec.n_outputs)).astype("float32")
    weight = rng.random(n)
    return TrainingSet(
        values.astype("float32"),
        spec.n_patches(lengths).astype("int32"),
        targets,
        (weight / weight.mean()).astype("float32"),
    )


def draw_weights(spec, seed=0):
    return _initial.draw(spec, np.random.default_rng(seed))


def draw_whitening(spec, seed=0):
    rng = np.random.default_rng(seed)
    shape = spec.patch_width, spec.patch_width
    return rng.normal(size=shape).astype("float32"), rng.normal(size=shape[0]).astype("float32")


def run(engine, data, n_epochs=1, batch_size=8, rate=1e-2, seed=0):
    """Train for some epochs and return their losses."""
    rng = np.random.default_rng(seed)
    orders = [_batches.plan(rng, data.n_steps, batch_size) for _ in range(n_epochs)]
    return [engine.run_epoch(order, np.full(len(order), rate, "float32")) for order in orders]


def train(spec, data, settings=PLAIN, seed=0, **options):
    weights = None if isinstance(spec, CustomSpec) else draw_weights(spec)
    engine = KerasEngine(spec, weights, data, settings, seed)
    losses = run(engine, data, **options)
    return losses, engine.weights


def distance(found, expected):
    return max(np.abs(a.astype(float) - b).max() for a, b in zip(found, expected, strict=True))


# ---------------------------------------------------------------------- the compiled epoch


def test_nothing_compiles_again_for_other_settings_weights_seeds_or_numbers_of_rows():
    settings = OptimizerSettings(dropout=0.1, recurrent_dropout=0.1)
    train(SMALL, draw_data(SMALL), settings)
    before = _program.n_traces
    others = OptimizerSettings(
        weight_decay=0.1,
        clipnorm=0.5,
        dropout=0.3,
        recurrent_dropout=0.2,
        label_smoothing=0.1,
        beta_1=0.8,
        beta_2=0.99,
        epsilon=1e-5,
    )
    train(SMALL, draw_data(SMALL, n=57, seed=1), others, seed=7, n_epochs=2, rate=1e-3)
    assert _program.n_traces == before
    train(SMALL, draw_data(SMALL), PLAIN)
    assert _program.n_traces == before + 1, "a program without random numbers is another one"


def test_nothing_compiles_again_for_another_whitening():
    spec = replace(SMALL, **NORM)
    data = draw_data(spec)
    train(spec, replace(data, whitening=draw_whitening(spec)))
    before = _program.n_traces
    train(spec, replace(data, whitening=draw_whitening(spec, 1)))
    assert _program.n_traces == before
    train(spec, data)
    assert _program.n_traces == before + 1, "no whitening at all is another program"


def test_longest_rows_of_about_the_same_length_share_a_program():
    spec = GRUSpec(1, 2, (3,), pooling=("mean",))
    train(spec, draw_data(spec, n_timesteps=36, ragged=True))
    before = _program.n_traces
    train(spec, draw_data(spec, n_timesteps=33, ragged=True))
    assert _program.n_traces == before


def test_loss_falls_on_the_sum_of_a_sequence():
    rng = np.random.default_rng(0)
    values = rng.random((320, 20, 1))
    targets = (values.sum(axis=(1, 2)) > 10).astype("int32")
    data = TrainingSet(
        ((values - 0.5) / 0.29).astype("float32"),
        np.full(320, 20, "int32"),
        targets,
        np.ones(320, "float32"),
    )
    losses, _ = train(GRUSpec(1, 2, (16,)), data, n_epochs=12, batch_size=32)
    assert losses[-1] < 0.2 < 0.6 < losses[0]


@pytest.mark.parametrize(
    ("loss", "ragged", "front"),
    [("cross_entropy", True, {}), ("squared_error", False, {}), ("cross_entropy", True, NORM)],
)
def test_two_updates_are_those_of_the_optimizer_settings(loss, ragged, front):
    spec = GRUSpec(2, 3, (4,), pooling=("mean", "last"), embedding_units=3, loss=loss, **front)
    data, weights = draw_data(spec, ragged=ragged), draw_weights(spec)
    epsilon = STILL["epsilon"] if front else 1e-7
    settings = OptimizerSettings(0.1, clipnorm=0.3, label_smoothing=0.1, epsilon=epsilon)
    order = np.array([[3, 5, 1, -1], [2, 4, 0, -1]], "int32")
    rates = np.array([0.02, 0.01], "float32")
    engine = KerasEngine(spec, weights, data, settings, 0)
    mean_loss = engine.run_epoch(order, rates)

    model = _network.build(spec, data.values.shape[1], ragged=ragged, fused=True)
    state = [v.value for v in model.non_trainable_variables]

    @jax.jit
    def step(weights, state, rows):
        values, n_steps, targets, weight = (
            jnp.asarray(column)[rows]
            for column in (data.values, data.n_steps, data.targets, data.sample_weight)
        )
        is_row = jnp.ones(len(rows), bool)
        inputs = _network.join_inputs(spec, values, n_steps if ragged else None, is_row)

        def objective(weights):
            (outputs, _), new = model.stateless_call(weights, state, inputs, training=True)
            losses = _losses.per_row(loss, outputs, targets, settings.label_smoothing)
            return jnp.sum(weight * losses) / len(rows), new

        return jax.value_and_grad(objective, has_aux=True)(weights)

    trained = [shape for shape in spec.weight_shapes() if shape.trained]
    p = [w.astype(float) for w in weights[: len(trained)]]
    m = [np.zeros(w.shape) for w in p]
    v = [np.zeros(w.shape) for w in p]
    total = 0.0
    for t, (rows, rate) in enumerate(zip(order, rates), 1):
        rows = rows[rows >= 0]
        (value, state), g = step([w.astype("float32") for w in p], state, rows)
        total += float(value) * len(rows)
        g = [np.asarray(part, float) for part in g]
        g = [part * min(1, 0.3 / np.sqrt(sum((x**2).sum() for x in g))) for part in g]
        for i, shape in enumerate(trained):
            p[i] -= rate * 0.1 * p[i] * shape.decayed
            m[i] += (g[i] - m[i]) * (1 - 0.9)
            v[i] += (g[i] ** 2 - v[i]) * (1 - 0.999)
            correction = np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            p[i] -= rate * correction * m[i] / (np.sqrt(v[i]) + epsilon)
    statistics = [value for value in state if value.dtype == "float32"]
    assert len(statistics) == (4 if front else 0)
    assert mean_loss == pytest.approx(total / 6, rel=1e-5)
    assert distance(engine.weights, [*p, *statistics]) < 5e-6
    assert engine.moments.first.shape == (sum(w.size for w in p),)


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("module", [_compiled, _portable])
def test_running_statistics_are_those_of_the_own_patches_of_the_rows(module, ragged):
    spec = GRUSpec(2, 2, (3,), embedding_units=4, context_length=2, batch_norm=True)
    data, weights = draw_data(spec, ragged=ragged), draw_weights(spec)
    engine = module.KerasEngine(spec, weights, data, PLAIN, 0)
    engine.run_epoch(np.array([[3, 1, 4, -1, -1]], "int32"), np.zeros(1, "float32"))
    after = {shape.name: w for shape, w in zip(spec.weight_shapes(), engine.weights)}
    rows = [data.values[i, : data.n_steps[i]].astype(float) for i in (3, 1, 4)]
    for front in ("embedding", "context"):
        rows = [row @ after[f"{front}/kernel"] + after[f"{front}/bias"] for row in rows]
        joined = np.concatenate(rows)
        mean, variance = joined.mean(axis=0), joined.var(axis=0)
        np.testing.assert_allclose(after[f"{front}/mean"], 0.05 * mean, atol=1e-6)
        np.testing.assert_allclose(after[f"{front}/variance"], 0.95 + 0.05 * variance, atol=1e-6)
        rows = [np.maximum((row - mean) / np.sqrt(variance + 1e-3), 0) for row in rows]
        rows = [np.hstack([np.vstack([np.zeros(4), row[:-1]]), row]) for row in rows]


@pytest.mark.parametrize("module", [_compiled, _portable])
def test_places_with_no_row_do_not_count(module):
    spec = GRUSpec(2, 3, (4,), pooling=("mean",), embedding_units=5, **NORM)
    data, weights = draw_data(spec, ragged=True), draw_weights(spec)
    settings = OptimizerSettings(**STILL)
    found = []
    for n_empty in (0, 3):
        engine = module.KerasEngine(spec, weights, data, settings, 0)
        order = np.pad([[3, 1, 4], [0, 2, 5]], ((0, 0), (0, n_empty)), constant_values=-1)
        loss = engine.run_epoch(order.astype("int32"), np.full(2, 0.01, "float32"))
        found.append([np.array(loss), *engine.weights])
    assert distance(*found) < 1e-5


def test_whitening_trains_what_mapped_patches_do():
    """Patches that do not overlap can be mapped beforehand."""
    spec = GRUSpec(2, 3, (4,), True, ("mean",), 2, 2, 5, **NORM)
    data, weights = draw_data(spec), draw_weights(spec)
    matrix, shift = draw_whitening(spec)
    mapped = data.values.reshape(-1, spec.patch_width) @ matrix + shift
    mapped = replace(data, values=mapped.reshape(data.values.shape))
    found = []
    for given in (replace(data, whitening=(matrix, shift)), mapped, data):
        engine = KerasEngine(spec, weights, given, OptimizerSettings(**STILL), 0)
        losses = run(engine, given, n_epochs=2)
        found.append([np.array(losses), *engine.weights])
    assert distance(found[0], found[1]) < 1e-4
    assert distance(found[0], found[2]) > 1e-2


def test_training_goes_on_from_running_statistics_and_moments():
    spec = replace(SMALL, **NORM)
    data, weights = draw_data(spec), draw_weights(spec)
    order = _batches.plan(np.random.default_rng(0), data.n_steps, 5)
    rates = np.full(len(order), 1e-2, "float32")
    whole = KerasEngine(spec, weights, data, PLAIN, 3)
    whole.run_epoch(order, rates)
    part = KerasEngine(spec, weights, data, PLAIN, 3)
    part.run_epoch(order[:2], rates[:2])
    rest = KerasEngine(spec, part.weights, data, PLAIN, 3, part.moments)
    rest.run_epoch(order[2:], rates[2:])
    assert distance(whole.weights, rest.weights) < 1e-6


@pytest.mark.parametrize(
    ("pooling", "ragged", "front"),
    [("last", False, {}), ("last", True, {}), ("mean", True, {}), ("max", False, {})]
    + [("max", True, {}), ("attention", True, {}), ("mean", True, {"context_length": 2})]
    + [("mean", False, NORM), ("last", True, NORM)],
)
def test_gradient_of_the_whole_network_against_finite_differences(pooling, ragged, front):
    spec = GRUSpec(2, 2, (4,), True, (pooling,), 2, 1, 3, loss="squared_error", **front)
    data = draw_data(spec, n=6, n_timesteps=5, ragged=ragged)
    model = _network.build(spec, data.values.shape[1], ragged=ragged, fused=True)
    state = [v.value for v in model.non_trainable_variables]
    is_row = np.arange(len(data.values)) < 4
    inputs = _network.join_inputs(spec, data.values, data.n_steps if ragged else None, is_row)
    shapes = [w.shape for w in spec.weight_shapes() if w.trained]
    ends = np.cumsum([np.prod(shape) for shape in shapes])

    @jax.jit
    def objective(flat):
        weights = [part.reshape(shape) for part, shape in zip(jnp.split(flat, ends[:-1]), shapes)]
        (outputs, _), _ = model.stateless_call(weights, state, inputs, training=True)
        return jnp.sum(_losses.per_row(spec.loss, outputs, data.targets))

    rng = np.random.default_rng(0)
    flat = rng.normal(size=ends[-1]).astype("float32") / 2
    gradient = np.asarray(jax.jit(jax.grad(objective))(flat))
    for direction in [gradient / np.linalg.norm(gradient), *rng.normal(size=(3, len(flat)))]:
        step = (direction * 1e-2 / np.linalg.norm(direction)).astype("float32")
        difference = float(objective(flat + step)) - float(objective(flat - step))
        assert difference == pytest.approx(2 * gradient @ step, rel=0.02, abs=2e-4)


def test_what_pads_rows_changes_nothing():
    spec = GRUSpec(2, 3, (4,), True, ("last", "attention"), 3, 2, loss="squared_error")
    data = draw_data(spec, ragged=True)
    longer = TrainingSet(
        np.pad(data.values, ((0, 0), (0, 12), (0, 0)), constant_values=7),
        data.n_steps,
        data.targets,
        data.sample_weight,
    )
    settings = OptimizerSettings(clipnorm=1)
    losses, weights = train(spec, data, settings, n_epochs=2)
    longer_losses, longer_weights = train(spec, longer, settings, n_epochs=2)
    assert losses == pytest.approx(longer_losses, rel=1e-5)
    assert distance(weights, longer_weights) < 1e-5


def test_epochs_go_on_where_the_last_one_ended():
    data, weights = draw_data(SMALL), draw_weights(SMALL)
    settings = OptimizerSettings(dropout=0.2, recurrent_dropout=0.1)
    order = _batches.plan(np.random.default_rng(0), data.n_steps, 5)
    rates = np.linspace(1e-2, 1e-3, len(order), dtype="float32")
    whole, parts = (KerasEngine(SMALL, weights, data, settings, 3) for _ in range(2))
    whole.run_epoch(order, rates)
    parts.run_epoch(order[:1], rates[:1])
    parts.run_epoch(order[1:], rates[1:])
    assert distance(whole.weights, parts.weights) < 1e-6


def test_threads_train_what_one_trains():
    data = draw_data(SMALL)
    expected = [train(SMALL, data, seed=seed, rate=1e-3)[1] for seed in (0, 1)]
    found = {}

    def work(seed):
        found[seed] = train(SMALL, data, seed=seed, rate=1e-3)[1]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert distance(found[0], expected[0]) == distance(found[1], expected[1]) == 0


# ---------------------------------------------------------------------- dropout


@pytest.mark.parametrize(
    "settings", [OptimizerSettings(dropout=0.4), OptimizerSettings(recurrent_dropout=0.4)]
)
def test_dropout_depends_on_the_seed_alone(settings):
    data = draw_data(SMALL)
    one, again, other = (train(SMALL, data, settings, seed)[1] for seed in (1, 1, 2**31 - 2))
    assert distance(one, again) == 0
    assert distance(one, other) > 1e-3


def test_masks_drop_at_their_rate_and_keep_the_mean():
    noise = _fused.Noise(jax.random.key(0), 1000, 70, jnp.float32(0.3), None)
    one, other = (np.asarray(noise.mask(35, noise.dropout)) for _ in range(2))
    assert set(np.unique(one)) == {0, np.float32(1 / 0.7)}
    assert np.mean(one == 0) == pytest.approx(0.3, abs=0.01)
    assert np.mean(one == other) < 0.7, "no two layers see the same mask"


def test_dropout_hides_whole_channels_of_a_row():
    layer = _fused.TracedDropout()
    x = jnp.ones((50, 4, 6))
    layer.build(x.shape)
    with _fused.noise(_fused.Noise(jax.random.key(0), 50, 6, jnp.float32(0.5), None)):
        dropped = np.asarray(layer(x, training=True))
        np.testing.assert_array_equal(layer(x, training=False), x)
    np.testing.assert_array_equal(layer(x, training=True), x)
    assert (dropped == dropped[:, :1]).all()
    assert 0.4 < (dropped == 0).mean() < 0.6


# ---------------------------------------------------------------------- a user's own network


def dense(n_timesteps, n_channels):
    del n_timesteps, n_channels
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(6, activation="tanh")])


def convolution(n_timesteps, n_channels):
    del n_timesteps, n_channels
    return keras.Sequential(
        [
            keras.layers.Conv1D(6, 3, padding="same"),
            keras.layers.BatchNormalization(momentum=0.5),
            keras.layers.ReLU(),
            keras.layers.Dropout(0.1),
        ]
    )


def functional(n_timesteps, n_channels):
    x = inputs = keras.Input((n_timesteps, n_channels))
    x = keras.layers.LSTM(5, return_sequences=True)(x)
    return keras.Model(inputs, keras.layers.BatchNormalization()(x))


def layer(n_timesteps, n_channels):
    del n_timesteps, n_channels
    return keras.layers.GRU(5)


def custom_data(n_timesteps=6, ragged=False):
    data = draw_data(GRUSpec(2, 2, (1,)), n=40, n_timesteps=n_timesteps, ragged=ragged)
    targets = (data.values.sum(axis=(1, 2)) > 0).astype("int32")
    return TrainingSet(data.values, data.n_steps, targets, np.ones(40, "float32"))


@pytest.mark.parametrize(
    ("network", "ragged", "pooling"),
    [
        (dense, False, ("last",)),
        (convolution, False, ("mean", "attention")),
        (functional, True, ("max", "last")),
        (layer, True, ("last",)),
    ],
)
def test_trains_a_network_of_the_user(network, ragged, pooling):
    data = custom_data(ragged=ragged)
    spec = CustomSpec(network, None if ragged else 6, 2, 2, pooling)
    settings = OptimizerSettings(dropout=0.1)
    engine = KerasEngine(spec, None, data, settings, 0)
    first = engine.weights
    losses = run(engine, data, n_epochs=25)
    weights = engine.weights
    assert losses[-1] < 0.7 * losses[0]
    before = _program.n_traces
    again = KerasEngine(spec, None, data, OptimizerSettings(dropout=0.2), 1)
    run(again, data)
    assert _program.n_traces == before
    assert distance(first, again.weights) > 0

    outputs = custom_outputs(spec, weights, data.values, data.n_steps)
    features = custom_features(spec, weights, data.values, data.n_steps)
    n_trained = 1 + [w.shape for w in weights].index((2,))
    kernel, bias = weights[n_trained - 2 : n_trained]
    np.testing.assert_allclose(features @ kernel + bias, outputs, atol=1e-5)
    assert np.mean(outputs.argmax(axis=1) == data.targets) > 0.7

    model = _network.export(
        spec, weights, None if ragged else 6, ragged=ragged, center=np.zeros(2), scale=np.ones(2)
    )
    answers = model([data.values, data.n_steps] if ragged else data.values)
    np.testing.assert_allclose(answers, outputs, atol=1e-5)


def test_state_that_is_not_trained_is_part_of_the_weights():
    data = custom_data()
    spec = CustomSpec(convolution, 6, 2, 2, ("mean",))
    engine = KerasEngine(spec, None, data, PLAIN, 0)
    first = engine.weights
    run(engine, data)
    moving_mean, moving_variance, generator = engine.weights[-3:]
    assert moving_mean.shape == moving_variance.shape == (6,)
    assert np.abs(moving_mean - first[-3]).min() > 0
    assert generator.dtype == first[-1].dtype
    assert (generator != first[-1]).any(), "the user's own dropout has moved on"
    resumed = KerasEngine(spec, engine.weights, data, PLAIN, 0)
    assert distance(resumed.weights, engine.weights) == 0


def test_first_weights_come_from_the_seed_alone():
    data, spec = custom_data(), CustomSpec(convolution, 6, 2, 2, ("mean",))
    random.seed(1)
    before = random.getstate()
    one = KerasEngine(spec, None, data, PLAIN, 5).weights
    assert random.getstate() == before
    random.seed(2)
    again, other = (KerasEngine(spec, None, data, PLAIN, seed).weights for seed in (5, 6))
    assert distance(one, again) == 0
    assert distance(one[:1], other[:1]) > 0


def test_rows_of_a_users_network_are_answered_the_same_alone():
    data, spec = custom_data(ragged=True), CustomSpec(functional, None, 2, 2, ("mean", "last"))
    _, weights = train(spec, data)
    together = custom_outputs(spec, weights, data.values, data.n_steps)
    for i in range(4):
        length = data.n_steps[i]
        alone = data.values[i : i + 1, :length]
        answer = custom_outputs(spec, weights, alone, data.n_steps[i : i + 1])
        np.testing.assert_allclose(answer[0], together[i], atol=1e-6)


def test_penalties_of_a_users_layers_act_but_are_not_reported():
    def penalised(n_timesteps, n_channels):
        del n_timesteps, n_channels
        dense = keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(1.0))
        return keras.Sequential([keras.layers.Flatten(), dense])

    data, spec = custom_data(), CustomSpec(penalised, 6, 2, 2)
    engine = KerasEngine(spec, None, data, PLAIN, 0)
    first = engine.weights
    losses = run(engine, data, n_epochs=20)
    assert losses[0] < 2
    assert np.abs(engine.weights[0]).mean() < 0.7 * np.abs(first[0]).mean()


class Halving(keras.layers.Layer):
    def call(self, x, mask=None):
        return x[:, ::2]


@pytest.mark.parametrize(
    ("network", "n_timesteps", "error", "message"),
    [
        (lambda t, f: "no layer", 6, TypeError, "must return a Keras layer or model. Got str"),
        (lambda t, f: keras.layers.Reshape((6, 2, 1)), 6, ValueError, "must map"),
        (lambda t, f: keras.layers.Conv1D(2, 1), None, ValueError, "takes no `mask`"),
        (lambda t, f: Halving(), None, ValueError, "keep the number of steps"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(network, n_timesteps, error, message):
    data = custom_data(ragged=n_timesteps is None)
    with pytest.raises(error, match=message):
        KerasEngine(CustomSpec(network, n_timesteps, 2, 2), None, data, PLAIN, 0)


# ---------------------------------------------------------------------- the portable loop


@pytest.mark.parametrize("front", [{}, {"embedding_units": 5, **NORM}], ids=["none", "norm"])
def test_the_portable_loop_does_the_same(front):
    spec = GRUSpec(2, 3, (4,), pooling=("mean", "max"), **front)
    data, weights = draw_data(spec, ragged=True), draw_weights(spec)
    if front:
        data = replace(data, whitening=draw_whitening(spec))
    settings = OptimizerSettings(0.1, clipnorm=0.3, label_smoothing=0.1, **(STILL if front else {}))
    engines = [
        module.KerasEngine(spec, weights, data, settings, 0) for module in (_compiled, _portable)
    ]
    losses = [run(engine, data) for engine in engines]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert distance(engines[0].weights, engines[1].weights) < 1e-5
