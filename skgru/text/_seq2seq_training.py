"""One update of an encoder-decoder, on the CPU."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from skgru.text import _decoder, _encoder, _pairs, _softmax
from skgru.text._dropout import Dropout
from skgru.text._scratch import Scratch
from skgru.text._seq2seq_model import Seq2SeqSpec, Weights
from skgru.text._sharded import SHARD, ShardedEngine


@dataclass(frozen=True)
class Settings:
    """What stays the same over all updates.

    Attributes
    ----------
    dropout : float
        Share of each layer's outputs that is dropped.
    clipnorm : float
        Largest norm of a gradient; 0 does not clip.
    label_smoothing : float
        Share of a target's probability that is spread over all tokens.
    """

    dropout: float = 0.0
    clipnorm: float = 1.0
    label_smoothing: float = 0.0


class _Shard:
    """Some pairs of each batch: their gradient, their dropout and the memory that they need."""

    def __init__(self, spec: Seq2SeqSpec, settings: Settings, seed: list[int]):
        self.gradient = np.zeros(spec.n_parameters, np.float32)
        self._gradients = spec.view(self.gradient)
        self.rng = np.random.default_rng(seed)
        self._dropout = Dropout(settings.dropout, self.rng)
        self._smoothing = settings.label_smoothing
        self._scratch = Scratch()

    def differentiate(self, weights: Weights, pairs, share: float) -> float:
        """Sum of the losses of some pairs; the gradient of `share` times that is in `gradient`."""
        self.gradient.fill(0)
        self._scratch.start_over()
        gradients, scratch, means = self._gradients, self._scratch, (self._dropout, self._scratch)
        batch = _pairs.batch(*zip(*pairs))
        encoding = _encoder.run(weights, batch.sources, batch.source_lengths, *means)
        decoding = _decoder.run(weights, encoding, batch.inputs, batch.target_lengths, *means)
        d_mixed = scratch.empty(*decoding.mixed.shape)
        loss = _softmax.cross_entropy(
            *(decoding.mixed, batch.targets.T[decoding.within], weights.table),
            *(np.ascontiguousarray(weights.table.T), weights.output_bias, share, self._smoothing),
            *(gradients.table, gradients.output_bias, d_mixed),
        )
        d_memory, d_finals = _decoder.run_back(
            weights, gradients, encoding, decoding, d_mixed, scratch
        )
        _encoder.run_back(weights, gradients, encoding, d_memory, d_finals, scratch)
        return loss


class Seq2SeqEngine(ShardedEngine):
    """Trains an encoder-decoder, batch by batch.

    Parameters
    ----------
    spec : Seq2SeqSpec
    parameters : ndarray of float32
        Copied.
    batch_size : int
    settings : Settings
    seed : list of int
        Of dropout.
    moments : tuple, optional
        Adam's state to go on from: two vectors and the count of updates.
    """

    def __init__(
        self,
        spec: Seq2SeqSpec,
        parameters: np.ndarray,
        batch_size: int,
        settings: Settings,
        seed: list[int],
        moments: tuple | None = None,
    ):
        n_shards = max(1, batch_size // SHARD)
        shards = [_Shard(spec, settings, [*seed, i]) for i in range(n_shards)]
        super().__init__(spec, parameters, shards, settings.clipnorm, moments)

    def differentiate(self, pairs) -> tuple[float, np.ndarray]:
        """Sum of the losses of pairs of token numbers, and the gradient of their mean."""
        n_shards = min(len(self._shards), max(1, len(pairs) // SHARD))
        bounds = np.linspace(0, len(pairs), n_shards + 1).round().astype(int)
        share = 1 / sum(len(target) + 1 for _, target in pairs)

        parts = [pairs[start:stop] for start, stop in itertools.pairwise(bounds)]

        def work(shard: _Shard, own) -> float:
            return shard.differentiate(self._weights, own, share)

        return self._gather(work, self._shards[:n_shards], parts)
