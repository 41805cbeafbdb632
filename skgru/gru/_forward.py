"""The forward pass of a network on the CPU: what training and inference share.

Rows of a batch are sorted by decreasing number of steps, see `_cells`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skgru.gru import _cells, _embedding, _layers, _pooling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skgru.gru._model import GRUSpec

# Of a kernel's argument that is not there.
NO_VECTOR = np.empty(0, dtype=np.float32)
NO_MATRIX = np.empty((0, 0), dtype=np.float32)
NO_CUBE = np.empty((0, 0, 0), dtype=np.float32)


class Network(NamedTuple):
    """The weights of a network by what they belong to.

    Attributes
    ----------
    embedding : tuple of Dense
        The dense layers before the first GRU layer: none, one, or two with a context.
    layers : tuple
        For each GRU layer, for each direction: (kernel, recurrent kernel, bias).
    attention : ndarray, shape (n_states,) or (0,)
    output : (kernel, bias)
    """

    embedding: tuple
    layers: tuple
    attention: np.ndarray
    output: tuple


def group(spec: GRUSpec, weights: Sequence[np.ndarray]) -> Network:
    """Weights in the spec's order, as views."""
    embedding = _embedding.group(spec, weights)
    at = _embedding.n_weights(spec)
    layers = []
    for _ in spec.units:
        directions = []
        for _ in range(spec.n_directions):
            directions.append((weights[at], weights[at + 1], weights[at + 2]))
            at += 3
        layers.append(directions)
    attention = NO_VECTOR
    if "attention" in spec.pooling:
        attention = weights[at].reshape(-1)
        at += 1
    return Network(embedding, tuple(layers), attention, (weights[at], weights[at + 1]))


class Direction:
    """What one direction of one layer computes, and its recurrent dropout.

    See `_cells.forward` for the arrays; `outputs` (S, B, H) are the states by the step that they
    follow, `places` (B, H) those of the largest.
    """

    __slots__ = (
        "candidates",
        "gates",
        "last",
        "mask",
        "outputs",
        "places",
        "reverse",
        "states",
    )

    def __init__(self, n_rows: int, n_steps: int, n_units: int, reverse: bool, keep: str):
        steps = n_steps if keep == "all" else 1
        places = n_steps + 1 if keep != "last" else 2
        self.reverse = int(reverse)
        self.states = np.empty((places, n_rows, n_units), np.float32)
        self.gates = np.empty((steps, n_rows, 3 * n_units), np.float32)
        self.candidates = np.empty((steps, n_rows, n_units), np.float32)
        self.last = np.empty((n_rows, n_units), np.float32)
        self.mask = NO_MATRIX
        if keep != "last":
            self.outputs = self.states[:-1] if reverse else self.states[1:]
            self.places = np.empty((n_rows, n_units), np.int32)


class Tape:
    """Memory for one batch: everything that a forward pass writes.

    Parameters
    ----------
    spec : GRUSpec
    n_rows, n_steps : int
        Rows of the batch and steps of its longest row.
    training : bool
        Whether a backward pass follows.
    dropout : bool
        Whether masks will be laid on inputs; NO_MATRIX stands for none.

    Attributes
    ----------
    patches : ndarray, shape (S, B, width)
    active : ndarray of int, shape (n_steps,)
        Rows that run at each step of the batch, set by `run`.
    embedding : _embedding.Tape
        Where there is an embedding.
    inputs : list of ndarray
        What each layer reads, set by `run`.
    joined : list of ndarray or None
        Memory for it; None where a layer reads the states of the one below as they are.
    layers : list of list of Direction
    shares : dict of ndarray, shape (S, B)
        Share of each step in mean and attention pooling.
    pooled : ndarray, shape (B, n_features)
    embedding_mask, input_masks, pooled_mask
        Dropout.
    """

    def __init__(self, spec: GRUSpec, n_rows: int, n_steps: int, training=False, dropout=False):
        self.patches = np.empty((n_steps, n_rows, spec.patch_width), np.float32)
        if spec.embedding_units:
            self.embedding = _embedding.Tape(spec, n_rows, n_steps, training)
        self.embedding_mask = self.pooled_mask = NO_MATRIX
        self.input_masks = [NO_MATRIX] * len(spec.units)
        self.inputs: list = [None] * len(spec.units)
        self.joined: list = [None] * len(spec.units)
        self.active = np.empty(0, np.intp)
        self.layers = []
        only_last = spec.pooling == ("last",)
        width = spec.input_width
        for layer, units in enumerate(spec.units):
            if layer and (spec.bidirectional or dropout):
                self.joined[layer] = np.empty((n_steps, n_rows, width), np.float32)
            is_top = layer == len(spec.units) - 1
            keep = "all" if training else "last" if is_top and only_last else "states"
            self.layers.append(
                [
                    Direction(n_rows, n_steps, units, bool(direction), keep)
                    for direction in range(spec.n_directions)
                ]
            )
            width = units * spec.n_directions
        self.shares = {
            name: np.empty((n_steps, n_rows), np.float32)
            for name in spec.pooling
            if name in ("mean", "attention")
        }
        self.pooled = (
            self.layers[-1][0].last
            if only_last and not spec.bidirectional
            else np.empty((n_rows, spec.n_features), np.float32)
        )


