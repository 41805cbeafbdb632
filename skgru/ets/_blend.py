"""Forecasts of the candidates mixed with those of a companion: models of the logarithms.

The companion is a second set of candidates, the additive ones, fitted to the logarithms of a
series (to the values themselves where some are not positive), in long seasons with a level that
moves slowly. It errs differently, so that the mixture forecasts better than either. Functions
here are those of `_estimation` and `_fitted` for both parts together; the parameters, components
and criteria that a forecaster reports are those of the candidates on the scale of the values.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skgru.ets import _combination, _cycles, _estimation, _fitted, _presets
from skgru.ets._crossing import cross
from skgru.ets._fitted import Fitted
from skgru.ets._options import Options
from skgru.ets._series import Panel

# Weight of the companion.
SHARE = 0.5
# One model alone has a criterion at most this far above the best.
_FARTHEST = 30.0
# A companion needs so many values, and two seasons.
_FEWEST = 8
# Logarithms of values above it are left to the candidates alone.
_LARGEST_LOG = 345.0
# Narrow normal distributions that stand for one of a logarithm, and their share of its deviation.
_N_NARROW, _NARROW = 11, 0.5


def estimate(panel: Panel, options: Options, n_paths=5000, seed=0, after_block=None, on_short=None):
    """As `_estimation.estimate`, with a companion where the options ask for one.

    Where they ask for one model, too, it is the candidate nearest to the mixture; see `_nearest`.
    """
    if not options.companion:
        return _estimation.estimate(panel, options, n_paths, seed, after_block, on_short)
    combining = replace(options, combine=True)
    fitted = _estimation.estimate(panel, combining, n_paths, seed, after_block, on_short)
    fitted = _accompanied(fitted, panel, combining)
    return fitted if options.combine else _nearest(fitted, panel)


def _accompanied(fitted: Fitted, panel: Panel, options: Options) -> Fitted:
    """With a companion."""
    settings = options.settings
    own = replace(
        options,
        settings=replace(
            settings,
            specs=tuple(spec for spec in settings.specs if "M" not in spec.name),
            bounds=_presets.companion(settings.sp),
        ),
        boxcox=np.where(panel.extremes[0] > 0, 0.0, 1.0),
    )
    n_paths, seed = fitted.n_paths, fitted.seed
    companion = _estimation.estimate(panel, own, n_paths, seed, on_short=_say_nothing)
    smallest, largest = panel.extremes
    left_out = (smallest == largest) | (fitted.fits.n_observed < max(_FEWEST, 2 * settings.sp))
    return _with(fitted, companion, np.where(left_out, 0.0, SHARE))


def _nearest(fitted: Fitted, panel: Panel) -> Fitted:
    """One model alone: the candidate whose forecasts are nearest to those of the mixture.

    Forecasts over two seasons, or ten steps without a season, count; candidates whose criterion is
    more than `_FARTHEST` above the best do not.
    """
    sp, criteria = fitted.settings.sp, fitted.criteria
    h = 2 * sp if sp > 1 else 10
    steps = np.broadcast_to(np.arange(1, h + 1), (panel.n_series, h))
    target, added = mean(fitted, panel, steps), _total(fitted, steps, None)
    if added is not None:
        target = target - added
    distances = np.full(criteria.shape, np.inf)
    for j, alone in enumerate(np.eye(criteria.shape[1])):
        usable = criteria[:, j] <= criteria.min(axis=1) + _FARTHEST
        weights = usable[:, None] * alone
        means = _combination.panel_mean(fitted.fits, fitted.codes, weights, sp, h)
        found = np.abs(means - target).mean(axis=1)
        distances[:, j] = np.where(np.isfinite(found), found, np.inf)
    best = np.argmin(distances, axis=1)
    best = np.where(np.isfinite(distances.min(axis=1)), best, fitted.best)
    weights = (best[:, None] == np.arange(criteria.shape[1])).astype(float)
    return replace(fitted, best=best, weights=weights, companion=None, shares=None)


def apply(fitted: Fitted, panel: Panel, options: Options) -> Fitted:
    """As `_estimation.apply`."""
    other = _estimation.apply(replace(fitted, companion=None), panel, options)
    if fitted.companion is None:
        return other
    companion, lambdas, shares = _parts(fitted)
    lam = lambdas[0]
    fits = np.array([lam == 1 or _lambda(panel.series(s)) == 0 for s in range(panel.n_series)])
    lambdas = np.where(fits, lam, 1.0)
    companion = _estimation.apply(companion, panel, replace(options, boxcox=lambdas))
    return _with(other, companion, np.where(fits, shares[0], 0.0))


def advance(fitted: Fitted, panel: Panel, unchanged: np.ndarray) -> Fitted:
    """As `_estimation.advance`; the logarithms of a series end where a value is not positive."""
    moved = _estimation.advance(replace(fitted, companion=None), panel, unchanged)
    if fitted.companion is None:
        return moved
    companion, lambdas, shares = _parts(fitted)
    fits = np.array(
        [lambdas[s] == 1 or _lambda(panel.series(s)) == 0 for s in range(panel.n_series)]
    )
    own = replace(companion, lambdas=np.where(fits, lambdas, 1.0))
    companion = _estimation.advance(own, panel, np.where(fits, unchanged, 0))
    return _with(moved, companion, np.where(fits, shares, 0.0))


def mean(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None) -> np.ndarray:
    """As `_fitted.mean`."""
    own = _fitted.mean(fitted, panel, steps, _total(fitted, steps, shift))
    if fitted.companion is None:
        return own
    companion, _, shares = _parts(fitted)
    other = _back(fitted, _fitted.mean(companion, panel, steps, _added(fitted, steps)))
    weight = np.where(np.isfinite(other), shares[:, None], 0.0)
    return (1 - weight) * own + weight * np.where(weight > 0, other, 0.0)


def variance(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None) -> np.ndarray:
    """As `_fitted.variance`."""
    if fitted.companion is None:
        return _fitted.variance(fitted, panel, steps, _total(fitted, steps, shift))
    found = components(fitted, panel, steps, shift)
    if found is not None:
        weights, means, deviations = found
        weights = weights[:, None, :] / weights.sum(axis=1)[:, None, None]
        away = means - (weights * means).sum(axis=2, keepdims=True)
        return (weights * (deviations**2 + away**2)).sum(axis=2)
    levels = (np.arange(_fitted.N_QUANTILES) + 0.5) / _fitted.N_QUANTILES
    return quantiles(fitted, panel, steps, levels, shift).var(axis=1)


def quantiles(fitted: Fitted, panel: Panel, steps, levels, shift=None) -> np.ndarray:
    """As `_fitted.quantiles`."""
    levels = np.asarray(levels, float)
    total = _total(fitted, steps, shift)
    if fitted.companion is None:
        return _fitted.quantiles(fitted, panel, steps, levels, total)
    companion, lambdas, shares = _parts(fitted)
    first, second = _widened(fitted), _widened(companion)
    added = _added(fitted, steps)
    own = np.ascontiguousarray(_fitted.quantiles(first, panel, steps, levels, total))
    other = _back(fitted, _fitted.quantiles(second, panel, steps, levels, added))
    cross(
        *_normals(first, panel, steps, total),
        *_normals(second, panel, steps, added),
        shares,
        lambdas,
        levels,
        own,
        np.ascontiguousarray(other),
    )
    return own


def components(fitted: Fitted, panel: Panel, steps: np.ndarray, shift=None):
    """As `_fitted.components`; narrow normal distributions stand for each one of a logarithm.

    The narrow ones' distribution functions together are off by less than 0.002 where deviations
    are below a third of the level; see `_narrow`.
    """
    total = _total(fitted, steps, shift)
    if fitted.companion is None:
        return _fitted.components(fitted, panel, steps, total)
    own = _fitted.components(_widened(fitted), panel, steps, total)
    other = _narrow(fitted, panel, steps)
    if own is None or other is None:
        return None
    share = _parts(fitted)[2][:, None]
    return (
        np.concatenate([(1 - share) * own[0], share * other[0]], axis=1),
        np.concatenate([own[1], other[1]], axis=2),
        np.concatenate([own[2], other[2]], axis=2),
    )


def _narrow(fitted: Fitted, panel: Panel, steps: np.ndarray):
    """The companion's distributions on the user's scale as narrow normal ones.

    A standard normal distribution is nearly one of the deviation `_NARROW` around the nodes of
    Gauss and Hermite; the exponential of a narrow one is nearly normal.
    """
    companion, lambdas, _ = _parts(fitted)
    twin = _widened(companion)
    means, deviations = (part[..., None] for part in _fitted.normals(twin, panel, steps))
    added = _added(fitted, steps)
    if added is not None:
        means = means + added[:, :, None, None]
    nodes, shares = np.polynomial.hermite_e.hermegauss(_N_NARROW)
    centres = means + deviations * nodes * np.sqrt(1 - _NARROW**2)
    spreads = deviations * _NARROW + 0 * nodes
    logs = np.equal(lambdas, 0)[:, None, None, None]
    with np.errstate(over="ignore"):
        size = np.where(logs, np.exp(np.where(logs, centres + spreads**2 / 2, 0.0)), 1.0)
        centres, spreads = np.where(logs, size, centres + 1), size * spreads
    if not (np.isfinite(centres) & np.isfinite(spreads) & (spreads > 0)).all():
        return None
    weights = twin.weights[:, :, None] * (shares / shares.sum())
    shape = (*steps.shape, -1)
    return weights.reshape(len(weights), -1), centres.reshape(shape), spreads.reshape(shape)


def simulate(
    fitted: Fitted, panel: Panel, h: int, n_paths: int, seed: int, shift=None, numbers=None
) -> np.ndarray:
    """As `_fitted.simulate`; each path is one of either part."""
    numbers = np.arange(len(fitted.best)) if numbers is None else numbers
    steps = np.broadcast_to(np.arange(1, h + 1), (len(fitted.best), h))
    total = _total(fitted, steps, shift)
    if fitted.companion is None:
        return _fitted.simulate(fitted, panel, h, n_paths, seed, total, numbers)
    drawn = _fitted.simulate(_widened(fitted), panel, h, n_paths, seed, total, numbers)
    companion, _, shares = _parts(fitted)
    second, added = _widened(companion), _added(fitted, steps)
    other = _fitted.simulate(second, panel, h, n_paths, seed + 1, added, numbers)
    other = _back(fitted, other)
    for s in range(len(drawn)):
        rng = np.random.default_rng([seed, numbers[s], 1])
        taken = rng.random(n_paths) < shares[s]
        taken &= np.isfinite(other[s]).all(axis=1)
        drawn[s, taken] = other[s, taken]
    return drawn


def _parts(fitted: Fitted) -> tuple[Fitted, np.ndarray, np.ndarray]:
    """The companion, the parameters of its transformations and its shares, where there is one."""
    companion, shares = fitted.companion, fitted.shares
    assert companion is not None
    assert companion.lambdas is not None
    assert shares is not None
    return companion, companion.lambdas, shares


def _with(fitted: Fitted, companion: Fitted, shares: np.ndarray) -> Fitted:
    companion = replace(companion, on_model_scale=True, bias_adjust=False, nonnegative=False)
    return replace(fitted, companion=companion, shares=shares)


def _widened(fitted: Fitted) -> Fitted:
    """With variances of residuals for forecasts: that they are estimates widens a forecast.

    With v = n - k degrees of freedom it has a t distribution, of variance v / (v - 2).
    """
    fits, sp = fitted.fits, fitted.settings.sp
    k = np.array([spec.n_parameters(sp) - 1 for spec in fitted.settings.specs])
    freedom = np.maximum(fits.n_observed[:, None] - k, 4)
    return replace(fitted, fits=fits._replace(sse=fits.sse * (freedom / (freedom - 2))))


def _lambda(values: np.ndarray) -> float:
    """0 (logarithms) where all values are positive, 1 otherwise."""
    return float(not np.nanmin(values) > 0)


def _say_nothing(panel: Panel, which: np.ndarray, what: str) -> None:
    """Series that are too short were named when the candidates were fitted."""


def _added(fitted: Fitted, steps: np.ndarray):
    """What longer periods add to the companion's forecasts."""
    return _total(_parts(fitted)[0], steps, None)


