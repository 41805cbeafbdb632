"""What a forecaster keeps of a fit: blocks of series, packed where there are many.

Functions here are those of `_bagging` for panels of any size: fits, forecasts and updates go from
block to block, so that beside what is kept there is never more than one block of them in memory.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from skgru.ets import (
    _bagging,
    _blend,
    _blockwise,
    _cycles,
    _estimation,
    _labels,
    _packed,
    _selection,
)
from skgru.ets._fitted import Fitted
from skgru.ets._model import Fits, Settings
from skgru.ets._options import Options
from skgru.ets._packed import Packed
from skgru.ets._series import Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Models of fewer series are not packed: states at hand make updates and forecasts quicker.
_FEW = 100


@dataclass(frozen=True)
class Kept:
    """The models of a panel.

    Parameters
    ----------
    edges : list of int
        Block b has the instances from edges[b] to before edges[b + 1], with all their columns.
    blocks : tuple of Fitted or Packed
    settings : Settings
        Those of the block with most candidates; others lack the last one.
    n_jobs : int
        Blocks whose forecasts are computed at a time.
    """

    edges: list[int]
    blocks: tuple[Fitted | Packed, ...]
    settings: Settings
    n_jobs: int = 1


def estimate(
    panel: Panel,
    options: Options,
    n_paths: int,
    seed: int,
    after_block: Callable[[int], object] | None = None,
) -> Kept:
    """As `_bagging.estimate`; `options.n_jobs` blocks are worked on at a time."""
    edges = _edges(panel, options.settings, options.n_versions)
    short = _blockwise.Short()
    found: dict[int, Fitted | Packed] = {}
    # The blocks share the threads: within each there is one.
    own = options if len(edges) == 2 else replace(options, n_jobs=1)

    def work(first: int, last: int) -> int:
        numbers = _numbers(panel, first, last)

        def on_short(part: Panel, which: np.ndarray, what: str) -> None:
            short.add(numbers[which], what)

        part = panel.part(first, last)
        found[first] = _close(
            _bagging.estimate(part, own, n_paths, seed, None, on_short, numbers), panel
        )
        return len(numbers)

    _selection.run_blocks(work, edges, options.n_jobs, after_block)
    short.warn(panel)
    return _kept(edges, [found[first] for first in edges[:-1]], options.n_jobs)


def apply(fitted: Fitted, panel: Panel, options: Options) -> Kept:
    """As `_blend.apply`."""
    edges = _edges(panel, fitted.settings)
    parts = [panel.part(*pair) for pair in itertools.pairwise(edges)]
    blocks = [_close(_blend.apply(fitted, part, options), panel) for part in parts]
    return _kept(edges, blocks, options.n_jobs)


def advance(kept: Kept, panel: Panel, extended: Panel, unchanged: np.ndarray) -> Kept:
    """As `_bagging.advance`; `extended` is the panel with the new values."""
    blocks = []
    for (first, last), numbers, fitted, _ in _opened(kept, panel):
        part = extended.part(first, last)
        blocks.append(_close(_bagging.advance(fitted, part, unchanged[numbers]), panel))
    return _kept(kept.edges, blocks, kept.n_jobs)


def mean(kept: Kept, panel: Panel, steps: np.ndarray, shift=None) -> np.ndarray:
    """As `_bagging.mean`."""
    return _forecast(_bagging.mean, kept, panel, steps, shift)


def variance(kept: Kept, panel: Panel, steps: np.ndarray, shift=None) -> np.ndarray:
    """As `_bagging.variance`."""
    return _forecast(_bagging.variance, kept, panel, steps, shift)


def quantiles(kept: Kept, panel: Panel, steps: np.ndarray, levels, shift=None) -> np.ndarray:
    """As `_bagging.quantiles`."""

    def block(fitted, part, own_steps, own_shift):
        return _bagging.quantiles(fitted, part, own_steps, levels, own_shift)

    return _forecast(block, kept, panel, steps, shift)


def components(kept: Kept, panel: Panel, steps: np.ndarray, shift=None):
    """As `_bagging.components`."""
    found = []
    for _, numbers, fitted, part in _opened(kept, panel):
        own = None if shift is None else shift[numbers]
        distributions = _bagging.components(fitted, part, steps[numbers], own)
        if distributions is None:
            return None
        found.append(distributions)
    order = _order(kept, panel)
    widest = max(weights.shape[1] for weights, _, _ in found)
    joined = []
    for k in range(3):
        # A candidate that a block lacks has no weight, and the distribution of another one.
        parts = []
        for block in found:
            others = np.repeat(block[k][..., :1], widest - block[k].shape[-1], axis=-1)
            parts.append(np.concatenate([block[k], others * (k > 0)], axis=-1))
        joined.append(np.concatenate(parts)[order])
    return tuple(joined)


def simulate(kept: Kept, panel: Panel, h: int, n_paths: int, seed: int, shift=None) -> np.ndarray:
    """As `_bagging.simulate`; a series' futures do not depend on its block."""
    out = np.empty((panel.n_series, n_paths, h))
    for _, numbers, fitted, part in _opened(kept, panel):
        own = None if shift is None else shift[numbers]
        out[numbers] = _bagging.simulate(fitted, part, h, n_paths, seed, own, numbers)
    return out


