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

from skgru.gru._blas import add_columns, add_product, clear, multiply, transpose
from skgru.gru._jit import cube, gate_cube, jit, matrices, matrix, nothing, steps, truth

_ONE, _HALF = np.float32(1), np.float32(0.5)

# tanh(x) ~ x P(x^2) / Q(x^2): Eigen's generic_fast_tanh for float. Absolute error below 3e-7.
_P1, _P2, _P3, _P4 = np.float32([1.340216100e-1, 3.520756727e-3, 2.102733560e-5, 1.394553628e-8])
_Q1, _Q2, _Q3, _Q4 = np.float32([4.673548340e-1, 2.597254514e-2, 3.326951409e-4, 8.015776984e-7])
_FLAT = np.float32(8.01773357391357422)

# Steps are gathered to this many rows for the products that need not wait for one another.
_ROWS = 256


@jit()
def tanh(x):
    """Rational approximation; NaN stays NaN."""
    x = _FLAT if x > _FLAT else x
    x = -_FLAT if x < -_FLAT else x
    s = x * x
    p = ((_P4 * s + _P3) * s + _P2) * s + _P1
    q = ((_Q4 * s + _Q3) * s + _Q2) * s + _Q1
    return x * (p * s + _ONE) / (q * s + _ONE)


@jit()
def sigmoid(x):
    """Logistic function."""
    return _HALF * tanh(_HALF * x) + _HALF


@jit()
def count_active(n_steps, step, active):
    """Rows that run at this step, given their number at a neighbouring one."""
    while active < len(n_steps) and n_steps[active] > step:
        active += 1
    while active > 0 and n_steps[active - 1] <= step:
        active -= 1
    return active


@jit()
def _scale(a, mask, out):
    """``a * mask``: (R, H), (B, H) -> (R, H), R a multiple of B."""
    n_rows = len(mask)
    for i in range(len(a)):
        k = i % n_rows
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] * mask[k, j]


@jit(nothing(cube, steps, matrices, matrix, truth, cube, gate_cube, cube, matrix))
def forward(inputs, n_steps, weights, mask, reverse, states, gates, candidates, last):
    """Read all steps of all rows.

    Parameters
    ----------
    inputs : (S, B, F)
    n_steps : (B,), decreasing
    weights : tuple of W, U, b
    mask : (B, H) recurrent dropout, or empty
    reverse : whether to read from the last step to the first
    states : (S + 1, B, H); the state after step t is at t + 1, in reverse at t
    gates : (S, B, 3, H); z, r and m_h without its bias
    candidates : (S, B, H); c
    last : (B, H); the state after everything

    The first axis of `states` may have the length 2, that of `gates` and `candidates` 1, where
    nothing but `last` is wanted.
    """
    kernel, recurrent, bias = weights
    n_rows, n_units = last.shape
    n_channels, n_kept, n_states = len(kernel), len(gates), len(states)
    products = gates.reshape(n_kept, n_rows, 3 * n_units)
    projected = np.empty((n_rows if n_channels > 1 else 0, 3 * n_units), np.float32)
    shifted = np.empty(3 * n_units, np.float32)
    kept = np.empty((len(mask), n_units), np.float32)
    shift = bias[0].copy()
    for j in range(2 * n_units):
        shift[j] += bias[1, j]
    shifted_h, shift_m = shifted[2 * n_units :], bias[1, 2 * n_units :]
    active = 0
    clear(states[(n_steps[0] if reverse else 0) % n_states], 0)
    for step in range(n_steps[0]):
        t = n_steps[0] - 1 - step if reverse else step
        active = count_active(n_steps, t, active)
        before, after = (t + 1, t) if reverse else (t, t + 1)
        previous, state = states[before % n_states], states[after % n_states]
        gate, candidate = gates[t % n_kept], candidates[t % n_kept]
        product = products[t % n_kept]
        fed = previous
        if len(mask):
            _scale(previous, mask, kept)
            fed = kept
        multiply(fed[:active], recurrent, product[:active])
        if n_channels > 1:
            multiply(inputs[t, :active], kernel, projected[:active])
        for i in range(active):
            for j in range(3 * n_units):  # one channel is no work for BLAS
                a = inputs[t, i, 0] * kernel[0, j] if n_channels == 1 else projected[i, j]
                shifted[j] = a + shift[j]
            for j in range(2 * n_units):
                product[i, j] = sigmoid(product[i, j] + shifted[j])
            for j in range(n_units):
                m = gate[i, 2, j] + shift_m[j]
                c = tanh(shifted_h[j] + gate[i, 1, j] * m)
                candidate[i, j] = c
                state[i, j] = c + gate[i, 0, j] * (previous[i, j] - c)
        clear(state, active)
        ended = active
        while ended > 0 and (n_steps[ended - 1] == t + 1 or (reverse and t == 0)):
            ended -= 1
            for j in range(n_units):  # assigning rows would double the time to compile
                last[ended, j] = state[ended, j]


