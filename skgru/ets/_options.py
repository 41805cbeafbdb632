"""The estimator's parameters, checked, as the settings of the engine."""

from __future__ import annotations

import itertools
import math
import numbers
import os
from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from skgru.ets import _cycles, _presets, _selection
from skgru.ets._model import SMOOTHING, Fixed, Settings

# What each parameter may be, where that is a list.
CHOICES = {
    "error": ("auto", "add", "mul"),
    "trend": ("auto", None, "add", "mul"),
    "damped_trend": ("auto", True, False),
    "seasonal": ("auto", None, "add", "mul"),
    "combine": ("auto", True, False, "candidates"),
    "information_criterion": ("aicc", "aic", "bic"),
    "restrict": (True, False),
    "objective": ("likelihood", "mse", "amse", "mae"),
    "bias_adjust": (True, False),
    "nonnegative": (True, False),
    "search": ("auto", "combine", "select", "thorough"),
}
# Beyond these no model can be inverted, whatever its other parameters are.
RANGES = {"alpha": (0, 2), "beta": (0, 4), "gamma": (0, 2), "phi": (0, 1)}
# What has no meaning where a part of the model is left out.
NEEDS = {
    ("trend", None): ("beta", "phi", "initial_trend"),
    ("damped_trend", False): ("phi",),
    ("seasonal", None): ("gamma", "initial_seasonal"),
}
REGIONS = ("usual", "admissible", "both")
_SEARCHES = {
    "combine": _presets.combine,
    "select": _presets.select,
    "thorough": lambda sp: _presets.THOROUGH,
}


@dataclass(frozen=True)
class Options:
    """What a forecaster was asked to do.

    Parameters
    ----------
    settings : Settings
    combine : bool
        Weighted mean over the candidates instead of the best one.
    boxcox : float, ndarray of shape (n_series,), "auto" or None
    bias_adjust, nonnegative : bool
    n_jobs : int
        Threads, at least 1.
    charge : float
        What undamped trends must gain in the criterion; see `_selection.charge`.
    periods : tuple of int
        Longer than the season's; see `_cycles`.
    companion : bool
        Mix in models of the logarithms, or choose the model that is nearest to that mixture; see
        `_blend`.
    n_versions : int
        Of each series, itself included, whose forecasts are averaged; see `_bagging`.
    """

    settings: Settings
    combine: bool
    boxcox: float | np.ndarray | str | None
    bias_adjust: bool
    nonnegative: bool
    n_jobs: int
    charge: float = 0.0
    periods: tuple[int, ...] = ()
    companion: bool = False
    n_versions: int = 1


def read(parameters: dict, sp: int, regressors: bool = False, weeks: bool = True) -> Options:
    """Options from the parameters of `ETSForecaster`.

    Parameters
    ----------
    parameters : dict
        As `get_params` returns them.
    sp : int
        The seasonal period; `parameters["sp"]` may be "auto".
    regressors : bool
        Whether exogenous columns are given: candidates then have additive components only.
    weeks : bool
        Whether a step may be a week, so that without a season the year is looked for.

    Raises
    ------
    ValueError, TypeError
        For a value that a parameter cannot have; the message names it.
    """
    check(parameters)
    p = dict(parameters)
    if regressors and p["bagging"] is not None:
        raise ValueError(
            f"Bagging is for series without exogenous X; got bagging={p['bagging']!r}. "
            "Leave X out, or set bagging to None."
        )
    if regressors:
        for name in ("error", "trend", "seasonal"):
            if p[name] == "mul":
                raise ValueError(
                    f"With exogenous X error, trend and season are additive; got {name}='mul'. "
                    "Leave X out, take logarithms (boxcox=0), or set it to 'add' or 'auto'."
                )
    boxcox = p["boxcox"]
    additive = regressors or boxcox is not None
    combine = p["combine"]
    free = all(p[name] == "auto" for name in ("error", "trend", "damped_trend", "seasonal"))
    automatic = free and p["search"] in ("auto", "combine")
    if combine == "auto":
        combine = automatic
    specs = _candidates(p, sp, additive)
    search = p["search"]
    if search == "auto":
        search = "combine" if combine or free else "select"
    periods = longer_periods(p["sp"])
    if periods is None:
        # Columns may stand for the year: a pattern would take away what they explain.
        periods = (
            _cycles.automatic(sp) if automatic and (sp > 1 or (weeks and not regressors)) else ()
        )
    season = p["initial_seasonal"]
    settings = Settings(
        specs=specs,
        sp=sp,
        search=_SEARCHES[search](sp),
        objective=p["objective"],
        region=p["bounds"] if isinstance(p["bounds"], str) else "both",
        bounds=_bounds(p),
        fixed=Fixed(
            level=np.nan if p["initial_level"] is None else float(p["initial_level"]),
            slope=np.nan if p["initial_trend"] is None else float(p["initial_trend"]),
            season=_initial_season(season, sp),
        ),
        criterion=p["information_criterion"],
    )
    return Options(
        settings=settings,
        combine=bool(combine),
        boxcox=boxcox if boxcox is None or boxcox == "auto" else float(boxcox),
        bias_adjust=bool(p["bias_adjust"]),
        nonnegative=bool(p["nonnegative"]),
        n_jobs=n_threads(p["n_jobs"]),
        charge=_presets.CHARGE if search == "combine" else 0.0,
        periods=periods,
        companion=(automatic and combine != "candidates" and not additive and _is_untouched(p)),
        n_versions=1 if p["bagging"] is None else int(p["bagging"]),
    )


