"""First weights have the distributions that Keras documents."""

import numpy as np
import pytest

from skgru.gru import _initial
from skgru.gru._model import GRUSpec

SPEC = GRUSpec(3, 5, (40, 30), bidirectional=True, pooling=("max", "attention"), embedding_units=20)


@pytest.fixture(scope="module")
def weights():
    drawn = _initial.draw(SPEC, np.random.default_rng(0))
    return {shape.name: w for shape, w in zip(SPEC.weight_shapes(), drawn)}


def test_shapes_and_dtype(weights):
    for shape in SPEC.weight_shapes():
        assert weights[shape.name].shape == shape.shape
        assert weights[shape.name].dtype == np.float32
        assert weights[shape.name].flags.c_contiguous


def test_biases_are_zero_and_kernels_glorot_uniform(weights):
    for name, w in weights.items():
        if name.endswith("bias"):
            assert not w.any()
        elif not name.endswith("recurrent_kernel"):
            limit = np.sqrt(6 / sum(w.shape))
            assert np.abs(w).max() <= limit
            assert np.abs(w).max() > 0.85 * limit


def test_recurrent_kernels_are_orthogonal(weights):
    for name, w in weights.items():
        if name.endswith("recurrent_kernel"):
            np.testing.assert_allclose(w @ w.T, np.eye(len(w)), atol=1e-5)


def test_the_generator_decides():
    one, other, third = (_initial.draw(SPEC, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one[0], other[0])
    assert (one[0] != third[0]).any()
