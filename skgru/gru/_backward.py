"""The backward pass of a network on the CPU, by hand, in the order opposite to `_forward`."""

from __future__ import annotations

import numpy as np

from skgru.gru import _cells, _embedding, _forward, _layers, _pooling
from skgru.gru._forward import NO_CUBE, NO_MATRIX, Network
from skgru.gru._model import GRUSpec, OptimizerSettings


class Masks:
    """Dropout masks of several widths, drawn together for the rows of a batch.

    Attributes
    ----------
    arrays : list of ndarray, shape (n_rows, width)
        Zero or ``1 / (1 - rate)``; empty where nothing is dropped.
    """

    def __init__(self, rate: float, n_rows: int, widths: list[int]):
        self._rate = rate
        self._vector = np.empty(n_rows * sum(widths) if rate else 0, np.float32)
        pieces = np.split(self._vector, n_rows * np.cumsum(widths)[:-1])
        self.arrays = [
            piece.reshape(n_rows, width) if piece.size else NO_MATRIX
            for piece, width in zip(pieces, widths)
        ]

    def draw(self, rng: np.random.Generator) -> None:
        """New masks in the same arrays."""
        if self._rate:
            rng.random(out=self._vector, dtype=np.float32)
            np.greater_equal(self._vector, self._rate, out=self._vector)
            self._vector *= np.float32(1 / (1 - self._rate))


class Tape(_forward.Tape):
    """Memory for the forward and the backward pass of batches of one size.

    Attributes
    ----------
    unmapped : ndarray, shape (S, B, patch_width)
        The patches before they are whitened; `patches` itself where they are not.
    outputs : ndarray, shape (B, n_outputs)
        Of the output layer; then the gradient of the loss.
    d_pooled : ndarray, shape (B, n_features)
    d_shares : ndarray, shape (S, B)
    d_last, d_states, d_inputs : list of list of ndarray
        For each layer and direction, see `_cells.backward`.
    """

    def __init__(
        self,
        spec: GRUSpec,
        n_rows: int,
        n_steps: int,
        settings: OptimizerSettings,
        whitened: bool = False,
    ):
        super().__init__(spec, n_rows, n_steps, training=True, dropout=settings.dropout > 0)
        self.unmapped = np.empty_like(self.patches) if whitened else self.patches
        self.outputs = np.empty((n_rows, spec.n_outputs), np.float32)
        self.d_pooled = np.empty((n_rows, spec.n_features), np.float32)
        self.d_shares = np.empty((n_steps, n_rows), np.float32)
        self.d_last: list[list[np.ndarray]] = []
        self.d_states: list[list[np.ndarray]] = []
        self.d_inputs: list[list[np.ndarray]] = []
        width, top = spec.input_width, len(spec.units) - 1
        for layer, units in enumerate(spec.units):
            asked_states = layer < top or spec.pooling != ("last",)
            asked_inputs = layer > 0 or spec.embedding_units > 0
            for arrays, shape, asked in (
                (self.d_last, (n_rows, units), True),
                (self.d_states, (n_steps, n_rows, units), asked_states),
                (self.d_inputs, (n_steps, n_rows, width), asked_inputs),
            ):
                arrays.append(
                    [
                        np.zeros(shape, np.float32) if asked else NO_CUBE
                        for _ in range(spec.n_directions)
                    ]
                )
            width = units * spec.n_directions
        self._lay_out_masks(spec, n_rows, settings)

    def _lay_out_masks(self, spec: GRUSpec, n_rows: int, settings: OptimizerSettings) -> None:
        joined = [units * spec.n_directions for units in spec.units]
        inputs = Masks(
            settings.dropout, n_rows, [spec.embedding_units, *joined[:-1], spec.n_features]
        )
        self.embedding_mask, *self.input_masks[1:], self.pooled_mask = inputs.arrays
        directions = [d for layer in self.layers for d in layer]
        states = Masks(settings.recurrent_dropout, n_rows, [d.last.shape[1] for d in directions])
        for d, mask in zip(directions, states.arrays):
            d.mask = mask
        self._masks = inputs, states

    def draw_masks(self, rng: np.random.Generator) -> None:
        """New dropout masks for the next batch."""
        for masks in self._masks:
            masks.draw(rng)


def run(
    spec: GRUSpec, network: Network, gradients: Network, tape: Tape, n_steps: np.ndarray
) -> None:
    """Write the gradients of all weights, from ``tape.outputs``.

    `gradients` has the arrays of `network`; n_steps (B,), decreasing.
    """
    _layers.dense_backward(
        tape.pooled, network.output[0], tape.outputs, gradients.output, tape.d_pooled
    )
    if len(tape.pooled_mask):
        tape.d_pooled *= tape.pooled_mask
    _spread(spec, network, gradients, tape, n_steps)
    go_back(spec, network, gradients, tape, n_steps)