def first_period(sp):
    """The seasonal period, "auto" left as it is."""
    if isinstance(sp, (list, tuple)):
        return int(sp[0])
    return sp if isinstance(sp, str) else int(sp)


def longer_periods(sp) -> tuple[int, ...] | None:
    """The periods beyond the season's that are listed; None without a list."""
    return tuple(int(period) for period in sp[1:]) if isinstance(sp, (list, tuple)) else None


def _is_untouched(p: dict) -> bool:
    """Whether nothing is asked for that has a meaning only on the scale of the values."""
    given = (*SMOOTHING, "initial_level", "initial_trend", "initial_seasonal")
    return (
        all(p[name] is None for name in given)
        and not isinstance(p["bounds"], dict)
        and p["objective"] == "likelihood"
        and p["restrict"] is True
    )


def _check_periods(sp) -> None:
    """Raise an error where sp is neither a period, "auto" nor a list of rising multiples."""
    if isinstance(sp, str) and sp == "auto":
        return
    if not isinstance(sp, (list, tuple)):
        if not _is_integer(sp, 1):
            raise ValueError(
                f"sp is an integer of at least 1, a list of such integers or 'auto'; got {sp!r}."
            )
        return
    if not sp:
        raise ValueError("sp is a period or a list of at least one; got an empty list.")
    for period in sp:
        check_integer("sp", period, 1 if len(sp) == 1 else 2)
    for short, long in itertools.pairwise(sp):
        if long % short or long == short:
            raise ValueError(
                f"Each period in sp is a multiple of the one before; got {list(sp)!r}. Leave out "
                f"{long} or put a multiple of {short} in its place, for example "
                f"{max(2, round(long / short)) * short}."
            )


def check(p: dict) -> None:
    """Raise an error that names the first parameter with a value it cannot have."""
    for name, choices in CHOICES.items():
        value = p[name]
        if isinstance(value, np.bool_):
            value = bool(value)
        if not any(value is c or (type(value) is type(c) and value == c) for c in choices):
            raise ValueError(f"{name} is one of {choices}; got {value!r}.")
    _check_periods(p["sp"])
    check_integer("n_simulations", p["n_simulations"], 1)
    if p["bagging"] is not None:
        check_integer("bagging", p["bagging"], 2)
    _check_contradictions(p)
    for name in (*SMOOTHING, "initial_level", "initial_trend"):
        if p[name] is not None:
            _check_number(name, p[name])
    for name, (lower, upper) in RANGES.items():
        if p[name] is not None and not lower <= p[name] <= upper:
            raise ValueError(f"{name} is a number in [{lower}, {upper}]; got {p[name]!r}.")
    check_integer(
        "verbose", int(p["verbose"]) if p["verbose"] in (True, False) else p["verbose"], 0
    )
    boxcox = p["boxcox"]
    if boxcox is not None and boxcox != "auto":
        _check_number("boxcox", boxcox)
    if boxcox is None and p["bias_adjust"] is True:
        raise ValueError(
            "bias_adjust corrects forecasts for a Box-Cox transformation; got boxcox=None. "
            "Set boxcox or leave bias_adjust at False."
        )
    bounds = p["bounds"]
    if isinstance(bounds, str) and bounds not in REGIONS:
        raise ValueError(f"bounds is one of {REGIONS} or a dict; got {bounds!r}.")
    if not isinstance(bounds, (str, dict)):
        raise TypeError(f"bounds is one of {REGIONS} or a dict; got {bounds!r}.")


