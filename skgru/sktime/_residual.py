"""The GRU part of a forecast: quantiles of what the highway leaves.

The network reads a window in tokens of several steps: the context, then the horizon, where the
highway's forecast stands in for values. Beside the values a token holds what is known ahead, which
share of it was observed, and whether it lies in the future.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from skgru._memory import require_memory_for_network
from skgru._time_limit import UNLIMITED, TimeLimit
from skgru.gru import _inference, _initial, _training
from skgru.gru._model import GRUSpec, History, OptimizerSettings, TrainingSet
from skgru.sktime import _quantiles
from skgru.sktime._windows import Windows

PRIOR = 5  # normal residuals that are thought of beside those seen
BLOCK = 2048  # windows whose tokens are in memory at a time
Report = Callable[[int, History], bool]


@dataclass(frozen=True)
class Network:
    """A trained network: its architecture, and weights in the spec's order."""

    spec: GRUSpec
    weights: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Recipe:
    """How the network is built and trained; see `GRUForecaster`."""

    units: tuple[int, ...]
    embedding_units: int
    token_length: int
    epochs: int
    batch_size: int
    learning_rate: float
    dropout: float
    weight_decay: float
    n_iter_no_change: int
    engine: str


def tokens(windows: Windows, linear: np.ndarray, length: int) -> np.ndarray:
    """What the network reads: float32 of shape (n, n_tokens, width)."""
    n, context = windows.context.shape
    horizon = linear.shape[1]
    before, behind = -context % length, -horizon % length
    values = np.concatenate([windows.context, linear], axis=1)
    values = np.pad(values, ((0, 0), (before, behind)), mode="edge")
    observed = np.pad(windows.observed, ((0, 0), (before, horizon + behind)))
    future = np.zeros_like(values)
    future[:, before + context :] = 1
    known = np.pad(windows.known, ((0, 0), (0, 0), (before, behind)), mode="edge")
    n_tokens = values.shape[1] // length
    parts = [
        np.clip(values, -10, 10).reshape(n, n_tokens, length),
        observed.reshape(n, n_tokens, length).mean(axis=2, keepdims=True),
        future.reshape(n, n_tokens, length).mean(axis=2, keepdims=True),
        known.reshape(n, -1, n_tokens, length).transpose(0, 2, 1, 3).reshape(n, n_tokens, -1),
    ]
    return np.ascontiguousarray(np.concatenate(parts, axis=2), dtype=np.float32)


def forecast(network: Network, windows: Windows, linear: np.ndarray, length: int):
    """Quantiles in scaled units: (n, horizon, n_levels)."""
    parts = []
    for start in range(0, windows.n, BLOCK):
        rows = slice(start, start + BLOCK)
        values = tokens(windows.take(rows), linear[rows], length)
        steps = np.full(len(values), values.shape[1], np.int32)
        parts.append(_inference.outputs(network.spec, network.weights, values, steps))
    quantiles = np.concatenate(parts).reshape(*linear.shape, len(_quantiles.LEVELS))
    return np.sort(quantiles + linear[..., None], axis=-1)


def start(windows: Windows, residual: np.ndarray, recipe: Recipe, rng) -> Network:
    """A network that answers the quantiles of all residuals, whatever it reads."""
    some = windows.take(slice(0, 1))
    width = tokens(some, np.zeros_like(residual[:1]), recipe.token_length).shape[2]
    spec = GRUSpec(
        n_channels=width,
        n_outputs=residual.shape[1] * len(_quantiles.LEVELS),
        units=recipe.units,
        embedding_units=recipe.embedding_units,
        loss="pinball",
        levels=_quantiles.LEVELS,
    )
    require_memory_for_network(
        (weight.shape for weight in spec.weight_shapes()),
        "lower units, embedding_units, horizon or window_length",
    )
    *inner, kernel, _ = _initial.draw(spec, rng)
    return Network(spec, (*inner, np.zeros_like(kernel), constant(residual)))


def constant(residual: np.ndarray) -> np.ndarray:
    """Quantiles of residuals (n, horizon) at each step, one after the other: (horizon * levels).

    A few normal values are among them, for the steps that hardly any window reaches.
    """
    normal = ndtri(_quantiles.grid(PRIOR))
    found, spread = [], 1.0
    for step in residual.T:
        seen = step[np.isfinite(step)]
        spread = max(float(seen.std()), 1e-3) if len(seen) > PRIOR else spread
        found.append(np.quantile(np.append(seen, normal * spread), _quantiles.LEVELS))
    return np.concatenate(found).astype(np.float32)


def train(
    network: Network,
    windows: Windows,
    linear: np.ndarray,
    held: tuple[Windows, np.ndarray] | None,
    recipe: Recipe,
    seed: int,
    report: Report,
    limit: TimeLimit = UNLIMITED,
) -> tuple[Network, History]:
    """Train on windows and their linear forecasts; `held` ones choose the epoch.

    Returns the network as it came where no epoch did better on the held-out windows.
    """
    values = tokens(windows, linear, recipe.token_length)
    data = TrainingSet(
        values,
        np.full(len(values), values.shape[1], np.int32),
        (windows.target - linear).astype(np.float32),
        np.ones(len(values), np.float32),
    )
    settings = OptimizerSettings(
        weight_decay=recipe.weight_decay, clipnorm=1.0, dropout=recipe.dropout
    )
    engine = _training.start(recipe.engine, network.spec, network.weights, data, settings, seed)
    score = _scorer(network.spec, held, recipe.token_length) if held else None
    weights, history = _training.train(
        engine,
        data.n_steps,
        _training.Schedule(recipe.epochs, recipe.batch_size, recipe.learning_rate, "cosine"),
        np.random.default_rng(seed),
        stopping=score and _training.Stopping(score, recipe.n_iter_no_change, 0.0),
        after_epoch=report,
        limit=limit,
    )
    if score and score(network.weights) >= max(history.validation_score):
        return network, history
    return Network(network.spec, tuple(weights)), history


def _scorer(spec: GRUSpec, held: tuple[Windows, np.ndarray], length: int):
    """Minus the pinball loss on held-out windows."""
    windows, linear = held

    def score(weights) -> float:
        quantiles = forecast(Network(spec, tuple(weights)), windows, linear, length)
        return -_quantiles.pinball(quantiles, windows.target)

    return score
