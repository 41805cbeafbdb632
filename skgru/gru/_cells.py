"""One direction of a GRU layer, forward and backward, on the CPU.

Keras' convention (``reset_after``), gates in the order z, r, h; weights are the tuple of kernel
W (F, 3H), recurrent kernel U (H, 3H) and bias b (2, 3H). At a step with input x and state s::

    m = (mask * s) U + b[1]
    z = sigmoid(x W_z + b[0]_z + m_z)        r = sigmoid(x W_r + b[0]_r + m_r)
    c = tanh(x W_h + b[0]_h + r * m_h)       s <- c + z * (s - c)

Arrays are time-major (steps S, rows B, width), so that a step is one contiguous block. Rows are
sorted by decreasing number of steps: those that still run at a step are then the first `active`
ones, and nothing is computed for the others. The backward direction reads the steps downwards; a
row joins at its own last step, with a state of zero.

Loops are kept short and in place: a loop over many arrays needs so many checks that none overlap
that the compiler gives up on vector instructions. That, and a pass that is one call for all steps,
is why kernels have more parameters than elsewhere.
"""

from __future__ import annotations

import numpy as np

from skgru.gru._blas import add_gradients, multiply
from skgru.gru._jit import counts, cube, integer, jit, matrix, nothing, part

_multiply = multiply.inner

_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)

# tanh(x) ~ x P(x^2) / Q(x^2): Eigen's generic_fast_tanh for float. Absolute error below 3e-7.
_P1, _P2, _P3, _P4 = np.float32([1.340216100e-1, 3.520756727e-3, 2.102733560e-5, 1.394553628e-8])
_Q1, _Q2, _Q3, _Q4 = np.float32([4.673548340e-1, 2.597254514e-2, 3.326951409e-4, 8.015776984e-7])
_FLAT = np.float32(8.01773357391357422)


@part
def tanh(x):
    """Rational approximation; NaN stays NaN."""
    x = _FLAT if x > _FLAT else x
    x = -_FLAT if x < -_FLAT else x
    s = x * x
    p = ((_P4 * s + _P3) * s + _P2) * s + _P1
    q = ((_Q4 * s + _Q3) * s + _Q2) * s + _Q1
    return x * (p * s + _ONE) / (q * s + _ONE)


@part
def sigmoid(x):
    """Logistic function."""
    return _HALF * tanh(_HALF * x) + _HALF


@part
def _clear(a, start):
    """Zeros in the rows from `start` on: (R, N)."""
    for i in range(start, len(a)):
        for j in range(a.shape[1]):
            a[i, j] = 0


@part
def _scale(a, mask, out):
    """``a * mask``: (B, H), (B, H) -> (B, H)."""
    for i in range(len(mask)):
        for j in range(mask.shape[1]):
            out[i, j] = a[i, j] * mask[i, j]


@jit(nothing(*(cube, counts, matrix, matrix, matrix, matrix, integer), *(cube, cube, cube, matrix)))
def forward(
    inputs, active, kernel, recurrent, bias, mask, reverse, states, gates, candidates, last
):
    """Read all steps of all rows.

    Parameters
    ----------
    inputs : (S, B, F)
    active : (S,) rows that run at each step
    kernel, recurrent, bias : W, U, b
    mask : (B, H) recurrent dropout, or empty
    reverse : 1 to read from the last step to the first, or 0
    states : (S + 1, B, H); the state after step t is at t + 1, in reverse at t
    gates : (S, B, 3H); z, r and m_h without its bias
    candidates : (S, B, H); c
    last : (B, H); the state after everything

    The first axis of `states` may have the length 2, that of `gates` and `candidates` 1, where
    nothing but `last` is wanted.
    """
    n_rows, n_units = last.shape
    two, three = 2 * n_units, 3 * n_units
    n_steps, n_channels, n_kept, n_states = len(active), len(kernel), len(gates), len(states)
    projected = np.empty((n_rows, three), np.float32)
    shifted = np.empty(three, np.float32)
    kept = np.empty(mask.shape, np.float32)
    shift = np.empty(three, np.float32)
    for j in range(three):
        shift[j] = bias[0, j] + (bias[1, j] if j < two else _ZERO)
    _clear(states[n_steps * reverse % n_states], 0)
    for step in range(n_steps):
        t = n_steps - 1 - step if reverse else step
        n = active[t]
        previous = states[(t + reverse) % n_states]
        state = states[(t + 1 - reverse) % n_states]
        gate, candidate = gates[t % n_kept], candidates[t % n_kept]
        fed = previous
        if len(mask):
            _scale(previous, mask, kept)
            fed = kept
        _multiply(fed[:n], recurrent, gate[:n])
        if n_channels > 1:
            _multiply(inputs[t, :n], kernel, projected[:n])
        for i in range(n):
            for j in range(three):  # one channel is no work for BLAS
                a = inputs[t, i, 0] * kernel[0, j] if n_channels == 1 else projected[i, j]
                shifted[j] = a + shift[j]
            for j in range(two):
                gate[i, j] = sigmoid(gate[i, j] + shifted[j])
            for j in range(n_units):
                m = gate[i, two + j] + bias[1, two + j]
                c = tanh(shifted[two + j] + gate[i, n_units + j] * m)
                candidate[i, j] = c
                state[i, j] = c + gate[i, j] * (previous[i, j] - c)
        _clear(state, n)
        following = t + 1 - 2 * reverse
        for i in range(active[following] if 0 <= following < n_steps else 0, n):
            for j in range(n_units):
                last[i, j] = state[i, j]