def _check_contradictions(p: dict) -> None:
    """Raise where a parameter is of a part that the model is not to have."""
    if p["trend"] is None and p["damped_trend"] is True:
        raise ValueError("Only a trend can be damped; got trend=None with damped_trend=True.")
    for (part, absent), names in NEEDS.items():
        for name in names:
            if p[part] is absent and p[name] is not None:
                raise ValueError(
                    f"A model with {part}={absent} has no {name}; got {name}={p[name]!r}. Leave "
                    f"{name} out, or set {part} to 'auto'."
                )


def seed(random_state) -> int:
    """One integer drawn from what scikit-learn takes as a source of randomness."""
    return int(check_random_state(random_state).randint(2**31 - 1))


def n_threads(n_jobs) -> int:
    """Threads from `n_jobs`: None is 1, -1 all processors, -2 all but one."""
    if n_jobs is None:
        return 1
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, numbers.Integral) or n_jobs == 0:
        raise ValueError(f"n_jobs is None or an integer other than 0; got {n_jobs!r}.")
    n = int(n_jobs)
    if n > 0:
        return n
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (count or 1) + 1 + n)


def _candidates(p: dict, sp: int, additive: bool):
    """The models to fit; additive: only those with additive error and components."""
    error, trend, season = p["error"], p["trend"], p["seasonal"]
    if sp == 1 and season in ("add", "mul"):
        raise ValueError(
            f"A season needs a period of at least 2; got seasonal={season!r} with sp=1. "
            "Set sp, for example to 12 for months."
        )
    specs = _selection.candidates(
        error, trend, p["damped_trend"], season, sp, bool(p["restrict"]), True
    )
    if additive:
        chosen = tuple(
            s
            for s in specs
            if (s.error == "A" or error == "mul")
            and (s.trend != "M" or trend == "mul")
            and (s.season != "M" or season == "mul")
        )
        specs = chosen or specs
    if not specs:
        raise ValueError(
            f"No sound model has error={error!r}, trend={trend!r}, "
            f"damped_trend={p['damped_trend']!r} and seasonal={season!r}. "
            "Set restrict=False to fit it nevertheless."
        )
    return specs


def _bounds(p: dict) -> np.ndarray:
    """Lower and upper of each smoothing parameter; fixed ones have equal bounds."""
    bounds = Settings(specs=(), sp=1, search=_presets.SELECT).bounds.copy()
    own = p["bounds"] if isinstance(p["bounds"], dict) else {}
    for name, pair in own.items():
        if name not in SMOOTHING:
            raise ValueError(f"bounds are of {SMOOTHING}; got {name!r}.")
        try:
            lower, upper = (float(value) for value in pair)
        except (TypeError, ValueError):
            raise ValueError(f"bounds[{name!r}] is a pair (lower, upper); got {pair!r}.") from None
        if not (np.isfinite(lower) and np.isfinite(upper) and lower <= upper):
            raise ValueError(
                f"bounds[{name!r}] needs finite numbers, lower <= upper; got {pair!r}."
            )
        bounds[SMOOTHING.index(name)] = lower, upper
    for i, name in enumerate(SMOOTHING):
        if p[name] is not None:
            bounds[i] = p[name]
    return bounds


def _initial_season(season, sp: int) -> np.ndarray:
    if season is None:
        return np.empty(0)
    season = np.asarray(season, float)
    if season.shape != (sp,) or not np.all(np.isfinite(season)):
        raise ValueError(
            f"initial_seasonal has one finite number for each of the {sp} phases, the first "
            f"value's phase first; got {season}."
        )
    return season


def check_integer(name: str, value, least: int) -> None:
    """Raise where a value is no whole number from `least` on."""
    if not _is_integer(value, least):
        raise ValueError(f"{name} is an integer of at least {least}; got {value!r}.")


def _is_integer(value, least: int) -> bool:
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return whole and int(value) >= least


def _check_number(name: str, value) -> None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise ValueError(f"{name} is a finite number or None; got {value!r}.")
