"""One model of many series: linear highway, GRU on what it leaves, calibrated quantiles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from skgru._time_limit import UNLIMITED, TimeLimit
from skgru.gru._course import one_reason
from skgru.gru._model import History
from skgru.sktime import _highway, _quantiles, _residual, _windows
from skgru.sktime._highway import Highway
from skgru.sktime._residual import Network, Recipe
from skgru.sktime._windows import Series, Shape, Windows

ROWS, HELD_ROWS, CHOOSING_ROWS = 30_000, 2_000, 10_000  # windows at the most
FEWEST = 8  # windows that a network is trained on
HELD_SHARE = 0.1  # of a series, but no less than a horizon
FEW_SERIES = 10  # of which more is held out, to have several windows
UNTESTED = 1.5  # factor of widths where nothing could be held out: errors in training are small
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
OWN_PENALTIES = (100.0, 10.0, 1.0, 0.3)
PATIENCE = 1.02  # how much worse the logarithm may do on held-out windows


@dataclass(frozen=True)
class GlobalModel:
    """A fitted model.

    Attributes
    ----------
    shape : Shape
    highway : Highway
    networks : tuple of Network
        Their quantiles are averaged.
    token_length : int
    factors : ndarray
        Of the quantiles' distance from the median.
    penalty, own_penalty : float or None
        Of the highway; None corrects no series by itself.
    n_known : int
        Variables known ahead.
    loss_curve, validation_score_curve : list of float
        Of the first network.
    stop_reason : str
        Why training ended: that of a network that was cut short, if there is one.
    """

    shape: Shape
    highway: Highway
    networks: tuple[Network, ...]
    token_length: int
    factors: np.ndarray
    penalty: float
    own_penalty: float | None
    n_known: int
    loss_curve: list[float]
    validation_score_curve: list[float]
    stop_reason: str = "epochs"


class Setting(NamedTuple):
    """What is asked for: see `GRUForecaster`."""

    context: int
    horizon: int
    period: int
    logarithm: bool | None
    n_linear: int
    n_members: int
    recipe: Recipe


class Plan(NamedTuple):
    """Cutoffs of each series: to train on, held out, and both."""

    train: list[np.ndarray]
    held: list[np.ndarray]
    every: list[np.ndarray]


def plan(lengths: list[int], context: int, horizon: int, rng: np.random.Generator) -> Plan:
    """Hold out the end of each series that is long enough for it."""
    train, held, every = [], [], []
    alone = len(lengths) < FEW_SERIES
    for n in lengths:
        first = max(1, min(context, n // 4))
        full = np.arange(first, n - horizon + 1)
        share = max(horizon, int(HELD_SHARE * n), min(2 * horizon, n // 5) if alone else 0)
        partial = np.arange(first, max(n, first + 1))
        mine = full[full <= n - share - horizon]
        if len(mine) < 2:
            mine, rest = (full if len(full) else partial), full[:0]
        else:
            rest = full[full >= n - share]
        train.append(mine)
        held.append(rest)
        every.append(full if len(full) else partial)
    return Plan(_thin(train, ROWS, rng), _thin(held, HELD_ROWS, rng), _thin(every, ROWS, rng))


def _thin(cutoffs: list[np.ndarray], most: int, rng) -> list[np.ndarray]:
    """A random part of each series' cutoffs, so that all together are `most` at the most."""
    sizes = np.array([len(c) for c in cutoffs])
    share = max(1, most // max(len(cutoffs), 1))
    while sizes.sum() > most and np.minimum(sizes, share * 2).sum() <= most:
        share *= 2
    return [c if len(c) <= share else np.sort(rng.choice(c, share, replace=False)) for c in cutoffs]


def fit(
    panel: list[Series],
    setting: Setting,
    seed: int,
    report: Callable[[int], tuple[_residual.Report, Callable[[History], None]]],
    before: GlobalModel | None = None,
    limit: TimeLimit = UNLIMITED,
) -> GlobalModel:
    """Learn from a panel; from the networks of an earlier model where there is one."""
    rng = np.random.default_rng(seed)
    cutoffs = plan([len(s.values) for s in panel], setting.context, setting.horizon, rng)
    shape, period, penalty = _choose(panel, cutoffs, setting, before, rng)
    windows = _windows.cut(panel, cutoffs.train, shape)
    highway = _highway.fit(windows, period, penalty, setting.n_linear)
    held = _windows.cut(panel, cutoffs.held, shape) if any(map(len, cutoffs.held)) else None
    if held is not None and not np.isfinite(held.target).any():
        held = None
    own_penalty = before.own_penalty if before else None
    if held is not None and len(panel) > 1 and before is None:
        own_penalty = _choose_own(panel, cutoffs, shape, highway, held)
    if own_penalty is not None:
        highway = adapt(highway, panel, cutoffs.train, shape, own_penalty)
    networks, factors, histories = _learn_rest(
        *(windows, held, highway, setting, seed, report, before),
        *(_blocks(panel, cutoffs, setting), limit),
    )
    if held is not None:
        windows = _windows.cut(panel, cutoffs.every, shape)
        highway = _highway.fit(windows, period, penalty, setting.n_linear)
        if own_penalty is not None:
            highway = adapt(highway, panel, cutoffs.every, shape, own_penalty)
    return GlobalModel(
        shape,
        highway,
        networks,
        setting.recipe.token_length,
        factors,
        penalty,
        own_penalty,
        panel[0].known.shape[1],
        histories[0].loss if histories else [],
        histories[0].validation_score if histories else [],
        one_reason([history.stop_reason for history in histories] or ["epochs"]),
    )


def adapt(highway: Highway, panel: list[Series], cutoffs, shape: Shape, penalty: float) -> Highway:
    """The highway with a correction for each series of the panel, and of no other."""
    own: dict[int, np.ndarray] = {}
    bare = replace(highway, own={})
    for i, (series, c) in enumerate(zip(panel, cutoffs)):
        if len(c):
            windows = _windows.cut([series], [c[-_highway.OWN_ROWS :]], shape)
            own[i] = _highway.adapt(bare, windows, penalty).own[0]
    return replace(highway, own=own)


def check_known(model: GlobalModel, panel: list[Series]) -> None:
    """Refuse series of which other things are known ahead than of those learnt from."""
    came, wanted = panel[0].known.shape[1], model.n_known
    if came != wanted:
        raise ValueError(
            "Series after `pretrain` need an index of the same frequency and the columns of X that "
            f"it has seen: {wanted} variables are known ahead there, {came} here (calendar "
            "included). Pass the same columns, and an index of the same frequency."
        )


def move(model: GlobalModel, panel: list[Series]) -> GlobalModel:
    """The same model for other series: only the corrections of single series are learnt."""
    if model.own_penalty is None:
        return model
    rng = np.random.default_rng(0)
    lengths = [len(s.values) for s in panel]
    every = plan(lengths, model.shape.context, model.shape.horizon, rng).every
    own = adapt(model.highway, panel, every, model.shape, model.own_penalty)
    return replace(model, highway=own)


def forecast(model: GlobalModel, panel: list[Series], n_steps: int) -> np.ndarray:
    """Quantiles of the steps after each series: (n_series, n_steps, n_levels).

    Past the horizon the medians are read as if they had been observed, and distances from the
    median add up as those of independent errors do.
    """
    parts: list[np.ndarray] = []
    spread = np.zeros((len(panel), 1, len(_quantiles.LEVELS)))
    done = 0
    while done < n_steps:
        cutoffs = [np.array([len(s.values)]) for s in panel]
        block = quantiles(model, _windows.cut(panel, cutoffs, model.shape))
        median = block[..., _quantiles.MEDIAN]
        distance = block - median[..., None]
        parts.append(median[..., None] + np.sign(distance) * np.hypot(distance, spread))
        spread = np.abs(parts[-1][:, -1:] - median[:, -1:, None])
        panel = [s._replace(values=np.concatenate([s.values, m])) for s, m in zip(panel, median)]
        done += model.shape.horizon
    return np.concatenate(parts, axis=1)[:, :n_steps]


def one_step(model: GlobalModel, panel: list[Series], cutoffs: list[np.ndarray]) -> np.ndarray:
    """Quantiles of the value after each cutoff, from what was observed before it.

    Those of one series after the other: (n_cutoffs, n_levels).
    """
    return quantiles(model, _windows.cut(panel, cutoffs, model.shape))[:, 0]


def quantiles(model: GlobalModel, windows: Windows) -> np.ndarray:
    """Calibrated quantiles in the series' own units: (n, horizon, n_levels)."""
    linear = model.highway.forecast(windows)
    scaled = _average(model.networks, windows, linear, model.token_length)
    limit = 3 * np.abs(windows.context).max(axis=1)[:, None, None] + 10
    scaled = _quantiles.widen(scaled, model.factors)
    return windows.restore(np.clip(scaled, -limit, limit), model.shape.logarithm)


def _average(networks, windows: Windows, linear: np.ndarray, length: int) -> np.ndarray:
    return np.mean([_residual.forecast(n, windows, linear, length) for n in networks], axis=0)


def _choose(panel, cutoffs: Plan, setting: Setting, before, rng) -> tuple[Shape, int, float]:
    """Scale, seasonal base and penalty that do best on held-out windows."""
    if before is not None:
        return before.shape, before.highway.period, before.penalty
    positive = all(np.nanmin(s.values) > 0 for s in panel)
    scales = [False, True] if positive else [False]
    if setting.logarithm is not None:
        scales = [setting.logarithm]
    shapes = [Shape(setting.context, setting.horizon, log) for log in scales]
    periods = sorted({1, setting.period})
    if not any(map(len, cutoffs.held)):
        return shapes[0], periods[-1], 0.1
    some = _thin(cutoffs.train, CHOOSING_ROWS, rng)
    best: tuple[float, tuple[Shape, int, float]] | None = None
    for shape in shapes:
        windows, held = (_windows.cut(panel, c, shape) for c in (some, cutoffs.held))

        def judge(period: int, penalty: float, windows=windows, held=held, shape=shape):
            highway = _highway.fit(windows, period, penalty, setting.n_linear)
            return _error(highway, held, shape), period, penalty

        _, period, _ = min(judge(period, 1e-2) for period in periods)
        error, period, penalty = min(judge(period, penalty) for penalty in PENALTIES)
        if best is None or error < PATIENCE * best[0]:
            best = error, (shape, period, penalty)
    assert best is not None
    return best[1]


def _choose_own(panel, cutoffs: Plan, shape: Shape, highway: Highway, held) -> float | None:
    """The penalty of each series' own correction that does best, None for no correction."""
    best, choice = _error(highway, held, shape), None
    for penalty in OWN_PENALTIES:
        error = _error(adapt(highway, panel, cutoffs.train, shape, penalty), held, shape)
        if error > best:
            break
        best, choice = error, penalty
    return choice


def _error(highway: Highway, held: Windows, shape: Shape) -> float:
    """Mean absolute error in units of each window's standard deviation."""
    values = held.restore(highway.forecast(held), shape.logarithm)
    wanted = held.restore(held.target, shape.logarithm)
    scale = held.scale
    if shape.logarithm:
        context = held.restore(held.context, True)
        scale = np.maximum(context.std(axis=1), _windows.FLOOR * context.mean(axis=1))
    known = np.isfinite(wanted)
    error = np.abs(values - wanted) / scale[:, None]
    return float(error[known].mean()) if known.any() else 0.0


def _blocks(panel, cutoffs: Plan, setting: Setting) -> float:
    """Held-out windows that do not overlap."""
    spans = [c[-1] - c[0] + setting.horizon for c in cutoffs.held if len(c)]
    return float(sum(spans) / setting.horizon)


def _learn_rest(windows, held, highway, setting, seed, report, before, n_blocks, limit):
    """Networks for what the highway leaves, and how far their quantiles must be moved."""
    linear = highway.forecast(windows)
    tested = None if held is None else (held, highway.forecast(held))
    networks, histories = [], []
    for member in range(setting.n_members):
        seeds = [seed, member]
        if before is not None:
            network = before.networks[member]
        else:
            residual = windows.target - linear
            rng = np.random.default_rng(seeds)
            network = _residual.start(windows, residual, setting.recipe, rng)
        if windows.n >= FEWEST:
            after_epoch, finish = report(member)
            network, history = _residual.train(
                *(network, windows, linear, tested, setting.recipe, seed + member, after_epoch),
                limit.part(setting.n_members - member),
            )
            finish(history)
            histories.append(history)
        networks.append(network)
    factors = np.full(len(_quantiles.LEVELS), UNTESTED)
    if tested is not None:
        found = _average(networks, *tested, setting.recipe.token_length)
        factors = _quantiles.calibrate(found, held.target, n_blocks)
    return tuple(networks), factors, histories
