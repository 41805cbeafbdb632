"""One step of one row through one GRU layer; formulas as in `_cells`."""

from __future__ import annotations

import numpy as np

from skgru.gru._cells import sigmoid, tanh
from skgru.gru._jit import jit, matrix, nothing, vector


@jit(nothing(vector, matrix, matrix, matrix, vector))
def advance(x, kernel, recurrent, bias, state):
    """Bring the state (H,) one step on, in place; x (F,), W (F, 3H), U (H, 3H), b (2, 3H)."""
    n_units = len(state)
    a, m = np.dot(x, kernel), np.dot(state, recurrent)
    for j in range(n_units):
        r_j, h_j = n_units + j, 2 * n_units + j
        z = sigmoid(a[j] + bias[0, j] + m[j] + bias[1, j])
        r = sigmoid(a[r_j] + bias[0, r_j] + m[r_j] + bias[1, r_j])
        c = tanh(a[h_j] + bias[0, h_j] + r * (m[h_j] + bias[1, h_j]))
        state[j] = c + z * (state[j] - c)
