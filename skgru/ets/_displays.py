"""Pictures of a fitted forecaster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skgru.ets import _bagging, _fitted, _kept, _labels, _summary, _timeline
from skgru.ets._part import Part

if TYPE_CHECKING:
    from skgru.plotting import ComponentsDisplay, ForecastDisplay, ResidualsDisplay


class Displays(Part):
    """The plotting methods of `ETSForecaster`."""

    def plot_components(self, series=None, ax=None) -> ComponentsDisplay:
        """Values, level, slope and season of the best model over time.

        Parameters
        ----------
        series : label, default=None
            Which series; needed where there are several.
        ax : array of Axes, default=None
            One for each part; None makes them.

        Returns
        -------
        ComponentsDisplay
        """
        from skgru.plotting import ComponentsDisplay

        observed, states = self._parts(series)
        return ComponentsDisplay(observed, states, self._model_title(series)).plot(ax)

    def plot_forecast(
        self, fh=None, *, coverage=(0.8, 0.95), X=None, series=None, ax=None
    ) -> ForecastDisplay:
        """Values, point forecasts and prediction intervals.

        Parameters
        ----------
        fh : horizon, default=None
            As for `predict`; None is that of `fit`.
        coverage : float or sequence of float, default=(0.8, 0.95)
            Of the intervals.
        X : frame, default=None
            Exogenous columns at the times of `fh`, where the model has any.
        series : label, default=None
            Which series; needed where there are several.
        ax : Axes, default=None
            None makes one.

        Returns
        -------
        ForecastDisplay
        """
        from skgru.plotting import ForecastDisplay

        coverage = sorted(np.atleast_1d(coverage).tolist(), reverse=True)
        fh, X = self._check_fh(fh), self._check_X(X)
        fitted, part, s = self._single(series)
        steps, index = _timeline.steps(part, fh, self._index_names)
        shift = _labels.shift(part, fitted.coefficients, X, steps, index)
        times = index.get_level_values(-1)
        point = pd.Series(_bagging.mean(fitted, part, steps, shift)[s], times)
        levels = [level for c in coverage for level in (0.5 - 0.5 * c, 0.5 + 0.5 * c)]
        bounds = _bagging.quantiles(fitted, part, steps, levels, shift)[s]
        names = pd.MultiIndex.from_product([coverage, ["lower", "upper"]])
        bands = pd.DataFrame(bounds.T, times, names)
        title = self._named(series, _summary.forecast(fitted, s))
        return ForecastDisplay(self._parts(series)[0], point, bands, title).plot(ax)

    def plot_residuals(self, series=None, ax=None) -> ResidualsDisplay:
        """Residuals of the best model over time, their autocorrelation and distribution.

        They are those of the model: shares of the forecast where its error multiplies (those of
        `predict_residuals` are in units of y), and on the scale of a Box-Cox transformation.

        Parameters
        ----------
        series : label, default=None
            Which series; needed where there are several.
        ax : array of 3 Axes, default=None
            None makes them.

        Returns
        -------
        ResidualsDisplay
        """
        from skgru.plotting import ResidualsDisplay

        fitted, part, s = self._single(series)
        values, offsets = _fitted.adjusted(fitted, part)
        own = values[offsets[s] : offsets[s + 1]]
        model = fitted.single(s)
        residuals, _ = _fitted.one_step(model, own)
        index = self._parts(series)[0].index
        residuals = pd.Series(residuals[-len(index) :], index=index)
        label = "relative residual" if model.spec.error == "M" else "residual"
        return ResidualsDisplay(residuals, self.sp_, self._model_title(series), label).plot(ax)

    def _single(self, series):
        """Models and series of the instance that a series is of, and which column that is."""
        s = _labels.position(self._panel, series)
        return _kept.single(self._models, self._panel, s)

    def _parts(self, series):
        """Observed values and states of one series, by time."""
        fitted, part, s = self._single(series)
        index = _timeline.seen(part, self._index_names)
        values = _labels.observed(part, index).iloc[:, s]
        states = _labels.state_frame(part, _labels.states(fitted, part), index)
        states = states.iloc[:, 3 * s : 3 * s + 3].set_axis(["level", "slope", "season"], axis=1)
        if part.instances is not None:
            values, states = (
                frame.droplevel(list(range(part.instances.nlevels))) for frame in (values, states)
            )
        return values, states

    def _model_title(self, series):
        """Name of the best model."""
        fitted, _, s = self._single(series)
        return self._named(series, fitted.settings.specs[fitted.best[s]].name)

    def _named(self, series, title):
        """A title with the name of the series where there are several."""
        s = _labels.position(self._panel, series)
        name = "" if self._panel.n_series == 1 else f"{_labels.series(self._panel)[s]}: "
        return name + title
