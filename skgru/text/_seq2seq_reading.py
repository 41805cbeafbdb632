"""What a trained encoder-decoder makes of pairs: how likely a target is, and where it looked."""

from __future__ import annotations

import numpy as np

from skgru._blas_threads import one_thread
from skgru.text import _decoder, _encoder, _pairs, _softmax
from skgru.text._dropout import Dropout
from skgru.text._scratch import Scratch
from skgru.text._seq2seq_model import Weights

# Pairs read side by side.
_ROWS = 64


def log_likelihood(weights: Weights, sources, targets) -> np.ndarray:
    """Logarithm of the probability of each target, its end included: (n,), float64."""
    out = np.empty(len(sources))
    sizes = np.array([len(s) + len(t) + 2 for s, t in zip(sources, targets)])
    order = np.argsort(sizes, kind="stable")
    kernel = np.ascontiguousarray(weights.table.T)
    with one_thread:
        for rows in _pairs.cut(order, sizes, _ROWS):
            batch, decoding = _read(weights, [sources[i] for i in rows], [targets[i] for i in rows])
            found = np.empty(len(decoding.mixed), np.float32)
            wanted = batch.targets.T[decoding.within]
            _softmax.log_likelihood(decoding.mixed, wanted, kernel, weights.output_bias, found)
            of_each = np.zeros(decoding.within.shape)
            of_each[decoding.within] = found
            out[rows] = of_each.sum(axis=1)
    return out


def shares(weights: Weights, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Where each token of a target looked, ends included: (T + 1, S + 1)."""
    with one_thread:
        return _read(weights, [source], [target])[1].shares[0]


def _read(weights: Weights, sources, targets):
    batch, means = _pairs.batch(sources, targets), (Dropout(), Scratch())
    encoding = _encoder.run(weights, batch.sources, batch.source_lengths, *means)
    return batch, _decoder.run(weights, encoding, batch.inputs, batch.target_lengths, *means)
