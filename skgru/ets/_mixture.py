"""Weighted mixture of the forecast distributions of several models fitted to one series."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

from skgru.ets import _prediction, _simulation
from skgru.ets._jit import cube, double, integer, integers, jit, matrix, nothing, part, vector

_NO_SAMPLES = np.empty((0, 0, 0))
_ROOT_TWO = math.sqrt(2.0)


class Mixture:
    """Distribution of the next h values under several models, each with a weight.

    A model whose variance has a closed form counts as normal around its point forecast, one with
    variance 0 as that point, every other as its simulated values (a cumulative distribution linear
    between them).

    Parameters
    ----------
    fits : sequence of ETSFit
        Models of one series.
    weights : array_like, shape (n_fits,)
        Not negative; need not sum to 1. Models of weight 0, and those whose forecasts leave what
        a square can be computed of (1e150), are dropped.
    h : int
        Steps ahead, 1 to h.
    rng : numpy.random.Generator or int, optional
        For what has to be simulated.
    n_paths : int
        Simulated futures for each model without a closed form.
    bootstrap : sequence of array_like, optional
        Residuals of each fit: all models are then simulated with innovations drawn from them.
    nonnegative : bool
        Values below 0 count as 0: quantiles and samples are clipped, and mean and variance are
        those of the clipped distribution, so that the mean may lie above a clipped point forecast.

    Attributes
    ----------
    fits : tuple of ETSFit
    weights : ndarray, shape (n_kept,)
        Of the models kept; they sum to 1.
    means, variances : ndarray, shape (n_kept, h)
        Of the components, before anything is clipped. The mean of a simulated component is its
        point forecast.
    """

    def __init__(self, fits, weights, h, rng=None, n_paths=5000, bootstrap=None, nonnegative=False):
        weights = np.asarray(weights, float)
        if weights.shape != (len(fits),) or not np.all(weights >= 0) or not weights.sum() > 0:
            raise ValueError(
                f"A mixture needs one weight of at least 0 for each of its {len(fits)} models and "
                f"a positive sum; got {weights}."
            )
        used = [(k, _prediction.mean(fits[k], h)) for k in np.flatnonzero(weights)]
        kept = [k for k, mean in used if np.all(np.abs(mean) <= _simulation.LARGEST)]
        if not kept:
            raise ValueError(
                "No model of the mixture has forecasts that a variance can be computed for; the "
                f"largest is {max(np.abs(mean).max() for _, mean in used):g}. Divide the series by "
                "a constant or leave out trends that explode."
            )
        rng = np.random.default_rng(rng)
        self.fits = tuple(fits[k] for k in kept)
        self.weights = weights[kept] / weights[kept].sum()
        self.h = h
        self.nonnegative = nonnegative
        self.means = np.stack([mean for k, mean in used if k in kept])
        self.variances = np.empty_like(self.means)
        # place[k]: which of the simulated components the k-th one is; -1: it is normal.
        self._place = np.full(len(kept), -1)
        samples: list[np.ndarray] = []
        for k, fit in enumerate(self.fits):
            closed = _prediction.variance(fit, h) if bootstrap is None else None
            if closed is not None:
                self.variances[k] = closed
                continue
            residuals = None if bootstrap is None else bootstrap[kept[k]]
            drawn = _simulation.paths(fit, h, n_paths, rng, residuals)
            self._place[k] = len(samples)
            samples.append(np.sort(drawn.T, axis=1))
            self.variances[k] = drawn.var(axis=0)
        self._samples = np.ascontiguousarray(samples) if samples else _NO_SAMPLES

    def mean(self) -> np.ndarray:
        """Weighted mean of the components' means, shape (h,)."""
        return self.weights @ self._moments()[0]

    def variance(self) -> np.ndarray:
        """Mean of the components' variances and variance of their means, shape (h,)."""
        means, variances = self._moments()
        return self.weights @ (variances + (means - self.weights @ means) ** 2)

    def quantile(self, levels) -> np.ndarray:
        """Quantiles at levels strictly between 0 and 1, shape (n_levels, h), rising with the level.

        Raises
        ------
        ValueError
            For a level outside.
        """
        levels = check_levels(levels)
        order = np.argsort(levels)
        out = np.empty((len(levels), self.h))
        solve(
            self.weights,
            self.means,
            np.sqrt(self.variances),
            self._samples,
            self._place,
            levels[order],
            ndtri(levels[order]),
            out,
        )
        result = np.empty_like(out)
        result[order] = out
        return np.maximum(result, 0.0) if self.nonnegative else result

    def cdf(self, values) -> np.ndarray:
        """Probability of at most these values, shape of `values`: (..., h)."""
        values = np.asarray(values, float)
        values = np.broadcast_to(values, np.broadcast_shapes(values.shape, (self.h,))).copy()
        out = np.empty((values.size // self.h, self.h))
        flat = values.reshape(-1, self.h)
        deviations = np.sqrt(self.variances)
        probabilities(self.weights, self.means, deviations, self._samples, self._place, flat, out)
        out = out.reshape(values.shape)
        return np.where(values < 0, 0.0, out) if self.nonnegative else out

    def sample(self, n: int, rng) -> np.ndarray:
        """Draws from the distribution of each step by itself, shape (n, h).

        They follow `cdf` exactly, and steps are independent given the model drawn; `paths` has
        futures whose steps hang together.
        """
        rng = np.random.default_rng(rng)
        chosen = rng.choice(len(self.weights), size=n, p=self.weights)
        drawn = self.means[chosen] + np.sqrt(self.variances[chosen]) * rng.standard_normal(
            (n, self.h)
        )
        uniform = rng.random((n, self.h))
        for k in np.flatnonzero(self._place >= 0):
            rows = np.flatnonzero(chosen == k)
            values = self._samples[self._place[k]]
            levels = (np.arange(values.shape[1]) + 0.5) / values.shape[1]
            for t in range(self.h):
                drawn[rows, t] = np.interp(uniform[rows, t], levels, values[t])
        return np.maximum(drawn, 0.0) if self.nonnegative else drawn

    def paths(self, n: int, rng) -> np.ndarray:
        """Simulated futures, each of a model drawn by weight, shape (n, h)."""
        rng = np.random.default_rng(rng)
        counts = rng.multinomial(n, self.weights)
        drawn = np.concatenate(
            [_simulation.paths(fit, self.h, c, rng) for fit, c in zip(self.fits, counts)]
        )
        drawn = drawn[rng.permutation(n)]
        return np.maximum(drawn, 0.0) if self.nonnegative else drawn

    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances of the components, clipped where asked; (n_kept, h) each."""
        if not self.nonnegative:
            return self.means, self.variances
        means, variances = clipped_moments(self.means, self.variances)
        for k in np.flatnonzero(self._place >= 0):
            values = self._samples[self._place[k]]
            above = np.maximum(values, 0.0)
            raised = self.means[k] + above.mean(axis=1) - values.mean(axis=1)
            means[k], variances[k] = np.maximum(raised, 0.0), above.var(axis=1)
        return means, variances


def clipped_moments(means, variances) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of max(x, 0) for normal x.

    Parameters
    ----------
    means, variances : array_like
        Of x; one shape.

    Returns
    -------
    (ndarray, ndarray)
    """
    means, variances = np.asarray(means, float), np.asarray(variances, float)
    deviations = np.sqrt(variances)
    spread = deviations > 0
    ratio = np.where(spread, means / np.where(spread, deviations, 1), np.copysign(np.inf, means))
    density = np.exp(-0.5 * np.minimum(np.abs(ratio), 40) ** 2) / math.sqrt(2 * math.pi)
    above = ndtr(ratio)
    first = means * above + deviations * density
    second = (means**2 + variances) * above + means * deviations * density
    return np.maximum(first, 0.0), np.maximum(second - first**2, 0.0)


def check_levels(levels) -> np.ndarray:
    """Levels as an array, or an error; shape (n_levels,)."""
    levels = np.atleast_1d(np.asarray(levels, float))
    if levels.ndim != 1 or not np.all((levels > 0) & (levels < 1)):
        raise ValueError(f"Levels of quantiles lie strictly between 0 and 1; got {levels}.")
    return levels


@part
def _normal(x, mean, deviation):
    """Cumulative distribution of a normal variable; a step where the deviation is 0."""
    if deviation > 0:
        return 0.5 * math.erfc((mean - x) / (deviation * _ROOT_TWO))
    return 1.0 if x >= mean else 0.0


@jit(double(double, vector))
def _empirical(x, ordered):
    """Cumulative distribution linear between ordered samples, the i-th at (i + 1/2) / n."""
    n = ordered.shape[0]
    below = np.searchsorted(ordered, x, side="right")
    if below == 0:
        return 0.0
    if below == n:
        return 1.0
    gap = ordered[below] - ordered[below - 1]
    return (below - 0.5 + (x - ordered[below - 1]) / gap) / n


@jit(double(double, integer, vector, matrix, matrix, cube, integers))
def _probability(x, t, weights, means, deviations, samples, place):
    """Of at most x at step t."""
    total = 0.0
    for k in range(weights.shape[0]):
        if place[k] < 0:
            total += weights[k] * _normal(x, means[k, t], deviations[k, t])
        else:
            total += weights[k] * _empirical(x, samples[place[k], t])
    return total


@jit(nothing(vector, matrix, matrix, cube, integers, matrix, matrix), from_python=True)
def probabilities(weights, means, deviations, samples, place, values, out):
    """Cumulative distribution at values[i, t], into out[i, t]; the rest as in `solve`."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            out[i, t] = _probability(values[i, t], t, weights, means, deviations, samples, place)


# Longer than a function should be: Chandrupatla's method keeps three points and their signs.
@jit(double(integer, double, double, vector, matrix, matrix, cube, integers))
def _root(t, level, score, weights, means, deviations, samples, place):
    """Quantile at step t: it lies between the smallest and the largest quantile of a component."""
    low, high = np.inf, -np.inf
    for k in range(weights.shape[0]):
        if place[k] < 0:
            own = means[k, t] + score * deviations[k, t]
        else:
            ordered = samples[place[k], t]
            n = ordered.shape[0]
            spot = min(max(level * n - 0.5, 0.0), n - 1.0)
            before = min(int(spot), max(n - 2, 0))
            after = min(before + 1, n - 1)
            own = ordered[before] + (spot - before) * (ordered[after] - ordered[before])
        low, high = min(low, own), max(high, own)
    if not low < high:
        return low
    f_low = _probability(low, t, weights, means, deviations, samples, place) - level
    if f_low >= 0:
        return low
    # Rounding may leave the upper end just below the level: it still is the upper end.
    f_high = _probability(high, t, weights, means, deviations, samples, place) - level
    f_high = max(f_high, 1e-300)
    a, fa, b, fb = high, f_high, low, f_low
    width, share = 1e-11 * (high - low), 0.5
    for _ in range(200):
        x = a + share * (b - a)
        fx = _probability(x, t, weights, means, deviations, samples, place) - level
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = x, fx
        best, least = (a, fa) if abs(fa) < abs(fb) else (b, fb)
        nearest = (2e-16 * abs(best) + width) / abs(b - a)
        if nearest > 0.5 or least == 0:
            return best
        place_a, rise = (a - b) / (c - b), (fa - fb) / (fc - fb)
        share = 0.5
        # Inverse quadratic interpolation where it is known to stay inside.
        if rise * rise < place_a and (1 - rise) * (1 - rise) < 1 - place_a:
            share = fa / (fb - fa) * fc / (fb - fc)
            share += (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        share = min(max(share, nearest), 1 - nearest)
    return 0.5 * (a + b)


@jit(nothing(vector, matrix, matrix, cube, integers, vector, vector, matrix), from_python=True)
def solve(weights, means, deviations, samples, place, levels, scores, out):
    """Quantiles of a mixture at rising levels, into out; none falls with the level.

    Parameters
    ----------
    weights : (n_components,)
        Sum to 1.
    means, deviations : (n_components, h)
        Of normal components; deviation 0: a point.
    samples : (n_simulated, h, n_samples)
        Ordered along the last axis.
    place : (n_components,) int64
        Row of `samples`, or -1 for a normal component.
    levels, scores : (n_levels,)
        Rising; scores are the standard normal quantiles of the levels.
    out : (n_levels, h)
    """
    for i in range(levels.shape[0]):
        for t in range(out.shape[1]):
            out[i, t] = _root(t, levels[i], scores[i], weights, means, deviations, samples, place)
            if i > 0:
                out[i, t] = max(out[i, t], out[i - 1, t])