def run(spec: GRUSpec, network: Network, tape: Tape, n_steps: np.ndarray) -> np.ndarray:
    """From the patches on the tape to the pooled representation.

    Shapes: n_steps (B,), decreasing -> (B, n_features).
    """
    run_layers(spec, network, tape, n_steps)
    _pool(spec, network, tape, n_steps)
    return tape.pooled


def run_layers(spec: GRUSpec, network: Network, tape: Tape, n_steps: np.ndarray) -> None:
    """From the patches on the tape to the states of all layers: n_steps (B,), decreasing."""
    tape.active = _count_active(n_steps)
    x = read(spec, tape, n_steps[0])
    if network.embedding:
        x = _embedding.forward(
            network.embedding, tape.embedding, x, tape.active, tape.embedding_mask
        )
    for layer, directions in enumerate(tape.layers):
        if layer:
            x = _pass_on(tape, layer, len(x))
        tape.inputs[layer] = x
        for weights, d in zip(network.layers[layer], directions):
            memory = d.states, d.gates, d.candidates, d.last
            _cells.forward(x, tape.active, *weights, d.mask, d.reverse, *memory)


def read(spec: GRUSpec, tape: Tape, n_steps: int) -> np.ndarray:
    """What the embedding reads: patches (S, B, width), or tokens as int32 (S, B)."""
    patches = tape.patches[:n_steps]
    return patches[:, :, 0].astype(np.int32) if spec.n_tokens else patches


def _count_active(n_steps: np.ndarray) -> np.ndarray:
    """Rows that run at each step, always the first ones: (B,), decreasing -> (S,)."""
    longest, n_rows = n_steps[0], len(n_steps)
    if n_steps[-1] == longest:
        return np.full(longest, n_rows, np.intp)
    return n_rows - np.searchsorted(n_steps[::-1], np.arange(longest), "right")


def _pass_on(tape: Tape, layer: int, n_steps: int) -> np.ndarray:
    """What a layer reads from the one below: (S, B, width)."""
    below, joined, mask = tape.layers[layer - 1], tape.joined[layer], tape.input_masks[layer]
    if joined is None:
        return below[0].outputs[:n_steps]
    for k, d in enumerate(below):
        _layers.join(d.outputs, k * d.outputs.shape[2], mask, joined[:n_steps])
    return joined[:n_steps]


def columns(spec: GRUSpec, name: str) -> list[int]:
    """First column of each direction in the pooled vector."""
    start = spec.pooling.index(name) * spec.n_states
    return [start + k * spec.units[-1] for k in range(spec.n_directions)]


def _pool(spec: GRUSpec, network: Network, tape: Tape, n_steps: np.ndarray) -> None:
    pooled, directions = tape.pooled, tape.layers[-1]
    if pooled is directions[0].last:
        return
    n_units = spec.units[-1]
    for name in spec.pooling:
        starts = columns(spec, name)
        if name == "last":
            for d, column in zip(directions, starts):
                pooled[:, column : column + n_units] = d.last
        elif name == "max":
            for d, column in zip(directions, starts):
                _pooling.take_max(d.outputs, tape.active, column, pooled, d.places)
        else:
            shares = tape.shares[name]
            if name == "mean":
                shares[:] = 1 / n_steps.astype(np.float32)
            else:
                shares.fill(0)
                for k, d in enumerate(directions):
                    kernel = network.attention[k * n_units : (k + 1) * n_units]
                    _pooling.add_scores(d.outputs, tape.active, kernel, shares)
                _pooling.normalize(shares, n_steps)
            pooled[:, starts[0] : starts[-1] + n_units] = 0
            for d, column in zip(directions, starts):
                _pooling.add_average(d.outputs, tape.active, shares, column, pooled)
