"""Writing, token by token: the whole loop is compiled, and so is the choice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skgru.gru._cells import sigmoid, tanh
from skgru.gru._jit import cube, double, integer, jit, matrix, nothing, part, steps, vector
from skgru.text import _decoding, _recurrence
from skgru.text._model import NO_MATRIX, LanguageSpec, Weights
from skgru.text._tokens import UNKNOWN

_sample = _decoding.sample.inner

# Up to so many tokens what the first layer reads is kept for all of them.
_TABLE = 4096

# Tokens written in one call: a reader sees them at once, and calls cost next to nothing.
_BLOCK = 16


class Choice(NamedTuple):
    """How tokens are drawn, see `_decoding.sample`; `allowed` (V,) is zero or minus infinity."""

    temperature: float
    top_k: int
    top_p: float
    allowed: np.ndarray


@part
def _step(given, shift, recurrent, states, gates):
    """One step of one layer, in place: (3H,), (H,), (H, 3H), (1, H) of memory (3H,)."""
    n_units = len(shift)
    state = states[0]
    np.dot(state, recurrent, gates)
    for j in range(2 * n_units):
        gates[j] = sigmoid(gates[j] + given[j])
    for j in range(n_units):
        m = gates[2 * n_units + j] + shift[j]
        c = tanh(given[2 * n_units + j] + gates[n_units + j] * m)
        state[j] = c + gates[j] * (state[j] - c)


@jit(
    nothing(
        *(cube, matrix, matrix, cube, cube, cube, matrix, matrix, vector),
        *(double, integer, double, vector, vector, steps),
    )
)
def write(
    states,
    inputs,
    kernel,
    upper,
    recurrent,
    bias,
    projection,
    table,
    output_bias,
    temperature,
    top_k,
    top_p,
    allowed,
    uniforms,
    tokens,
):
    """Write ``len(tokens)`` tokens.

    Parameters
    ----------
    states : (L, 1, H); of what was read so far, goes on
    inputs, kernel : the table of `_recurrence.project` and an empty matrix, or embedding and kernel
    upper, recurrent, bias, projection, table, output_bias : see `Weights`
    temperature, top_k, top_p, allowed : see `Choice`
    uniforms : (n,); random numbers in [0, 1)
    tokens : (n,); written
    """
    n_layers, n_units = len(states), states.shape[2]
    gates, given = np.empty(3 * n_units, np.float32), np.empty(3 * n_units, np.float32)
    scores = np.empty(len(table), np.float32)
    narrow = np.empty(projection.shape[1], np.float32)
    for place in range(len(tokens)):
        if len(projection):
            np.dot(states[-1, 0], projection, narrow)
            np.dot(table, narrow, scores)
        else:
            np.dot(table, states[-1, 0], scores)
        for k in range(len(scores)):
            scores[k] += output_bias[k] + allowed[k]
        token = _sample(scores, temperature, top_k, top_p, np.float64(uniforms[place]))
        tokens[place] = token
        for layer in range(n_layers):
            if layer == 0 and not len(kernel):
                for j in range(3 * n_units):
                    given[j] = inputs[token, j]
            else:
                if layer:
                    np.dot(states[layer - 1, 0], upper[layer - 1], given)
                else:
                    np.dot(inputs[token], kernel, given)
                for j in range(3 * n_units):
                    given[j] += bias[layer, 0, j]
                for j in range(2 * n_units):
                    given[j] += bias[layer, 1, j]
            shift = bias[layer, 1, 2 * n_units :]
            _step(given, shift, recurrent[layer], states[layer], gates)


def continue_from(
    spec: LanguageSpec, weights: Weights, states: np.ndarray, choice: Choice, n: int, rng
) -> Iterator[np.ndarray]:
    """Blocks of tokens, n together, that follow on states (L, H)."""
    states = np.ascontiguousarray(states[:, None], np.float32)
    inputs, kernel = weights.embedding, weights.kernel
    if spec.n_tokens <= _TABLE:
        inputs = np.empty((spec.n_tokens, 3 * spec.units), np.float32)
        _recurrence.project(weights.embedding, kernel, weights.bias[0], inputs)
        kernel = NO_MATRIX
    for start in range(0, n, _BLOCK):
        tokens = np.empty(min(_BLOCK, n - start), np.int32)
        uniforms = rng.random_sample(len(tokens)).astype(np.float32)
        write(
            *(states, inputs, kernel, weights.upper, weights.recurrent, weights.bias),
            *(weights.projection, weights.table, weights.output_bias, *choice, uniforms, tokens),
        )
        yield tokens


def forbid(n_tokens: int, *numbers: int) -> np.ndarray:
    """Scores to add so that these tokens, and the unknown one, are never written."""
    allowed = np.zeros(n_tokens, np.float32)
    allowed[[UNKNOWN, *numbers]] = -np.inf
    return allowed
