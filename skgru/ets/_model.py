"""Records of the engine: plain numbers, NumPy only, below everything else.

Letters of a model are those of Hyndman, Koehler, Ord & Snyder (2008): error A or M; trend N, A,
Ad, M or Md; season N, A or M.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

# Order of the smoothing parameters wherever they are an array.
SMOOTHING = ("alpha", "beta", "gamma", "phi")

_NAME = re.compile(r"(?:ETS\()?([AM]),?([NAM])(d?),?([NAM])\)?")


@dataclass(frozen=True)
class ETSSpec:
    """One of the 30 models.

    Parameters
    ----------
    error : {"A", "M"}
    trend, season : {"N", "A", "M"}
    damped : bool
        Whether the trend is damped; False without a trend.
    """

    error: str
    trend: str = "N"
    damped: bool = False
    season: str = "N"

    def __post_init__(self):
        if self.error not in ("A", "M") or {self.trend, self.season} - {"N", "A", "M"}:
            raise ValueError(
                "A model has error A or M, trend N, A or M and season N, A or M; "
                f"got {self.error!r}, {self.trend!r} and {self.season!r}."
            )
        if self.damped and self.trend == "N":
            raise ValueError("Only a trend can be damped; name a trend or set damped to False.")

    @classmethod
    def parse(cls, name: str) -> ETSSpec:
        """From "ETS(M,Ad,M)", "M,Ad,M" or "MAdM"."""
        match = _NAME.fullmatch(name.replace(" ", ""))
        if match is None:
            raise ValueError(f"A model is named like 'ETS(M,Ad,M)'; got {name!r}.")
        error, trend, damped, season = match.groups()
        return cls(error, trend, bool(damped), season)

    @property
    def name(self) -> str:
        """As in "ETS(M,Ad,M)"."""
        return f"ETS({self.error},{self.trend}{'d' * self.damped},{self.season})"

    @property
    def code(self) -> tuple[int, int, int, int]:
        """Error, trend, damped, season as the kernels count them: N 0, A 1, M 2; error A 0, M 1."""
        return (
            "AM".index(self.error),
            "NAM".index(self.trend),
            int(self.damped),
            "NAM".index(self.season),
        )

    @property
    def uses(self) -> tuple[bool, bool, bool, bool]:
        """Which of alpha, beta, gamma and phi the model has."""
        return (True, self.trend != "N", self.season != "N", self.damped)

    def n_parameters(self, sp: int) -> int:
        """Smoothing parameters, initial states and the variance, as R counts them."""
        seasons = sp - 1 if self.season != "N" else 0
        return sum(self.uses) + 1 + (self.trend != "N") + seasons + 1


class Search(NamedTuple):
    """How thoroughly the optimum of one model is sought; see `docs/design/ets.md`.

    Attributes
    ----------
    starts : ndarray, shape (n_starts, 4)
        alpha, share of beta, share of gamma, phi; shares are places between the bounds, 0 to 1.
    n_short : int
        Iterations from each start before the best goes on alone.
    n_warm : int
        Extra cold starts of a multiplicative error beside the optimum of the additive one.
    tolerance : float
        Stop when -2 log likelihood falls by less.
    n_iterations : int
        At most, from the best start.
    prune : bool
        Give up a candidate that cannot be the best any more.
    largest_share : float
        Upper bound of the share of beta, at most 1.
    seasonal_starts : ndarray, shape (n_starts, 4)
        Starts of the models with a season; empty: `starts`.
    """

    starts: np.ndarray
    n_short: int = 4
    n_warm: int = 1
    tolerance: float = 3e-3
    n_iterations: int = 100
    prune: bool = False
    largest_share: float = 1.0
    seasonal_starts: np.ndarray = np.empty((0, 4))


class Fixed(NamedTuple):
    """Initial states that are given instead of estimated; NaN and an empty array: estimated.

    Attributes
    ----------
    level, slope : float
    season : ndarray, shape (sp,) or (0,)
        season[j] belongs to the values at times j, j + sp, j + 2 sp, ...
    """

    level: float = np.nan
    slope: float = np.nan
    season: np.ndarray = np.empty(0)


@dataclass(frozen=True)
class Settings:
    """What is fitted to every series of a panel.

    Parameters
    ----------
    specs : tuple of ETSSpec
        The candidates.
    sp : int
        Seasonal period; 1: none.
    search : Search
    objective : {"likelihood", "mse", "amse", "mae"}
    region : {"usual", "admissible", "both"}
    bounds : ndarray, shape (4, 2)
        Lower and upper of alpha, beta, gamma, phi; equal ones fix the parameter.
    fixed : Fixed
    criterion : {"aicc", "aic", "bic"}
    n_steps : int
        Horizons that objective "amse" averages over.
    """

    specs: tuple[ETSSpec, ...]
    sp: int
    search: Search
    objective: str = "likelihood"
    region: str = "both"
    bounds: np.ndarray = field(
        default_factory=lambda: np.array([[1e-4, 0.9999]] * 3 + [[0.8, 0.98]])
    )
    fixed: Fixed = field(default_factory=Fixed)
    criterion: str = "aicc"
    n_steps: int = 3


class Fits(NamedTuple):
    """The candidates fitted to the series of a panel, as arrays.

    Attributes
    ----------
    status : int8, (n_series, n_specs)
        0: fitted; 1: ruled out (too few values, sign of the data, period longer than the series);
        2: pruned, its loss is an upper value only; 3: no finite value found.
    smoothing : float64, (n_series, n_specs, 4)
        alpha, beta, gamma, phi; those that a model lacks: 0, and 1 for phi.
    initial, final : float64, (n_series, n_specs, 2 + sp)
        level, slope, season before the first value and after the last. season[j] belongs to times
        t with t mod sp = j, 0 being the first value's. Slope 0 (factor 1 for trend M) and season 0
        (1 for season M) where a model lacks them.
    loss : float64, (n_series, n_specs)
        -2 log likelihood without constants, as R counts it: n log(sum r^2), and for
        error M + 2 sum log |f|.
    sse : float64, (n_series, n_specs)
        Sum of squared residuals r; relative ones for error M.
    n_observed, n_times : int64, (n_series,)
        Values that are not missing, and all of them.
    """

    status: np.ndarray
    smoothing: np.ndarray
    initial: np.ndarray
    final: np.ndarray
    loss: np.ndarray
    sse: np.ndarray
    n_observed: np.ndarray
    n_times: np.ndarray


@dataclass(frozen=True)
class ETSFit:
    """One model fitted to one series: all that forecasts need.

    Attributes
    ----------
    spec : ETSSpec
    sp : int
    alpha, beta, gamma, phi : float
        0 (phi: 1) where the model lacks them.
    initial, final : ndarray, shape (2 + sp,)
        As in `Fits`.
    loss, sse : float
        As in `Fits`.
    n_observed, n_times : int
    """

    spec: ETSSpec
    sp: int
    alpha: float
    beta: float
    gamma: float
    phi: float
    initial: np.ndarray
    final: np.ndarray
    loss: float
    sse: float
    n_observed: int
    n_times: int

    @property
    def smoothing(self) -> np.ndarray:
        """alpha, beta, gamma, phi."""
        return np.array([self.alpha, self.beta, self.gamma, self.phi])

    @property
    def n_parameters(self) -> int:
        """As R counts them, the variance included."""
        return self.spec.n_parameters(self.sp)

    @property
    def sigma2(self) -> float:
        """Variance of the residuals, corrected for the estimated parameters."""
        return self.sse / max(self.n_observed - (self.n_parameters - 1), 1)

    @property
    def loglik(self) -> float:
        """Log likelihood without constants, as R counts it."""
        return -0.5 * self.loss

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return self.loss + 2 * self.n_parameters

    @property
    def aicc(self) -> float:
        """Akaike's criterion corrected for few values; infinite where there are too few."""
        k = self.n_parameters
        room = self.n_observed - k - 1
        return self.aic + 2 * k * (k + 1) / room if room > 0 else np.inf

    @property
    def bic(self) -> float:
        """Schwarz' criterion."""
        return self.loss + self.n_parameters * np.log(self.n_observed)
