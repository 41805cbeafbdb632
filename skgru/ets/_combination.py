"""Combined forecasts of panels: weighted means of the candidates, mixtures of their distributions.

Twins, over arrays, of `Mixture`, which handles one series. Candidates without a closed variance are
rare (the automatic choice has none): a series that gives one of them weight goes through `Mixture`
by itself, always with the same innovations, so that no result depends on which other series are in
the block or on the number of threads.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from skgru.ets._jit import cube, integer, integer_matrix, integers, jit, matrix, nothing, vector
from skgru.ets._mixture import Mixture, check_levels, solve
from skgru.ets._model import ETSFit, ETSSpec, Fits
from skgru.ets._prediction import has_closed_form, rewound, spread
from skgru.ets._recursion import extrapolate, rewind
from skgru.ets._simulation import LARGEST

_extrapolate, _rewind = extrapolate.inner, rewind.inner
_spread, _solve = spread.inner, solve.inner

_SEED = 0


def panel_mean(fits: Fits, codes, weights, sp: int, h: int) -> np.ndarray:
    """Weighted means of the candidates' point forecasts.

    Parameters
    ----------
    fits : Fits
    codes : array_like, shape (n_specs, 4)
        Error, trend, damped, season as in `ETSSpec.code`.
    weights : array_like, shape (n_series, n_specs)
        Those of a series need not sum to 1. A candidate whose forecasts leave
        what a square can be computed of (1e150) loses its weight.
    sp, h : int

    Returns
    -------
    ndarray, shape (n_series, h)
        NaN for a series without any weight.
    """
    out = np.empty((len(fits.final), h))
    _means(*_arrays(fits, codes, weights, sp), out)
    return out


def panel_variance(
    fits: Fits, codes, weights, sp: int, h: int, n_paths: int = 5000, seed: int = _SEED, gaps=None
) -> np.ndarray:
    """Variances of the mixtures of the candidates' distributions.

    Parameters
    ----------
    fits, codes, weights, sp, h
        As in `panel_mean`.
    n_paths : int
        For a candidate that has to be simulated.
    seed : int
        Of its innovations.
    gaps : ndarray of int64, shape (n_series,), optional
        How many of the last values of each series are missing. Default: none.

    Returns
    -------
    ndarray, shape (n_series, h)
        NaN for a series without any weight.
    """
    out = np.empty((len(fits.final), h))
    arrays, simulated = _arrays(fits, codes, weights, sp), _simulated(codes, weights)
    gaps = _gaps(gaps, fits)
    _variances(*arrays, gaps, simulated, out)
    for i in np.flatnonzero(simulated).tolist():
        mixture = _mixture(fits, codes, weights, sp, h, i, n_paths, seed, int(gaps[i]))
        out[i] = mixture.variance()[gaps[i] :]
    return out


def panel_quantiles(
    fits: Fits,
    codes,
    weights,
    sp: int,
    h: int,
    levels,
    n_paths: int = 5000,
    seed: int = _SEED,
    gaps=None,
) -> np.ndarray:
    """Quantiles of the mixtures of the candidates' distributions.

    Parameters
    ----------
    fits, codes, weights, sp, h, n_paths, seed, gaps
        As in `panel_variance`.
    levels : array_like, shape (n_levels,)
        Strictly between 0 and 1, in any order.

    Returns
    -------
    ndarray, shape (n_series, n_levels, h)
        NaN for a series without any weight.
    """
    levels = check_levels(levels)
    order = np.argsort(levels)
    out = np.empty((len(fits.final), len(levels), h))
    arrays, simulated = _arrays(fits, codes, weights, sp), _simulated(codes, weights)
    gaps = _gaps(gaps, fits)
    _quantiles(*arrays, gaps, simulated, levels[order], ndtri(levels[order]), out)
    result = np.empty_like(out)
    result[:, order] = out
    for i in np.flatnonzero(simulated).tolist():
        mixture = _mixture(fits, codes, weights, sp, h, i, n_paths, seed, int(gaps[i]))
        result[i] = mixture.quantile(levels)[:, gaps[i] :]
    return result


def panel_normals(fits: Fits, codes, weights, sp: int, h: int, gaps=None):
    """The normal distributions whose mixtures are forecast, of candidates with closed forms.

    Parameters as in `panel_variance`.

    Returns
    -------
    shares : ndarray, shape (n_series, n_specs)
        Weights that sum to 1; 0 from the number of those in use on.
    means, deviations : ndarray, shape (n_series, n_specs, h)
    """
    shape = (*np.shape(weights), h)
    shares, means, deviations = np.zeros(shape[:2]), np.zeros(shape), np.zeros(shape)
    _normals(*_arrays(fits, codes, weights, sp), _gaps(gaps, fits), shares, means, deviations)
    return shares, means, deviations


def _arrays(fits: Fits, codes, weights, sp: int) -> tuple:
    """What all kernels take first, in their order and types."""
    codes = np.require(codes, np.int64, ["C", "W"])
    # alpha, beta, gamma, phi; level, slope; the seasons but one: all that is estimated.
    estimated = 2 + 2 * (codes[:, 1] > 0) + codes[:, 2] + sp * (codes[:, 3] > 0)
    room = np.maximum(fits.n_observed[:, None] - estimated, 1)
    return (
        np.require(fits.final, float, ["C", "W"]),
        np.require(fits.smoothing, float, ["C", "W"]),
        codes,
        np.require(weights, float, ["C", "W"]),
        fits.sse / room,
        np.asarray(fits.n_times, np.int64) % sp,
        sp,
    )


def _gaps(gaps, fits: Fits) -> np.ndarray:
    return np.zeros(len(fits.final), np.int64) if gaps is None else gaps


def _spec(code) -> ETSSpec:
    """The model of a row of codes."""
    error, trend, damped, season = (int(c) for c in code)
    return ETSSpec("AM"[error], "NAM"[trend], bool(damped), "NAM"[season])


def _simulated(codes, weights) -> np.ndarray:
    """1 for a series that gives weight to a candidate without a closed form; int64, (n_series,)."""
    open_ = [not has_closed_form(_spec(code)) for code in codes]
    return np.any(np.asarray(weights)[:, open_] > 0, axis=1).astype(np.int64)


def _mixture(
    fits: Fits, codes, weights, sp: int, h: int, i: int, n_paths: int, seed: int, gap: int
) -> Mixture:
    """The mixture of series i for the gap at its end and h steps after it."""
    used = np.flatnonzero(np.asarray(weights[i]) > 0)
    members = [
        ETSFit(
            _spec(codes[j]),
            sp,
            alpha=float(fits.smoothing[i, j, 0]),
            beta=float(fits.smoothing[i, j, 1]),
            gamma=float(fits.smoothing[i, j, 2]),
            phi=float(fits.smoothing[i, j, 3]),
            initial=fits.initial[i, j],
            final=fits.final[i, j],
            loss=float(fits.loss[i, j]),
            sse=float(fits.sse[i, j]),
            n_observed=int(fits.n_observed[i]),
            n_times=int(fits.n_times[i]),
        )
        for j in used
    ]
    members = [rewound(member, gap) for member in members]
    return Mixture(members, np.asarray(weights[i])[used], gap + h, seed, n_paths)


_FIRST = (cube, cube, integer_matrix, matrix, matrix, integers, integer)


@jit(integer(*_FIRST, integer, vector, matrix))
def _components(final, smoothing, codes, weights, sigma2, phases, sp, i, shares, means):
    """Point forecasts of the candidates of series i that have weight, one a row, and their shares.

    Returns how many there are; shares[k] is then the weight of row k and sums to 1, and the
    candidate's number stands in shares[n_specs + k].
    """
    n_specs, n = codes.shape[0], 0
    total = 0.0
    for j in range(n_specs):
        weight = weights[i, j]
        if not weight > 0:
            continue
        row = means[n]
        _extrapolate(final[i, j], codes[j, 1], codes[j, 3], sp, phases[i], smoothing[i, j], row)
        finite = True
        for t in range(row.shape[0]):
            finite = finite and abs(row[t]) <= LARGEST
        if finite:
            shares[n], shares[n_specs + n] = weight, j
            total += weight
            n += 1
    for k in range(n):
        shares[k] /= total
    return n


@jit(nothing(*_FIRST, matrix), from_python=True)
def _means(final, smoothing, codes, weights, sigma2, phases, sp, out):
    """`panel_mean` into out (n_series, h)."""
    n_specs, h = codes.shape[0], out.shape[1]
    shares, means = np.empty(2 * n_specs), np.empty((n_specs, h))
    for i in range(out.shape[0]):
        n = _components(final, smoothing, codes, weights, sigma2, phases, sp, i, shares, means)
        for t in range(h):
            total = 0.0 if n > 0 else np.nan
            for k in range(n):
                total += shares[k] * means[k, t]
            out[i, t] = total


@jit(nothing(*_FIRST, integers, integer, integer, vector, matrix))
def _spreads(final, smoothing, codes, weights, sigma2, phases, sp, gaps, i, n, shares, variances):
    """Variances of the components that `_components` found, one a row.

    They are those of forecasts made when the last value was seen.
    """
    h, gap = variances.shape[1], gaps[i]
    states, means, own = np.empty(2 + sp), np.empty(gap + h), np.empty(gap + h)
    phase = (phases[i] - gap) % sp
    for k in range(n):
        j = int(shares[codes.shape[0] + k])
        error, trend, season = codes[j, 0], codes[j, 1], codes[j, 3]
        _rewind(final[i, j], trend, smoothing[i, j, 3], gap, states)
        _extrapolate(states, trend, season, sp, phase, smoothing[i, j], means)
        _spread(
            means,
            states,
            error,
            trend,
            season,
            sp,
            phase,
            smoothing[i, j],
            sigma2[i, j],
            own,
        )
        for t in range(h):
            variances[k, t] = own[gap + t]


@jit(nothing(*_FIRST, integers, integers, matrix), from_python=True)
def _variances(final, smoothing, codes, weights, sigma2, phases, sp, gaps, left_out, out):
    """`panel_variance` into out (n_series, h), but for the series left out."""
    n_specs, h = codes.shape[0], out.shape[1]
    shares, means = np.empty(2 * n_specs), np.empty((n_specs, h))
    variances = np.empty((n_specs, h))
    for i in range(out.shape[0]):
        if left_out[i]:
            continue
        n = _components(final, smoothing, codes, weights, sigma2, phases, sp, i, shares, means)
        _spreads(
            final, smoothing, codes, weights, sigma2, phases, sp, gaps, i, n, shares, variances
        )
        for t in range(h):
            centre, total = 0.0, 0.0 if n > 0 else np.nan
            for k in range(n):
                centre += shares[k] * means[k, t]
            for k in range(n):
                away = means[k, t] - centre
                total += shares[k] * (variances[k, t] + away * away)
            out[i, t] = total


@jit(nothing(*_FIRST, integers, matrix, cube, cube), from_python=True)
def _normals(final, smoothing, codes, weights, sigma2, phases, sp, gaps, shares, means, deviations):
    """`panel_normals` into its results."""
    n_specs = codes.shape[0]
    found = np.empty(2 * n_specs)
    for i in range(shares.shape[0]):
        n = _components(final, smoothing, codes, weights, sigma2, phases, sp, i, found, means[i])
        _spreads(
            final,
            smoothing,
            codes,
            weights,
            sigma2,
            phases,
            sp,
            gaps,
            i,
            n,
            found,
            deviations[i],
        )
        for k in range(n):
            shares[i, k] = found[k]
            for t in range(deviations.shape[2]):
                deviations[i, k, t] = np.sqrt(deviations[i, k, t])


@jit(nothing(*_FIRST, integers, integers, vector, vector, cube), from_python=True)
def _quantiles(
    final, smoothing, codes, weights, sigma2, phases, sp, gaps, left_out, levels, scores, out
):
    """`panel_quantiles` at rising levels into out, but for the series left out."""
    n_specs, h = codes.shape[0], out.shape[2]
    shares, means = np.empty(2 * n_specs), np.empty((n_specs, h))
    deviations = np.empty((n_specs, h))
    samples, place = np.empty((0, 0, 0)), np.empty(n_specs, np.int64)
    for k in range(n_specs):
        place[k] = -1
    for i in range(out.shape[0]):
        if left_out[i]:
            continue
        n = _components(final, smoothing, codes, weights, sigma2, phases, sp, i, shares, means)
        if n == 0:
            for a in range(levels.shape[0]):
                for t in range(h):
                    out[i, a, t] = np.nan
            continue
        _spreads(
            final, smoothing, codes, weights, sigma2, phases, sp, gaps, i, n, shares, deviations
        )
        for k in range(n):
            for t in range(h):
                deviations[k, t] = np.sqrt(deviations[k, t])
        _solve(shares[:n], means[:n], deviations[:n], samples, place[:n], levels, scores, out[i])
