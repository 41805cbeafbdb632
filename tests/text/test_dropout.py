import numpy as np

from skgru.text import _dropout
from skgru.text._dropout import Dropout


def test_the_mean_stays():
    values = np.ones(100_000, np.float32)
    mask = Dropout(0.25, np.random.default_rng(0)).apply(values)
    np.testing.assert_array_equal(values, mask)
    assert set(np.unique(values).tolist()) == {0, float(np.float32(1 / 0.75))}
    assert 0.99 < values.mean() < 1.01


def test_gradients_take_the_same_way():
    gradient = np.full(3, 2.0)
    _dropout.undo(gradient, np.array([0, 1, 4]))
    assert gradient.tolist() == [0, 2, 8]
    _dropout.undo(gradient, None)
    assert gradient.tolist() == [0, 2, 8]


def test_no_dropout_draws_nothing():
    values = np.ones(4, np.float32)
    assert Dropout().apply(values) is None
    assert (values == 1).all()
