"""Point forecasts of one fitted model, and their variances where a closed form exists.

Classes of Hyndman, Koehler, Ord & Snyder (2008), chapter 6: 1, additive error with additive
components; 2, multiplicative error with additive components; 3, multiplicative error and season
with no or an additive trend. The others (a multiplicative trend; additive error with multiplicative
season) have no closed form: simulate them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skgru.ets._jit import double, given, integer, jit, nothing, part, vector
from skgru.ets._model import ETSFit, ETSSpec
from skgru.ets._recursion import extrapolate, rewind


def mean(fit: ETSFit, h: int) -> np.ndarray:
    """Point forecasts: the model run on without innovations.

    They are the means of the distributions for classes 1 and 2, and for class 3 over the first
    period. Later, and for the models without a closed form, they differ from the means by terms of
    order sigma2.

    Returns
    -------
    ndarray, shape (h,)
    """
    out = np.empty(h)
    _, trend, _, season = fit.spec.code
    phase = fit.n_times % fit.sp
    extrapolate(_contiguous(fit.final), trend, season, fit.sp, phase, fit.smoothing, out)
    return out


def variance(fit: ETSFit, h: int, gap: int = 0) -> np.ndarray | None:
    """Variances of the next h values given the fitted parameters; None without a closed form.

    Innovations of class 3 are taken as normal: their fourth moment enters after the first period.

    Parameters
    ----------
    fit : ETSFit
    h : int
    gap : int
        How many of the last values are missing: innovations have gone unseen since then.

    Returns
    -------
    ndarray, shape (h,), or None

    References
    ----------
    Hyndman, Koehler, Ord & Snyder (2008), equations 6.1 and 6.7 for classes 1 and 2; class 3 is
    exact for every h here, not only within a period.
    """
    if not has_closed_form(fit.spec):
        return None
    if gap > 0:
        return np.asarray(variance(rewound(fit, gap), gap + h))[gap:]
    out = np.empty(h)
    spread(
        mean(fit, h),
        _contiguous(fit.final),
        *fit.spec.code[:2],
        fit.spec.code[3],
        fit.sp,
        fit.n_times % fit.sp,
        fit.smoothing,
        fit.sigma2,
        out,
    )
    return out


def rewound(fit: ETSFit, n_steps: int) -> ETSFit:
    """The same fit some steps before, where every value since then is missing."""
    states = np.empty(2 + fit.sp)
    rewind(_contiguous(fit.final), fit.spec.code[1], fit.phi, n_steps, states)
    return replace(fit, final=states, n_times=fit.n_times - n_steps)


def insample_variance(fit: ETSFit, forecasts) -> np.ndarray:
    """Variances of the one-step forecasts within the series: sigma2, or sigma2 f^2 for error M.

    Parameters
    ----------
    fit : ETSFit
    forecasts : array_like, shape (n,)
        One-step forecasts f.

    Returns
    -------
    ndarray, shape (n,)
    """
    forecasts = np.asarray(forecasts, float)
    if fit.spec.error == "A":
        return np.full_like(forecasts, fit.sigma2)
    return fit.sigma2 * forecasts**2


def has_closed_form(spec: ETSSpec) -> bool:
    """Whether `variance` knows the model."""
    return spec.trend != "M" and (spec.season != "M" or spec.error == "M")


def _contiguous(states) -> np.ndarray:
    return np.ascontiguousarray(states, float)


@part
def _step(ll, lb, bb, alpha, beta, phi, kept, crossed, moved, out):
    """Into out: kept F C F' + crossed (F C G' + G C F') + moved G C G', C = [[ll, lb], [lb, bb]].

    F is the transition of level and slope, G what an innovation adds to it. Returns w'C w.
    """
    forecast = ll + 2 * phi * lb + phi * phi * bb
    slope = phi * (lb + phi * bb)
    out[0] = forecast * (kept + 2 * alpha * crossed + alpha * alpha * moved)
    out[1] = slope * (kept + alpha * crossed) + forecast * beta * (crossed + alpha * moved)
    out[2] = kept * phi * phi * bb + 2 * crossed * beta * slope + moved * beta * beta * forecast
    return forecast


# Longer than a function should be: one loop over the steps; its parts share all their variables.
@jit(nothing(given, integer, integer, integer, given, double, vector))
def _spread_of_products(states, trend, sp, phase, smoothing, sigma2, out):
    """Exact variances of class 3 for every h.

    With z = (level, slope) and s the seasonal factors, z <- (F + G eps) z and, for the factor in
    turn, s <- (1 + gamma eps) s: mean m and covariance C of z s_j close on themselves for every
    phase j. Phases that do not return within h need none of their own: until its first turn, z s_j
    is z times a known factor. C is carried centred, so that nothing cancels where sigma2 is small.

    Parameters
    ----------
    states : (2 + sp,)
    smoothing : (4,)
    out : (h,)
    """
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    level, slope = states[0], states[1]
    if trend == 0:
        beta, phi, slope = 0.0, 1.0, 0.0
    h = out.shape[0]
    n_returning = max(min(h - sp, sp), 0)
    # Row 0: z alone. Row 1 + i: z s_j of the phase whose turn comes at step i, from then on.
    means = np.zeros((1 + n_returning, 2))
    covariances = np.zeros((1 + n_returning, 3))
    means[0, 0], means[0, 1] = level, slope
    old, new = np.empty(3), np.empty(3)
    pull = gamma * sigma2
    for i in range(h):
        turn = i % sp
        row, factor = 0, states[2 + (phase + i) % sp]
        if i >= sp:
            row, factor = 1 + turn, 1.0
        elif turn < n_returning:
            row = 1 + turn
            for c in range(2):
                means[row, c] = factor * means[0, c]
            for c in range(3):
                covariances[row, c] = factor * factor * covariances[0, c]
            factor = 1.0
        ll, lb, bb = covariances[row, 0], covariances[row, 1], covariances[row, 2]
        centre = means[row, 0] + phi * means[row, 1]
        around = ll + 2 * phi * lb + phi * phi * bb
        out[i] = factor * factor * (around + sigma2 * (centre * centre + around))
        for k in range(1 + min(i + 1, n_returning)):
            m_level, m_slope = means[k, 0], means[k, 1]
            both = k == row and k > 0
            own = gamma if both else 0.0
            square = own * own * sigma2
            forecast = m_level + phi * m_slope
            _step(
                m_level * m_level,
                m_level * m_slope,
                m_slope * m_slope,
                alpha,
                beta,
                phi,
                square,
                own * sigma2,
                sigma2 * (1 + 2 * square),
                new,
            )
            _step(
                covariances[k, 0],
                covariances[k, 1],
                covariances[k, 2],
                alpha,
                beta,
                phi,
                1 + square,
                2 * own * sigma2,
                sigma2 * (1 + 3 * square),
                old,
            )
            for c in range(3):
                covariances[k, c] = old[c] + new[c]
            shift = pull if both else 0.0
            means[k, 0] = forecast * (1 + alpha * shift)
            means[k, 1] = phi * m_slope + beta * shift * forecast


@jit(
    nothing(
        vector,
        given,
        integer,
        integer,
        integer,
        integer,
        integer,
        given,
        double,
        vector,
    ),
    from_python=True,
)
def spread(means, states, error, trend, season, sp, phase, smoothing, sigma2, out):
    """Variances of classes 1 to 3; the caller knows that the model is in one of them.

    Parameters
    ----------
    means : (h,)
        Point forecasts.
    states : (2 + sp,)
    error, trend, season : int
        As in `ETSSpec.code`.
    smoothing : (4,)
    out : (h,)
    """
    if season == 2:
        _spread_of_products(states, trend, sp, phase, smoothing, sigma2, out)
        return
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    h = out.shape[0]
    # response[j]: what the forecast gains from an innovation of 1, j steps before.
    response = np.empty(h)
    damping, power = 0.0, 1.0
    for j in range(1, h):
        power *= phi
        damping += power
        response[j] = alpha
        if trend == 1:
            response[j] += beta * damping
        if season == 1 and j % sp == 0:
            response[j] += gamma
    if error == 0:
        total = 1.0
        for i in range(h):
            if i > 0:
                total += response[i] * response[i]
            out[i] = sigma2 * total
        return
    # out holds what theta exceeds mu^2 by, so that nothing cancels where sigma2 is small.
    for i in range(h):
        total = 0.0
        for j in range(1, i + 1):
            before = means[i - j] * means[i - j] + out[i - j]
            total += response[j] * response[j] * before
        out[i] = sigma2 * total
    for i in range(h):
        out[i] += sigma2 * (means[i] * means[i] + out[i])
