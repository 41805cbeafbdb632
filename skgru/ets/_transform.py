"""Box-Cox transformation: there, back, back without bias, and the choice of its parameter.

Follows R's `forecast::BoxCox`, `InvBoxCox` and `BoxCox.lambda`, so that results can be compared.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

# Where lambda is sought unless told otherwise, as in R.
BOUNDS = (-1.0, 2.0)


def transform(values, lam: float) -> np.ndarray:
    """Box-Cox transformed values; NaN stays NaN.

    Parameters
    ----------
    values : array_like
        Any shape. Zero and negative values need lambda > 0; their power keeps the sign.
    lam : float
        log for 0, else (sign(y) |y|^lambda - 1) / lambda.

    Returns
    -------
    ndarray, the shape of `values`

    Raises
    ------
    ValueError
        For a lambda of at most 0 with values of at most 0.

    References
    ----------
    Bickel & Doksum (1981) for the signed power; Hyndman & Athanasopoulos (2021), section 3.1.

    Examples
    --------
    >>> transform([1.0, 4.0, 0.0], 0.5)
    array([ 0.,  2., -2.])
    """
    values = np.asarray(values, float)
    lam = _finite(lam)
    if lam <= 0 and np.any(values <= 0):
        raise ValueError(
            f"A Box-Cox transformation with lambda {lam:g} needs positive values; the smallest is "
            f"{np.nanmin(values):g}. Choose lambda > 0 or add a constant to the series."
        )
    if lam == 0:
        return np.log(values)
    with np.errstate(over="ignore"):
        return _representable((np.sign(values) * np.abs(values) ** lam - 1) / lam, lam)


def inverse(values, lam: float, variance=None) -> np.ndarray:
    """Values on the original scale.

    Parameters
    ----------
    values : array_like
        Transformed values: point forecasts, quantiles or samples.
    lam : float
    variance : array_like, optional
        Of the transformed values, for point forecasts: the result is then the mean on the original
        scale to second order (Hyndman & Athanasopoulos 2021, section 5.6) instead of the median.
        Where the correction would turn the sign (lambda > 1, a large variance) it is left out.

    Returns
    -------
    ndarray, the shape of `values`

    Raises
    ------
    ValueError
        For a negative lambda and a value of at least -1 / lambda, which nothing is transformed to.

    Examples
    --------
    >>> inverse([0.0, 2.0], 0.5)
    array([1., 4.])
    >>> inverse([0.0, 2.0], 0.5, variance=[0.4, 0.4])
    array([1.1, 4.1])
    """
    values = np.asarray(values, float)
    lam = _finite(lam)
    if lam < 0 and np.any(values * lam + 1 <= 0):
        raise ValueError(
            f"With lambda {lam:g} transformed values lie below {-1 / lam:g}; got "
            f"{np.nanmax(values):g}. Choose lambda >= 0: then every forecast can be turned back."
        )
    inner = values * lam + 1
    with np.errstate(over="ignore"):
        back = np.exp(values) if lam == 0 else np.sign(inner) * np.abs(inner) ** (1 / lam)
        if variance is not None:
            # 1 / inner^2 is infinite at 0 alone, where back is 0 and stays it.
            factor = (1 - lam) / np.where(inner == 0, np.inf, inner) ** 2
            correction = 1 + 0.5 * np.asarray(variance, float) * factor
            back = back * np.where(correction > 0, correction, 1.0)
    return _representable(back, lam)


def choose(values, sp: int = 1, method: str = "guerrero", bounds=BOUNDS) -> float:
    """The parameter lambda that fits a series.

    Parameters
    ----------
    values : array_like, shape (n,)
        NaN: missing.
    sp : int
        Seasonal period.
    method : {"guerrero", "loglik"}
        Guerrero (1993): the coefficient of variation of sd / mean^(1 - lambda) over whole periods
        (pairs of values without a season) is smallest. "loglik": the profile likelihood of a linear
        trend and seasonal dummies is largest, in steps of 0.05.
    bounds : (float, float)
        The lower end is raised to 0 where a value is zero or negative.

    Returns
    -------
    float
        1 for a series of at most two periods and for one without variation.

    Raises
    ------
    ValueError
        For an unknown method, bounds in the wrong order, and for "loglik" with values of at most 0.
    """
    values = np.asarray(values, float)
    lower, upper = bounds
    if not (np.isfinite(lower) and np.isfinite(upper) and lower < upper):
        raise ValueError(f"Bounds of lambda are two finite numbers, lower < upper; got {bounds}.")
    if method not in ("guerrero", "loglik"):
        raise ValueError(f"A Box-Cox lambda is chosen by 'guerrero' or 'loglik'; got {method!r}.")
    observed = values[~np.isnan(values)]
    if observed.size <= max(2 * sp, 3) or np.ptp(observed) == 0:
        return 1.0
    if observed.min() <= 0:
        if method == "loglik":
            raise ValueError(
                "The likelihood of a Box-Cox lambda needs positive values; the smallest is "
                f"{observed.min():g}. Use method 'guerrero' or give lambda as a number > 0."
            )
        lower = max(lower, 0.0)
        if upper <= lower:
            raise ValueError(
                f"A series with values of at most 0 needs lambda > 0; the upper bound is {upper:g}."
            )
    return (
        _guerrero(values, sp, lower, upper)
        if method == "guerrero"
        else _loglik(values, sp, lower, upper)
    )


def _guerrero(values: np.ndarray, sp: int, lower: float, upper: float) -> float:
    """Lambda of the smallest coefficient of variation; the last whole blocks count, as in R."""
    length = max(sp, 2)
    n_blocks = values.size // length
    blocks = values[values.size - n_blocks * length :].reshape(n_blocks, length)
    blocks = blocks / np.nanmax(np.abs(values))  # squares of huge or tiny values stay finite
    blocks = blocks[(~np.isnan(blocks)).sum(axis=1) >= 2]
    if len(blocks) < 2:
        return 1.0
    means = np.nanmean(blocks, axis=1)
    deviations = np.nanstd(blocks, axis=1, ddof=1)
    usable = means > 0  # a power of a negative mean has no value
    means, deviations = means[usable], deviations[usable]
    if len(means) < 2 or not np.any(deviations > 0):
        return 1.0
    means = means / np.exp(np.mean(np.log(means)))  # the unit does not matter

    def variation(lam):
        ratios = deviations / means ** (1 - lam)
        return np.std(ratios, ddof=1) / np.mean(ratios)

    # A grid first: several valleys are possible, and R's search may end in either.
    grid = np.linspace(lower, upper, 61)
    best = int(np.argmin([variation(lam) for lam in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, 60)]
    found = minimize_scalar(variation, bounds=(low, high), method="bounded").x
    lam = float(min((found, grid[best]), key=variation))
    smallest = np.nanmin(values)
    # Zero itself is the log, which values of at most 0 do not have.
    return max(lam, 1e-3) if smallest <= 0 else lam


def _loglik(values: np.ndarray, sp: int, lower: float, upper: float) -> float:
    """Lambda of the largest profile likelihood of trend and seasonal dummies."""
    seen = ~np.isnan(values)
    time = np.arange(values.size, dtype=float)
    columns = [np.ones_like(time), time]
    columns += [(np.arange(values.size) % sp == j).astype(float) for j in range(1, sp)]
    q, r = np.linalg.qr(np.stack(columns, axis=1)[seen])
    q = q[:, np.abs(np.diag(r)) > 1e-9 * np.abs(r).max()]
    observed = values[seen] / np.exp(np.mean(np.log(values[seen])))
    grid = lower + 0.05 * np.arange(int(np.floor((upper - lower) / 0.05 + 1e-9)) + 1)
    grid[np.abs(grid) < 1e-12] = 0.0
    losses = []
    for lam in grid:
        transformed = transform(observed, lam)  # divided by the geometric mean: Jacobian 1
        residuals = transformed - q @ (q.T @ transformed)
        losses.append(residuals @ residuals)
    return float(grid[int(np.argmin(losses))])


def _representable(values: np.ndarray, lam: float) -> np.ndarray:
    """The values, or an error where one is infinite."""
    if np.any(np.isinf(values)):
        raise ValueError(
            f"With Box-Cox lambda {lam:g} a value is too large for a floating-point number. Choose "
            "a lambda nearer to 1 or divide the series by a constant."
        )
    return values


def _finite(lam: float) -> float:
    """Lambda as a finite number, or an error."""
    if not np.isfinite(lam):
        raise ValueError(f"A Box-Cox lambda is a finite number; got {lam!r}.")
    return float(lam)
