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

from skgru.gru._blas import add_columns, add_outer, cut_strips, gemm, multiply_strips
from skgru.gru._jit import counts, cube, integer, jit, matrix, nothing, part

# Columns of a strip of a kernel, forward and of the transposed one backward: measured. Kernels of
# fewer units are best as they are, and so are those that few rows meet.
_STRIP, _STRIP_BACKWARD, _FEW = 64, 32, 8

# Rows that products which need not wait have at least: those of some steps, while in cache.
_ROWS, _ROWS_BACKWARD = 64, 256

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
    shifted = np.empty(three, np.float32)
    kept = np.empty(mask.shape, np.float32)
    shift = np.empty(three, np.float32)
    for j in range(three):
        shift[j] = shifted[j] = bias[0, j] + (bias[1, j] if j < two else _ZERO)
    zero = n_units - n_units  # numbers written out would have kernels compiled for each by itself
    n_parts = 2 if n_channels > 1 else 1
    cut = n_units >= _STRIP and n_rows >= _FEW
    strips = cut_strips(recurrent, zero, n_units, _STRIP + zero) if cut else recurrent.ravel()
    hop = (_ROWS + n_rows - 1) // n_rows if n_kept == n_steps else 1
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
        at = (t % n_kept) * n_rows
        if n_channels > 1:
            if step % hop == 0:
                n_joined = min(hop, n_steps - step)
                low = t - n_joined + 1 if reverse else t
                rows, to = n_joined * n_rows, (low % n_kept) * n_rows
                _project(rows, inputs, low * n_rows, kernel, gates, candidates, to)
        else:
            _clear(candidate, zero)
        for k in range(n_parts):  # a call written once is compiled once
            first, columns = k * two, n_units if k else three - n_units * (n_parts - 1)
            added = n_parts - 1 - k
            _times(n, columns, fed, strips, first, cut, added, gates, at * three + first)
        for i in range(n):
            if n_channels == 1:  # no work for BLAS
                for j in range(three):
                    shifted[j] = inputs[t, i, 0] * kernel[0, j] + shift[j]
            for j in range(two):
                gate[i, j] = sigmoid(gate[i, j] + shifted[j])
            for j in range(n_units):
                m = gate[i, two + j] + bias[1, two + j]
                c = tanh(candidate[i, j] + shifted[two + j] + gate[i, n_units + j] * m)
                candidate[i, j] = c
                state[i, j] = c + gate[i, j] * (previous[i, j] - c)
        _clear(state, n)
        following = t + 1 - 2 * reverse
        for i in range(active[following] if 0 <= following < n_steps else 0, n):
            for j in range(n_units):
                last[i, j] = state[i, j]


@part
def _project(rows, inputs, at, kernel, gates, candidates, to):
    """``x W``: its share of z and r to where the gates will be, that of c to the candidates."""
    n_channels, three = kernel.shape
    n_units, first, zero = three // 3, at * n_channels, at - at
    two = 2 * n_units
    for k in range(2):
        out, columns = (candidates, n_units) if k else (gates, two)
        stride = out.shape[2]
        gemm(
            *(rows, n_channels, columns, inputs, first, n_channels, kernel, k * two, three, zero),
            *(out, to * stride, stride),
        )


@part
def _times(rows, columns, fed, strips, first, cut, keep, gates, at):
    """So many columns of ``fed @ U``, in strips or whole, to a place among the gates."""
    n_units = fed.shape[1]
    three, width = 3 * n_units, _STRIP if cut else columns
    unit = n_units if cut else columns
    for section in range(0, columns, unit):
        for column in range(section, section + unit, width):
            n = min(width, section + unit - column)
            strip, stride = (n_units * (first + column), n) if cut else (first, three)
            gemm(
                *(rows, n_units, n, fed, rows - rows, n_units, strips, strip, stride, keep),
                *(gates, at + column, three),
            )


