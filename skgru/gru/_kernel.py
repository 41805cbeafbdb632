"""The GRU recurrence on JAX with its hand-written gradient, and a plain-scan twin for the tests.

Keras' convention (``reset_after``), gates in the order z, r, h. With ``a = x W + b[0]`` given for
all steps and ``s`` the state that enters a step::

    m = (mask * s) U + b[1]
    z = sigmoid(a_z + m_z)      r = sigmoid(a_r + m_r)
    c = tanh(a_h + r * m_h)     s <- c + z * (s - c)

Autodiff of the scan would sum the gradient of U in every backward step and keep many small arrays;
here the backward loop holds one product and two elementwise lines, the rest is done for all steps
at once before and after it.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax


def _step(state, projected, recurrent_kernel, recurrent_bias, mask):
    """State (B, H) -> next state; for the gradient also zr (B, 2H), c and m_h (B, H)."""
    n_units = state.shape[-1]
    entering = state if mask is None else state * mask
    m = entering @ recurrent_kernel + recurrent_bias
    m_h = m[:, 2 * n_units :]
    zr = jax.nn.sigmoid(projected[:, : 2 * n_units] + m[:, : 2 * n_units])
    z, r = zr[:, :n_units], zr[:, n_units:]
    c = jnp.tanh(projected[:, 2 * n_units :] + r * m_h)
    return c + z * (state - c), (zr, c, m_h)


def _scan(projected, initial, recurrent_kernel, recurrent_bias, mask, reverse):
    def step(state, projected_t):
        state, kept = _step(state, projected_t, recurrent_kernel, recurrent_bias, mask)
        return state, (state, kept)

    return lax.scan(step, initial, projected, reverse=reverse)[1]


def plain_recurrence(
    projected, initial, recurrent_kernel, recurrent_bias, mask=None, reverse=False
):
    """What `recurrence` computes, its gradient left to JAX."""
    return _scan(projected, initial, recurrent_kernel, recurrent_bias, mask, reverse)[0]


@partial(jax.custom_vjp, nondiff_argnums=(5,))
def recurrence(projected, initial, recurrent_kernel, recurrent_bias, mask=None, reverse=False):
    """States of all steps, at the places of the steps that they follow.

    Parameters
    ----------
    projected : array, shape (T, B, 3H)
        ``x W + b[0]``.
    initial : array, shape (B, H)
    recurrent_kernel : array, shape (H, 3H)
    recurrent_bias : array, shape (3H,)
    mask : array, shape (B, H), or None
        Recurrent dropout, scaled already.
    reverse : bool
        Whether to read from the last step to the first.

    Returns
    -------
    array, shape (T, B, H)
    """
    return plain_recurrence(projected, initial, recurrent_kernel, recurrent_bias, mask, reverse)


def _forward(projected, initial, recurrent_kernel, recurrent_bias, mask, reverse):
    states, kept = _scan(projected, initial, recurrent_kernel, recurrent_bias, mask, reverse)
    return states, (states, *kept, initial, recurrent_kernel, mask)


def _backward(reverse, residuals, outer):
    """Gradients from `outer` (T, B, H), the gradient that arrives at each state from outside."""
    states, zr, c, m_h, initial, recurrent_kernel, mask = residuals
    n_units = initial.shape[-1]
    z, r = zr[..., :n_units], zr[..., n_units:]
    before = jnp.concatenate(
        [states[1:], initial[None]] if reverse else [initial[None], states[:-1]]
    )
    # All that does not hold the gradient itself: dm = [ds ds ds] * factors, da_h = ds * slope.
    slope = (1 - z) * (1 - c * c)
    factors = jnp.concatenate(
        [(before - c) * z * (1 - z), slope * m_h * r * (1 - r), slope * r], axis=-1
    )
    transposed = recurrent_kernel.T

    def step(carry, now):
        outer_t, z_t, factors_t = now
        d_state = carry + outer_t
        d_m = jnp.concatenate([d_state, d_state, d_state], axis=-1) * factors_t
        through = d_m @ transposed
        carry = d_state * z_t + (through if mask is None else through * mask)
        return carry, (d_state, d_m)

    d_initial, (d_state, d_m) = lax.scan(
        step, jnp.zeros_like(initial), (outer, z, factors), reverse=not reverse
    )
    d_projected = jnp.concatenate([d_m[..., : 2 * n_units], d_state * slope], axis=-1)
    entering = before if mask is None else before * mask
    d_kernel = jnp.einsum("tbh,tbk->hk", entering, d_m)
    # Nobody asks for the mask's gradient while training; the compiler then drops this product.
    d_mask = None if mask is None else jnp.sum(before * (d_m @ transposed), axis=0)
    return d_projected, d_initial, d_kernel, jnp.sum(d_m, axis=(0, 1)), d_mask


recurrence.defvjp(_forward, _backward)
