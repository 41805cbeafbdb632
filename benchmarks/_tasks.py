"""The tasks that are timed, and skgru's estimator for each, set to do what the rivals do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """Data of two classes, a network and how it is trained.

    Attributes
    ----------
    n_samples, n_timesteps, n_channels : int
        Of the training data.
    units, batch_size, epochs : int
    learning_rate : float
        Of Adam, the same throughout.
    bidirectional : bool
    pooling : {"last", "max"}
    patch_length, patch_stride : int
        1 and 1 feed single steps.
    """

    n_samples: int
    n_timesteps: int
    n_channels: int
    units: int
    batch_size: int
    epochs: int
    learning_rate: float = 1e-3
    bidirectional: bool = False
    pooling: str = "last"
    patch_length: int = 1
    patch_stride: int = 1

    @property
    def n_directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def n_patches(self) -> int:
        """Steps of the recurrence."""
        return -(-(self.n_timesteps - self.patch_length) // self.patch_stride) + 1

    @property
    def padded_length(self) -> int:
        """Time steps that the patches reach over."""
        return (self.n_patches - 1) * self.patch_stride + self.patch_length

    @property
    def patch_width(self) -> int:
        return self.patch_length * self.n_channels

    @property
    def n_batches(self) -> int:
        """Updates in an epoch."""
        return -(-self.n_samples // self.batch_size)

    def __str__(self) -> str:
        text = f"{self.n_samples:,} x {self.n_timesteps} x {self.n_channels}, {self.units} units"
        if self.bidirectional:
            text += " each way"
        if self.patch_length > 1:
            text += f", patches of {self.patch_length} by {self.patch_stride}"
        return f"{text}, {self.pooling}, batches of {self.batch_size}, {self.epochs} epochs"

    def classifier(self, seed: int, engine: str = "numba", **changed):
        """An unfitted GRUClassifier with nothing in it that the rivals do not have."""
        from skgru import GRUClassifier

        settings = {
            "units": self.units,
            "bidirectional": self.bidirectional,
            "pooling": self.pooling,
            "patch_length": self.patch_length,
            "patch_stride": self.patch_stride,
            "embedding_units": None,
            "dropout": 0,
            "label_smoothing": 0,
            "augmentation": None,
            "weight_decay": 0,
            "clipnorm": None,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "schedule": "constant",
            "engine": engine,
            "random_state": seed,
        }
        return GRUClassifier(**{**settings, **changed})


SUMS = Task(800, 20, 1, units=32, batch_size=32, epochs=10)
LARGER = {
    "many channels": Task(2000, 100, 12, units=64, batch_size=64, epochs=3),
    "wide": Task(500, 150, 1, units=128, batch_size=32, epochs=3),
    "patches": Task(
        *(100, 150, 1),
        units=64,
        batch_size=16,
        epochs=100,
        bidirectional=True,
        pooling="max",
        patch_length=8,
        patch_stride=4,
    ),
}


def draw(task):
    """Training data: float32 X (n, T, F), y bool.

    Those of SUMS are its own; others are noise around a slow wave, whose sign is y.
    """
    import numpy as np

    if task is SUMS:
        X, y, *_ = draw_sums()
        return X[:, :, np.newaxis], y
    rng = np.random.default_rng(0)
    y = np.arange(task.n_samples) % 2 == 1
    wave = np.sin(np.linspace(0, 3 * np.pi, task.n_timesteps))[:, np.newaxis]
    X = rng.normal(size=(task.n_samples, task.n_timesteps, task.n_channels))
    X += np.where(y, 1, -1)[:, np.newaxis, np.newaxis] * wave * 0.5 / task.n_channels**0.5
    return X.astype(np.float32), y


def draw_sums():
    """The data of SUMS, 800 sequences to train and 200 to test: does the sum exceed 10."""
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.uniform(size=(1000, 20)).astype("float32")
    y = X.sum(axis=1) > 10
    return X[:800], y[:800], X[800:], y[800:]


def cross_entropy(probability, y) -> float:
    """Mean loss of the probability (n,) that y (n,) is true."""
    import numpy as np

    right = np.where(y, probability, 1 - np.asarray(probability, float))
    return float(-np.log(np.maximum(right, 1e-12)).mean())
