"""One step of one row is what the kernel over whole series does."""

import numpy as np

from skgru.gru import _cells
from skgru.gru._step import advance


def test_steps_one_by_one_are_the_series():
    rng = np.random.default_rng(0)
    n_steps, n_inputs, n_units = 7, 3, 5
    shapes = [(n_inputs, 3 * n_units), (n_units, 3 * n_units), (2, 3 * n_units)]
    weights = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    x = rng.normal(size=(n_steps, 1, n_inputs)).astype(np.float32)
    states = np.empty((n_steps + 1, 1, n_units), np.float32)
    gates = np.empty((n_steps, 1, 3 * n_units), np.float32)
    candidates, last = np.empty_like(states[1:]), np.empty_like(states[0])
    active, no_mask = np.ones(n_steps, np.intp), np.empty((0, 0), np.float32)
    _cells.forward(x, active, *weights, no_mask, 0, states, gates, candidates, last)
    state = np.zeros(n_units, np.float32)
    for t in range(n_steps):
        advance(x[t, 0], *weights, state)
        np.testing.assert_allclose(state, states[t + 1, 0], atol=1e-6)
