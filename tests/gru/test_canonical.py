"""A training set is the same whatever the order, dtype or repetition of its rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skgru import GRUClassifier
from skgru.gru import _canonical, _sequences


def canonical(X, y, weights):
    sequences = _sequences.read(GRUClassifier(), X, reset=True)
    rows, weights = _canonical.canonical_rows(sequences, y, weights)
    return sequences.values[rows], y[rows], weights


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, -0.0, 1.0, -1.5]), st.integers(0, 1), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    ).filter(lambda rows: any(weight for _, _, weight in rows)),
    st.randoms(use_true_random=False),
)
def test_weights_act_as_repeated_rows_in_any_order(rows, random):
    x, y, weights = (np.array(column) for column in zip(*rows, strict=True))
    X = np.stack([x, x + 1], axis=1)
    repeats = np.repeat(np.arange(len(x)), weights)
    random.shuffle(repeats)
    weighted = canonical(X, y, weights.astype(float))
    repeated = canonical(X[repeats], y[repeats], np.ones(len(repeats)))
    for one, other in zip(weighted, repeated, strict=True):
        np.testing.assert_array_equal(one, other)


def test_dtype_does_not_change_the_order():
    X = np.random.default_rng(0).integers(0, 5, (40, 3))
    y = np.arange(40) % 2
    for dtype in (np.float32, np.int8):
        for one, other in zip(
            canonical(X.astype(dtype), y, np.ones(40)), canonical(X, y, np.ones(40)), strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_missing_values_are_equal_and_targets_tell_rows_apart():
    X = np.array([[np.nan, 1.0]] * 4)
    _, y, weights = canonical(X, np.array([0, 0, 1, 0]), np.ones(4))
    assert sorted(zip(y.tolist(), weights.tolist(), strict=True)) == [(0, 3.0), (1, 1.0)]


def test_a_collision_of_keys_does_not_merge_rows(monkeypatch):
    monkeypatch.setattr(_canonical, "_hash_rows", lambda s, y, rows: np.zeros(len(rows), "u8"))
    X = np.array([[1.0], [2.0]])
    assert len(canonical(X, np.zeros(2), np.ones(2))[0]) == 2
