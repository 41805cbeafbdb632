"""What an encoder-decoder is: sizes, and the weights as pieces of one vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skgru.text._model import NO_MATRIX, glorot, orthogonal
from skgru.text._tokens import UNKNOWN
from skgru.text._vector import VectorSpec


class Weights(NamedTuple):
    """The weights by what they do.

    V tokens, E the embedding, L layers, G units of one direction of the encoder, M = 2G the width
    of what attention reads, H units of the decoder, A the width before the output. Gates stand in
    the order z, r, h, and the cell is Keras' GRU with ``reset_after``, as in `skgru.gru`.

    Attributes
    ----------
    source_embedding : ndarray, shape (V, E)
    encoder_kernel : ndarray, shape (2, E, 3G)
        From the embedding to the gates of either direction of the first layer.
    encoder_upper : ndarray, shape (L - 1, 2, M, 3G)
    encoder_recurrent : ndarray, shape (L, 2, G, 3G)
    encoder_bias : ndarray, shape (L, 2, 2, 3G)
    bridge : ndarray, shape (L, M, H)
        From the last states of the encoder's layer to the first of the decoder's.
    bridge_bias : ndarray, shape (L, H)
    target_embedding : ndarray, shape (V, E)
    decoder_kernel : ndarray, shape (E, 3H)
    decoder_upper : ndarray, shape (L - 1, H, 3H)
    decoder_recurrent : ndarray, shape (L, H, 3H)
    decoder_bias : ndarray, shape (L, 2, 3H)
    keys : ndarray, shape (M, H) or (0, 0)
        From the encoder's states to what attention compares with the decoder's.
    mix : ndarray, shape (M + H, A) or (H, A)
        From context and state to what the output reads.
    mix_bias : ndarray, shape (A,)
    table : ndarray, shape (V, A)
        A token's score is the product of its row with that; the target's embedding where tied.
    output_bias : ndarray, shape (V,)
    """

    source_embedding: np.ndarray
    encoder_kernel: np.ndarray
    encoder_upper: np.ndarray
    encoder_recurrent: np.ndarray
    encoder_bias: np.ndarray
    bridge: np.ndarray
    bridge_bias: np.ndarray
    target_embedding: np.ndarray
    decoder_kernel: np.ndarray
    decoder_upper: np.ndarray
    decoder_recurrent: np.ndarray
    decoder_bias: np.ndarray
    keys: np.ndarray
    mix: np.ndarray
    mix_bias: np.ndarray
    table: np.ndarray
    output_bias: np.ndarray


@dataclass(frozen=True)
class Seq2SeqSpec(VectorSpec):
    """Sizes of an encoder-decoder.

    Attributes
    ----------
    n_source_tokens, n_target_tokens, embedding_units, units, n_layers : int
    attention : bool
        Whether the decoder looks back at all states of the encoder.
    tied : bool
        Whether the output reads the target's embedding.
    """

    n_source_tokens: int
    n_target_tokens: int
    embedding_units: int
    units: int
    n_layers: int
    attention: bool
    tied: bool

    @property
    def encoder_units(self) -> int:
        """Units of one direction."""
        return -(-self.units // 2)

    @property
    def memory_width(self) -> int:
        """Both directions of the encoder side by side."""
        return 2 * self.encoder_units

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each array in the vector of parameters, in their order."""
        embedding, units, memory = self.embedding_units, self.units, self.memory_width
        one, layers = self.encoder_units, self.n_layers
        width = embedding if self.tied else units
        shapes: dict[str, tuple[int, ...]] = {
            "source_embedding": (self.n_source_tokens, embedding),
            "encoder_kernel": (2, embedding, 3 * one),
            "encoder_upper": (layers - 1, 2, memory, 3 * one),
            "encoder_recurrent": (layers, 2, one, 3 * one),
            "encoder_bias": (layers, 2, 2, 3 * one),
            "bridge": (layers, memory, units),
            "bridge_bias": (layers, units),
            "target_embedding": (self.n_target_tokens, embedding),
            "decoder_kernel": (embedding, 3 * units),
            "decoder_upper": (layers - 1, units, 3 * units),
            "decoder_recurrent": (layers, units, 3 * units),
            "decoder_bias": (layers, 2, 3 * units),
            "keys": (memory, units) if self.attention else NO_MATRIX.shape,
            "mix": (memory * self.attention + units, width),
            "mix_bias": (width,),
        }
        if not self.tied:
            shapes["table"] = (self.n_target_tokens, width)
        shapes["output_bias"] = (self.n_target_tokens,)
        return shapes

    def view(self, vector: np.ndarray) -> Weights:
        """The arrays in a vector, as views."""
        arrays = self.cut(vector)
        if self.tied:
            arrays["table"] = arrays["target_embedding"]
        return Weights(**arrays)


def draw(spec: Seq2SeqSpec, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """First parameters: every target token as likely as it is frequent.

    Shapes: counts (V,) -> (n_parameters,).
    """
    vector = np.zeros(spec.n_parameters, np.float32)
    weights = spec.view(vector)
    _embed(weights.source_embedding, weights.encoder_kernel, 1.0, rng)
    scale = 1 / math.sqrt(spec.embedding_units) if spec.tied else 1.0
    _embed(weights.target_embedding, weights.decoder_kernel[None], scale, rng)
    for kernels in (weights.encoder_upper.reshape(-1, *weights.encoder_upper.shape[2:]),):
        for kernel in kernels:
            glorot(kernel, rng)
    for kernels in (weights.bridge, weights.decoder_upper, weights.keys[None], weights.mix[None]):
        for kernel in kernels:
            if kernel.size:
                glorot(kernel, rng)
    for recurrent in (*weights.encoder_recurrent, weights.decoder_recurrent):
        for kernel in recurrent:
            for gate in np.split(kernel, 3, axis=1):
                gate[:] = orthogonal(len(kernel), rng)
    if not spec.tied:
        weights.table[:] = rng.standard_normal(weights.table.shape) / math.sqrt(spec.units)
    weights.output_bias[:] = np.log((counts + 0.5) / (counts + 0.5).sum())
    return vector


def _embed(embedding, kernels, scale: float, rng) -> None:
    """Tokens of size `scale`; the kernels that read them take that back."""
    embedding[:] = scale * rng.standard_normal(embedding.shape)
    # Where no text shows an unknown token, it says nothing rather than something at random.
    embedding[UNKNOWN] = 0
    for kernel in kernels:
        glorot(kernel, rng, 1 / scale)
