import numpy as np
import pytest

from skgru.text import _softmax


def problem(n_rows, n_tokens, width=6):
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n_rows, width)).astype(np.float32)
    table = rng.normal(size=(n_tokens, width)).astype(np.float32)
    bias = rng.normal(size=n_tokens).astype(np.float32)
    return hidden, rng.integers(0, n_tokens, n_rows).astype(np.int32), table, bias


def logarithms(hidden, table, bias):
    scores = hidden.astype(float) @ table.T + bias
    scores -= scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def test_exp():
    x = -np.linspace(0, 80, 10_001).astype(np.float32)
    found = np.array([_softmax.exp(value) for value in x])
    np.testing.assert_allclose(found, np.exp(x.astype(float)), rtol=3e-7)


def test_exp_of_what_is_far_below_is_nothing():
    assert 0 <= _softmax.exp(np.float32(-np.inf)) < 1e-37


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(3, 2), (300, 70), (600, 4500)])
def test_cross_entropy_and_its_gradients(shape, smoothing):
    hidden, targets, table, bias = problem(*shape)
    d_table, d_bias, d_hidden = np.ones_like(table), np.ones_like(bias), np.empty_like(hidden)
    kernel = np.ascontiguousarray(table.T)
    total = _softmax.cross_entropy(
        hidden, targets, table, kernel, bias, 0.5, smoothing, d_table, d_bias, d_hidden
    )
    logs, rows = logarithms(hidden, table, bias), np.arange(len(hidden))
    wanted = np.full_like(logs, smoothing / shape[1])
    wanted[rows, targets] += 1 - smoothing
    np.testing.assert_allclose(total, -(wanted * logs).sum(), rtol=1e-5)
    d_scores = np.exp(logs) - wanted
    d_scores *= 0.5
    np.testing.assert_allclose(d_hidden, d_scores @ table, atol=2e-5)
    np.testing.assert_allclose(d_table, 1 + d_scores.T @ hidden, atol=2e-4)
    np.testing.assert_allclose(d_bias, 1 + d_scores.sum(axis=0), atol=2e-4)


@pytest.mark.parametrize("shape", [(3, 2), (300, 70)])
def test_log_likelihood(shape):
    hidden, targets, table, bias = problem(*shape)
    out = np.empty(len(hidden), np.float32)
    _softmax.log_likelihood(hidden, targets, np.ascontiguousarray(table.T), bias, out)
    wanted = logarithms(hidden, table, bias)[np.arange(len(hidden)), targets]
    np.testing.assert_allclose(out, wanted, atol=5e-6)