@jit(nothing(*(counts, matrix, matrix, matrix, integer), *(cube, cube, cube, matrix, cube)))
def backward(active, recurrent_t, bias, mask, reverse, states, gates, candidates, d_last, d_states):
    """Gradients before the gates from those of the states.

    Parameters
    ----------
    active, bias, mask, reverse, states : as in `forward`
    recurrent_t : (3H, H), U transposed
    gates, candidates : as `forward` left them; overwritten by the gradients of
        ``(mask * s) U + b[1]`` and of c's argument
    d_last : (B, H); overwritten
    d_states : (S, B, H) by the step that a state follows, or empty
    """
    n_rows, n_units = d_last.shape
    two, n_steps = 2 * n_units, len(active)
    carry, through = d_last, np.zeros((n_rows, n_units), np.float32)
    for step in range(n_steps):
        t = step if reverse else n_steps - 1 - step
        n = active[t]
        previous = states[t + reverse]
        gate, candidate = gates[t], candidates[t]
        _scale(through, mask, through)
        if len(d_states):
            for i in range(n):
                for j in range(n_units):
                    carry[i, j] += d_states[t, i, j]
        for i in range(n):
            for j in range(n_units):
                d = carry[i, j] + through[i, j]
                z, c = gate[i, j], candidate[i, j]
                carry[i, j] = d * z
                gate[i, j] = d * (previous[i, j] - c) * z * (_ONE - z)
                candidate[i, j] = d * (_ONE - z) * (_ONE - c * c)
            for j in range(n_units):
                d, r = candidate[i, j], gate[i, n_units + j]
                gate[i, n_units + j] = d * (gate[i, two + j] + bias[1, two + j]) * r * (_ONE - r)
                gate[i, two + j] = d * r
        _clear(gate, n)
        _clear(candidate, n)
        if step < n_steps - 1:
            _multiply(gate[:n], recurrent_t, through[:n])


def differentiate(weights, gradients, inputs, mask, states, d_products, d_c, d_inputs):
    """Gradients of the weights and the inputs from what `backward` left.

    Parameters
    ----------
    weights, gradients : tuples of W, U, b and of arrays in their shapes; gradients are written
    inputs, mask : as in `forward`
    states : (S, B, H) before each step
    d_products, d_c : gates and candidates of `backward`; overwritten
    d_inputs : (S, B, F), or empty where nobody asks
    """
    d_kernel, d_recurrent, d_bias = gradients
    n_rows, n_units = d_c.shape[0] * d_c.shape[1], d_c.shape[2]
    for gradient in gradients:
        gradient.fill(0)
    d_m = d_products.reshape(n_rows, -1)
    fed = states * mask if len(mask) else states
    add_gradients(fed.reshape(n_rows, -1), d_m, d_recurrent, d_bias[1])
    # From here on it is the gradient of x W + b[0], which differs in the last third alone.
    d_m[:, 2 * n_units :] = d_c.reshape(n_rows, -1)
    add_gradients(inputs.reshape(n_rows, -1), d_m, d_kernel, d_bias[0])
    if len(d_inputs):
        d_x = d_inputs[: len(d_c)].reshape(n_rows, -1)
        multiply(d_m, np.ascontiguousarray(weights[0].T), d_x)
