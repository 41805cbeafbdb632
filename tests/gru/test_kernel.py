import jax
import jax.numpy as jnp
import numpy as np
import pytest

from skgru.gru._backend import keras
from skgru.gru._kernel import plain_recurrence, recurrence

T, B, H = 7, 5, 4


def draw(seed=0):
    """Projected inputs, first state, recurrent kernel and bias; all float32."""
    rng = np.random.default_rng(seed)
    shapes = (T, B, 3 * H), (B, H), (H, 3 * H), (3 * H,)
    return [jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in shapes]


def draw_mask():
    kept = np.random.default_rng(1).random((B, H)) >= 0.4
    return jnp.asarray(kept / 0.6, jnp.float32)


def gradients(function, arguments, reverse):
    """Of a random weighting of all states, for every argument."""
    weighting = jnp.asarray(np.random.default_rng(2).normal(size=(T, B, H)), jnp.float32)

    def objective(*arguments):
        return jnp.sum(function(*arguments, reverse) * weighting)

    places = tuple(i for i, argument in enumerate(arguments) if argument is not None)
    return jax.jit(jax.grad(objective, places))(*arguments)


def relative(found, expected):
    return float(jnp.abs(found - expected).max() / jnp.abs(expected).max())


def test_first_two_steps_by_hand():
    projected, initial, kernel, bias = map(np.asarray, draw())

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    state = initial
    for a in projected[:2]:
        m = state @ kernel + bias
        z, r = sigmoid(a[:, :H] + m[:, :H]), sigmoid(a[:, H : 2 * H] + m[:, H : 2 * H])
        state = z * state + (1 - z) * np.tanh(a[:, 2 * H :] + r * m[:, 2 * H :])
    states = recurrence(*draw())
    np.testing.assert_allclose(states[1], state, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("mask", [None, draw_mask()], ids=["no mask", "mask"])
def test_gradients_are_those_of_the_plain_scan(mask, reverse):
    arguments = [*draw(), mask]
    with jax.numpy_dtype_promotion("strict"):
        np.testing.assert_array_equal(
            recurrence(*arguments, reverse), plain_recurrence(*arguments, reverse)
        )
        found = gradients(recurrence, arguments, reverse)
        expected = gradients(plain_recurrence, arguments, reverse)
    assert len(found) == (4 if mask is None else 5)
    for ours, theirs in zip(found, expected):
        assert ours.dtype == jnp.float32
        assert relative(ours, theirs) < 2e-6


def test_reverse_reads_the_flipped_series():
    projected, *rest = draw()
    np.testing.assert_allclose(
        recurrence(projected, *rest, None, True),
        recurrence(projected[::-1], *rest, None, False)[::-1],
        atol=1e-6,
    )


def test_mask_acts_on_the_recurrent_product_alone():
    """With no way into the product, the state still passes through z."""
    projected, initial, kernel, bias = draw()
    states = recurrence(projected, initial, kernel, bias, jnp.zeros((B, H)))
    without = recurrence(projected, initial, jnp.zeros_like(kernel), bias, None)
    np.testing.assert_allclose(states, without, atol=1e-6)
    assert relative(recurrence(projected, initial, kernel, bias, None), without) > 0.1


def test_agrees_with_the_keras_layer():
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(B, T, 3)), jnp.float32)
    layer = keras.layers.GRU(H, return_sequences=True, seed=0)
    layer.build(x.shape)
    weights = [jnp.asarray(rng.normal(size=w.shape), jnp.float32) for w in layer.weights]
    state = [v.value for v in layer.non_trainable_variables]

    def theirs(weights, x):
        return layer.stateless_call(weights, state, x)[0]

    def ours(weights, x):
        kernel, recurrent_kernel, bias = weights
        projected = jnp.swapaxes(x, 0, 1) @ kernel + bias[0]
        states = recurrence(projected, jnp.zeros((B, H)), recurrent_kernel, bias[1])
        return jnp.swapaxes(states, 0, 1)

    weighting = jnp.asarray(rng.normal(size=(B, T, H)), jnp.float32)

    def with_gradients(function):
        def objective(weights, x):
            states = function(weights, x)
            return jnp.sum(states * weighting), states

        return jax.jit(jax.grad(objective, (0, 1), has_aux=True))(weights, x)

    (found, states), (expected, their_states) = map(with_gradients, (ours, theirs))
    np.testing.assert_allclose(states, their_states, atol=1e-6)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected)):
        assert relative(a, b) < 5e-6