def single(kept: Kept, panel: Panel, s: int) -> tuple[Fitted, Panel, int]:
    """The models and series of the instance of series s, and which of its columns that is."""
    column, instance = divmod(s, panel.n_instances)
    b = int(np.searchsorted(kept.edges, instance, side="right")) - 1
    first, last = kept.edges[b : b + 2]
    part = panel.part(first, last)
    fitted = _rows(
        _open(kept.blocks[b], part), _numbers(part, instance - first, instance - first + 1)
    )
    return fitted, panel.part(instance, instance + 1), column


def each(kept: Kept, panel: Panel) -> Iterator[tuple[np.ndarray, Fitted, Panel]]:
    """Numbers of the series of a block, their models, and the series, one block after the other."""
    for _, numbers, fitted, part in _opened(kept, panel):
        yield numbers, fitted, part


def along(kept: Kept, panel: Panel) -> np.ndarray:
    """Forecasts of all values seen, one step before each, in the order of `panel.targets`."""
    found = []
    for _, _, fitted, part in _opened(kept, panel):
        lengths = np.tile(part.lengths, len(part.columns))[:, None]
        steps = np.arange(1 - lengths.max(), 1)
        seen = steps > -lengths
        steps = np.maximum(steps, 1 - lengths)
        shift = _labels.shift(part, fitted.coefficients, None, steps, None)
        own = _bagging.mean(fitted, part, steps, shift)[seen]
        found.append(own.reshape(len(part.columns), -1))
    return np.concatenate(found, axis=1).ravel()


def table(kept: Kept, panel: Panel, name: str) -> np.ndarray:
    """An array of `Fitted` by name, for all series.

    Where a block lacks the last candidate, that has no weight and an infinite criterion.
    """
    found = []
    for models in kept.blocks:
        if not isinstance(models, Packed):
            rows = getattr(models, name)
        elif name == "weights":  # which may follow from the criteria
            rows = _packed.weights(models)
        else:
            rows = getattr(models.fitted, name)
        if name in ("weights", "criteria"):
            missing = np.full((len(rows), len(kept.settings.specs) - rows.shape[1]), np.inf)
            rows = np.hstack([rows, missing if name == "criteria" else np.zeros_like(missing)])
        found.append(rows)
    return np.concatenate(found)[_order(kept, panel)]


def whole(kept: Kept, panel: Panel) -> Fitted:
    """All models as one record, in the order of the series."""
    parts = [fitted for _, _, fitted, _ in _opened(kept, panel)]
    parts = _as_wide(parts)
    if parts[0].bag is not None:
        models = _as_wide([part.bag.models for part in parts])
        parts = [
            replace(part, bag=replace(part.bag, models=own)) for part, own in zip(parts, models)
        ]
    if len(parts) == 1:
        return parts[0]
    return _joined(parts, _order(kept, panel))


def _as_wide(parts: list[Fitted]) -> list[Fitted]:
    """All with the candidates of the one that has most: others lack the last."""
    widest = max((part.settings for part in parts), key=lambda own: len(own.specs))
    return [
        part if len(part.settings.specs) == len(widest.specs) else _estimation.widened(part, widest)
        for part in parts
    ]


