"""A series, its forecast and prediction intervals."""

from __future__ import annotations

from skgru.plotting import _axes


class ForecastDisplay:
    """Values, point forecasts and bands of prediction intervals.

    Parameters
    ----------
    observed, forecast : Series
        By time; the name of `observed`, where it is text, stands at the vertical axis.
    intervals : DataFrame
        By the times of the forecast; columns (coverage, "lower" or "upper").
    title : str, default=""
        Stands above.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> import pandas as pd
    >>> from skgru import ETSForecaster
    >>> y = pd.Series([3.0, 4.1, 5.2, 5.9, 7.1, 8.0, 9.2, 9.9, 11.1, 12.0])
    >>> display = ETSForecaster().fit(y).plot_forecast([1, 2, 3])
    >>> len(display.ax_.collections)  # a band for 95 % and one for 80 %
    2
    """

    def __init__(self, observed, forecast, intervals, title=""):
        self.observed = observed
        self.forecast = forecast
        self.intervals = intervals
        self.title = title

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : Axes, default=None
            None makes one.

        Returns
        -------
        self
        """
        (self.ax_,) = _axes.make(1, ax)
        self.figure_ = self.ax_.figure
        times = _axes.times(self.forecast.index)
        self.ax_.plot(
            _axes.times(self.observed.index), self.observed.to_numpy(), linewidth=1, color="black"
        )
        for coverage in sorted(self.intervals.columns.get_level_values(0).unique(), reverse=True):
            lower, upper = self.intervals[coverage, "lower"], self.intervals[coverage, "upper"]
            self.ax_.fill_between(
                times,
                lower.to_numpy(),
                upper.to_numpy(),
                color="C0",
                alpha=0.2,
                linewidth=0,
                label=f"{100 * coverage:g} %",
            )
        self.ax_.plot(times, self.forecast.to_numpy(), color="C0", label="forecast")
        self.ax_.legend(frameon=False, loc="upper left")
        self.ax_.set_title(self.title)
        if isinstance(self.observed.name, str):
            self.ax_.set_ylabel(self.observed.name)
        _axes.shorten_dates(self.ax_)
        return self
