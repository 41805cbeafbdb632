"""A GRU layer over sequences of one length, from a state that is given, with its gradient.

What the gates get from the input stands in a table, and each step looks its rows up, as in
`_recurrence`. So a layer may read its sequences in any order: only the places differ.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skgru.gru import _layers
from skgru.text import _recurrence
from skgru.text._recurrence import cut_strips
from skgru.text._scratch import Scratch


class Cell(NamedTuple):
    """Weights of one layer in one direction: (F, 3H), (H, 3H), (2, 3H)."""

    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray


class Tape(NamedTuple):
    """What a layer read and wrote.

    Attributes
    ----------
    x : ndarray, shape (n, F)
        Inputs.
    rows : ndarray of int32, shape (S, B)
        Which of them each step read.
    states : ndarray, shape (S + 1, B, H)
        The first is what the layer began with.
    outputs : ndarray, shape (S, B, H)
        The states after each step again, to be changed freely.
    gates, candidates : ndarray, shapes (S, B, 3H) and (S, B, H)
        See `_recurrence.forward`.
    """

    x: np.ndarray
    rows: np.ndarray
    states: np.ndarray
    outputs: np.ndarray
    gates: np.ndarray
    candidates: np.ndarray


def table(x: np.ndarray, cell: Cell) -> np.ndarray:
    """What the gates get from each input: (n, F) -> (n, 3H)."""
    out = np.empty((len(x), cell.kernel.shape[1]), np.float32)
    _recurrence.project(x, cell.kernel, cell.bias, out)
    return out


def run(x: np.ndarray, rows: np.ndarray, first: np.ndarray, cell: Cell, scratch: Scratch) -> Tape:
    """Read S steps: inputs (n, F), rows (S, B), first state (B, H)."""
    n_steps, n_rows = rows.shape
    n_units = len(cell.recurrent)
    tape = Tape(
        x,
        rows,
        scratch.empty(n_steps + 1, n_rows, n_units),
        scratch.empty(n_steps, n_rows, n_units),
        scratch.empty(n_steps, n_rows, 3 * n_units),
        scratch.empty(n_steps, n_rows, n_units),
    )
    tape.states[0] = first
    _recurrence.forward(
        *(table(x, cell), rows, np.zeros(rows.shape, bool), cut_strips(cell.recurrent, 3, n_rows)),
        *(cell.bias[1, -n_units:], tape.states, tape.outputs, tape.gates, tape.candidates),
    )
    return tape


def run_back(
    tape: Tape, d_outputs: np.ndarray, cell: Cell, gradients: Cell, d_x: np.ndarray
) -> np.ndarray:
    """Gradients of a layer, from those of its outputs.

    Parameters
    ----------
    tape : Tape
        Its gates and candidates are overwritten.
    d_outputs : ndarray, shape (S, B, H)
    cell, gradients : Cell
        Weights, and the gradients to add to.
    d_x : ndarray, shape (n, F)
        Added to.

    Returns
    -------
    ndarray, shape (B, H)
        Of the first state.
    """
    n_rows, n_units = tape.states.shape[1:]
    starts = np.zeros(tape.rows.shape, bool)
    strips = cut_strips(np.ascontiguousarray(cell.recurrent.T), 1, n_rows)
    d_first = np.empty((n_rows, n_units), np.float32)
    _recurrence.backward(
        starts, strips, tape.states[:-1], tape.gates, tape.candidates, d_outputs, d_first
    )
    d_projected = tape.gates.reshape(-1, 3 * n_units)
    _recurrence.collect(
        *(tape.states[:-1].reshape(-1, n_units), d_projected),
        *(tape.candidates.reshape(-1, n_units), gradients.recurrent, gradients.bias),
    )
    d_table = np.zeros((len(tape.x), 3 * n_units), np.float32)
    _layers.scatter(tape.rows, d_projected, d_table)
    _recurrence.add_outer(tape.x, d_table, gradients.kernel)
    d_x += d_table @ cell.kernel.T
    return d_first


def look_up(tokens: np.ndarray, embedding: np.ndarray) -> tuple[np.ndarray, ...]:
    """Distinct tokens, their vectors, and the row of each place: (S, B) -> (n,), (n, E), (S, B)."""
    distinct, inverse = np.unique(tokens, return_inverse=True)
    return distinct, embedding[distinct], inverse.reshape(tokens.shape).astype(np.int32)


def in_order(n_steps: int, n_rows: int) -> np.ndarray:
    """The rows of inputs that stand one after another: (S, B)."""
    return np.arange(n_steps * n_rows, dtype=np.int32).reshape(n_steps, n_rows)
