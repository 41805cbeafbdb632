"""Whitening evens out patches, and a trained network does not know that it was there."""

import numpy as np
import pytest

from skgru.gru import _inference, _initial, _whitening
from skgru.gru._model import GRUSpec, TrainingSet

SPEC = GRUSpec(2, 3, (4,), patch_length=4, patch_stride=2, embedding_units=5)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 20, 2)).cumsum(axis=1).astype(np.float32)
    n_steps = rng.integers(1, 10, 30).astype(np.int32)
    weights = rng.integers(1, 4, 30).astype(np.float32)
    return TrainingSet(values, n_steps, np.zeros(30, np.int32), weights)


def patches_of(data, spec=SPEC):
    return np.concatenate(
        [
            np.repeat(
                [row[i * spec.patch_stride :][: spec.patch_length].ravel() for i in range(n_steps)],
                int(weight),
                axis=0,
            )
            for row, n_steps, weight in zip(data.values, data.n_steps, data.sample_weight)
        ]
    ).astype(np.float64)


def test_patches_become_centred_and_even(data):
    matrix, shift = _whitening.learn(SPEC, data)
    patches = patches_of(data)
    white = patches @ matrix + shift
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-4)
    assert np.trace(np.cov(white.T, bias=True)) == pytest.approx(SPEC.patch_width, rel=1e-3)
    before, after = (np.linalg.eigvalsh(np.cov(x.T)) for x in (patches, white))
    assert after[-1] / after.mean() < 0.75 * before[-1] / before.mean()


def test_folded_weights_read_plain_patches(data):
    whitening = _whitening.learn(SPEC, data)
    weights = _initial.draw(SPEC, np.random.default_rng(0))
    folded = _whitening.fold(whitening, weights)
    patches = patches_of(data)
    white = patches @ whitening[0] + whitening[1]
    np.testing.assert_allclose(
        patches @ folded[0] + folded[1], white @ weights[0] + weights[1], atol=1e-4
    )
    for one, other in zip(_whitening.unfold(whitening, folded), weights):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert _inference.outputs(SPEC, folded, data.values, data.n_steps).shape == (30, 3)


@pytest.mark.parametrize(
    "spec",
    [
        GRUSpec(2, 3, (4,), patch_length=4),  # no embedding to fold into
        GRUSpec(1, 3, (4,), embedding_units=5),  # one number has nothing to even out
        GRUSpec(600, 3, (4,), embedding_units=5),  # too wide
    ],
)
def test_where_it_is_not_used(spec, data):
    assert _whitening.learn(spec, data) is None


def test_constant_patches_are_left_alone(data):
    constant = TrainingSet(np.ones_like(data.values), *list(vars(data).values())[1:4])
    assert _whitening.learn(SPEC, constant) is None
