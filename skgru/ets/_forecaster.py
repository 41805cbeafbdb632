"""ETSForecaster: sktime's interface over the exponential-smoothing engine, pandas in and out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skgru._memory import require_memory
from skgru._origin import ORIGIN
from skgru.ets import _kept, _labels, _options, _series, _timeline
from skgru.ets._direct import Direct
from skgru.ets._displays import Displays
from skgru.ets._inspection import Inspection
from skgru.ets._portable import Portable
from skgru.ets._progress import Progress

# Equally likely values that stand for a distribution without a closed form in `predict_proba`.
N_EMPIRICAL = 1000


class ETSForecaster(Direct, Displays, Inspection, Portable, BaseForecaster):
    """Exponential smoothing in state-space form: all 30 models, chosen and combined automatically.

    Fits error, trend and season models [1]_ to one series or to all series of a panel in one call.
    By default all sound candidates are fitted and the forecast is their mean, weighted by an
    information criterion; name a part of the model, or set `combine` or `search`, for one model.

    Parameters
    ----------
    error : {"auto", "add", "mul"}, default="auto"
        Whether errors add to the forecast or multiply it.
    trend : {"auto", None, "add", "mul"}, default="auto"
        No trend, one that adds, or one that multiplies.
    damped_trend : {"auto", True, False}, default="auto"
        Whether the trend levels off.
    seasonal : {"auto", None, "add", "mul"}, default="auto"
        No season, one that adds, or one that multiplies.
    sp : int, list of int or "auto", default=1
        Seasonal period; 1 is none. ``"auto"`` is that of the frequency of the index: 12 for months,
        4 for quarters, 52 for weeks, 7 for days, 5 for business days, 24 for hours, 60 for minutes
        and seconds; 1 for integers. Multiples of these divide it, 12 for every second hour, but
        from five minutes on it is the day: 48 for half-hours, 96 for quarter-hours, 288 for five
        minutes. A list has longer periods too, each a multiple of the one before: with
        ``[24, 168]``, what the phases of a week have in common beyond those of a day is taken off
        the values before models are fitted, and added to forecasts. Where all parts
        of the model and `search` are ``"auto"`` and sp is 24, 48, 96, 144 or 288 (a day), seven
        times it is added by itself; with 1, where steps are weeks or numbered, the year of 52.18
        weeks is looked for in series of 157 values and more, unless there are regressors. A list of
        one, ``[24]`` or ``[1]``, is that period alone. In a list, 52 beside a shorter period is a
        year of 52.18 weeks, too.
    combine : {"auto", True, "candidates", False}, default="auto"
        Whether forecasts are the weighted mean over all candidates, or those of the best one.
        ``"auto"`` combines where error, trend, damped_trend, seasonal and `search` are all
        ``"auto"``. A candidate d above the best criterion weighs exp(-d / 2 min(0.1, 4 / n)).
        Half of an automatic combination are additive models of the logarithms (where a value is
        not positive, of the values), for sp >= 12 with alpha at most 1 / sp; ``"candidates"``
        leaves them out. Parameters, components, criteria and weights are those of the candidates.
        False: one model. Where `search` is ``"auto"`` and so are all parts of the model, it is the
        candidate whose forecasts over two seasons (ten steps without a season) are nearest to
        those of the combination, at most 30 above the best criterion, which forecasts better than
        the best criterion's; else the best criterion's. For R's choice, say ``search="select"``.
    information_criterion : {"aicc", "aic", "bic"}, default="aicc"
        What ranks and weighs the candidates.
    restrict : bool, default=True
        Leave out unsound models, as R does: trends that multiply unless asked for, additive errors
        with a trend or season that multiplies, and ETS(M,M,A).
    alpha, beta, gamma, phi : float or None, default=None
        Smoothing parameters of level, trend and season, and the damping; None is estimated. beta
        and gamma are those of the state equations, as R reports them.
    initial_level, initial_trend : float or None, default=None
        Level and trend before the first value; None is estimated.
    initial_seasonal : array_like of shape (sp,) or None, default=None
        Seasonal terms or factors, that of the first value first; None is estimated.
    bounds : {"both", "usual", "admissible"} or dict, default="both"
        Region of the smoothing parameters: the usual one (0 < beta < alpha < 1,
        0 < gamma < 1 - alpha), the admissible one (forecasts forget the distant past), or both. A
        dict of (lower, upper) by name narrows both.
    objective : {"likelihood", "mse", "amse", "mae"}, default="likelihood"
        What is optimised: likelihood, mean squared error of one step, of one to three steps, or
        mean absolute error.
    boxcox : float, "auto" or None, default=None
        Parameter of a Box-Cox transformation before the fit; candidates are then additive.
        ``"auto"`` chooses one between 0 and 1 for each series by Guerrero's method.
    bias_adjust : bool, default=False
        Whether point forecasts under a Box-Cox transformation are means instead of medians.
    nonnegative : bool, default=False
        Whether forecasts below 0 become 0.
    search : {"auto", "combine", "select", "thorough"}, default="auto"
        How the optimum of each candidate is sought. ``"combine"``: for forecasts, with slopes that
        change slowly (beta at most 0.15 of its range), and trends that are not damped must gain 4
        in the criterion to be chosen. ``"select"``: the choice is R's, the best criterion, which is
        seldom worse than R's. ``"thorough"``: the same from many starts. ``"auto"`` is
        ``"combine"`` where all parts of the model are ``"auto"``, and ``"select"`` otherwise.
    bagging : int or None, default=None
        Versions of each series whose forecasts are averaged [2]_, the series itself among them; 100
        is usual. A version has the trend and season of the series, in a Box-Cox scale, and blocks
        of its remainder drawn at random. Each is fitted as the other parameters say. Distributions
        are those of the versions in equal parts. Models, weights, criteria and forecasts within the
        series seen are those of the series itself. Time and memory grow with it. Not with X.
    n_jobs : int or None, default=None
        Threads over the series of a panel; -1 is all processors. Results do not depend on it.
    verbose : int, default=0
        1 shows how many series are fitted.
    random_state : int, RandomState instance or None, default=None
        Of what is simulated: quantiles of models without a closed form, `simulate`, and the
        versions of `bagging`.
    n_simulations : int, default=5000
        Simulated futures of a model without a closed form.

    Attributes
    ----------
    model_ : str or Series
        Name of the best model, as in "ETS(M,Ad,M)", or of each series.
    weights_ : Series or DataFrame
        Weights of the candidates, of each series in a row.
    criteria_ : Series or DataFrame
        Information criterion of the candidates; infinite where one could not be fitted. Under
        ``search="select"``, those of candidates given up early are upper values.
    states_ : DataFrame
        Level, slope and season of the best model after each value.
    sp_ : int
        The seasonal period.

    Notes
    -----
    A panel (sktime's panel and hierarchical types, and several columns) is fitted natively: series
    are independent, may differ in length, and each is forecast from its own end.

    - Missing values, as NaN or as gaps in an index of integers or periods, are skipped exactly: the
      states evolve, the likelihood does not count them. Integers with more gaps than rows give a
      warning, as they may be dates (201812, 201901). An index that goes in steps of two, or more,
      has no gaps: the next of its times is one step ahead. Infinite values are an error.
    - Series of fewer values than any candidate needs are forecast by their last value, with a
      warning; constant ones exactly, with variance 0.
    - Values of 0 or below rule out what multiplies; asking for it is an error.
    - With exogenous `X`, the model is a regression on X whose errors follow an additive ETS model;
      X is then needed for forecasts as well.

    Criteria count parameters as R's `ets` does: smoothing parameters, initial states (a season
    counts sp - 1) and the variance. The variance `sigma2` is the residuals' sum of squares over the
    number of values less that of the other parameters.

    References
    ----------
    .. [1] Hyndman, R. J., Koehler, A. B., Ord, J. K. & Snyder, R. D. (2008). Forecasting with
       Exponential Smoothing: The State Space Approach. Springer.
    .. [2] Bergmeir, C., Hyndman, R. J. & Benitez, J. M. (2016). Bagging exponential smoothing
       methods using STL decomposition and Box-Cox transformation. International Journal of
       Forecasting 32, 303-312.

    Examples
    --------
    >>> import pandas as pd
    >>> from skgru import ETSForecaster
    >>> y = pd.Series(
    ...     [9.1, 11.2, 14.8, 10.3, 10.2, 12.1, 16.1, 11.4, 11.0, 13.2, 17.3, 12.1],
    ...     index=pd.period_range("2020Q1", periods=12, freq="Q"),
    ... )
    >>> forecaster = ETSForecaster(sp=4).fit(y)
    >>> forecaster.predict(fh=[1, 2]).shape
    (2,)
    >>> forecaster.predict_interval(fh=[1, 2], coverage=0.9).shape
    (2, 2)
    """

    _tags: ClassVar[dict] = {
        **ORIGIN,
        "y_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": True,
        "capability:missing_values": True,
        "capability:update": True,
        "capability:categorical_in_X": False,
        "capability:random_state": True,
        "requires-fh-in-fit": False,
        "property:randomness": "derandomized",
    }
    # What updates and in-sample forecasts need is kept by the forecaster itself.
    _config: ClassVar[dict] = {"remember_data": False}
    _y = None
    _X = None

    def __init__(
        self,
        error="auto",
        *,
        trend="auto",
        damped_trend="auto",
        seasonal="auto",
        sp=1,
        combine="auto",
        information_criterion="aicc",
        restrict=True,
        alpha=None,
        beta=None,
        gamma=None,
        phi=None,
        initial_level=None,
        initial_trend=None,
        initial_seasonal=None,
        bounds="both",
        objective="likelihood",
        boxcox=None,
        bias_adjust=False,
        nonnegative=False,
        search="auto",
        bagging=None,
        n_jobs=None,
        verbose=0,
        random_state=None,
        n_simulations=5000,
    ) -> None:
        self.error = error
        self.trend = trend
        self.damped_trend = damped_trend
        self.seasonal = seasonal
        self.sp = sp
        self.combine = combine
        self.information_criterion = information_criterion
        self.restrict = restrict
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
        self.phi = phi
        self.initial_level = initial_level
        self.initial_trend = initial_trend
        self.initial_seasonal = initial_seasonal
        self.bounds = bounds
        self.objective = objective
        self.boxcox = boxcox
        self.bias_adjust = bias_adjust
        self.nonnegative = nonnegative
        self.search = search
        self.bagging = bagging
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state
        self.n_simulations = n_simulations
        super().__init__()

    def _fit(self, y, X, fh):
        parameters = self.get_params(deep=False)
        _options.check(parameters)
        panel = _series.read(y, X)
        self.sp_ = _series.period(panel) if self.sp == "auto" else _options.first_period(self.sp)
        self._index_names = y.index.names
        self._seed = _options.seed(self.random_state)
        self._estimate(panel)
        return self

    def _set_cutoff_from_y(self, y):
        # sktime makes a frame of all labels; the last row of each instance tells as much.
        if y is not None and isinstance(y.index, pd.MultiIndex) and len(y):
            y = y.iloc[_series.last_rows(y.index)]
        super()._set_cutoff_from_y(y)

    def _estimate(self, panel):
        """Fit all candidates to a panel and keep both."""
        options = self._read_options(panel)
        progress = Progress(type(self).__name__, panel.n_series, self.verbose)
        self._models = _kept.estimate(panel, options, self.n_simulations, self._seed, progress.show)
        self._panel = panel

    def _read_options(self, panel):
        regressors, weeks = bool(panel.regressors), _series.may_be_weeks(panel)
        return _options.read(self.get_params(deep=False), self.sp_, regressors, weeks)

    def _update(self, y, X=None, update_params=True):
        panel, unchanged = _series.extend(self._panel, y, X if self._panel.regressors else None)
        if update_params:
            self._estimate(panel)
        else:
            self._models = _kept.advance(self._models, self._panel, panel, unchanged)
            self._panel = panel
        return self

    def _predict(self, fh, X):
        steps, index, shift = self._asked(fh, X)
        found = _kept.mean(self._models, self._panel, steps, shift)
        return _labels.frame(self._panel, found, index)

    def _predict_var(self, fh, X=None, cov=False):
        if cov:
            raise NotImplementedError("ETSForecaster has variances of single times, not cov=True.")
        steps, index, shift = self._asked(fh, X)
        found = _kept.variance(self._models, self._panel, steps, shift)
        return _labels.frame(self._panel, found, index)

    def _predict_quantiles(self, fh, X, alpha):
        steps, index, shift = self._asked(fh, X)
        found = _kept.quantiles(self._models, self._panel, steps, alpha, shift)
        return _labels.frame(self._panel, found, index, alpha)

    def _predict_proba(self, fh, X, marginal=True):
        from skpro.distributions import Empirical, Normal, NormalMixture

        steps, index, shift = self._asked(fh, X)
        panel, columns = self._panel, pd.Index(self._panel.columns)
        found = _kept.components(self._models, panel, steps, shift)
        if found is not None:
            weights, means, deviations = found
            if (np.count_nonzero(weights, axis=1) == 1).all():
                best = weights.argmax(axis=1)[:, None, None]
                mu, sigma = (
                    _labels.frame(panel, np.take_along_axis(part, best, axis=2)[:, :, 0], index)
                    for part in (means, deviations)
                )
                return Normal(mu=mu, sigma=sigma, index=index, columns=columns)
            if len(columns) == 1:  # it has the same weights for all columns
                return NormalMixture(
                    pi=np.repeat(weights, steps.shape[1], axis=0),
                    mu=means.reshape(-1, weights.shape[1], 1),
                    sigma=deviations.reshape(-1, weights.shape[1], 1),
                    index=index,
                    columns=columns,
                )
        levels = (np.arange(N_EMPIRICAL) + 0.5) / N_EMPIRICAL
        table = _kept.quantiles(self._models, panel, steps, levels, shift)
        sample = _labels.sample(panel, table, index)
        return Empirical(sample, index=index, columns=columns)

    def _asked(self, fh, X):
        """Steps and labels of a horizon, and what the regressors add there."""
        panel = self._panel
        steps, index = _timeline.steps(panel, fh, self._index_names)
        longest = int(steps.max(initial=0))
        require_memory(
            8 * longest, f"A forecast of {longest} steps", "lower the longest step of fh"
        )
        coefficients = _kept.table(self._models, panel, "coefficients")
        return steps, index, _labels.shift(panel, coefficients, X, steps, index)

    def predict_residuals(self, y=None, X=None) -> Any:
        """Differences between values and their forecasts; within the series seen, one step ahead.

        Parameters
        ----------
        y : series, default=None
            Values, at times of forecasts. None is the series of `fit` and `update`; it alone may be
            a panel.
        X : frame, default=None
            Exogenous columns at the times of `y`, where the model has any.

        Returns
        -------
        y_res : of the type of `y`
        """
        self.check_is_fitted()
        if y is not None:
            return self._residuals_at_times(y, X)
        panel = self._panel
        if panel.instances is not None:  # sktime's own residuals are of single series
            residuals = panel.targets[0] - _kept.along(self._models, panel)
            panel = replace(panel, values=residuals)
        frame = convert_to(
            _labels.observed(panel, _timeline.seen(panel, self._index_names)),
            self._y_metadata["mtype"],
            store=self._converter_store_y,
            store_behaviour="freeze",
        )
        return self._residuals_at_times(frame, X) if panel.instances is None else frame

    def _residuals_at_times(self, y, X):
        """Residuals as sktime has them, which after a relative horizon would count by the index."""
        fh = vars(self)["_fh"]
        self._fh: Any = None
        try:
            return super().predict_residuals(y, X)
        finally:
            self._fh = fh

    def simulate(self, n_periods, *, n_simulations=100, X=None, random_state=None) -> pd.DataFrame:
        """Futures drawn from the model, or from the models of the combination by their weights.

        Parameters
        ----------
        n_periods : int
            Steps after the end of each series.
        n_simulations : int, default=100
            Futures of each series.
        X : frame, default=None
            Exogenous columns of those steps, where the model has any.
        random_state : int, RandomState instance or None, default=None
            None goes by the forecaster's own, drawn once by `fit`: the same call then gives the
            same futures. To draw others, give another integer each time, such as 1, 2 and so on.

        Returns
        -------
        DataFrame
            A row for each time, a column for each future; several columns of y stand above them.
        """
        self.check_is_fitted()
        _options.check_integer("n_periods", n_periods, 1)
        _options.check_integer("n_simulations", n_simulations, 1)
        require_memory(
            8 * self._panel.n_series * int(n_periods) * int(n_simulations),
            f"{n_simulations} futures of {n_periods} periods",
            "lower n_simulations or n_periods",
        )
        fh = ForecastingHorizon(np.arange(1, int(n_periods) + 1), is_relative=True)
        _, index, shift = self._asked(fh, self._check_X(X))
        seed = self._seed if random_state is None else _options.seed(random_state)
        panel, n = self._panel, int(n_simulations)
        drawn = _kept.simulate(self._models, panel, int(n_periods), n, seed, shift)
        futures = _labels.frame(panel, drawn, index, range(n))
        return futures if len(panel.columns) > 1 else futures.droplevel(0, axis=1)

    def refit(self, y) -> Self:
        """A new forecaster with this one's models and smoothing parameters, fitted to other data.

        Initial states are estimated anew; nothing else is. This one must hold a single series.

        Parameters
        ----------
        y : series or panel
            Without exogenous columns.

        Returns
        -------
        ETSForecaster
        """
        self.check_is_fitted()
        if self._panel.n_series > 1 or self._panel.regressors or self.bagging is not None:
            raise ValueError(
                "refit takes the models of one series without X and without bagging; fit one of "
                "them."
            )
        other = self.clone()
        _, inner = other._check_X_y(y=y)
        other._update_y_X(inner)
        other.sp_, other._seed = self.sp_, self._seed
        other._index_names = inner.index.names
        other._panel = _series.read(inner)
        models = _kept.whole(self._models, self._panel)
        other._models = _kept.apply(models, other._panel, other._read_options(other._panel))
        other._is_vectorized = False
        other._state = "fitted"
        return other

    @classmethod
    def get_test_params(cls, parameter_set="default") -> list[dict]:
        """Parameters that sktime's checks construct the forecaster with.

        Parameters
        ----------
        parameter_set : str, default="default"
            There is one set of them.

        Returns
        -------
        list of dict
        """
        return [
            {},
            {"error": "add", "trend": "add", "damped_trend": False, "seasonal": "add", "sp": 2},
            {"search": "select", "sp": "auto", "nonnegative": True, "boxcox": 0.5},
        ]