def split(fitted: Fitted, panel: Panel, n_jobs: int) -> Kept:
    """The inverse of `whole`."""
    edges = _edges(panel, fitted.settings)
    parts = [fitted]
    if len(edges) > 2:
        pairs = itertools.pairwise(edges)
        parts = [_rows(fitted, _numbers(panel, *pair)) for pair in pairs]
    return _kept(edges, [_close(part, panel) for part in parts], n_jobs)


def _kept(edges: list[int], blocks: list[Fitted | Packed], n_jobs: int) -> Kept:
    settings = [b.fitted.settings if isinstance(b, Packed) else b.settings for b in blocks]
    return Kept(edges, tuple(blocks), max(settings, key=lambda own: len(own.specs)), n_jobs)


def _edges(panel: Panel, settings: Settings, n_versions: int = 1) -> list[int]:
    """Edges of blocks of instances, smaller ones where there are versions of each series."""
    return _selection.blocks(panel.offsets[: panel.n_instances + 1] * n_versions, settings)


def _numbers(panel: Panel, first: int, last: int) -> np.ndarray:
    """Which series of the panel those of some instances are, in their own order."""
    columns = np.arange(len(panel.columns))[:, None]
    return (columns * panel.n_instances + np.arange(first, last)).ravel()


def _order(kept: Kept, panel: Panel) -> np.ndarray:
    """Where each series stands if the blocks stand one after the other."""
    pairs = itertools.pairwise(kept.edges)
    return np.argsort(np.concatenate([_numbers(panel, *pair) for pair in pairs]))


def _close(fitted: Fitted, panel: Panel) -> Fitted | Packed:
    return fitted if panel.n_series < _FEW else _packed.pack(fitted)


def _open(models: Fitted | Packed, part: Panel) -> Fitted:
    return _packed.unpack(models, part) if isinstance(models, Packed) else models


def _opened(kept: Kept, panel: Panel):
    """Instances, numbers, models and series of each block."""
    for pair, models in zip(itertools.pairwise(kept.edges), kept.blocks):
        part = panel.part(*pair)
        yield pair, _numbers(panel, *pair), _open(models, part), part


def _forecast(function, kept: Kept, panel: Panel, steps: np.ndarray, shift) -> np.ndarray:
    """Results of a function of fitted models, series, steps and shift, for all series."""

    def block(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        part, numbers = panel.part(first, last), _numbers(panel, first, last)
        models = _open(kept.blocks[kept.edges.index(first)], part)
        own = None if shift is None else shift[numbers]
        return numbers, function(models, part, steps[numbers], own)

    numbers, found = block(*kept.edges[:2])
    if len(kept.blocks) == 1:
        return found
    out = np.empty((panel.n_series, *found.shape[1:]))
    out[numbers] = found

    def work(first: int, last: int) -> int:
        numbers, found = block(first, last)
        out[numbers] = found
        return len(numbers)

    _selection.run_blocks(work, kept.edges[1:], kept.n_jobs, None)
    return out


def _rows(fitted: Fitted, which: np.ndarray) -> Fitted:
    """The models of some series."""
    return _joined([fitted], which)


def _joined(parts: list[Fitted], place: np.ndarray) -> Fitted:
    """The models of several records one after the other, of the series at some places."""

    def join(arrays):
        return np.concatenate(arrays)[place]

    first = parts[0]
    found: dict = {}
    for name in (f.name for f in fields(Fitted)):
        values = [getattr(part, name) for part in parts]
        if isinstance(values[0], np.ndarray):
            found[name] = join(values)
        elif isinstance(values[0], Fits):
            found[name] = Fits(*(join(arrays) for arrays in zip(*values)))
        elif isinstance(values[0], Fitted):
            found[name] = _joined(values, place)
    cycles = _cycles.joined([part.cycles for part in parts], [len(part.best) for part in parts])
    found["cycles"] = tuple(pattern[place] for pattern in cycles)
    if first.bag is not None:
        bags = [part.bag for part in parts]
        n = bags[0].panel.n_series // len(first.best)
        versions = (place[:, None] * n + np.arange(n)).ravel()
        models = _joined([bag.models for bag in bags], versions)
        found["bag"] = _bagging.taken(bags, models, versions)
    return replace(first, **found)
