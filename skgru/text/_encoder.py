"""The encoder: GRU layers that read a source from both ends, forward and backward.

Sources of a batch are filled up to one length behind their ends. The direction that reads
backwards starts at each source's own end, and nothing behind an end ever reaches a state before it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skgru.text import _dropout, _layer
from skgru.text._dropout import Dropout
from skgru.text._layer import Cell, Tape
from skgru.text._scratch import Scratch
from skgru.text._seq2seq_model import Weights


class Encoding(NamedTuple):
    """S steps of B sources.

    Attributes
    ----------
    memory : ndarray, shape (S, B, M)
        What the last layer made of each token, directions side by side.
    finals : ndarray, shape (L, B, M)
        Of each layer, each direction's state at the end of its way.
    tokens : ndarray of int32, shape (n,)
        The distinct ones.
    lengths : ndarray of int, shape (B,)
    mirror : ndarray of int, shape (S, B)
        The place that is as far from a source's end as this one is from its beginning.
    tapes : list of pairs of Tape
    masks : list of ndarray or None
        Dropout of each layer's output.
    """

    memory: np.ndarray
    finals: np.ndarray
    tokens: np.ndarray
    lengths: np.ndarray
    mirror: np.ndarray
    tapes: list[tuple[Tape, Tape]]
    masks: list[np.ndarray | None]


def cell(weights: Weights, layer: int, direction: int) -> Cell:
    """One direction of a layer."""
    upper = weights.encoder_upper[layer - 1] if layer else weights.encoder_kernel
    return Cell(
        upper[direction],
        weights.encoder_recurrent[layer, direction],
        weights.encoder_bias[layer, direction],
    )


def _mirror(lengths: np.ndarray, n_steps: int) -> np.ndarray:
    """Places from the other end, those behind the end as they are: (B,) -> (S, B)."""
    places = np.arange(n_steps)[:, None]
    return np.where(places < lengths, lengths - 1 - places, places)


def _reorder(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """``values[places[t, b], b]`` at each t and b."""
    return values[places, np.arange(places.shape[1])]


def run(
    weights: Weights,
    tokens: np.ndarray,
    lengths: np.ndarray,
    dropout: Dropout,
    scratch: Scratch,
) -> Encoding:
    """Read sources, token numbers (S, B) with their lengths (B,), each at least 1."""
    n_steps, n_rows = tokens.shape
    mirror, columns = _mirror(lengths, n_steps), np.arange(n_rows)
    distinct, x, rows = _layer.look_up(tokens, weights.source_embedding)
    tapes: list[tuple[Tape, Tape]] = []
    masks, finals = [], []
    for layer in range(len(weights.encoder_recurrent)):
        first = np.zeros((n_rows, weights.encoder_recurrent.shape[2]), np.float32)
        there = _layer.run(x, rows, first, cell(weights, layer, 0), scratch)
        back = _layer.run(x, _reorder(rows, mirror), first, cell(weights, layer, 1), scratch)
        memory = scratch.empty(n_steps, n_rows, weights.bridge.shape[1])
        halves = [there.outputs, _reorder(back.outputs, mirror)]
        np.concatenate(halves, axis=2, out=memory)
        finals.append(
            np.concatenate([tape.states[lengths, columns] for tape in (there, back)], axis=1)
        )
        masks.append(dropout.apply(memory))
        tapes.append((there, back))
        x, rows = memory.reshape(n_steps * n_rows, -1), _layer.in_order(n_steps, n_rows)
    return Encoding(memory, np.array(finals), distinct, lengths, mirror, tapes, masks)


def run_back(
    weights: Weights,
    gradients: Weights,
    encoding: Encoding,
    d_memory: np.ndarray,
    d_finals: np.ndarray,
    scratch: Scratch,
) -> None:
    """Add the gradients of all weights, from those of memory (overwritten) and finals."""
    lengths, columns = encoding.lengths, np.arange(len(encoding.lengths))
    for layer in reversed(range(len(encoding.tapes))):
        _dropout.undo(d_memory, encoding.masks[layer])
        d_x = scratch.zeros(*encoding.tapes[layer][0].x.shape)
        halves = np.split(d_memory, 2, axis=2)
        for direction, tape in enumerate(encoding.tapes[layer]):
            half = halves[direction]
            d_outputs = scratch.copy(_reorder(half, encoding.mirror) if direction else half)
            d_outputs[lengths - 1, columns] += np.split(d_finals[layer], 2, axis=1)[direction]
            own = cell(weights, layer, direction)
            _layer.run_back(tape, d_outputs, own, cell(gradients, layer, direction), d_x)
        d_memory = d_x.reshape(d_memory.shape) if layer else d_x
    gradients.source_embedding[encoding.tokens] += d_memory
