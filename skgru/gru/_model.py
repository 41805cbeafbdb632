"""The records that describe a network, the data it sees and what training gives back.

Nothing here computes: both training engines, inference and persistence read these records,
so the architecture and the order and shape of its weights are stated once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

POOLINGS = ("last", "mean", "max", "attention")
BATCH_NORM_EPSILON = 1e-3
BATCH_NORM_MOMENTUM = 0.95  # of the running statistics: a default fit has some hundred updates
Loss = Literal["cross_entropy", "squared_error", "pinball", "ctc"]


class WeightShape(NamedTuple):
    """Name and shape of one weight, whether weight decay acts on it, and the gradient at all."""

    name: str
    shape: tuple[int, ...]
    decayed: bool
    trained: bool = True


@dataclass(frozen=True)
class GRUSpec:
    """Architecture: patches -> embedding -> GRU layers -> pooling -> dense.

    The embedding is ``a = relu(norm(dense(patch)))``, where steps are tokens ``relu(norm(row of a
    table))``, and, with a context, ``a + relu(norm(dense(
    window of a)))``; `norm` is batch normalisation over the rows' own patches, or nothing.

    A frozen record of plain values, so that it hashes: it is the key of every compile cache.

    Attributes
    ----------
    n_channels, n_outputs : int
        Width of one time step; number of logits or of real targets.
    units : tuple of int
        Units of each GRU layer, the first layer first.
    bidirectional : bool
        Whether each layer reads the sequence in both directions; the states are joined
        ``[forward, backward]``.
    pooling : tuple of str
        How the states of the last layer become one vector, joined in this order. ``"last"`` is the
        state after a direction has read the whole sequence: for the backward direction that is the
        one at the first step. ``("none",)`` has outputs at every step, which only
        `skgru.speech` asks for.
    patch_length, patch_stride : int
        Windows of consecutive steps fed to the GRU as one; 1 and 1 feed single steps.
    embedding_units : int
        Width of a dense relu layer applied to each patch before the first GRU; 0 for none.
    context_length : int
        Embedded patches, centred on each one and zero outside of the row, that a second dense relu
        layer of the same width reads; its output is added to the embedding. 0 for none.
    batch_norm : bool
        Whether both dense layers are batch-normalised before their relu (Ioffe & Szegedy 2015, as
        Keras has it with epsilon 1e-3 and momentum `BATCH_NORM_MOMENTUM`).
    loss : {"cross_entropy", "squared_error", "pinball", "ctc"}
    levels : tuple of float
        Of the quantiles that ``"pinball"`` asks for: outputs are ``n_outputs / len(levels)``
        targets, each with its quantiles side by side.
    n_tokens : int
        Where a step is not measured but one of so many tokens: its one channel holds a number below
        this, and the embedding looks it up. 0 for measured values.
    """

    n_channels: int
    n_outputs: int
    units: tuple[int, ...]
    bidirectional: bool = False
    pooling: tuple[str, ...] = ("last",)
    patch_length: int = 1
    patch_stride: int = 1
    embedding_units: int = 0
    loss: Loss = "cross_entropy"
    context_length: int = 0
    batch_norm: bool = False
    levels: tuple[float, ...] = ()
    n_tokens: int = 0

    @property
    def n_directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def n_states(self) -> int:
        """Width of the last layer's states, both directions joined."""
        return self.units[-1] * self.n_directions

    @property
    def n_features(self) -> int:
        """Width of the pooled representation that the output layer reads."""
        return self.n_states * len(self.pooling)

    @property
    def patch_width(self) -> int:
        return self.patch_length * self.n_channels

    @property
    def input_width(self) -> int:
        """Width of what the first GRU layer reads at each step."""
        return self.embedding_units or self.patch_width

    def n_patches(self, n_timesteps):
        """Number of patches of a series (int or array of int): every time step is in one."""
        over = n_timesteps - self.patch_length
        return -(-(over * (over > 0)) // self.patch_stride) + 1

    def padded_length(self, n_timesteps: int) -> int:
        """Time steps that the patches of a series of this length reach over."""
        return int((self.n_patches(n_timesteps) - 1) * self.patch_stride + self.patch_length)

    def weight_shapes(self) -> tuple[WeightShape, ...]:
        """Every weight in the order in which all engines keep them: Keras', the trained first."""
        shapes, statistics = [], []
        fronts = {"embedding": self.n_tokens or self.patch_width} if self.embedding_units else {}
        if fronts and self.context_length:
            fronts["context"] = self.context_length * self.embedding_units
        one = (self.embedding_units,)
        for name, rows in fronts.items():
            if self.n_tokens and name == "embedding":  # each row of the table is its own bias
                shapes.append(WeightShape("embedding/table", (rows, self.embedding_units), True))
            else:
                shapes += [
                    WeightShape(f"{name}/kernel", (rows, self.embedding_units), True),
                    WeightShape(f"{name}/bias", one, False),
                ]
            if self.batch_norm:
                shapes += [WeightShape(f"{name}/{part}", one, False) for part in ("gamma", "beta")]
                statistics += [
                    WeightShape(f"{name}/{part}", one, False, False)
                    for part in ("mean", "variance")
                ]
        width = self.input_width
        directions = ("forward", "backward")[: self.n_directions]
        for layer, units in enumerate(self.units):
            for direction in directions:
                name = f"gru_{layer}/{direction}"
                shapes += [
                    WeightShape(f"{name}/kernel", (width, 3 * units), True),
                    WeightShape(f"{name}/recurrent_kernel", (units, 3 * units), True),
                    WeightShape(f"{name}/bias", (2, 3 * units), False),
                ]
            width = units * self.n_directions
        if "attention" in self.pooling:
            shapes.append(WeightShape("attention/kernel", (self.n_states, 1), True))
        shapes += [
            WeightShape("output/kernel", (self.n_features, self.n_outputs), True),
            WeightShape("output/bias", (self.n_outputs,), False),
        ]
        return tuple(shapes + statistics)


@dataclass(frozen=True)
class CustomSpec:
    """A user's own architecture: what `network` returns, then pooling where it gives sequences.

    Attributes
    ----------
    network : callable
        ``network(n_timesteps, n_channels)`` returns a Keras layer or model that maps
        ``(batch, n_timesteps, n_channels)`` to ``(batch, d)`` or to ``(batch, steps, d)``;
        `n_timesteps` is None where lengths differ. A dense output layer follows.
    n_timesteps : int or None
    n_channels, n_outputs : int
    pooling : tuple of str
        Applied where `network` returns sequences.
    loss : {"cross_entropy", "squared_error"}
    """

    network: Callable
    n_timesteps: int | None
    n_channels: int
    n_outputs: int
    pooling: tuple[str, ...] = ("last",)
    loss: Loss = "cross_entropy"
    n_tokens: ClassVar[int] = 0

    def n_patches(self, n_timesteps):
        """Every time step is one patch."""
        return n_timesteps

    def padded_length(self, n_timesteps: int) -> int:
        return n_timesteps


@dataclass(frozen=True)
class TrainingSet:
    """What an engine trains on, ready for arithmetic.

    Attributes
    ----------
    values : ndarray of float32, shape (n_samples, padded_length, n_channels)
        Scaled, finite, C-contiguous; each row right-padded with its own last step.
    n_steps : ndarray of int32, shape (n_samples,)
        Number of patches of each row (``spec.n_patches(length)``).
    targets : ndarray, int32 of shape (n_samples,) or float32 of shape (n_samples, n_outputs)
        For ``"pinball"`` (n_samples, n_targets), where NaN has no part in the loss.
    sample_weight : ndarray of float32, shape (n_samples,)
        With mean 1 over the rows.
    whitening : tuple of ndarray or None
        A fixed linear map of patches, matrix (patch_width, patch_width) and shift (patch_width,):
        the embedding reads ``patch @ matrix + shift``. None reads the patches as they are.
    """

    values: np.ndarray
    n_steps: np.ndarray
    targets: np.ndarray
    sample_weight: np.ndarray
    whitening: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def ragged(self) -> bool:
        return bool((self.n_steps != self.n_steps[0]).any())


@dataclass(frozen=True)
class OptimizerSettings:
    """AdamW, as Keras has it, on a clipped gradient; and the regularisation of one step.

    One step on a batch of rows b, with g the gradient of ``sum(w_i * loss_i) / len(b)``::

        g <- g * min(1, clipnorm / norm(g))           norm over all weights together
        p <- p - rate * weight_decay * p              only where the weight is `decayed`
        m <- m + (g - m) (1 - beta_1);   v <- v + (g*g - v) (1 - beta_2)
        p <- p - rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)

    `dropout` acts on the embedding's output, on the inputs of every GRU layer after the first (one
    mask per row, the same at all steps) and on the pooled vector; `recurrent_dropout` on the state
    that enters the recurrent product, one mask per row, layer and direction. Both scale by
    ``1 / (1 - rate)``. `label_smoothing` mixes the one-hot target with the uniform distribution.
    ``clipnorm=0`` does not clip.
    """

    weight_decay: float = 0.0
    clipnorm: float = 0.0
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    label_smoothing: float = 0.0
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7


class Moments(NamedTuple):
    """Adam's running means of the gradient and of its square, flat, and the updates made."""

    first: np.ndarray
    second: np.ndarray
    n_updates: int


STOP_REASONS = ("epochs", "early_stopping", "max_time", "callback", "interrupted")


@dataclass
class History:
    """What happened during training.

    Attributes
    ----------
    loss, validation_score : list of float
        One entry an epoch.
    stop_reason : str
        Why it ended, one of `STOP_REASONS`; "" as long as it has not.
    """

    loss: list[float] = field(default_factory=list)
    validation_score: list[float] = field(default_factory=list)
    stop_reason: str = ""


@dataclass(frozen=True)
class TrainedGRU:
    """A trained network: nothing but plain values and NumPy arrays, so it pickles anywhere."""

    spec: GRUSpec | CustomSpec
    weights: tuple[np.ndarray, ...]
