import numpy as np
import pytest

from skgru.gru import _cells
from skgru.text import _recurrence

S, B, F = 7, 9, 5


def draw(rng, *shape):
    return rng.normal(scale=0.5, size=shape).astype(np.float32)


def run(weights, x, starts, first):
    """Forward through the table of x: states, gates, candidates."""
    kernel, recurrent, bias = weights
    n_steps, n_rows, n_units = len(x), x.shape[1], len(recurrent)
    table = np.empty((n_steps * n_rows, 3 * n_units), np.float32)
    _recurrence.project(x.reshape(-1, x.shape[2]), kernel, bias, table)
    rows = np.arange(n_steps * n_rows, dtype=np.int32).reshape(n_steps, n_rows)
    states = np.empty((n_steps + 1, n_rows, n_units), np.float32)
    states[0] = first
    outputs, candidates = (np.empty((n_steps, n_rows, n_units), np.float32) for _ in "oc")
    gates = np.empty((n_steps, n_rows, 3 * n_units), np.float32)
    strips = _recurrence.cut_strips(recurrent, 3, n_rows)
    shift = bias[1, 2 * n_units :]
    _recurrence.forward(table, rows, starts, strips, shift, states, outputs, gates, candidates)
    return states, outputs, gates, candidates


@pytest.fixture(params=[4, 40, 64])
def weights(request):
    rng = np.random.default_rng(0)
    n_units = request.param
    return draw(rng, F, 3 * n_units), draw(rng, n_units, 3 * n_units), draw(rng, 2, 3 * n_units)


@pytest.mark.parametrize("n_columns", [8, 32, 40, 96])
@pytest.mark.parametrize("n_rows", [1, 16])
def test_strips_hold_the_kernel(n_columns, n_rows):
    kernel = draw(np.random.default_rng(0), 6, 3 * n_columns)
    strips = _recurrence.cut_strips(kernel, 3, n_rows)
    parts = [np.concatenate(list(part), axis=1) for part in np.split(strips, 3)]
    np.testing.assert_array_equal(
        np.concatenate([part[:, :n_columns] for part in parts], axis=1), kernel
    )


def test_it_is_the_cell_of_the_classifier(weights):
    rng = np.random.default_rng(1)
    x, n_units = draw(rng, S, B, F), len(weights[1])
    states, outputs, _, _ = run(weights, x, np.zeros((S, B), bool), 0)
    twin, last = np.empty_like(states), np.empty((B, n_units), np.float32)
    gates = np.empty((S, B, 3 * n_units), np.float32)
    _cells.forward(
        *(x, np.full(S, B), *weights, np.empty((0, 0), np.float32), 0),
        *(twin, gates, np.empty((S, B, n_units), np.float32), last),
    )
    np.testing.assert_allclose(states, twin, atol=2e-6)
    np.testing.assert_array_equal(outputs, states[1:])


def test_pieces_with_the_state_carried_are_the_whole(weights):
    x, starts = draw(np.random.default_rng(1), S, B, F), np.zeros((S, B), bool)
    outputs = run(weights, x, starts, 0)[1]
    head = run(weights, x[:3], starts[:3], 0)[0]
    tail = run(weights, x[3:], starts[3:], head[-1])[1]
    np.testing.assert_array_equal(tail, outputs[3:])


def test_a_start_forgets(weights):
    x, starts = draw(np.random.default_rng(1), S, B, F), np.zeros((S, B), bool)
    starts[3] = True
    outputs = run(weights, x, starts, 0.7)[1]
    afresh = run(weights, x[3:], np.zeros((S - 3, B), bool), 0)[1]
    np.testing.assert_array_equal(outputs[3:], afresh)


def test_backward_agrees_with_finite_differences(weights):
    rng = np.random.default_rng(1)
    kernel, recurrent, bias = weights
    x, n_units = draw(rng, S, B, F), len(recurrent)
    starts = rng.random((S, B)) < 0.2
    wanted, direction = draw(rng, S, B, n_units), draw(rng, *recurrent.shape)
    direction /= np.linalg.norm(direction)

    def value(change):
        outputs = run((kernel, recurrent + np.float32(change) * direction, bias), x, starts, 0)[1]
        return (outputs.astype(float) * wanted).sum()

    states, _, gates, candidates = run(weights, x, starts, 0)
    strips = _recurrence.cut_strips(np.ascontiguousarray(recurrent.T), 1, B)
    _recurrence.backward(starts, strips, states, gates, candidates, wanted.copy())
    d_recurrent, d_bias = np.zeros_like(recurrent), np.zeros_like(bias)
    flat = [a.reshape(-1, a.shape[2]) for a in (states[:S], gates, candidates)]
    _recurrence.collect(*flat, d_recurrent, d_bias)
    slope = (value(1e-2) - value(-1e-2)) / 2e-2
    np.testing.assert_allclose((d_recurrent * direction).sum(), slope, rtol=5e-3, atol=5e-3)


def test_dropout_keeps_the_mean():
    values = np.ones(10_000, np.float32)
    uniforms = np.random.default_rng(0).random(10_000, np.float32)
    _recurrence.drop(values, uniforms, np.array([0.25], np.float32))
    assert set(np.unique(values)) == {0, np.float32(4 / 3)}
    assert abs(values.mean() - 1) < 0.02
