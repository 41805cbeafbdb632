"""A fitted model in words and numbers, as an R user knows them."""

from __future__ import annotations

import math

import numpy as np

from skgru.ets import _fitted
from skgru.ets._model import SMOOTHING, ETSFit
from skgru.ets._recursion import run

# Weights below this are summed up as "others".
SMALLEST_WEIGHT = 0.01


def parameters(fit: ETSFit, n_regressors: int = 0) -> dict:
    """Parameters, states and criteria of one model by name.

    Parameters
    ----------
    fit : ETSFit
    n_regressors : int
        Coefficients that the criteria count beside the model's own parameters.

    Returns
    -------
    dict
        alpha, beta, gamma, phi are None where the model lacks them, as are initial_trend and
        initial_seasonal.
    """
    more = n_regressors
    k = fit.n_parameters + more
    room = fit.n_observed - k - 1
    aic = fit.loss + 2 * k
    smoothing = {
        name: value if used else None
        for name, value, used in zip(SMOOTHING, map(float, fit.smoothing), fit.spec.uses)
    }
    return {
        "model": fit.spec.name,
        **smoothing,
        "initial_level": float(fit.initial[0]),
        "initial_trend": float(fit.initial[1]) if fit.spec.trend != "N" else None,
        "initial_seasonal": fit.initial[2:].copy() if fit.spec.season != "N" else None,
        "sigma2": float(fit.sse / max(fit.n_observed - (k - 1), 1)),
        "loglik": -0.5 * fit.loss,
        "aic": aic,
        "aicc": aic + 2 * k * (k + 1) / room if room > 0 else math.inf,
        "bic": fit.loss + k * math.log(fit.n_observed),
    }


def standard_errors(fit: ETSFit, values: np.ndarray) -> dict:
    """Standard errors of the smoothing parameters.

    The inverse Hessian of the negative log likelihood, by second differences over all free
    parameters; initial states are profiled out by a Gauss-Newton step, as in the fit.

    Parameters
    ----------
    fit : ETSFit
    values : ndarray, shape (n,)

    Returns
    -------
    dict
        Of the parameters that the model has; NaN at a bound or where the curvature is not positive.
    """
    names = [name for name, used in zip(SMOOTHING, fit.spec.uses) if used]
    centre = np.array([getattr(fit, name) for name in names])
    width = 1e-3 * np.maximum(0.1, np.abs(centre))
    states = _free_states(fit)

    def loss(smoothing):
        p = fit.smoothing
        for name, value in zip(names, smoothing):
            p[SMOOTHING.index(name)] = value
        return _profile(fit, values, p, states)

    n, base = len(names), loss(centre)
    hessian = np.empty((n, n))
    steps = np.diag(width)
    single = [(loss(centre + steps[i]), loss(centre - steps[i])) for i in range(n)]
    for i in range(n):
        hessian[i, i] = (single[i][0] - 2 * base + single[i][1]) / width[i] ** 2
        for j in range(i):
            both = loss(centre + steps[i] + steps[j]) + loss(centre - steps[i] - steps[j])
            mixed = both - sum(single[i]) - sum(single[j]) + 2 * base
            hessian[i, j] = hessian[j, i] = 0.5 * mixed / (width[i] * width[j])
    if not np.isfinite(hessian).all():
        return dict.fromkeys(names, math.nan)
    # The loss is -2 log likelihood.
    covariance = np.linalg.pinv(0.5 * hessian)
    variances = np.diag(covariance)
    return {name: float(np.sqrt(v)) if v > 0 else math.nan for name, v in zip(names, variances)}


def text(fitted, panel, s: int) -> str:
    """Summary of the best model of series s, with the weights of the combination beside it."""
    fit = fitted.single(s)
    values, offsets = _fitted.adjusted(fitted, panel)
    own = values[offsets[s] : offsets[s + 1]]
    found = parameters(fit, len(panel.regressors))
    errors = standard_errors(fit, own)
    head = fit.spec.name if fit.sp == 1 else f"{fit.spec.name}, period {fit.sp}"
    lines = [head, ""]
    if fitted.lambdas is not None:
        lines += [f"  Box-Cox transformation: lambda = {fitted.lambdas[s]:.4g}", ""]
    lines.append("  Smoothing parameters:")
    for name, error in errors.items():
        shown = f"  (s.e. {error:.4f})" if math.isfinite(error) else ""
        lines.append(f"    {name:<5} = {found[name]:.4f}{shown}")
    lines += ["", "  Initial states:", f"    l = {found['initial_level']:.4f}"]
    if found["initial_trend"] is not None:
        lines.append(f"    b = {found['initial_trend']:.4f}")
    if found["initial_seasonal"] is not None:
        lines += _rows("    s = ", [f"{v:.4f}" for v in found["initial_seasonal"]])
    if panel.regressors:
        lines += ["", "  Regressors:"]
        for name, value in zip(panel.regressors, fitted.coefficients[s]):
            lines.append(f"    {name} = {value:.4f}")
    lines += ["", f"  sigma:  {math.sqrt(found['sigma2']):.4f}", ""]
    lines.append("".join(f"{name:>12}" for name in ("log lik", "AIC", "AICc", "BIC")))
    lines.append("".join(f"{found[name]:>12.4f}" for name in ("loglik", "aic", "aicc", "bic")))
    lines += ["", *_accuracy(fitted, panel, s)]
    if np.count_nonzero(fitted.weights[s]) > 1:
        lines += ["", *_weights(fitted, s)]
    if fitted.bag is not None:
        lines += ["", f"Forecasts are averaged over {_versions(fitted)} versions of the series."]
    return "\n".join(lines)


