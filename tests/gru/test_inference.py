import subprocess
import sys
import threading

import numpy as np
import pytest

from skgru.gru import _inference
from skgru.gru._model import GRUSpec

LENGTHS = [3, 9, 4, 9, 1, 7, 2, 8]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def case(twin, spec, rng):
    """Architecture, weights and ragged rows."""
    return spec, twin.weights_of(spec, rng), *twin.series_of(spec, rng, LENGTHS)


def test_agrees_with_the_slow_twin(twin, case):
    features, outputs = twin.forward(*case)
    np.testing.assert_allclose(_inference.features(*case), features, atol=3e-6)
    np.testing.assert_allclose(_inference.outputs(*case), outputs, atol=1e-5)


def test_a_row_is_answered_alike_alone_and_in_any_batch(case):
    spec, weights, values, n_steps = case
    together = _inference.outputs(*case)
    for i in range(len(values)):
        alone = _inference.outputs(spec, weights, values[i : i + 1], n_steps[i : i + 1])
        np.testing.assert_allclose(alone[0], together[i], atol=1e-5)


def test_padding_is_not_read(case):
    spec, weights, values, n_steps = case
    padded = np.concatenate([values, np.full_like(values, np.nan)], axis=1)
    for row, n in zip(padded, n_steps):
        row[(n - 1) * spec.patch_stride + spec.patch_length :] = np.nan
    np.testing.assert_array_equal(
        _inference.outputs(spec, weights, padded, n_steps), _inference.outputs(*case)
    )


@pytest.mark.parametrize("pooling", ["last", "max"])
@pytest.mark.parametrize("ragged", [False, True])
def test_many_rows_go_through_in_blocks(twin, rng, pooling, ragged):
    spec = GRUSpec(1, 2, (3,), pooling=(pooling,))
    lengths = rng.integers(1, 9, 700) if ragged else np.full(700, 8)
    weights = twin.weights_of(spec, rng)
    values, n_steps = twin.series_of(spec, rng, lengths)
    outputs = _inference.outputs(spec, weights, values, n_steps)
    some = rng.permutation(700)[:50]
    expected = twin.forward(spec, weights, values[some], n_steps[some])[1]
    np.testing.assert_allclose(outputs[some], expected, atol=1e-5)


def test_shapes_and_types(twin, rng):
    spec = twin.SPECS["all"]
    weights, data = twin.weights_of(spec, rng), twin.series_of(spec, rng, [4] * 20)
    for answer, width in (
        (_inference.features(spec, weights, *data), spec.n_features),
        (_inference.outputs(spec, weights, *data), spec.n_outputs),
    ):
        assert answer.shape == (20, width)
        assert answer.dtype == np.float32


def test_read_only_arrays(case):
    spec, weights, values, n_steps = case
    expected = _inference.outputs(*case)
    for array in (*weights, values, n_steps):
        array.flags.writeable = False
    np.testing.assert_array_equal(_inference.outputs(*case), expected)
    alone = _inference.outputs(spec, weights, values[:1], n_steps[:1])
    np.testing.assert_allclose(alone, expected[:1], atol=1e-5)


def test_threads_do_not_disturb_each_other(twin, rng):
    spec = GRUSpec(1, 2, (96,))
    weights = twin.weights_of(spec, rng, 0.1)
    parts = [twin.series_of(spec, rng, [20] * 150) for _ in range(4)]
    expected = [_inference.outputs(spec, weights, *part) for part in parts]
    found = [None] * len(parts)

    def work(i):
        for _ in range(5):
            found[i] = _inference.outputs(spec, weights, *parts[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(parts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(found, expected)


def test_imports_neither_jax_nor_keras():
    code = "import sys, skgru.gru._inference; print({'jax', 'keras'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "set()"