def go_back(
    spec: GRUSpec, network: Network, gradients: Network, tape: Tape, n_steps: np.ndarray
) -> None:
    """Write the gradients below the output, from ``tape.d_last[-1]`` and ``tape.d_states[-1]``."""
    for layer in reversed(range(len(spec.units))):
        _differentiate_layer(network, gradients, tape, layer)
        if layer:
            _hand_down(tape, layer, n_steps[0])
    if network.embedding:
        _embedding.backward(
            network.embedding,
            gradients.embedding,
            tape.embedding,
            _forward.read(spec, tape, n_steps[0]),
            tape.active,
            tape.embedding_mask,
            _sum_directions(tape.d_inputs[0], n_steps[0]),
        )


def _differentiate_layer(network: Network, gradients: Network, tape: Tape, layer: int) -> None:
    """From the states of a layer to its weights and inputs."""
    for k, d in enumerate(tape.layers[layer]):
        weights, reverse = network.layers[layer][k], d.reverse
        _cells.backward(
            tape.active,
            np.ascontiguousarray(weights[1].T),
            weights[2],
            d.mask,
            reverse,
            d.states,
            d.gates,
            d.candidates,
            tape.d_last[layer][k],
            tape.d_states[layer][k],
        )
        n_steps = len(tape.active)
        _cells.differentiate(
            weights,
            gradients.layers[layer][k],
            tape.inputs[layer],
            d.mask,
            d.states[reverse : n_steps + reverse],
            d.gates[:n_steps],
            d.candidates[:n_steps],
            tape.d_inputs[layer][k],
        )


def _sum_directions(d_inputs: list[np.ndarray], n_steps: int) -> np.ndarray:
    """Gradient of what the directions of a layer both read, in the memory of the first's."""
    d_x = d_inputs[0][:n_steps]
    for other in d_inputs[1:]:
        d_x += other[:n_steps]
    return d_x


def _hand_down(tape: Tape, layer: int, n_steps: int) -> None:
    """From a layer's inputs to the states of the layer below."""
    d_x = _sum_directions(tape.d_inputs[layer], n_steps)
    for k, d_states in enumerate(tape.d_states[layer - 1]):
        _layers.part(d_x, k * d_states.shape[2], tape.input_masks[layer], d_states)
        tape.d_last[layer - 1][k].fill(0)


def _spread(
    spec: GRUSpec, network: Network, gradients: Network, tape: Tape, n_steps: np.ndarray
) -> None:
    """From the pooled vector to the states of the last layer."""
    directions, n_units = tape.layers[-1], spec.units[-1]
    for d_last, d_states in zip(tape.d_last[-1], tape.d_states[-1]):
        d_last.fill(0)
        d_states[: n_steps[0]].fill(0)
    for name in spec.pooling:
        columns = _forward.columns(spec, name)
        if name == "last":
            for d_last, column in zip(tape.d_last[-1], columns):
                d_last[:] = tape.d_pooled[:, column : column + n_units]
        elif name == "max":
            for d, d_states, column in zip(directions, tape.d_states[-1], columns):
                _pooling.take_max_backward(d.places, column, tape.d_pooled, d_states)
        else:
            for d_states, column in zip(tape.d_states[-1], columns):
                _pooling.add_average_backward(
                    tape.active, tape.shares[name], column, tape.d_pooled, d_states
                )
    if "attention" in spec.pooling:
        tape.d_shares.fill(0)
        for d, column in zip(directions, _forward.columns(spec, "attention")):
            _pooling.add_shares_backward(
                d.outputs, tape.active, column, tape.d_pooled, tape.d_shares
            )
        _attend_backward(network.attention, gradients.attention, tape, n_steps)


def _attend_backward(
    kernel: np.ndarray, d_kernel: np.ndarray, tape: Tape, n_steps: np.ndarray
) -> None:
    """From the shares of the steps to attention's kernel and the states."""
    d_kernel.fill(0)
    _pooling.normalize_backward(tape.shares["attention"], n_steps, tape.d_shares)
    n_units = tape.layers[-1][0].last.shape[1]
    for k, (d, d_states) in enumerate(zip(tape.layers[-1], tape.d_states[-1])):
        own = slice(k * n_units, (k + 1) * n_units)
        _pooling.add_scores_backward(
            d.outputs, tape.active, kernel[own], tape.d_shares, d_kernel[own], d_states
        )
