import numpy as np
import pytest

from skgru.text import _attention

B, T, S, H, M = 3, 4, 6, 5, 7
LENGTHS = np.array([6, 1, 4])


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    shapes = (B, T, H), (B, S, H), (B, S, M)
    return tuple(rng.normal(size=shape) for shape in shapes)


def test_shares_by_hand():
    queries, keys = np.array([[[2.0, 0, 0, 0]]]), np.array([[[1.0, 0, 0, 0], [0] * 4]])
    shares, contexts = _attention.attend(queries, keys, np.array([[[1.0], [3.0]]]), np.array([2]))
    share = np.e / (1 + np.e)
    np.testing.assert_allclose(shares, [[[share, 1 - share]]], rtol=1e-6)
    np.testing.assert_allclose(contexts, [[[share + 3 * (1 - share)]]], rtol=1e-6)


def test_nothing_behind_an_end_has_a_share(problem):
    queries, keys, memory = problem
    shares, contexts = _attention.attend(queries, keys, memory, LENGTHS)
    np.testing.assert_allclose(shares.sum(axis=2), 1)
    for b, n in enumerate(LENGTHS):
        assert (shares[b, :, n:] == 0).all()
        alone = _attention.attend(
            queries[b : b + 1], keys[b : b + 1, :n], memory[b : b + 1, :n], LENGTHS[b : b + 1]
        )
        np.testing.assert_allclose(alone[1][0], contexts[b])


def test_gradient_agrees_with_finite_differences(problem):
    rng = np.random.default_rng(1)
    d_contexts = rng.normal(size=(B, T, M))
    shares, _ = _attention.attend(*problem, LENGTHS)
    gradients = _attention.attend_back(*problem, shares, d_contexts)
    for i, gradient in enumerate(gradients):
        direction = rng.normal(size=gradient.shape)
        ends = []
        for sign in (1, -1):
            moved = list(problem)
            moved[i] = problem[i] + sign * 1e-5 * direction
            ends.append((_attention.attend(*moved, LENGTHS)[1] * d_contexts).sum())
        slope = (ends[0] - ends[1]) / 2e-5
        assert (gradient * direction).sum() == pytest.approx(slope, rel=1e-6)
