"""What a trained model makes of documents, on the CPU; knows neither Keras nor JAX.

Nothing is shared between calls but compiled code, so calls may run in threads and forked children.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import NamedTuple

import numpy as np

from skgru._blas_threads import one_thread
from skgru.text import _recurrence, _softmax
from skgru.text._model import LanguageSpec, Weights
from skgru.text._recurrence import cut_strips
from skgru.text._tokens import END

# Documents read side by side, and steps between two looks at which of them go on.
_ROWS, _STEPS = 64, 64


class Reading(NamedTuple):
    """What is left of n documents.

    Attributes
    ----------
    states : ndarray of float32, shape (n, L, H)
        Of all layers after the last token.
    means : ndarray of float32, shape (n, H)
        Of the last layer's states.
    log_likelihood : ndarray of float64, shape (n,)
        Of a document's tokens, one after another; zero where nobody asked.
    """

    states: np.ndarray
    means: np.ndarray
    log_likelihood: np.ndarray


def read(spec: LanguageSpec, weights: Weights, documents, likelihood: bool = False) -> Reading:
    """Read documents, int32 arrays of token numbers, each from a state of zero."""
    n = len(documents)
    reading = Reading(
        np.empty((n, spec.n_layers, spec.units), np.float32),
        np.empty((n, spec.units), np.float32),
        np.zeros(n),
    )
    order = np.argsort([-len(d) for d in documents], kind="stable")
    limit = one_thread if sum(map(len, documents)) > _STEPS else nullcontext()
    with limit:
        kernel = np.ascontiguousarray(weights.table.T) if likelihood else None
        for start in range(0, n, _ROWS):
            chosen = order[start : start + _ROWS]
            _read_block(spec, weights, kernel, [documents[i] for i in chosen], chosen, reading)
    return reading


def _read_block(spec, weights: Weights, kernel, documents, places, reading: Reading) -> None:
    """Documents in order of decreasing length; what comes of them goes to their `places`."""
    lengths = np.array([len(d) for d in documents])
    longest = int(lengths[0])
    tokens = np.full((longest + 2, len(documents)), END, np.int32)  # END first, and a target
    for i, document in enumerate(documents):
        tokens[1 : len(document) + 1, i] = document
    states = np.zeros((spec.n_layers, len(documents), spec.units), np.float32)
    sums = np.zeros((len(documents), spec.units))
    strips = [cut_strips(recurrent, 3, len(documents)) for recurrent in weights.recurrent]
    for start in range(0, longest + 1, _STEPS):
        active = int((lengths >= start).sum())
        stop = min(start + _STEPS, longest + 1)
        own = np.ascontiguousarray(tokens[start:stop, :active])
        memory = _read_piece(spec, weights, strips, own, states[:, :active])
        top = memory[-1, 1:]
        within = np.arange(start, stop)[:, None] <= lengths[:active]
        sums[:active] += (top * within[..., None]).sum(axis=0, dtype=np.float64)
        ended = np.flatnonzero((lengths[:active] >= start) & (lengths[:active] < stop))
        for i in ended.tolist():
            reading.states[places[i]] = memory[:, lengths[i] - start + 1, i]
        if kernel is not None:
            targets = np.ascontiguousarray(tokens[start + 1 : stop + 1, :active])
            found = _log_likelihood(weights, kernel, top, targets)
            inside = np.arange(start, stop)[:, None] < lengths[:active]
            reading.log_likelihood[places[:active]] += (found * inside).sum(axis=0)
        states[:, :active] = memory[:, -1]
    reading.means[places] = sums / (lengths + 1)[:, None]


def _read_piece(spec, weights: Weights, strips, tokens, states) -> np.ndarray:
    """All layers over some steps: tokens (S, B), states (L, B, H) -> states (L, S + 1, B, H)."""
    n_steps, n_rows = tokens.shape
    memory = np.empty((spec.n_layers, n_steps + 1, n_rows, spec.units), np.float32)
    memory[:, 0] = states
    outputs = np.empty((n_steps, n_rows, spec.units), np.float32)
    candidates = np.empty_like(outputs)
    gates = np.empty((n_steps, n_rows, 3 * spec.units), np.float32)
    starts = np.zeros(tokens.shape, bool)
    looked_up, rows = np.unique(tokens, return_inverse=True)
    x, rows = weights.embedding[looked_up], rows.reshape(tokens.shape).astype(np.int32)
    for layer in range(spec.n_layers):
        kernel = weights.upper[layer - 1] if layer else weights.kernel
        if layer:
            x = outputs.reshape(-1, spec.units)
            rows = np.arange(len(x), dtype=np.int32).reshape(tokens.shape)
        table = np.empty((len(x), 3 * spec.units), np.float32)
        _recurrence.project(x, kernel, weights.bias[layer], table)
        shift = weights.bias[layer, 1, -spec.units :]
        _recurrence.forward(
            *(table, rows, starts, strips[layer], shift),
            *(memory[layer], outputs, gates, candidates),
        )
    return memory


def _log_likelihood(weights: Weights, kernel, top, targets) -> np.ndarray:
    """Shapes: top (S, B, H), targets (S, B) -> (S, B)."""
    hidden = np.ascontiguousarray(top.reshape(-1, top.shape[2]))
    if weights.projection.size:
        hidden = hidden @ weights.projection
    out = np.empty(targets.size, np.float32)
    _softmax.log_likelihood(hidden, targets.reshape(-1), kernel, weights.output_bias, out)
    return out.reshape(targets.shape)


def probabilities(weights: Weights, hidden: np.ndarray) -> np.ndarray:
    """Of every token to come next: states of the last layer (n, H) -> float32 (n, V)."""
    if weights.projection.size:
        hidden = hidden @ weights.projection
    scores = (hidden @ weights.table.T + weights.output_bias).astype(np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores.astype(np.float32)