@jit()
def _flush(inputs, states, mask, kernel_t, gradients, d_m, d_c, d_inputs):
    """The products of some steps that the recurrence need not wait for; kernel_t (3H, F)."""
    d_kernel, d_recurrent, d_bias = gradients
    n_units = len(d_recurrent)
    n_rows = inputs.shape[0] * inputs.shape[1]
    x = inputs.reshape(n_rows, inputs.shape[2])
    fed = states.reshape(n_rows, n_units)
    if len(mask):
        kept = np.empty_like(fed)
        _scale(fed, mask, kept)
        fed = kept
    add_product(fed, d_m, d_recurrent)
    add_columns(d_m, d_bias[1])
    # From here on d_m is the gradient of x W + b[0]: it differs in the last third alone.
    for i in range(n_rows):
        for j in range(n_units):
            d_m[i, 2 * n_units + j] = d_c[i, j]
    add_columns(d_c, d_bias[0, 2 * n_units :])
    add_product(x, d_m, d_kernel)
    if len(d_inputs):
        multiply(d_m, kernel_t, d_inputs.reshape(n_rows, inputs.shape[2]))


@jit(
    nothing(
        *(cube, steps, matrices, matrices, matrix, truth),
        *(cube, gate_cube, cube, matrix, cube, cube),
    )
)
def backward(
    inputs,
    n_steps,
    weights,
    gradients,
    mask,
    reverse,
    states,
    gates,
    candidates,
    d_last,
    d_states,
    d_inputs,
):
    """Gradients of the weights and the inputs from those of the states.

    Parameters
    ----------
    inputs, n_steps, weights, mask, reverse, states : as in `forward`
    gradients : tuple of arrays in the shapes of W, U, b; written
    gates, candidates : as `forward` left them; overwritten by the gradients of
        ``x W + b[0]`` and of c's argument
    d_last : (B, H); overwritten
    d_states : (S, B, H) by the step that a state follows, or empty
    d_inputs : (S, B, F), or empty where nobody asks
    """
    kernel, recurrent, bias = weights
    d_kernel, d_recurrent, d_bias = gradients
    n_rows, n_units = d_last.shape
    width = 3 * n_units
    products = gates.reshape(len(gates), n_rows, width)
    transposed, kernel_t = transpose(recurrent), transpose(kernel)
    shift_m = bias[1, 2 * n_units :]
    carry = d_last
    through = np.zeros((n_rows, n_units), np.float32)
    clear(d_kernel, 0)
    clear(d_recurrent, 0)
    clear(d_bias, 0)
    active, waiting, per_flush = 0, 0, max(1, _ROWS // n_rows)
    for step in range(n_steps[0]):
        t = step if reverse else n_steps[0] - 1 - step
        active = count_active(n_steps, t, active)
        previous = states[t + 1 if reverse else t]
        gate, product, candidate = gates[t], products[t], candidates[t]
        for i in range(len(mask)):
            for j in range(n_units):
                through[i, j] *= mask[i, j]
        if len(d_states):
            for i in range(active):
                for j in range(n_units):
                    carry[i, j] += d_states[t, i, j]
        for i in range(active):
            for j in range(n_units):
                d = carry[i, j] + through[i, j]
                z, c = gate[i, 0, j], candidate[i, j]
                carry[i, j] = d * z
                gate[i, 0, j] = d * (previous[i, j] - c) * z * (_ONE - z)
                candidate[i, j] = d * (_ONE - z) * (_ONE - c * c)
            for j in range(n_units):
                d, r = candidate[i, j], gate[i, 1, j]
                gate[i, 1, j] = d * (gate[i, 2, j] + shift_m[j]) * r * (_ONE - r)
                gate[i, 2, j] = d * r
        clear(product, active)
        clear(candidate, active)
        if step < n_steps[0] - 1:
            multiply(product[:active], transposed, through[:active])
        waiting += 1
        if waiting == per_flush or step == n_steps[0] - 1:
            start = t + 1 - waiting if reverse else t
            stop = start + waiting
            fed = states[start + 1 : stop + 1] if reverse else states[start:stop]
            d_m = products[start:stop].reshape(waiting * n_rows, width)
            d_c = candidates[start:stop].reshape(waiting * n_rows, n_units)
            d_x = d_inputs[start:stop] if len(d_inputs) else d_inputs
            _flush(inputs[start:stop], fed, mask, kernel_t, gradients, d_m, d_c, d_x)
            waiting = 0
    for j in range(2 * n_units):
        d_bias[0, j] = d_bias[1, j]
