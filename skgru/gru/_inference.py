"""Answers of a trained network on the CPU; knows neither Keras nor JAX.

Nothing is shared between calls but compiled code, so calls may run in threads and forked children.
"""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np

from skgru._blas_threads import one_thread
from skgru.gru import _blas, _embedding, _forward, _layers
from skgru.gru._model import GRUSpec

# Rows of a block: enough for large products, few enough that their states stay in cache.
_MIN_ROWS, _MAX_ROWS = 16, 256
_FLOATS = 1 << 18


def features(spec: GRUSpec, weights, values: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
    """The pooled representation that the output layer reads.

    Parameters
    ----------
    spec : GRUSpec
    weights : tuple of ndarray
        In the order of ``spec.weight_shapes()``.
    values : ndarray of float32, shape (n_samples, n_timesteps, n_channels)
        C-contiguous, each row padded as in `TrainingSet`.
    n_steps : ndarray of int32, shape (n_samples,)
        Number of patches of each row.

    Returns
    -------
    ndarray of float32, shape (n_samples, n_features)
    """
    network = _group(spec, weights)
    found = np.empty((len(values), spec.n_features), np.float32)
    with _limit(spec, values):
        for rows, pooled in _pool_blocks(spec, network, values, n_steps):
            found[rows] = pooled
    return found


def outputs(spec: GRUSpec, weights, values: np.ndarray, n_steps: np.ndarray) -> np.ndarray:
    """What the output layer answers: logits or real values.

    Parameters
    ----------
    spec, weights, values, n_steps
        As in `features`.

    Returns
    -------
    ndarray of float32, shape (n_samples, n_outputs)
    """
    network = _group(spec, weights)
    answers = np.empty((len(values), spec.n_outputs), np.float32)
    with _limit(spec, values):
        for rows, pooled in _pool_blocks(spec, network, values, n_steps):
            answer = np.empty((len(pooled), spec.n_outputs), np.float32)
            _layers.dense(pooled, network.output, answer)
            answers[rows] = answer
    return answers


def _group(spec, weights) -> _forward.Network:
    network = _forward.group(spec, [_writable(w) for w in weights])
    if not spec.batch_norm:
        return network
    return network._replace(embedding=tuple(map(_embedding.fold, network.embedding)))


def _writable(a: np.ndarray) -> np.ndarray:
    """The array as the kernels are compiled for: a memory map of a file may be read-only."""
    return a if a.flags.carray else np.require(a, requirements=["C", "A", "W"])


def _limit(spec: GRUSpec, values: np.ndarray):
    """One BLAS thread wherever BLAS might use more; asking costs more than a small answer."""
    width = max(*spec.units, spec.patch_width, spec.embedding_units, spec.n_features)
    rows = max(3, spec.context_length) * width
    largest = values.shape[0] * values.shape[1] * width * max(rows, spec.n_outputs)
    return nullcontext() if largest <= _blas.ONE_THREAD else one_thread


def _pool_blocks(spec: GRUSpec, network, values, n_steps):
    """Yield some rows and what they pool to, until all have been: (n, T, F), (n,).

    The arrays (B, n_features) are overwritten by the next ones.
    """
    n_samples, values, n_steps = len(values), _writable(values), _writable(n_steps)
    longest = int(n_steps.max())
    size = _block_size(spec, longest)
    order = np.arange(n_samples, dtype=np.int32)
    ragged = n_samples > 1 and (n_steps != longest).any()
    if ragged:
        order = np.argsort(-n_steps, kind="stable").astype(np.int32)
    tape = _forward.Tape(spec, min(n_samples, size), longest)
    for start in range(0, n_samples, size):
        block = slice(start, start + size)
        rows = order[block]
        if len(rows) < len(tape.pooled):
            tape = _forward.Tape(spec, len(rows), longest)
        yield (
            rows if ragged else block,
            _pool_block(spec, network, values, rows, n_steps[rows], tape),
        )


def _pool_block(spec: GRUSpec, network, values, rows, n_steps, tape) -> np.ndarray:
    """Shapes: n_steps (B,), decreasing, of `rows` (B,) -> (B, n_features)."""
    _layers.cut_patches(values, rows, n_steps, spec.patch_stride, tape.patches)
    return _forward.run(spec, network, tape, n_steps)


def _block_size(spec: GRUSpec, n_steps: int) -> int:
    """Rows whose states stay in cache."""
    per_step = spec.patch_width + spec.embedding_units
    if spec.context_length:
        per_step += (2 + spec.context_length) * spec.embedding_units
    if len(spec.units) > 1 or spec.pooling != ("last",):
        per_step += spec.n_directions * sum(spec.units)
    per_row = n_steps * per_step + 9 * max(spec.units)
    return max(_MIN_ROWS, min(_FLOATS // per_row, _MAX_ROWS))
