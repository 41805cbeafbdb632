from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from skgru._blas_threads import one_thread
from skgru.gru import _batches, _cells, _inference, _initial
from skgru.gru._model import BATCH_NORM_MOMENTUM, GRUSpec, OptimizerSettings, TrainingSet
from skgru.gru._native import NumbaEngine

LENGTHS = [9, 8, 8, 5, 3, 1]


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def rows_of(data):
    return np.arange(len(data.n_steps), dtype=np.int32)


def masks_of(twin, engine, n_rows):
    """The masks that the engine has drawn, row by row."""
    tape = engine._tape(n_rows)
    for i in range(n_rows):
        yield twin.Masks(
            tape.embedding_mask[i] if len(tape.embedding_mask) else None,
            {layer: mask[i] for layer, mask in enumerate(tape.input_masks) if len(mask)},
            {
                (layer, k): d.mask[i]
                for layer, directions in enumerate(tape.layers)
                for k, d in enumerate(directions)
                if len(d.mask)
            },
            tape.pooled_mask[i] if len(tape.pooled_mask) else None,
        )


def slow_loss(twin, spec, weights, data, settings, masks):
    """Sum over rows of the weighted loss, row by row in float64."""
    _, outputs = twin.forward(spec, weights, data.values, data.n_steps, masks, training=True)
    losses = [twin.loss_row(spec, *x, settings.label_smoothing) for x in zip(outputs, data.targets)]
    return data.sample_weight @ np.array(losses)


def slow_gradient(loss, weights, step=1e-5):
    """Central differences for every single weight."""
    weights = [w.astype(float) for w in weights]
    gradients = [np.empty_like(w) for w in weights]
    for w, g in zip(weights, gradients):
        for index in np.ndindex(w.shape):
            kept = w[index]
            w[index] = kept + step
            above = loss(weights)
            w[index] = kept - step
            g[index] = (above - loss(weights)) / (2 * step)
            w[index] = kept
    return gradients


@pytest.mark.parametrize("function", ["tanh", "sigmoid"])
def test_approximations(function):
    x = np.linspace(-25, 25, 2001, dtype=np.float32)
    found = [getattr(_cells, function)(value) for value in x]
    exact = np.tanh(x) if function == "tanh" else 1 / (1 + np.exp(-x.astype(float)))
    np.testing.assert_allclose(found, exact, atol=4e-7)
    assert np.isnan(getattr(_cells, function)(np.float32(np.nan)))


@pytest.mark.parametrize(
    "settings",
    [
        OptimizerSettings(label_smoothing=0.1),
        OptimizerSettings(dropout=0.3, recurrent_dropout=0.4),
    ],
    ids=["no noise", "dropout"],
)
def test_gradient_of_every_weight(twin, spec, rng, settings):
    weights = twin.weights_of(spec, rng)
    data = twin.data_of(spec, rng, LENGTHS)
    engine = NumbaEngine(spec, weights, data, settings, seed=3)
    loss, gradient = engine.differentiate(rows_of(data))
    masks = list(masks_of(twin, engine, len(LENGTHS)))

    def expected(weights):
        return slow_loss(twin, spec, weights, data, settings, masks)

    np.testing.assert_allclose(loss, expected(weights), rtol=1e-5)
    start = 0
    for (name, _, _, trained), wanted in zip(
        spec.weight_shapes(), slow_gradient(expected, weights)
    ):
        wanted = wanted.ravel() / len(LENGTHS)
        if not trained:
            assert not wanted.any()
            continue
        found = gradient[start : start + wanted.size]
        start += wanted.size
        # Before a norm the gradient of a bias is zero.
        if spec.batch_norm and name in ("embedding/bias", "context/bias"):
            assert not found.any()
        atol = 2e-5 * abs(wanted).max() + 1e-9
        np.testing.assert_allclose(found, wanted, atol=atol, err_msg=name)
    assert start == len(gradient)


