"""Candidate models, their fit to a panel on threads, their criteria and weights."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
from joblib import effective_n_jobs

from skgru._blas_threads import one_thread
from skgru._memory import require_memory
from skgru.ets import _horizon, _search
from skgru.ets._layout import ABSOLUTES, HORIZONS, LIKELIHOOD, SQUARES
from skgru.ets._model import ETSFit, ETSSpec, Fits, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_OBJECTIVES = {"likelihood": LIKELIHOOD, "mse": SQUARES, "mae": ABSOLUTES, "amse": HORIZONS}
_REGIONS = ("usual", "admissible", "both")
_CRITERIA = ("aicc", "aic", "bic")

# Work of a block, in values times candidates times their columns: about a tenth of a second.
_BLOCK = 4_000_000

# Periods up to which OpenBLAS computes products of 128 rows on one thread anyway.
_SHORT = 32

# As in R.
_MOST_STEPS = 30

_LETTERS = {
    None: "N", "none": "N", "n": "N",
    "a": "A", "add": "A", "additive": "A",
    "m": "M", "mul": "M", "multiplicative": "M",
}  # fmt: skip


def candidates(error, trend, damped, season, sp, restrict=True, positive=True):
    """The models that a choice of parts leaves open.

    Parameters
    ----------
    error, trend, season : {"auto", "add", "mul", None} or {"A", "M", "N"}
    damped : {"auto", True, False}
    sp : int
        Seasonal period; 1: none.
    restrict : bool
        As R does, leave out trends that multiply unless one is named, additive errors with a trend
        or season that multiplies, and ETS(M,M,A): their variances are infinite or their numbers
        fragile. A choice that leaves nothing else is kept.
    positive : bool
        Whether all values are above zero, which everything that multiplies needs.

    Returns
    -------
    tuple of ETSSpec
        Simple ones first; empty where the data rule out all that was named.
    """
    errors = _letters("error", error, "AM")
    trends = _letters("trend", trend, "NAM" if not restrict else "NA")
    seasons = _letters("season", season, "NAM" if sp > 1 else "N")
    if sp == 1 and seasons != "N":
        raise ValueError(
            f"A season needs a period of at least 2; got season {season!r} with sp=1. "
            "Give sp, or set the season to None."
        )
    if damped not in ("auto", True, False, None):
        raise ValueError(f"damped is 'auto', True or False; got {damped!r}.")
    dampings = (False, True) if damped == "auto" else (bool(damped),)
    specs = [
        ETSSpec(e, t, d, s)
        for s, t, d, e in itertools.product(seasons, trends, dampings, errors)
        if not (d and t == "N" and (damped == "auto" or trend == "auto"))
    ]
    if restrict:
        specs = [spec for spec in specs if not _is_fragile(spec)] or specs
    return tuple(spec for spec in specs if positive or "M" not in spec.name)


def _letters(part: str, value, automatic: str) -> str:
    """The letters that a parameter of the estimator stands for."""
    if isinstance(value, str):
        value = value.lower()
    if value == "auto":
        return automatic
    letter = _LETTERS.get(value)
    if letter is None or (part == "error" and letter == "N"):
        raise ValueError(f"{part} is 'auto', 'add', 'mul' or (no error) None; got {value!r}.")
    return letter


def _is_fragile(spec: ETSSpec) -> bool:
    if spec.error == "A":
        return "M" in (spec.trend, spec.season)
    return spec.trend == "M" and spec.season == "A"


def fit(
    values: np.ndarray,
    offsets: np.ndarray,
    settings: Settings,
    n_jobs: int = 1,
    after_block: Callable[[int], object] | None = None,
) -> Fits:
    """Fit all candidates to all series.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The series one after the other; NaN: missing, no infinity.
    offsets : ndarray of int, shape (n_series + 1,)
        Series i is values[offsets[i]:offsets[i + 1]].
    settings : Settings
    n_jobs : int
        Threads, as joblib counts them; the result does not depend on it.
    after_block : callable, optional
        Called in this thread with the number of series done, after each block.

    Returns
    -------
    Fits
    """
    values = np.ascontiguousarray(values, np.float64)
    offsets = np.ascontiguousarray(offsets, np.int64)
    n_series = offsets.size - 1
    arguments = _arguments(settings)
    fits, written = _empty(n_series, len(settings.specs), settings.sp, np.diff(offsets))
    edges = blocks(offsets, settings)
    if settings.objective in ("mae", "amse"):
        _horizon.prepare_far()

    def work(first, last):
        _search.fit_block(
            values,
            offsets[first : last + 1],
            *arguments,
            *(array[first:last] for array in written),
        )
        return last - first

    with one_thread if settings.sp > _SHORT else nullcontext():
        run_blocks(work, edges, effective_n_jobs(n_jobs), after_block)
    return fits


def run_blocks(work, edges: list[int], n_threads: int, after_block) -> None:
    """Call ``work(first, last)``, which returns how many series that is, for all blocks.

    `after_block` is called in this thread with the number of series done. The first block that has
    an error raises it, and no block begins any more.
    """
    done = 0
    blocks_ = list(itertools.pairwise(edges))
    n_threads = min(n_threads, len(blocks_))
    if n_threads <= 1:
        for block in blocks_:
            done += work(*block)
            if after_block is not None:
                after_block(done)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        futures = [pool.submit(work, *block) for block in blocks_]
        try:
            for future in futures:
                done += future.result()
                if after_block is not None:
                    after_block(done)
        except BaseException:  # KeyboardInterrupt among them
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _arguments(settings: Settings) -> tuple:
    """The settings as the kernel takes them."""
    search, fixed = settings.search, settings.fixed
    if not 1 <= settings.n_steps <= _MOST_STEPS:
        raise ValueError(
            f"Objective 'amse' averages over 1 to {_MOST_STEPS} steps; got {settings.n_steps}."
        )
    codes = np.array(
        [(*spec.code, spec.n_parameters(settings.sp)) for spec in settings.specs], np.int64
    ).reshape(-1, 5)
    # Error A before M of the same states; simple ones first, whose criteria are cheap bounds.
    order = np.lexsort((codes[:, 0], codes[:, 3], codes[:, 2], codes[:, 1]))
    season = np.asarray(fixed.season, float).ravel()
    starts = np.ascontiguousarray(search.starts, float)
    seasonal = np.ascontiguousarray(search.seasonal_starts, float)
    counts = [search.n_short, search.n_warm, search.n_iterations, int(search.prune)]
    return (
        settings.sp,
        codes,
        order,
        _OBJECTIVES[settings.objective],
        settings.n_steps,
        _REGIONS.index(settings.region),
        _CRITERIA.index(settings.criterion),
        np.ascontiguousarray(settings.bounds, float),
        np.r_[float(fixed.level), float(fixed.slope), season],
        starts,
        seasonal if len(seasonal) else starts,
        np.array(counts, np.int64),
        np.array([search.tolerance, search.largest_share], float),
    )


def _empty(n_series: int, n_specs: int, sp: int, n_times: np.ndarray) -> tuple[Fits, tuple]:
    """Room for the result, and its arrays in the order in which the kernel takes them."""
    require_memory(
        8 * n_specs * (2 + sp), f"A season of {sp} steps in {n_specs} models", "lower sp"
    )
    shape = (n_series, n_specs)
    status = np.empty(shape, np.int8)
    smoothing = np.zeros((*shape, 4))
    initial = np.zeros((*shape, 2 + sp))
    final = np.zeros((*shape, 2 + sp))
    loss = np.empty(shape)
    sse = np.empty(shape)
    n_observed = np.empty(n_series, np.int64)
    fits = Fits(status, smoothing, initial, final, loss, sse, n_observed, n_times)
    return fits, (status, smoothing, initial, final, loss, sse, n_observed)


def blocks(offsets: np.ndarray, settings: Settings) -> list[int]:
    """Edges of blocks of series with about the same work, the first one 0."""
    columns = sum(spec.n_parameters(settings.sp) for spec in settings.specs)
    work = (offsets[1:] - offsets[0] + 20 * np.arange(1, offsets.size)) * columns
    if not work.size:
        return [0]
    n_blocks = int(np.clip(work[-1] // _BLOCK, 1, work.size))
    targets = work[-1] * np.arange(1, n_blocks) / n_blocks
    inner = np.searchsorted(work, targets) + 1
    return [0, *np.unique(inner[inner < work.size]).tolist(), work.size]


def criteria(fits: Fits, settings: Settings) -> np.ndarray:
    """The criterion of each model; infinite where there is no fit.

    Where the corrected AIC of no model is finite, as values are too few, the plain one decides.

    Returns
    -------
    ndarray, shape (n_series, n_specs)
    """
    k = np.array([spec.n_parameters(settings.sp) for spec in settings.specs], float)[None, :]
    n = fits.n_observed[:, None].astype(float)
    aic = np.where(np.isin(fits.status, (1, 3)), np.inf, fits.loss + 2 * k)
    if settings.criterion == "aic":
        return aic
    if settings.criterion == "bic":
        return aic + k * (np.log(np.maximum(n, 1)) - 2)
    room = n - k - 1
    corrected = np.where(room > 0, aic + 2 * k * (k + 1) / np.where(room > 0, room, 1), np.inf)
    none = ~np.isfinite(corrected).any(axis=1, keepdims=True)
    return np.where(none, aic, corrected)


def charge(criteria: np.ndarray, specs: tuple[ETSSpec, ...], amount: float) -> np.ndarray:
    """The criteria with `amount` added to those of trends that are not damped.

    Parameters
    ----------
    criteria : ndarray, shape (n_series, n_specs)
    specs : tuple of ETSSpec
    amount : float
        0: the choice is R's.
    """
    return criteria + amount * np.array([s.trend != "N" and not s.damped for s in specs])


def weights(criteria: np.ndarray, n_observed: np.ndarray) -> np.ndarray:
    """Weights of the models in a combination: exp(-d / 2 min(0.1, 4 / n)), d above the best.

    Akaike's own weights (without the factor) nearly always pick one model; on validation parts wide
    combinations forecast better, and differences grow with the length of a series.

    Parameters
    ----------
    criteria : ndarray, shape (n_series, n_specs)
    n_observed : ndarray, shape (n_series,)

    Returns
    -------
    ndarray, shape (n_series, n_specs)
        Sum to 1 for each series; all 0 where no model was fitted.
    """
    criteria = np.asarray(criteria, float)
    best = criteria.min(axis=1, keepdims=True)
    above = np.subtract(
        criteria, best, out=np.full_like(criteria, np.inf), where=np.isfinite(criteria)
    )
    sharpness = np.minimum(0.1, 4 / np.maximum(np.asarray(n_observed, float), 1))[:, None]
    raw = np.exp(-0.5 * sharpness * above)
    total = raw.sum(axis=1, keepdims=True)
    return np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)


def single(fits: Fits, settings: Settings, i: int, j: int) -> ETSFit:
    """Model `j` of series `i` with all that forecasts need."""
    alpha, beta, gamma, phi = fits.smoothing[i, j].tolist()
    return ETSFit(
        settings.specs[j],
        settings.sp,
        alpha,
        beta,
        gamma,
        phi,
        fits.initial[i, j].copy(),
        fits.final[i, j].copy(),
        float(fits.loss[i, j]),
        float(fits.sse[i, j]),
        int(fits.n_observed[i]),
        int(fits.n_times[i]),
    )
