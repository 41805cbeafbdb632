"""The decoder while it learns: it reads the whole target at once, one token behind.

Its states ask attention where to look, and state and context together say what comes next. As no
state depends on what was read from the source, attention and output are products over all steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skgru.gru._blas import multiply
from skgru.text import _attention, _dropout, _layer, _recurrence
from skgru.text._dropout import Dropout
from skgru.text._encoder import Encoding
from skgru.text._layer import Cell, Tape
from skgru.text._scratch import Scratch
from skgru.text._seq2seq_model import Weights


class Decoding(NamedTuple):
    """T steps of B targets.

    Attributes
    ----------
    mixed : ndarray, shape (R, A)
        What the output reads, for the R places before a target's end, source by source.
    joined : ndarray, shape (R, M + H)
        Context and state, what that was made of.
    within : ndarray of bool, shape (B, T)
        Which places those are.
    first : ndarray, shape (L, B, H)
        States that the layers began with.
    queries, keys, memory, shares : ndarray
        See `_attention.attend`; all but the first are empty without attention.
    tokens : ndarray of int32, shape (n,)
    tapes : list of Tape
    masks : list of ndarray or None
        Dropout of each layer's output.
    """

    mixed: np.ndarray
    joined: np.ndarray
    within: np.ndarray
    first: np.ndarray
    queries: np.ndarray
    keys: np.ndarray
    memory: np.ndarray
    shares: np.ndarray
    tokens: np.ndarray
    tapes: list[Tape]
    masks: list[np.ndarray | None]


def cell(weights: Weights, layer: int) -> Cell:
    """Weights of a layer."""
    kernel = weights.decoder_upper[layer - 1] if layer else weights.decoder_kernel
    return Cell(kernel, weights.decoder_recurrent[layer], weights.decoder_bias[layer])


def start(weights: Weights, finals: np.ndarray) -> np.ndarray:
    """First states from the encoder's last: (L, B, M) -> (L, B, H)."""
    return np.tanh(finals @ weights.bridge + weights.bridge_bias[:, None])


def remember(
    weights: Weights, memory: np.ndarray, scratch: Scratch
) -> tuple[np.ndarray, np.ndarray]:
    """Keys and memory, source by source: (S, B, M) -> (B, S, H), (B, S, M)."""
    memory = scratch.copy(memory.transpose(1, 0, 2))
    return _product(memory, weights.keys, scratch), memory


def _product(x: np.ndarray, kernel: np.ndarray, scratch: Scratch) -> np.ndarray:
    """``x @ kernel`` over the last axis."""
    out = scratch.empty(*x.shape[:-1], kernel.shape[1])
    multiply(x.reshape(-1, len(kernel)), kernel, out.reshape(-1, kernel.shape[1]))
    return out


def run(
    weights: Weights,
    encoding: Encoding,
    inputs: np.ndarray,
    lengths: np.ndarray,
    dropout: Dropout,
    scratch: Scratch,
) -> Decoding:
    """Read targets, token numbers (T, B) each one place late, with their lengths (B,)."""
    first = start(weights, encoding.finals)
    distinct, x, rows = _layer.look_up(inputs, weights.target_embedding)
    tapes: list[Tape] = []
    masks = []
    for layer, state in enumerate(first):
        if layer:
            x = tapes[-1].outputs.reshape(inputs.size, -1)
            rows = _layer.in_order(*inputs.shape)
        tapes.append(_layer.run(x, rows, state, cell(weights, layer), scratch))
        masks.append(dropout.apply(tapes[-1].outputs))
    queries = scratch.copy(tapes[-1].outputs.transpose(1, 0, 2))
    within = np.arange(len(inputs)) < lengths[:, None]
    joined, keys, memory, shares = queries[within], *3 * (np.empty((0, 0, 0), np.float32),)
    if len(weights.keys):
        keys, memory = remember(weights, encoding.memory, scratch)
        shares, contexts = _attention.attend(queries, keys, memory, encoding.lengths)
        both = [contexts[within], joined]
        joined = scratch.empty(len(joined), len(weights.mix))
        np.concatenate(both, axis=1, out=joined)
    mixed = _product(joined, weights.mix, scratch)
    mixed += weights.mix_bias
    np.tanh(mixed, out=mixed)
    return Decoding(
        mixed, joined, within, first, queries, keys, memory, shares, distinct, tapes, masks
    )


def run_back(
    weights: Weights,
    gradients: Weights,
    encoding: Encoding,
    decoding: Decoding,
    d_mixed: np.ndarray,
    scratch: Scratch,
) -> tuple[np.ndarray, np.ndarray]:
    """Add the gradients of all weights below the output; those of memory and finals come back.

    Shapes: d_mixed (R, A), overwritten -> (S, B, M), (L, B, M).
    """
    d_mixed *= 1 - decoding.mixed * decoding.mixed
    _recurrence.add_outer(decoding.joined, d_mixed, gradients.mix)
    gradients.mix_bias[:] += d_mixed.sum(axis=0)
    d_joined = _product(d_mixed, np.ascontiguousarray(weights.mix.T), scratch)
    n_units = decoding.queries.shape[2]
    d_queries = scratch.zeros(*decoding.queries.shape)
    d_queries[decoding.within] = d_joined[:, -n_units:]
    d_memory = scratch.zeros(*encoding.memory.shape)
    if len(weights.keys):
        by_source = _attend_back(weights, gradients, decoding, d_joined, d_queries, scratch)
        d_memory[:] = by_source.transpose(1, 0, 2)
    d_outputs = scratch.copy(d_queries.transpose(1, 0, 2))
    d_first = np.empty_like(decoding.first)
    for layer in reversed(range(len(decoding.tapes))):
        tape = decoding.tapes[layer]
        _dropout.undo(d_outputs, decoding.masks[layer])
        d_x = np.zeros_like(tape.x)
        own = cell(gradients, layer)
        d_first[layer] = _layer.run_back(tape, d_outputs, cell(weights, layer), own, d_x)
        d_outputs = d_x.reshape(d_outputs.shape) if layer else d_x
    gradients.target_embedding[decoding.tokens] += d_outputs
    d_first *= 1 - decoding.first * decoding.first
    gradients.bridge[:] += encoding.finals.transpose(0, 2, 1) @ d_first
    gradients.bridge_bias[:] += d_first.sum(axis=1)
    return d_memory, d_first @ weights.bridge.transpose(0, 2, 1)


def _attend_back(
    weights, gradients, decoding: Decoding, d_joined, d_queries, scratch: Scratch
) -> np.ndarray:
    """Gradient of the memory (B, S, M); that of the queries is added to `d_queries`."""
    width = decoding.memory.shape[2]
    d_contexts = scratch.zeros(*decoding.within.shape, width)
    d_contexts[decoding.within] = d_joined[:, :width]
    more, d_keys, d_memory = _attention.attend_back(
        decoding.queries, decoding.keys, decoding.memory, decoding.shares, d_contexts
    )
    d_queries += more
    flat = d_keys.reshape(-1, d_keys.shape[2])
    _recurrence.add_outer(decoding.memory.reshape(-1, width), flat, gradients.keys)
    d_memory += _product(d_keys, np.ascontiguousarray(weights.keys.T), scratch)
    return d_memory
