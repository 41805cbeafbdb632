"""Beam search: the best targets of a source, several beginnings at a time.

A beginning is as good as the logarithm of its probability; a finished target is weighed by its
length (Wu et al. 2016, equation 14). Many sources are searched side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skgru._blas_threads import one_thread
from skgru._memory import require_memory
from skgru.text import _attention, _decoder, _encoder, _layer, _pairs, _recurrence
from skgru.text._dropout import Dropout
from skgru.text._recurrence import cut_strips
from skgru.text._scratch import Scratch
from skgru.text._seq2seq_model import Weights
from skgru.text._tokens import END, UNKNOWN

# Beginnings side by side, and scores of all their continuations.
_ROWS, _SCORES = 512, 1 << 21


class Found(NamedTuple):
    """A finished target.

    Attributes
    ----------
    score : float
        What targets of one source are ranked by.
    log_probability : float
        Of all its tokens and its end, in nats.
    tokens : ndarray of int32
    """

    score: float
    log_probability: float
    tokens: np.ndarray


class Search(NamedTuple):
    """How to search.

    Attributes
    ----------
    width : int
        Beginnings kept of each source.
    length_penalty : float
        0 ranks by probability alone; the larger, the more a long target is favoured.
    """

    width: int
    length_penalty: float

    def divisor(self, length):
        """What a log-probability is divided by: tokens with the end -> float."""
        return ((5 + length) / 6) ** self.length_penalty


class Decoder:
    """The decoder while it writes, one token at a time: n sources of w beginnings each.

    Parameters
    ----------
    weights : Weights
    table : ndarray, shape (V, 3H)
        What the first layer's gates get from each token.
    sources : list of ndarray of int32
    width : int
    """

    def __init__(self, weights: Weights, table: np.ndarray, sources, width: int):
        tokens, self._lengths = _pairs.fill_up(sources)
        scratch = Scratch()
        encoding = _encoder.run(weights, tokens, self._lengths, Dropout(), scratch)
        self._weights, self._table, self._width = weights, table, width
        self._attends = len(weights.keys) > 0
        if self._attends:
            self._keys, self._memory = _decoder.remember(weights, encoding.memory, scratch)
        self._states = np.repeat(_decoder.start(weights, encoding.finals), width, axis=1)
        self._strips = [
            cut_strips(kernel, 3, self._states.shape[1]) for kernel in weights.decoder_recurrent
        ]

    def select(self, sources: np.ndarray) -> None:
        """Go on with some of the sources only."""
        self._lengths = self._lengths[sources]
        if self._attends:
            self._keys, self._memory = self._keys[sources], self._memory[sources]
        n_layers, _, n_units = self._states.shape
        states = self._states.reshape(n_layers, -1, self._width, n_units)[:, sources]
        self._states = np.ascontiguousarray(states).reshape(n_layers, -1, n_units)

    def reorder(self, parents: np.ndarray) -> None:
        """Let each beginning go on from another of the same source: (n, w)."""
        rows = parents + self._width * np.arange(len(parents))[:, None]
        self._states = np.ascontiguousarray(self._states[:, rows.reshape(-1)])

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """Log-probabilities of all tokens to follow on these (n, w): float32 (n, w, V)."""
        given, rows = self._table, np.ascontiguousarray(tokens.reshape(1, -1), np.int32)
        for layer, strips in enumerate(self._strips):
            if layer:
                given = _layer.table(self._states[layer - 1], _decoder.cell(self._weights, layer))
                rows = _layer.in_order(*rows.shape)
            self._states[layer] = self._advance(layer, given, rows, strips)
        mixed = self._mix(self._states[-1].reshape(*tokens.shape, -1))
        scores = mixed @ self._weights.table.T
        scores += self._weights.output_bias
        scores -= scores.max(axis=2, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=2, keepdims=True))
        return scores

    def _advance(self, layer: int, given, rows, strips) -> np.ndarray:
        n_rows, n_units = self._states.shape[1:]
        states = np.empty((2, n_rows, n_units), np.float32)
        states[0] = self._states[layer]
        outputs, candidates = (np.empty((1, n_rows, n_units), np.float32) for _ in "oc")
        gates = np.empty((1, n_rows, 3 * n_units), np.float32)
        shift = self._weights.decoder_bias[layer, 1, -n_units:]
        _recurrence.forward(
            *(given, rows, np.zeros(rows.shape, bool), strips, shift),
            *(states, outputs, gates, candidates),
        )
        return states[1]

    def _mix(self, queries: np.ndarray) -> np.ndarray:
        if self._attends:
            _, contexts = _attention.attend(queries, self._keys, self._memory, self._lengths)
            queries = np.concatenate([contexts, queries], axis=2)
        return np.tanh(queries @ self._weights.mix + self._weights.mix_bias)


def search(weights: Weights, sources, limits: np.ndarray, how: Search) -> list[list[Found]]:
    """The best targets of each source, at most `how.width`, the best first.

    Parameters
    ----------
    weights : Weights
    sources : list of ndarray of int32
    limits : ndarray of int, shape (n,)
        Most tokens of each target.
    how : Search
    """
    found: list[list[Found]] = [[] for _ in sources]
    sizes = np.array([len(source) + 1 for source in sources])
    order = np.argsort(-sizes, kind="stable")
    require_memory(
        4 * how.width * weights.bridge_bias.size,
        f"A beam of {how.width} beginnings",
        "lower beam_width, or ask for fewer candidates",
    )
    with one_thread:
        table = _layer.table(weights.target_embedding, _decoder.cell(weights, 0))
        n_rows = min(_ROWS, _SCORES // len(weights.table)) // how.width
        for rows in _pairs.cut(order, sizes, max(1, n_rows)):
            own = [sources[i] for i in rows]
            decoder = Decoder(weights, table, own, how.width)
            for i, targets in zip(rows, _search_block(decoder, limits[rows], how)):
                found[i] = targets
    return found


def _search_block(decoder: Decoder, limits: np.ndarray, how: Search) -> list[list[Found]]:
    width = how.width
    found: list[list[Found]] = [[] for _ in limits]
    open_ = np.arange(len(limits))  # sources that are still searched
    written = np.empty((len(limits), width, 0), np.int32)
    tokens = np.full((len(limits), width), END, np.int32)
    totals = np.full((len(limits), width), -np.inf)
    totals[:, 0] = 0  # all beginnings are still the same one
    for length in range(1, int(limits.max()) + 2):
        scores = decoder.step(tokens)
        scores[:, :, UNKNOWN] = -np.inf
        last = limits[open_] < length
        scores[last, :, END + 1 :] = -np.inf
        parents, tokens, totals = _best(totals[:, :, None] + scores, 2 * width)
        ended = tokens == END
        for i, j in np.argwhere(ended[:, :width] & np.isfinite(totals[:, :width])):
            total = float(totals[i, j])
            target = written[i, parents[i, j]].copy()
            found[open_[i]].append(Found(total / how.divisor(length), total, target))
        goes_on = np.argsort(ended, axis=1, kind="stable")[:, :width]
        parents, tokens, totals = (
            np.take_along_axis(a, goes_on, axis=1) for a in (parents, tokens, totals)
        )
        totals[tokens == END] = -np.inf
        written = np.concatenate(
            [np.take_along_axis(written, parents[:, :, None], axis=1), tokens[:, :, None]], axis=2
        )
        decoder.reorder(parents)
        hopes = totals[:, 0] / how.divisor(length)
        left = np.array([not _is_done(found[i], hope, width) for i, hope in zip(open_, hopes)])
        if not left.all():
            open_, written, tokens, totals = open_[left], written[left], tokens[left], totals[left]
            decoder.select(left)
        if not len(open_):
            break
    return [sorted(targets, key=lambda t: -t.score)[:width] for targets in found]


def _best(totals: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The n highest of (m, w, V): their rows, their tokens and themselves, each (m, n)."""
    m, _, n_tokens = totals.shape
    flat = totals.reshape(m, -1)
    n = min(n, flat.shape[1])
    places = np.argpartition(-flat, n - 1, axis=1)[:, :n]
    values = np.take_along_axis(flat, places, axis=1)
    order = np.lexsort((places, -values), axis=1)
    places, values = (np.take_along_axis(a, order, axis=1) for a in (places, values))
    return places // n_tokens, (places % n_tokens).astype(np.int32), values


def _is_done(found: list[Found], hope: float, width: int) -> bool:
    """Whether as many targets are found as are kept, and what is open looks worse than all."""
    if hope == -np.inf:
        return True
    return len(found) >= width and sorted(t.score for t in found)[-width] >= hope
