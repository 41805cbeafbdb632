"""Every row is seen once an epoch, in batches of like size and like length."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skgru.gru import _batches


@given(st.integers(1, 200), st.integers(1, 40), st.booleans(), st.integers(0, 5))
def test_every_row_once_in_even_batches(n_samples, batch_size, ragged, seed):
    rng = np.random.default_rng(seed)
    n_steps = rng.integers(1, 30, n_samples) if ragged else np.full(n_samples, 9)
    order = _batches.plan(rng, n_steps, batch_size)
    assert order.shape == (_batches.count(n_samples, batch_size), batch_size)
    np.testing.assert_array_equal(np.sort(order[order >= 0]), np.arange(n_samples))
    sizes = (order >= 0).sum(axis=1)
    assert sizes.min() >= 1
    assert np.ptp(sizes) <= 1


def test_like_lengths_share_a_batch():
    rng = np.random.default_rng(0)
    n_steps = rng.integers(1, 1000, 512)
    order = _batches.plan(rng, n_steps, 16)
    wasted = (n_steps[order].max(axis=1, keepdims=True) - n_steps[order]).mean()
    assert wasted < 0.15 * n_steps.mean()


def test_order_is_new_each_epoch_and_seeded():
    n_steps = np.full(64, 5)
    one, other = np.random.default_rng(1), np.random.default_rng(1)
    first = _batches.plan(one, n_steps, 8)
    np.testing.assert_array_equal(first, _batches.plan(other, n_steps, 8))
    assert (first != _batches.plan(one, n_steps, 8)).any()