@pytest.mark.parametrize("n_units", [8, 40, 100])
@pytest.mark.parametrize("batch_size", [1, 33, 300])
@pytest.mark.parametrize("embedded", [False, True])
def test_gradient_along_random_directions_where_loops_are_cut(
    twin, rng, n_units, batch_size, embedded
):
    spec = GRUSpec(2, 2, (n_units,), bidirectional=True, pooling=("last", "max"))
    if embedded:
        spec = replace(spec, embedding_units=n_units, context_length=3, batch_norm=True)
    weights = twin.weights_of(spec, rng, 0.2)
    data = twin.data_of(spec, rng, np.sort(rng.integers(1, 13, batch_size))[::-1])
    settings = OptimizerSettings(recurrent_dropout=0.2)
    engine = NumbaEngine(spec, weights, data, settings, seed=3)
    _, gradient = engine.differentiate(rows_of(data))
    masks = list(masks_of(twin, engine, batch_size))
    shapes = spec.weight_shapes()
    ways = [rng.normal(size=s.shape) if s.trained else np.zeros(s.shape) for s in shapes]

    def loss(step):
        moved = [w + step * way for w, way in zip(weights, ways)]
        return slow_loss(twin, spec, moved, data, settings, masks) / batch_size

    step = 1e-8 if embedded else 1e-6  # a longer one takes some of many relus over their kink
    slope = (loss(step) - loss(-step)) / (2 * step)
    way = np.concatenate([way.ravel() for way, s in zip(ways, shapes) if s.trained])
    found = way @ gradient.astype(float)
    np.testing.assert_allclose(found, slope, rtol=1e-4, atol=1e-4 * np.linalg.norm(gradient))


def test_a_batch_does_not_depend_on_the_order_of_its_rows(twin, spec, rng):
    data = twin.data_of(spec, rng, LENGTHS)
    engine = NumbaEngine(spec, twin.weights_of(spec, rng), data, OptimizerSettings(), 0)
    loss, gradient = engine.differentiate(rows_of(data))
    gradient = gradient.copy()
    for rows in (rows_of(data)[::-1], rng.permutation(rows_of(data))):
        other_loss, other = engine.differentiate(rows)
        np.testing.assert_allclose(other_loss, loss, rtol=1e-6)
        np.testing.assert_allclose(other, gradient, atol=1e-6 * abs(gradient).max())


def test_gradients_of_rows_add_up(twin, spec, rng):
    """Also: nothing of a longer batch stays behind for a shorter one."""
    if spec.batch_norm:
        pytest.skip("rows share their statistics")
    data = twin.data_of(spec, rng, LENGTHS)
    engine = NumbaEngine(spec, twin.weights_of(spec, rng), data, OptimizerSettings(), 0)
    total = 0
    for row in rows_of(data):
        total = total + engine.differentiate(np.array([row], np.int32))[1]
    _, gradient = engine.differentiate(rows_of(data))
    wanted = total / len(LENGTHS)
    np.testing.assert_allclose(gradient, wanted, atol=1e-5 * abs(wanted).max())


# ---------------------------------------------------------------------- norm and whitening


@pytest.mark.parametrize("name", ["norm", "context, norm", "all, norm"])
def test_running_statistics_by_the_formula(twin, rng, name):
    spec = twin.SPECS[name]
    weights, data = twin.weights_of(spec, rng), twin.data_of(spec, rng, LENGTHS)
    engine = NumbaEngine(spec, weights, data, OptimizerSettings(), 0)
    engine.run_epoch(np.int32([[3, 0, 5, 1, -1]]), np.float32([0.01]))
    rows = [3, 0, 5, 1]
    moments = twin.batch_moments(spec, weights, data.values[rows], data.n_steps[rows])
    for shape, before, after in zip(spec.weight_shapes(), weights, engine.weights, strict=True):
        if not shape.trained:
            layer, part = shape.name.split("/")
            now = moments[layer][part == "variance"]
            wanted = BATCH_NORM_MOMENTUM * before + (1 - BATCH_NORM_MOMENTUM) * now
            np.testing.assert_allclose(after, wanted, rtol=1e-5, atol=1e-6, err_msg=shape.name)


def test_running_statistics_are_no_parameters(twin, rng):
    spec = twin.SPECS["context, norm"]
    weights, data = twin.weights_of(spec, rng), twin.data_of(spec, rng, LENGTHS)
    kept = [w.copy() for w in weights]
    engine = NumbaEngine(spec, weights, data, OptimizerSettings(weight_decay=0.1), 0)
    engine.run_epoch(rows_of(data)[None], np.float32([0.01]))
    size = sum(w.size for w, s in zip(weights, spec.weight_shapes()) if s.trained)
    assert {len(engine.moments.first), len(engine.moments.second)} == {size}
    for a, b in zip(weights, kept, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["norm", "context"])
