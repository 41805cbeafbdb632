"""What a language model is: sizes, and the weights as pieces of one vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skgru.text._vector import VectorSpec

NO_MATRIX = np.empty((0, 0), dtype=np.float32)


class Weights(NamedTuple):
    """The weights by what they do; V tokens, E the embedding, H units, L layers.

    Gates stand in the order z, r, h, and the cell is Keras' GRU with ``reset_after``, as in
    `skgru.gru`.

    Attributes
    ----------
    embedding : ndarray, shape (V, E)
    kernel : ndarray, shape (E, 3H)
        From the embedding to the gates of the first layer.
    upper : ndarray, shape (L - 1, H, 3H)
        From each layer to the one above.
    recurrent : ndarray, shape (L, H, 3H)
    bias : ndarray, shape (L, 2, 3H)
    projection : ndarray, shape (H, E) or (0, 0)
        Before a tied output.
    table : ndarray, shape (V, K)
        A token's score is the product of its row with the state; the embedding where tied.
    output_bias : ndarray, shape (V,)
    """

    embedding: np.ndarray
    kernel: np.ndarray
    upper: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    projection: np.ndarray
    table: np.ndarray
    output_bias: np.ndarray


@dataclass(frozen=True)
class LanguageSpec(VectorSpec):
    """Sizes of a language model.

    Attributes
    ----------
    n_tokens, embedding_units, units, n_layers : int
    tied : bool
        Whether the output reads the embedding's table.
    """

    n_tokens: int
    embedding_units: int
    units: int
    n_layers: int
    tied: bool

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each array in the vector of parameters, in their order."""
        width = 3 * self.units
        shapes: dict[str, tuple[int, ...]] = {
            "embedding": (self.n_tokens, self.embedding_units),
            "kernel": (self.embedding_units, width),
            "upper": (self.n_layers - 1, self.units, width),
            "recurrent": (self.n_layers, self.units, width),
            "bias": (self.n_layers, 2, width),
        }
        if self.tied:
            shapes["projection"] = (self.units, self.embedding_units)
        else:
            shapes["table"] = (self.n_tokens, self.units)
        shapes["output_bias"] = (self.n_tokens,)
        return shapes

    def view(self, vector: np.ndarray) -> Weights:
        """The arrays in a vector, as views."""
        arrays = self.cut(vector)
        if self.tied:
            arrays["table"] = arrays["embedding"]
        return Weights(**{"projection": NO_MATRIX, **arrays})


def draw(spec: LanguageSpec, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """First parameters: every token as likely as it is frequent, whatever came before.

    Shapes: counts (V,) -> (n_parameters,).
    """
    vector = np.zeros(spec.n_parameters, np.float32)
    weights = spec.view(vector)
    scale = 1 / math.sqrt(spec.embedding_units) if spec.tied else 1.0
    weights.embedding[:] = scale * rng.standard_normal(weights.embedding.shape)
    # The kernel takes back what keeps the scores of a tied output small.
    glorot(weights.kernel, rng, 1 / scale)
    for kernel in weights.upper:
        glorot(kernel, rng)
    for recurrent in weights.recurrent:
        for gate in range(3):
            columns = slice(gate * spec.units, (gate + 1) * spec.units)
            recurrent[:, columns] = orthogonal(spec.units, rng)
    if spec.tied:
        glorot(weights.projection, rng)
    else:
        weights.table[:] = rng.standard_normal(weights.table.shape) / math.sqrt(spec.units)
    shares = (counts + 0.5) / (counts + 0.5).sum()
    weights.output_bias[:] = np.log(shares)
    return vector


def glorot(out: np.ndarray, rng: np.random.Generator, scale: float = 1.0) -> None:
    """Fill (n, m) uniformly (Glorot & Bengio 2010), times `scale`."""
    limit = scale * math.sqrt(6 / sum(out.shape))
    out[:] = rng.uniform(-limit, limit, out.shape)


def orthogonal(size: int, rng: np.random.Generator) -> np.ndarray:
    """A rotation: (size, size)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.sign(np.diag(r))
