"""Residuals of a fitted series: over time, their autocorrelation, their distribution."""

from __future__ import annotations

import math

import numpy as np

from skgru.plotting import _axes


class ResidualsDisplay:
    """What is left of a series, one picture below the other.

    Parameters
    ----------
    residuals : Series
        By time; NaN: missing.
    sp : int, default=1
        Seasonal period: two of them are the largest lag, but at least 10.
    title : str, default=""
        Stands above.
    label : str, default="residual"
        What the residuals are, such as "relative residual".

    Attributes
    ----------
    axes_ : list of Axes
        Residuals over time; autocorrelation with the 95 % bounds of white noise; histogram.
    figure_ : Figure

    Examples
    --------
    >>> import pandas as pd
    >>> from skgru import ETSForecaster
    >>> y = pd.Series([3.0, 4.1, 5.2, 5.9, 7.1, 8.0, 9.2, 9.9, 11.1, 12.0])
    >>> display = ETSForecaster().fit(y).plot_residuals()
    >>> len(display.axes_)
    3
    """

    def __init__(self, residuals, sp=1, title="", label="residual"):
        self.residuals = residuals
        self.sp = sp
        self.title = title
        self.label = label

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : array of 3 Axes, default=None
            None makes them.

        Returns
        -------
        self
        """
        self.axes_ = over_time, correlation, histogram = _axes.make(3, ax)
        self.figure_ = over_time.figure
        values = self.residuals.to_numpy(float)
        over_time.plot(_axes.times(self.residuals.index), values, linewidth=1, marker=".")
        over_time.axhline(0, color="black", linewidth=0.5)
        over_time.set_ylabel(self.label)
        _axes.shorten_dates(over_time)
        over_time.set_title(self.title)
        found = autocorrelation(values, max(10, 2 * self.sp))
        correlation.vlines(np.arange(1, len(found) + 1), 0, found)
        bound = 1.96 / math.sqrt(max(np.isfinite(values).sum(), 1))
        for level in (-bound, 0, bound):
            correlation.axhline(
                level, color="black", linewidth=0.5, linestyle="-" if level == 0 else "--"
            )
        correlation.set_ylabel("autocorrelation")
        correlation.set_xlabel("lag")
        histogram.hist(values[np.isfinite(values)], bins="auto")
        histogram.set_ylabel("count")
        histogram.set_xlabel(self.label)
        return self


def autocorrelation(values, n_lags: int) -> np.ndarray:
    """Correlations with earlier values at lags 1, 2, ...; pairs with a missing value are left out.

    Returns
    -------
    ndarray, shape (at most n_lags,)
    """
    values = np.asarray(values, float)
    centred = values - np.nanmean(values)
    total = np.nansum(centred**2)
    n_lags = min(n_lags, len(values) - 1)
    if not total > 0:
        return np.zeros(max(n_lags, 0))
    products = [np.nansum(centred[lag:] * centred[:-lag]) for lag in range(1, n_lags + 1)]
    return np.array(products) / total
