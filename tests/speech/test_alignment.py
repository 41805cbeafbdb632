from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skgru.speech import _alignment, _ctc, _decoding


@given(st.integers(1, 60), st.data())
def test_even_parts(n_steps, data):
    n_tokens = data.draw(st.integers(1, n_steps))
    parts = _alignment.split_evenly(n_steps, n_tokens)
    assert parts.sum() == n_steps
    assert 1 <= parts.min() <= parts.max() <= parts.min() + 1


def test_blanks_go_to_both_neighbours():
    path = [2, 2, 0, 2, 2, 1, 1, 2]  # blank is 2
    log_p = np.log(np.full((8, 3), 0.05))
    log_p[np.arange(8), path] = np.log(0.9)
    assert _alignment.align(log_p, np.array([0, 1])).tolist() == [4, 4]


@given(st.integers(0, 2**32 - 1))
def test_the_path_is_the_likeliest(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rng.integers(1, 4))
    n_steps = int(rng.integers(_ctc.steps_needed(labels), 7))
    log_p = np.log(rng.dirichlet(np.ones(3), n_steps))
    states = _alignment._likeliest(log_p, labels)
    outputs = np.full(2 * len(labels) + 1, 2)
    outputs[1::2] = labels
    found = log_p[np.arange(n_steps), outputs[states]].sum()
    best = max(
        log_p[np.arange(n_steps), path].sum()
        for path in map(np.array, product(range(3), repeat=n_steps))
        if _decoding.collapse(path, 2).tolist() == labels.tolist()
    )
    assert found == pytest.approx(best)
    lasts = _alignment.align(log_p, labels)
    assert lasts.sum() == n_steps
    assert lasts.min() >= 1