def forecast(fitted, s: int) -> str:
    """What the forecasts of series s are, in a few words."""
    n, m, what = np.count_nonzero(fitted.weights[s]), *_others(fitted, s)
    title = f"mean of {n} models" + (f" and {m} {what}" if m else "")
    if n + m == 1:
        title = fitted.settings.specs[fitted.best[s]].name
    n_versions = _versions(fitted)
    return title if n_versions == 1 else f"{title}, over {n_versions} versions of the series"


def _versions(fitted) -> int:
    return 1 if fitted.bag is None else 1 + len(fitted.bag.models.best) // len(fitted.best)


def _others(fitted, s: int) -> tuple[int, str]:
    """How many models of the companion forecast series s, and of what they are."""
    companion = fitted.companion
    if companion is None or fitted.shares[s] == 0:
        return 0, ""
    what = "of logarithms" if companion.lambdas[s] == 0 else "additive ones"
    return int(np.count_nonzero(companion.weights[s])), what


def _weights(fitted, s: int) -> list[str]:
    """The models of the combination, heaviest first."""
    weights = fitted.weights[s]
    lines = ["Forecasts are the weighted mean of the candidates:"]
    rest, n_rest = 0.0, 0
    for j in np.argsort(-weights, kind="stable"):
        if weights[j] >= SMALLEST_WEIGHT:
            lines.append(f"    {fitted.settings.specs[j].name:<12} {weights[j]:.3f}")
        elif weights[j] > 0:
            rest, n_rest = rest + weights[j], n_rest + 1
    if n_rest:
        lines.append(f"    {n_rest} others".ljust(17) + f"{rest:.3f}")
    m, what = _others(fitted, s)
    if m:
        lines.append(f"and, with half of the weight, that of {m} {what}.")
    return lines


def _accuracy(fitted, panel, s: int) -> list[str]:
    """Training set error measures, as R prints them: of the best model, on the user's scale."""
    values, offsets = _fitted.adjusted(fitted, panel)
    own = values[offsets[s] : offsets[s + 1]]
    _, forecasts = _fitted.one_step(fitted.single(s), own)
    y, f = panel.series(s), forecasts
    if panel.regressors:
        f = f + panel.explained_by(s) @ fitted.coefficients[s]
    if fitted.lambdas is not None:
        f = _fitted.back(fitted, s, f)
    e = y - f
    e = e[np.isfinite(e)]
    measures = {
        "ME": e.mean(),
        "RMSE": math.sqrt((e**2).mean()),
        "MAE": np.abs(e).mean(),
    }
    seen = np.isfinite(y - f) & (y != 0)
    if seen.any():
        relative = 100 * (y - f)[seen] / y[seen]
        measures.update(MPE=relative.mean(), MAPE=np.abs(relative).mean())
    sp = fitted.settings.sp if fitted.settings.sp < len(y) else 1
    scale = np.abs(y[sp:] - y[:-sp]) if len(y) > 1 else np.empty(0)
    scale = scale[np.isfinite(scale)]
    if scale.size and scale.mean() > 0:
        measures["MASE"] = measures["MAE"] / scale.mean()
    lines = ["Training set error measures:", "".join(f"{name:>12}" for name in measures)]
    lines.append("".join(f"{value:>12.4f}" for value in measures.values()))
    return lines


def _rows(head: str, words: list[str], n: int = 6) -> list[str]:
    """Words in rows of n, the first after `head`."""
    rows = [" ".join(words[i : i + n]) for i in range(0, len(words), n)]
    return [(head if i == 0 else " " * len(head)) + row for i, row in enumerate(rows)]


def _free_states(fit: ETSFit) -> list[int]:
    """Initial states that the model has, but one of the seasons, which the level makes up for."""
    states = [0]
    if fit.spec.trend != "N":
        states.append(1)
    if fit.spec.season != "N":
        states += range(3, 2 + fit.sp)
    return states


def _profile(fit: ETSFit, values, smoothing, states: list[int]) -> float:
    """Loss at some smoothing parameters, least over the initial states: one Gauss-Newton step."""
    initial = fit.initial.copy()
    base, residuals = _loss(fit, values, smoothing, initial)
    if not math.isfinite(base):
        return math.nan
    columns, seen = [], ~np.isnan(residuals)
    for i in states:
        step = 1e-6 * max(1.0, abs(initial[i]))
        moved = initial.copy()
        moved[i] += step
        columns.append((_loss(fit, values, smoothing, moved)[1] - residuals)[seen] / step)
    design = np.stack(columns, axis=1)
    scale = np.sqrt((design**2).mean(axis=0))
    scale[scale == 0] = 1.0
    initial[states] -= np.linalg.lstsq(design / scale, residuals[seen], rcond=None)[0] / scale
    stepped = _loss(fit, values, smoothing, initial)[0]
    return min(base, stepped) if math.isfinite(stepped) else base


def _loss(fit: ETSFit, values, smoothing, initial) -> tuple[float, np.ndarray]:
    """-2 log likelihood and weighted residuals u whose sum of squares it is a function of."""
    error, trend, _, season = fit.spec.code
    residuals, forecasts = np.empty(len(values)), np.empty(len(values))
    sse, logs, n = run(
        values, error, trend, season, fit.sp, 0, smoothing, initial.copy(), residuals, forecasts
    )
    if not (math.isfinite(sse) and sse > 0):
        return math.nan, residuals
    return n * math.log(sse) + 2 * logs, residuals * math.exp(logs / n)