def test_padding_may_hold_anything(twin, rng, name):
    """Also where a batch is shorter than the longest row."""
    spec = twin.SPECS[name]
    weights, data = twin.weights_of(spec, rng), twin.data_of(spec, rng, LENGTHS)
    values = data.values.copy()
    for row, n in zip(values, data.n_steps):
        row[(n - 1) * spec.patch_stride + spec.patch_length :] = np.nan
    for rows in (rows_of(data), rows_of(data)[2:]):
        found, wanted = (
            NumbaEngine(spec, weights, d, OptimizerSettings(), 0).differentiate(rows)[1]
            for d in (replace(data, values=values), data)
        )
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("name", ["norm", "context", "all", "all, norm"])
def test_whitening_is_training_on_mapped_patches(twin, rng, name):
    """Patches that do not overlap, so that the mapped ones are a series, too."""
    spec = replace(twin.SPECS[name], patch_length=3, patch_stride=3)
    lengths = [3 * n for n in LENGTHS]
    weights, data = twin.weights_of(spec, rng), twin.data_of(spec, rng, lengths)
    matrix = rng.normal(0, 0.4, (spec.patch_width, spec.patch_width)).astype(np.float32)
    shift = rng.normal(0, 0.4, spec.patch_width).astype(np.float32)
    shape = data.values.shape
    mapped = data.values.reshape(shape[0], -1, spec.patch_width) @ matrix + shift
    settings = OptimizerSettings(dropout=0.2)
    engine, other = (
        NumbaEngine(spec, weights, d, settings, 3)
        for d in (
            replace(data, whitening=(matrix, shift)),
            replace(data, values=mapped.reshape(shape)),
        )
    )
    for rows in (rows_of(data), rows_of(data)[3:]):
        loss, gradient = engine.differentiate(rows)
        wanted_loss, wanted = other.differentiate(rows)
        np.testing.assert_allclose(loss, wanted_loss, rtol=1e-5)
        np.testing.assert_allclose(gradient, wanted, atol=1e-5 * abs(wanted).max())
    for a, b in zip(engine.weights, other.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


# ---------------------------------------------------------------------- dropout


def noisy_engine(twin, spec, rng, seed, n=200):
    data = twin.data_of(spec, rng, [4] * n)
    settings = OptimizerSettings(dropout=0.25, recurrent_dropout=0.5)
    engine = NumbaEngine(spec, twin.weights_of(spec, rng), data, settings, seed)
    return engine, rows_of(data)


def test_masks_keep_the_expectation(twin, rng):
    spec = twin.SPECS["all"]
    engine, rows = noisy_engine(twin, spec, rng, 5, n=4000)
    engine.differentiate(rows)
    tape = engine._tape(len(rows))
    recurrent = [d.mask for directions in tape.layers for d in directions]
    for rate, masks in (
        (0.25, [tape.embedding_mask, tape.input_masks[1], tape.pooled_mask]),
        (0.5, recurrent),
    ):
        for mask in masks:
            assert set(np.unique(mask)) == {np.float32(0), np.float32(1 / (1 - rate))}
            np.testing.assert_allclose(mask.mean(axis=0), 1, atol=0.07)
    assert len({mask.tobytes() for mask in recurrent}) == len(recurrent)


def test_dropout_follows_the_seed(twin):
    def losses(seed):
        rng = np.random.default_rng(2)
        engine, rows = noisy_engine(twin, twin.SPECS["all"], rng, seed)
        return [engine.differentiate(rows)[0] for _ in range(3)]

    assert losses(1) == losses(1)
    assert len({*losses(1), *losses(2)}) == 6


def test_no_dropout_at_inference(twin, rng):
    spec = twin.SPECS["all"]
    engine, rows = noisy_engine(twin, spec, rng, 0)
    engine.differentiate(rows)
    data = engine._data
    expected = twin.forward(spec, engine.weights, data.values[:5], data.n_steps[:5])[1]
    found = _inference.outputs(spec, engine.weights, data.values[:5], data.n_steps[:5])
    np.testing.assert_allclose(found, expected, atol=1e-5)


# ---------------------------------------------------------------------- optimiser and epochs


def test_adamw_by_the_formula(twin, rng):
    spec = twin.SPECS["embedding"]
    weights = twin.weights_of(spec, rng)
    data = twin.data_of(spec, rng, LENGTHS)
    s = OptimizerSettings(weight_decay=0.1, clipnorm=0.05, epsilon=1e-3)
    engine = NumbaEngine(spec, weights, data, s, 0)
    decayed = np.concatenate(
        [np.full(w.size, s.decayed) for w, s in zip(weights, spec.weight_shapes())]
    )
    p = np.concatenate([w.ravel() for w in weights]).astype(float)
    m = v = 0.0
    for t, rate in enumerate([0.01, 0.02, 0.005], start=1):
        g = engine.differentiate(rows_of(data))[1].astype(float)
        assert np.linalg.norm(g) > s.clipnorm
        g *= s.clipnorm / np.linalg.norm(g)
        p = p - rate * s.weight_decay * p * decayed
        m = m + (g - m) * (1 - s.beta_1)
        v = v + (g * g - v) * (1 - s.beta_2)
        correction = np.sqrt(1 - s.beta_2**t) / (1 - s.beta_1**t)
        p = p - rate * correction * m / (np.sqrt(v) + s.epsilon)
        engine.run_epoch(rows_of(data)[None], np.float32([rate]))
        found = np.concatenate([w.ravel() for w in engine.weights])
        np.testing.assert_allclose(found, p, rtol=1e-5, atol=1e-6)


def test_gradient_is_clipped_only_where_it_is_long(twin, rng):
    spec = twin.SPECS["plain"]
    weights, data = twin.weights_of(spec, rng), twin.data_of(spec, rng, LENGTHS)

    def after(clipnorm):
        settings = OptimizerSettings(clipnorm=clipnorm, epsilon=1.0)
        engine = NumbaEngine(spec, weights, data, settings, 0)
        engine.run_epoch(rows_of(data)[None], np.float32([0.1]))
        return np.concatenate([w.ravel() for w in engine.weights])

    np.testing.assert_array_equal(after(0), after(1e6))
    assert (after(0) != after(1e-3)).any()


def test_mean_loss_and_empty_places(twin, rng):
    spec = twin.SPECS["bidirectional"]
    weights, data = twin.weights_of(spec, rng), twin.data_of(spec, rng, LENGTHS)
    engine = NumbaEngine(spec, weights, data, OptimizerSettings(), 0)
    order = np.array([[3, -1, 0, 5], [2, 1, -1, 4]], np.int32)
    expected = slow_loss(twin, spec, weights, data, OptimizerSettings(), None) / len(LENGTHS)
    loss = engine.run_epoch(order, np.zeros(2, np.float32))
    assert isinstance(loss, float)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_weights_are_copies_in_shape_and_order(twin, spec, rng):
    weights, data = twin.weights_of(spec, rng), twin.data_of(spec, rng, LENGTHS)
    engine = NumbaEngine(spec, weights, data, OptimizerSettings(), 0)
    before = engine.weights
    engine.run_epoch(rows_of(data)[None], np.float32([0.1]))
    for shape, given, kept, now in zip(
        spec.weight_shapes(), weights, before, engine.weights, strict=True
    ):
        np.testing.assert_array_equal(given, kept)
        assert now.dtype == np.float32
        has_no_effect = spec.batch_norm and shape.name in ("embedding/bias", "context/bias")
        assert (now != given).any() != has_no_effect


def test_nan_reaches_the_loss(twin, rng):
    spec = twin.SPECS["all"]
    weights, data = twin.weights_of(spec, rng), twin.data_of(spec, rng, LENGTHS)
    weights[0][:] = np.nan
    engine = NumbaEngine(spec, weights, data, OptimizerSettings(clipnorm=1.0), 0)
    assert np.isnan(engine.run_epoch(rows_of(data)[None], np.float32([0.1])))


def fit(spec, data, epochs, seed=0, **settings):
    """Weights and losses after some epochs."""
    rng = np.random.default_rng(seed)
    weights = _initial.draw(spec, rng)
    engine = NumbaEngine(spec, weights, data, OptimizerSettings(**settings), seed)
    losses = []
    for _ in range(epochs):
        order = _batches.plan(rng, data.n_steps, 32)
        losses.append(engine.run_epoch(order, np.full(len(order), 1e-2, np.float32)))
    return engine.weights, losses


@pytest.fixture
def sequence_sum(rng):
    """Series and whether their sum is above zero."""
    values = rng.normal(size=(600, 12, 1)).astype(np.float32)
    targets = (values.sum(axis=(1, 2)) > 0).astype(np.int32)
    return TrainingSet(values, np.full(600, 12, np.int32), targets, np.ones(600, np.float32))


def test_learns_the_sequence_sum(sequence_sum):
    spec = GRUSpec(1, 2, (16,))
    weights, losses = fit(spec, sequence_sum, 15, clipnorm=1.0)
    assert losses[0] > 0.5
    assert losses[-1] < 0.2
    outputs = _inference.outputs(spec, weights, sequence_sum.values, sequence_sum.n_steps)
    assert (outputs.argmax(axis=1) == sequence_sum.targets).mean() > 0.93


@pytest.mark.parametrize("name", ["all", "all, norm"])
def test_the_same_seed_gives_the_same_bits(twin, rng, name):
    spec = twin.SPECS[name]
    data = twin.data_of(spec, rng, rng.integers(1, 20, 90))
    noise = {"dropout": 0.1, "recurrent_dropout": 0.1}
    one, other = fit(spec, data, 3, **noise), fit(spec, data, 3, **noise)
    assert one[1] == other[1]
    for a, b in zip(one[0], other[0], strict=True):
        np.testing.assert_array_equal(a, b)


def test_blas_gets_its_threads_back():
    def n_threads():
        return [x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas"]

    before = n_threads()
    with one_thread:
        with one_thread:
            assert set(n_threads()) == {1}
        assert set(n_threads()) == {1}
    assert n_threads() == before
