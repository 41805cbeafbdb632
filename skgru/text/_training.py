"""Truncated back-propagation through time over streams, on the CPU."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skgru.gru import _layers
from skgru.gru._blas import multiply
from skgru.text import _recurrence, _softmax
from skgru.text._model import NO_MATRIX, LanguageSpec, Weights
from skgru.text._recurrence import cut_strips
from skgru.text._sharded import SHARD, ShardedEngine
from skgru.text._streams import Piece


@dataclass(frozen=True)
class Settings:
    """What stays the same over all updates.

    Attributes
    ----------
    dropout : float
        Share of each layer's outputs that is dropped.
    recurrent_dropout : float
        Share of the recurrent weights that is dropped, drawn for each update.
    clipnorm : float
        Largest norm of a gradient; 0 does not clip.
    """

    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    clipnorm: float = 1.0


class _Strips:
    """The weights as the products of one update read them."""

    def __init__(self, weights: Weights, recurrent: np.ndarray, n_rows: int):
        transposed = [np.ascontiguousarray(kernel.T) for kernel in recurrent]
        self.forward = [cut_strips(kernel, 3, n_rows) for kernel in recurrent]
        self.backward = [cut_strips(kernel, 1, n_rows) for kernel in transposed]
        self.kernel = np.ascontiguousarray(weights.kernel.T)
        self.upper = [np.ascontiguousarray(kernel.T) for kernel in weights.upper]
        self.table = np.ascontiguousarray(weights.table.T)
        self.projection = np.ascontiguousarray(weights.projection.T)


class _Shard:
    """Some rows of all pieces: their states, memory and gradient."""

    def __init__(self, spec: LanguageSpec, n_rows: int, n_steps: int, settings: Settings, seed):
        layers, units = spec.n_layers, spec.units
        self._spec = spec
        self.n_rows = n_rows
        self.states = np.zeros((layers, n_steps + 1, n_rows, units), np.float32)
        self.outputs = np.empty((layers, n_steps, n_rows, units), np.float32)
        self.gates = np.empty((layers, n_steps, n_rows, 3 * units), np.float32)
        self.candidates = np.empty((layers, n_steps, n_rows, units), np.float32)
        self.d_outputs = np.empty((n_steps, n_rows, units), np.float32)
        self.gradient = np.zeros(spec.n_parameters, np.float32)
        self._gradients = spec.view(self.gradient)
        self._rate = np.array([settings.dropout], np.float32)
        self._uniforms = np.empty(self.outputs.shape if settings.dropout else 0, np.float32)
        self.rng = np.random.default_rng(seed)

    def differentiate(self, weights: Weights, strips: _Strips, piece: Piece, share: float):
        """Sum of the losses of a piece; its gradient, times `share`, is in `gradient`."""
        self.gradient.fill(0)
        n_steps = len(piece.tokens)
        looked_up, inverse = np.unique(piece.tokens, return_inverse=True)
        rows = inverse.reshape(piece.tokens.shape).astype(np.int32)
        embedded = weights.embedding[looked_up]
        self._read(weights, strips, piece.starts, rows, embedded)
        loss = self._score(weights, strips, piece.targets, share)
        for layer in reversed(range(self._spec.n_layers)):
            d_projected = self._go_back(strips, piece.starts, layer)
            if layer:
                below = _flat(self.outputs[layer - 1][:n_steps])
                _recurrence.add_outer(below, d_projected, self._gradients.upper[layer - 1])
                d_below = _flat(self.d_outputs[:n_steps])
                multiply(d_projected, strips.upper[layer - 1], d_below)
        d_table = np.zeros((len(looked_up), 3 * self._spec.units), np.float32)
        _layers.scatter(rows, d_projected, d_table)
        _recurrence.add_outer(embedded, d_table, self._gradients.kernel)
        self._gradients.embedding[looked_up] += d_table @ strips.kernel
        self.states[:, 0] = self.states[:, n_steps]
        return loss

    def _read(self, weights: Weights, strips: _Strips, starts, rows, x) -> None:
        """All layers forward: rows (S, B) of the table of x (n, F)."""
        n_steps = len(rows)
        for layer in range(self._spec.n_layers):
            kernel = weights.upper[layer - 1] if layer else weights.kernel
            if layer:
                x = _flat(self.outputs[layer - 1][:n_steps])
                rows = np.arange(len(x), dtype=np.int32).reshape(rows.shape)
            table = np.empty((len(x), 3 * self._spec.units), np.float32)
            _recurrence.project(x, kernel, weights.bias[layer], table)
            _recurrence.forward(
                table,
                rows,
                starts,
                strips.forward[layer],
                weights.bias[layer, 1, -self._spec.units :],
                self.states[layer, : n_steps + 1],
                self.outputs[layer, :n_steps],
                self.gates[layer, :n_steps],
                self.candidates[layer, :n_steps],
            )
            if self._uniforms.size:
                self.rng.random(out=self._uniforms[layer], dtype=np.float32)
                self._drop(self.outputs[layer, :n_steps], layer)

    def _drop(self, values: np.ndarray, layer: int) -> None:
        uniforms = self._uniforms[layer, : len(values)]
        _recurrence.drop(values.reshape(-1), uniforms.reshape(-1), self._rate)

    def _score(self, weights: Weights, strips: _Strips, targets, share: float) -> float:
        """Output layer forward and backward, to `d_outputs`."""
        hidden = _flat(self.outputs[-1, : len(targets)])
        d_top = _flat(self.d_outputs[: len(targets)])
        x, d_x = hidden, d_top
        if self._spec.tied:
            x, d_x = (np.empty((len(hidden), self._spec.embedding_units), np.float32) for _ in "xd")
            multiply(hidden, weights.projection, x)
        g = self._gradients
        loss = _softmax.cross_entropy(
            *(x, targets.reshape(-1), weights.table, strips.table, weights.output_bias),
            *(share, 0.0, g.table, g.output_bias, d_x),
        )
        if self._spec.tied:
            _recurrence.add_outer(hidden, d_x, g.projection)
            multiply(d_x, strips.projection, d_top)
        return loss

    def _go_back(self, strips: _Strips, starts, layer: int) -> np.ndarray:
        """One layer backward, from `d_outputs` to its projected input: (S B, 3H)."""
        n_steps = len(starts)
        if self._uniforms.size:
            self._drop(self.d_outputs[:n_steps], layer)
        states = self.states[layer, :n_steps]
        gates, candidates = self.gates[layer, :n_steps], self.candidates[layer, :n_steps]
        _recurrence.backward(
            *(starts, strips.backward[layer], states, gates, candidates),
            *(self.d_outputs[:n_steps], NO_MATRIX),
        )
        d_projected = _flat(gates)
        _recurrence.collect(
            *(_flat(states), d_projected, _flat(candidates)),
            *(self._gradients.recurrent[layer], self._gradients.bias[layer]),
        )
        return d_projected


class LanguageEngine(ShardedEngine):
    """Trains a language model, piece by piece.

    Parameters
    ----------
    spec : LanguageSpec
    parameters : ndarray of float32
        Copied.
    n_rows, n_steps : int
        Of the largest piece.
    settings : Settings
    seed : list of int
        Of dropout.
    moments : tuple, optional
        Adam's state to go on from: two vectors and the count of updates.
    """

    def __init__(self, spec, parameters, n_rows, n_steps, settings, seed, moments=None):
        self._settings = settings
        n_shards = max(1, n_rows // SHARD)
        sizes = [len(part) for part in np.array_split(np.arange(n_rows), n_shards)]
        self._cuts = np.cumsum(sizes)[:-1]
        shards = [_Shard(spec, size, n_steps, settings, [*seed, i]) for i, size in enumerate(sizes)]
        super().__init__(spec, parameters, shards, settings.clipnorm, moments)
        self._rng = np.random.default_rng([*seed, n_shards])

    @property
    def _generators(self) -> list[np.random.Generator]:
        return [*super()._generators, self._rng]

    @property
    def _carried(self) -> list[np.ndarray]:
        return [shard.states[:, 0] for shard in self._shards]

    def forget(self) -> None:
        """Let all streams begin with a state of zero."""
        for shard in self._shards:
            shard.states[:, 0] = 0

    def differentiate(self, piece: Piece) -> tuple[float, np.ndarray]:
        """Sum of the losses of a piece and the gradient of their mean."""
        recurrent, mask = self._weights.recurrent, None
        if self._settings.recurrent_dropout:
            rate = np.float32(self._settings.recurrent_dropout)
            mask = (self._rng.random(recurrent.shape, np.float32) >= rate) / (1 - rate)
            recurrent = recurrent * mask
        strips = _Strips(self._weights, recurrent, self._shards[0].n_rows)
        share = 1 / piece.targets.size
        parts = zip(*(np.split(a, self._cuts, axis=1) for a in piece))

        def work(shard: _Shard, part: tuple) -> float:
            own = Piece(*map(np.ascontiguousarray, part))
            return shard.differentiate(self._weights, strips, own, share)

        loss, gradient = self._gather(work, self._shards, parts)
        if mask is not None:
            self._shards[0]._gradients.recurrent[:] *= mask
        return loss, gradient


def _flat(a: np.ndarray) -> np.ndarray:
    """(S, B, N) -> (S B, N)."""
    return a.reshape(-1, a.shape[2])