def _total(fitted: Fitted, steps: np.ndarray, shift):
    """What regressors and longer periods add to forecasts; None for nothing."""
    times = fitted.fits.n_times[:, None] - 1 + steps
    added = _cycles.at(fitted.cycles, np.maximum(times, 0))
    if added is None or shift is None:
        return shift if added is None else added
    return shift + added


def _back(fitted: Fitted, values: np.ndarray) -> np.ndarray:
    """The companion's values on the user's scale, NaN where they are out of reach."""
    lambdas = _parts(fitted)[1].reshape(-1, *[1] * (values.ndim - 1))
    within = np.where(values < _LARGEST_LOG, values, np.nan)
    back = np.where(lambdas == 0, np.exp(np.where(lambdas == 0, within, 0.0)), values + 1)
    return np.maximum(back, 0.0) if fitted.nonnegative else back


def _normals(fitted: Fitted, panel: Panel, steps: np.ndarray, added):
    """Shares, means and deviations of the candidates with what is added, steps last."""
    if (steps > 0).all():
        shares, means, deviations = _combination.panel_normals(
            fitted.fits,
            fitted.codes,
            fitted.weights,
            fitted.settings.sp,
            int(steps.max()),
            _fitted.gaps(fitted, panel),
        )
        place = (steps - 1)[:, None, :]
        means = np.take_along_axis(means, place, axis=2)
        deviations = np.take_along_axis(deviations, place, axis=2)
    else:
        shares = fitted.weights
        found = _fitted.normals(fitted, panel, steps)
        means, deviations = (part.transpose(0, 2, 1) for part in found)
    if added is not None:
        means = means + added[:, None, :]
    return shares, np.ascontiguousarray(means), np.ascontiguousarray(deviations)
