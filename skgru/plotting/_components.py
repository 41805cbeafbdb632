"""Components of a fitted series over time."""

from __future__ import annotations

from skgru.plotting import _axes


class ComponentsDisplay:
    """Values, level, slope and season, one below the other.

    Parameters
    ----------
    observed : Series
        Values by time.
    states : DataFrame
        Columns level, slope and season by the same times; one that is all missing is left out.
    title : str, default=""
        Stands above.

    Attributes
    ----------
    axes_ : list of Axes
    figure_ : Figure

    Examples
    --------
    >>> import pandas as pd
    >>> from skgru import ETSForecaster
    >>> y = pd.Series([3.0, 4.1, 5.2, 5.9, 7.1, 8.0, 9.2, 9.9, 11.1, 12.0])
    >>> display = ETSForecaster(trend="add").fit(y).plot_components()
    >>> [axes.get_ylabel() for axes in display.axes_]
    ['observed', 'level', 'slope']
    """

    def __init__(self, observed, states, title=""):
        self.observed = observed
        self.states = states
        self.title = title

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : array of Axes, default=None
            One for each part; None makes them.

        Returns
        -------
        self
        """
        parts = {"observed": self.observed}
        for name in self.states.columns:
            if self.states[name].notna().any():
                parts[name] = self.states[name]
        self.axes_ = _axes.make(len(parts), ax, sharex=True)
        self.figure_ = self.axes_[0].figure
        for axes, (name, series) in zip(self.axes_, parts.items()):
            axes.plot(_axes.times(series.index), series.to_numpy(), linewidth=1)
            axes.set_ylabel(name)
            _axes.shorten_dates(axes)
        self.axes_[0].set_title(self.title)
        return self
