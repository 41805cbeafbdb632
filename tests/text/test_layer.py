import numpy as np
import pytest

from skgru.text import _layer
from skgru.text._layer import Cell
from skgru.text._scratch import Scratch

S, B, F, H = 5, 4, 3, 6


@pytest.fixture
def cell():
    rng = np.random.default_rng(0)
    return Cell(*(draw(rng, *shape) for shape in ((F, 3 * H), (H, 3 * H), (2, 3 * H))))


def draw(rng, *shape):
    return rng.normal(scale=0.5, size=shape).astype(np.float32)


def test_the_table_spares_no_input(cell):
    rng = np.random.default_rng(1)
    x, first = draw(rng, 7, F), draw(rng, B, H)
    rows = rng.integers(0, 7, (S, B)).astype(np.int32)
    short = _layer.run(x, rows, first, cell, Scratch())
    spread = _layer.run(x[rows].reshape(-1, F), _layer.in_order(S, B), first, cell, Scratch())
    np.testing.assert_allclose(short.outputs, spread.outputs, atol=1e-6)
    np.testing.assert_array_equal(short.states[0], first)


def test_gradients_agree_with_finite_differences(cell):
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 7, (S, B)).astype(np.int32)
    given = [draw(rng, 7, F), draw(rng, B, H), *cell]
    d_outputs = draw(rng, S, B, H)

    def loss(x, first, *weights):
        outputs = _layer.run(x, rows, first, Cell(*weights), Scratch()).outputs
        return float((outputs.astype(float) * d_outputs).sum())

    gradients, d_x = Cell(*map(np.zeros_like, cell)), np.zeros_like(given[0])
    tape = _layer.run(given[0], rows, given[1], cell, Scratch())
    d_first = _layer.run_back(tape, d_outputs, cell, gradients, d_x)
    for i, gradient in enumerate([d_x, d_first, *gradients]):
        direction = draw(rng, *gradient.shape)
        ends = []
        for sign in (1, -1):
            moved = list(given)
            moved[i] = given[i] + np.float32(sign * 1e-2) * direction
            ends.append(loss(*moved))
        slope = (ends[0] - ends[1]) / 2e-2
        assert (gradient * direction).sum() == pytest.approx(slope, rel=5e-3, abs=5e-3)


def test_distinct_tokens_are_looked_up_once():
    embedding = np.arange(10, dtype=np.float32).reshape(5, 2)
    tokens = np.array([[3, 1], [3, 3]], np.int32)
    distinct, x, rows = _layer.look_up(tokens, embedding)
    assert distinct.tolist() == [1, 3]
    np.testing.assert_array_equal(x[rows], embedding[tokens])
