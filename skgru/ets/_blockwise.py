"""Forecasts of a large panel, block by block: nothing of a fit is kept beyond its block."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skgru.ets import _bagging, _estimation, _selection
from skgru.ets._options import Options
from skgru.ets._series import Panel

if TYPE_CHECKING:
    from collections.abc import Callable


def forecast(
    panel: Panel,
    options: Options,
    h: int,
    levels: list[float],
    n_paths: int,
    seed: int,
    after_block: Callable[[int], object] | None = None,
    numbers: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Point forecasts and quantiles of all series, from one step after their ends to `h`.

    Parameters
    ----------
    panel : Panel
        One column, no regressors.
    options : Options
        `options.n_jobs` blocks are worked on at a time.
    h : int
    levels : list of float
        Of the quantiles; strictly between 0 and 1, may be empty.
    n_paths : int
        Simulated futures of a model without a closed form.
    seed : int
    after_block : callable, optional
        Called in this thread with the number of series done, after each block.
    numbers : ndarray of int, shape (n_series,), optional
        Of the series, which with the seed decide what is drawn; from 0 by default. A part of a
        panel that keeps its numbers has the forecasts of the whole.

    Returns
    -------
    means : ndarray, shape (n_series, h)
    quantiles : ndarray, shape (n_levels, n_series, h)

    Notes
    -----
    A series' numbers depend neither on `n_jobs` nor on the blocks. Beside the values and the
    result, memory is that of `n_jobs` blocks, whatever the number of series.
    """
    means = np.empty((panel.n_series, h))
    quantiles = np.empty((len(levels), panel.n_series, h))
    short = Short()
    numbers = np.arange(panel.n_series) if numbers is None else numbers

    # The blocks share the threads: within each there is one.
    own = Options(**{**vars(options), "n_jobs": 1})

    def work(first: int, last: int) -> int:
        def on_short(part: Panel, which: np.ndarray, what: str) -> None:
            short.add(which + first, what)

        part, block = _cut(panel, first, last), numbers[first:last]
        fitted = _bagging.estimate(part, own, n_paths, seed, None, on_short, block)
        steps = np.broadcast_to(np.arange(1, h + 1), (last - first, h))
        means[first:last] = _bagging.mean(fitted, part, steps)
        if levels:
            found = _bagging.quantiles(fitted, part, steps, levels)
            quantiles[:, first:last] = found.transpose(1, 0, 2)
        return last - first

    edges = _selection.blocks(panel.offsets * options.n_versions, options.settings)
    _selection.run_blocks(work, edges, options.n_jobs, after_block)
    short.warn(panel)
    return means, quantiles


def panel_of(values: np.ndarray, offsets: np.ndarray, names: pd.Index, **calendar) -> Panel:
    """Series of one column without times of their own, checked.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    offsets : ndarray of int64, shape (n_series + 1,)
    names : Index, length n_series
        For messages.
    **calendar
        `ends` and `freq` of `Panel`, which tell its seasonal period.
    """
    calendar.setdefault("ends", pd.RangeIndex(len(names)))
    return Panel(values, offsets, names, ["value"], [], **calendar)


def _cut(panel: Panel, first: int, last: int) -> Panel:
    """The series from `first` to before `last`."""
    edge, names = panel.offsets[first], panel.instances
    assert names is not None
    return panel_of(
        panel.values[edge : panel.offsets[last]],
        panel.offsets[first : last + 1] - edge,
        names[first:last],
    )


class Short:
    """Series that are too short, gathered from the threads for one warning."""

    def __init__(self):
        self._lock = threading.Lock()
        self._found: dict[str, list[np.ndarray]] = {}

    def add(self, which: np.ndarray, what: str) -> None:
        with self._lock:
            self._found.setdefault(what, []).append(which)

    def warn(self, panel: Panel) -> None:
        for what in sorted(self._found):
            # Over what called this, two more, and the method, to the user's own line.
            _estimation.warn(panel, np.sort(np.concatenate(self._found[what])), what, 7)