@jit(
    nothing(
        *(cube, counts, matrix, matrix, matrix, matrix, integer, cube, cube, cube, matrix, cube),
        *(matrix, matrix, matrix, cube),
    )
)
def backward(
    inputs,
    active,
    kernel,
    recurrent,
    bias,
    mask,
    reverse,
    states,
    gates,
    candidates,
    d_last,
    d_states,
    d_kernel,
    d_recurrent,
    d_bias,
    d_inputs,
):
    """Gradients of weights and inputs from those of the states.

    Parameters
    ----------
    inputs, active, kernel, recurrent, bias, mask, reverse, states : as in `forward`
    gates, candidates : as `forward` left them; overwritten by the gradients of
        ``(mask * s) U + b[1]`` and of c's argument
    d_last : (B, H); overwritten
    d_states : (S, B, H) by the step that a state follows, or empty
    d_kernel, d_recurrent, d_bias : in the shapes of the weights; added to
    d_inputs : (S, B, F), or empty where nobody asks
    """
    n_rows, n_units = d_last.shape
    two, three, n_steps, n_channels = 2 * n_units, 3 * n_units, len(active), len(kernel)
    zero = n_units - n_units  # as in `forward`
    strip = _STRIP_BACKWARD + zero
    strips = cut_strips(recurrent, zero + 1, n_units, strip)
    turned = cut_strips(kernel, zero + 1, n_channels, n_channels)
    hop = (_ROWS_BACKWARD + n_rows - 1) // n_rows
    kept = np.empty((hop if len(mask) else 0, n_rows, n_units), np.float32)
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
                z, h = gate[i, j], candidate[i, j]
                carry[i, j] = d * z
                gate[i, j] = d * (previous[i, j] - h) * z * (_ONE - z)
                candidate[i, j] = d * (_ONE - z) * (_ONE - h * h)
            for j in range(n_units):
                d, r = candidate[i, j], gate[i, n_units + j]
                gate[i, n_units + j] = d * (gate[i, two + j] + bias[1, two + j]) * r * (_ONE - r)
                gate[i, two + j] = d * r
        _clear(gate, n)
        _clear(candidate, n)
        if step < n_steps - 1:
            multiply_strips(
                *(n, three, n_units, gates, t * n_rows * three, strips, zero, n_units, strip, zero),
                *(through, zero, n_units),
            )
        if step % hop < hop - 1 and step < n_steps - 1:
            continue
        # What does not wait, for some steps together.
        n_joined = step % hop + 1
        low = t - n_joined + 1 if reverse else t
        rows, at, fed, fed_at = n_joined * n_rows, low * n_rows, states, (low + reverse) * n_rows
        if len(mask):
            for k in range(n_joined):
                _scale(states[low + reverse + k], mask, kept[k])
            fed, fed_at = kept, zero
        x_at, g_at, c_at = at * n_channels, at * three, at * n_units
        for k in range(3):
            a, a_at, width = (inputs, x_at, n_channels) if k else (fed, fed_at * n_units, n_units)
            b, b_at, stride = (candidates, c_at, n_units) if k == 2 else (gates, g_at, three)
            columns, to = (n_units, two) if k == 2 else (two if k else three, zero)
            out = d_kernel if k else d_recurrent
            add_outer(rows, width, columns, a, a_at, b, b_at, stride, out, to, three)
        for k in range(low, low + n_joined):
            add_columns(gates[k], d_bias[1])
            add_columns(candidates[k], d_bias[0, two:])
        for k in range(2 if len(d_inputs) else 0):
            b, b_at, width = (candidates, c_at, n_units) if k else (gates, g_at, three)
            inner = n_units if k else two
            gemm(
                *(rows, inner, n_channels, b, b_at, width),
                *(turned, k * two * n_channels, n_channels, k, d_inputs, x_at, n_channels),
            )
    for j in range(two):  # the same for either bias
        d_bias[0, j] += d_bias[1, j]
