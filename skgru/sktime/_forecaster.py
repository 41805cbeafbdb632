"""GRUForecaster: a global forecasting model as an sktime estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skgru._blas_threads import one_thread
from skgru._memory import require_memory
from skgru._origin import ORIGIN
from skgru._time_limit import TimeLimit
from skgru.gru import _parameters
from skgru.gru._progress import Progress
from skgru.sktime import _automatic, _global, _quantiles, _timeline
from skgru.sktime._residual import Recipe

SAMPLES = 99  # equally likely values of a predictive distribution
MTYPES = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]


class GRUForecaster(BaseForecaster):
    """Forecast one series, or all of a panel together, with a gated recurrent network.

    One model is learnt from all series given to `fit`, a global one: a linear forecast from the
    window before, and a GRU for what that leaves. Each window is read on its own scale, so that
    trends, and series of any size, are alike. All steps up to the horizon are forecast at once, as
    quantiles; the point forecast is the median. Quantiles are made as wide as the errors on the
    last windows of the series, held out of training, ask for.

    Parameters
    ----------
    horizon : int or None, default=None
        Steps that are forecast at once. None takes the longest step of the `fh` given to `fit`, and
        one or two seasons if there is none. A longer `fh` in `predict` reads the model's own
        medians on from there.
    window_length : int or "auto", default="auto"
        Steps that a forecast looks back: ``"auto"`` is two weeks of hourly data, three years of
        months, and in general at least three horizons, but at most half of a series, and at most
        a season where all series together have fewer than ten values to a step.
    sp : int or "auto", default="auto"
        Seasonal period: of the index's frequency, or else of the autocorrelation.
    logarithm : bool or "auto", default="auto"
        Whether to read the logarithm of `y`. ``"auto"`` does where all values are positive and
        the forecasts of held-out windows are no worse for it.
    n_estimators : int, default=1
        Networks trained from different first weights; their quantiles are averaged.
    units : int or tuple of int, default=64
        Size of each GRU layer.
    embedding_units : int or None, default=64
        Size of the dense layer before them; None leaves it out.
    dropout : float in [0, 1), default=0.1
        Share of values dropped during training.
    weight_decay : float, default=0.01
        Decay of the weights.
    epochs : int or "auto", default="auto"
        Passes over the training windows at the most; ``"auto"`` makes about 1500 updates.
    batch_size : int, default=64
        Windows to an update.
    learning_rate : float, default=0.002
        First step size of Adam; it falls to zero over the fit.
    n_iter_no_change : int, default=5
        Epochs without a better score on the held-out windows that end the training. The best
        weights are kept.
    engine : {"auto", "numba", "keras"}, default="auto"
        What trains.
    max_time : float or None, default=None
        Seconds that learning may take, in each call of `fit`, `update` or `pretrain`, all networks
        together. Each network gets an update at least, and its learning rate goes to zero.
    random_state : int, RandomState instance or None, default=None
        The only source of randomness.
    verbose : int, default=0
        1 shows the progress of the training, 2 prints a line an epoch.

    Attributes
    ----------
    model_ : record
        The fitted model: ``model_.shape`` (window, horizon, logarithm), ``model_.highway`` (the
        linear part), ``model_.networks``, ``model_.loss_curve``, ``model_.validation_score_curve``
        (minus the pinball loss on held-out windows), ``model_.stop_reason`` (why training ended:
        ``"epochs"``, ``"early_stopping"``, ``"max_time"`` or ``"interrupted"``).
    loss_curve_ : list of float
        Pinball loss of each epoch of the last training, on scaled values; of the first network.
    n_iter_ : int
        Epochs of the last training; of the first network.
    stop_reason_ : str
        Why training ended, as ``model_.stop_reason``.
    pretrained_model_, pretrained_scaling_
        What `pretrain` has learnt; then `fit` trains no network.

    See Also
    --------
    skgru.sktime.GRURegressor : Windows of your own making, through ``make_reduction``.

    Notes
    -----
    **Panels and hierarchies** are learnt as one, whatever their scales and lengths, and so are
    the columns of a multivariate `y`. Where that does better on held-out windows, each series gets
    a correction of the linear part from its own windows.

    **X** is known ahead: `predict` needs a row of it for every time of `fh`, for series that end
    early from their own end on, and refuses to do without with a ValueError. Steps in between that
    it does not tell go on as the last one. Columns that are constant per instance are read as what
    distinguishes the series.

    **Missing values** of `y` and `X` are bridged where they are read, and have no part in the loss.

    **Short series** get a forecast too: from few values the last ones are repeated.

    **update** with ``update_params=False`` only moves the point from which forecasts start; with
    True it trains on, at half the learning rate, over all data seen. With values of earlier times
    it goes back to the last of them; times before the first one seen are refused with a ValueError.

    **pretrain**, on a panel, learns networks for other series: `fit` then takes the new series in
    without training, except for their corrections of the linear part. Give `pretrain` the `fh` or
    set `horizon`. Calling it again trains on.

    **In-sample forecasts**, those of an `fh` of 0 and less, are one step ahead of what came before,
    for all times that a whole window precedes; earlier ones are refused with a ValueError. What the
    model was fitted on is forecast better than what is to come, so there are no in-sample
    intervals. After `update` with ``update_params=False``, the later times are unseen ones.

    Interrupting the training keeps what was reached.

    References
    ----------
    Salinas et al. (2020), DeepAR, International Journal of Forecasting 36 (global models);
    Montero-Manso & Hyndman (2021), International Journal of Forecasting 37 (long linear memories);
    Koenker & Bassett (1978), Econometrica 46 (the pinball loss);
    Romano, Patterson & Candes (2019), NeurIPS (calibrated quantiles).

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skgru.sktime import GRUForecaster
    >>> y = load_airline()
    >>> forecaster = GRUForecaster(random_state=0).fit(y[:-12], fh=range(1, 13))
    >>> error = (forecaster.predict() - y[-12:]).abs().mean()
    >>> seasonal_naive = abs(y[-12:] - y[-24:-12].to_numpy()).mean()
    >>> bool(error < seasonal_naive)
    True
    >>> forecaster.predict_interval(coverage=0.9).shape
    (12, 2)
    """

    _tags = {  # noqa: RUF012  sktime's way
        **ORIGIN,
        "y_inner_mtype": MTYPES,
        "X_inner_mtype": MTYPES,
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:missing_values": True,
        "capability:categorical_in_X": False,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:update": True,
        "capability:pretrain": True,
        "capability:random_state": True,
        "capability:unequal_length": True,
        "pretrain:fitted_params": ["pretrained_model_", "pretrained_scaling_"],
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
        "X-y-must-have-same-index": False,
    }
    _config = {"remember_data": False}  # noqa: RUF012  own memory, see `_remember`
    _y = _X = None  # where sktime looks for data that it was told to remember

    def __init__(
        self,
        horizon=None,
        *,
        window_length="auto",
        sp="auto",
        logarithm="auto",
        n_estimators=1,
        units=64,
        embedding_units=64,
        dropout=0.1,
        weight_decay=0.01,
        epochs="auto",
        batch_size=64,
        learning_rate=0.002,
        n_iter_no_change=5,
        engine="auto",
        max_time=None,
        random_state=None,
        verbose=0,
    ) -> None:
        self.horizon = horizon
        self.window_length = window_length
        self.sp = sp
        self.logarithm = logarithm
        self.n_estimators = n_estimators
        self.units = units
        self.embedding_units = embedding_units
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_iter_no_change = n_iter_no_change
        self.engine = engine
        self.max_time = max_time
        self.random_state = random_state
        self.verbose = verbose
        super().__init__()

    @property
    def loss_curve_(self) -> list[float]:
        """Loss of each epoch of the last training."""
        return self.model_.loss_curve

    @property
    def n_iter_(self) -> int:
        """Epochs of the last training."""
        return len(self.model_.loss_curve)

    @property
    def stop_reason_(self) -> str:
        """Why the last training ended."""
        return self.model_.stop_reason

    # ------------------------------------------------------------------ learning

    def _fit(self, y, X, fh):
        """Learn from one series or all of a panel, or take over what `pretrain` has learnt."""
        pretrained = getattr(self, "pretrained_model_", None)
        self._seen_y, self._seen_X = y, X
        self._axis = _timeline.draw(_timeline.times(y), self._freq())
        self._scaling = self.pretrained_scaling_ if pretrained else _timeline.learn_scaling(X)
        panel = self._read(0)
        if pretrained is None:
            self.model_ = self._learn(panel, fh)
        else:
            _global.check_known(pretrained, panel.series)
            self.model_ = _global.move(pretrained, panel.series)
        return self

    def _update(self, y, X=None, update_params=True):
        """Take in later values, and train on with them if asked to."""
        before = self._seen_y, self._seen_X
        try:
            self._remember(y, X)
            panel = self._read(0)
            if update_params:
                self.model_ = self._learn(panel, None, self.model_)
        except BaseException:
            self._seen_y, self._seen_X = before
            self._set_cutoff_from_y(self._seen_y)
            raise
        return self

    def _pretrain(self, y, X=None, fh=None):
        """Learn from many series, for forecasts of others."""
        self.pretrained_scaling_ = _timeline.learn_scaling(X)
        self._pretrain_on(y, X, fh, None)
        return self

    def _pretrain_update(self, y, X=None, fh=None):
        """Train on with further series."""
        before = getattr(self, "pretrained_model_", None)
        if before is None:
            return self._pretrain(y, X, fh)
        self._pretrain_on(y, X, fh, before)
        return self

    def _pretrain_on(self, y, X, fh, before) -> None:
        self._axis, self._scaling = _timeline.draw(_timeline.times(y)), self.pretrained_scaling_
        panel = _timeline.read(y, X, self._axis, 0, self._scaling)
        if before is not None:
            _global.check_known(before, panel.series)
        self.pretrained_model_ = self._learn(panel, fh, before)

    def _learn(self, panel, fh, before=None) -> _global.GlobalModel:
        _parameters.apply(_automatic.RULES, self)
        limit = TimeLimit(self.max_time)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        setting = self._setting(panel, fh, before)
        with one_thread:  # dozens of small systems are solved
            return _global.fit(panel.series, setting, seed, self._report(setting), before, limit)

    def _setting(self, panel, fh, before) -> _global.Setting:
        """Parameters, with what ``"auto"`` stands for."""
        lengths = np.array([len(s.values) for s in panel.series])
        period = _automatic.period(self.sp, self._axis, panel.series)
        if before is None:
            horizon = _automatic.horizon(self.horizon, self._longest(fh, panel), period)
            context = _automatic.context(self.window_length, horizon, period, lengths)
            token = _automatic.token_length(context, period)
        else:
            context, horizon, _ = before.shape
            token = before.token_length
        require_memory(
            8 * len(lengths) * (context + horizon),
            f"A window of {context} steps and {horizon} ahead for each series",
            "lower window_length, horizon or the longest step of fh",
        )
        n_windows = min(int(np.maximum(lengths - horizon, 1).sum()), _global.ROWS)
        recipe = Recipe(
            units=tuple(int(u) for u in np.atleast_1d(self.units)),
            embedding_units=int(self.embedding_units or 0),
            token_length=token,
            epochs=_automatic.epochs(self.epochs, n_windows, self.batch_size),
            batch_size=min(int(self.batch_size), int(lengths.sum())),
            learning_rate=float(self.learning_rate) * (1 if before is None else 0.5),
            dropout=float(self.dropout),
            weight_decay=float(self.weight_decay),
            n_iter_no_change=int(self.n_iter_no_change),
            engine=self.engine,
        )
        logarithm = None if isinstance(self.logarithm, str) else bool(self.logarithm)
        n_linear = 0 if self._scaling is None else len(self._scaling[0])
        return _global.Setting(
            context,
            horizon,
            period if period <= context else 1,
            logarithm,
            n_linear,
            int(self.n_estimators),
            recipe,
        )

    def _report(self, setting: _global.Setting):
        """What shows the progress of each network."""

        def report(member: int):
            of = f" {member + 1} of {setting.n_members}" if setting.n_members > 1 else ""
            progress = Progress(f"{type(self).__name__}{of}", setting.recipe.epochs, self.verbose)

            def after_epoch(epoch, history) -> bool:
                score = history.validation_score[-1] if history.validation_score else None
                progress.show(epoch, history.loss[-1], score)
                return False

            def finish(history) -> None:
                progress.end(len(history.loss), history.stop_reason)
                progress.close()

            return after_epoch, finish

        return report

    def _longest(self, fh, panel) -> int | None:
        """Steps of the horizon, counted from the series that ends first."""
        if fh is None:
            return None
        if self.horizon is not None:
            return int(self.horizon)
        return int(self._steps(fh).max())

    # ------------------------------------------------------------------ memory

    def _freq(self):
        return getattr(self._cutoff, "freq", None)

    def _remember(self, y: pd.DataFrame, X: pd.DataFrame | None) -> None:
        """Keep what a forecast starts from; later values for the same times replace earlier."""
        if y.shape[1] != self._seen_y.shape[1]:
            raise ValueError(
                f"update needs the {self._seen_y.shape[1]} columns of fit; y has {y.shape[1]}."
            )
        _timeline.refuse_repeated(y)
        _timeline.refuse_others(y, self._seen_y)
        _timeline.refuse_earlier(y, self._seen_y)
        self._seen_y = _timeline.until(_join(self._seen_y, y), y)
        if self._scaling is not None:
            self._seen_X = _join(self._seen_X, self._told(X))

    def _told(self, X: pd.DataFrame | None) -> pd.DataFrame | None:
        """What came beside y, checked."""
        if X is None:
            return None
        if set(X.columns) != set(self._seen_X.columns):
            raise ValueError(
                f"X needs the columns of fit, {list(self._seen_X.columns)}; got {list(X.columns)}."
            )
        _timeline.refuse_infinite(X)
        _timeline.refuse_others(X, self._seen_y)
        return X[self._seen_X.columns]

    def _read(self, n_ahead: int, X=None, asked=()) -> _timeline.Panel:
        told = _join(self._seen_X, self._told(X)) if self._scaling is not None else None
        return _timeline.read(self._seen_y, told, self._axis, n_ahead, self._scaling, asked)

    # ------------------------------------------------------------------ forecasts

    def _forecast(self, fh, X) -> tuple[pd.Index, np.ndarray]:
        """Index of the forecast, and quantiles (n_rows, n_columns, n_levels)."""
        relative = self._steps(fh)
        ends = self._read(0).ends
        ahead = (ends.max() - ends)[:, None] + relative  # (series, fh), from each one's own end
        n_steps = max(int(ahead.max()), 0)
        require_memory(
            8 * len(ends) * n_steps * len(_quantiles.LEVELS),
            f"A forecast of {n_steps} steps",
            "lower the longest step of fh",
        )
        whole = -(-n_steps // self.model_.shape.horizon) * self.model_.shape.horizon
        asked = ends.max() + relative
        panel = self._read(
            whole, X, asked
        )  # a step's forecast is the same whatever else is asked for
        found = _global.forecast(self.model_, panel.series, max(n_steps, 1))
        if not np.isfinite(found).all():
            raise ValueError(
                "A forecast overflows. Divide y by its size, or ask for a shorter horizon."
            )
        rows = np.take_along_axis(found, np.maximum(ahead - 1, 0)[:, :, None], axis=1)
        if (ahead <= 0).any():
            rows[ahead <= 0] = self._fitted_values(panel.series, ahead)
        columns = self._seen_y.shape[1]
        rows = rows.reshape(len(panel.keys), columns, len(relative), -1).transpose(0, 2, 1, 3)
        return self._index(fh, panel), rows.reshape(-1, columns, rows.shape[-1])

    def _fitted_values(self, series, ahead: np.ndarray) -> np.ndarray:
        """Forecasts, one step ahead, of times that are in the data: (n_times, n_levels)."""
        lengths = np.array([len(s.values) for s in series])
        cutoffs = lengths[:, None] + ahead - 1
        past = ahead <= 0
        context = self.model_.shape.context
        missing = context - int(cutoffs[past].min())
        if missing > 0:
            raise ValueError(
                f"In-sample forecasts look back {context} values (window_length): the first time "
                f"asked for in fh comes {missing} steps too early. Ask for later times, or set a "
                "shorter window_length."
            )
        return _global.one_step(self.model_, series, [c[p] for c, p in zip(cutoffs, past)])

    def _steps(self, fh: ForecastingHorizon) -> np.ndarray:
        """The horizon counted from the end of the data."""
        if not fh.is_relative:
            times = fh.to_pandas()
            self._axis.refuse_others(times, self._cutoff)
            return self._axis.ticks(times) - self._axis.ticks(self._cutoff)[0]
        steps = fh.to_pandas()
        if not pd.api.types.is_integer_dtype(steps.dtype):
            steps = fh.to_absolute(self.cutoff).to_relative(self.cutoff).to_pandas()
        return np.asarray(steps).astype(int)

    def _times(self, fh: ForecastingHorizon) -> pd.Index:
        """The horizon as times; where sktime knows no frequency, by that of the data."""
        lost = isinstance(self._cutoff, pd.DatetimeIndex) and fh.freq is None
        if lost and fh.is_relative:
            return self._axis.after(self._cutoff, self._steps(fh))
        return fh.to_absolute_index(self.cutoff)

    def _index(self, fh: ForecastingHorizon, panel: _timeline.Panel) -> pd.Index:
        """The horizon's times, under each instance's key."""
        times = self._times(fh)
        if self._seen_y.index.nlevels == 1:
            return times
        rows = [(*key, time) for key in panel.keys for time in times]
        return pd.MultiIndex.from_tuples(rows, names=self._seen_y.index.names)

    def _predict(self, fh, X):
        """Medians."""
        index, found = self._forecast(fh, X)
        median = found[..., _quantiles.MEDIAN]
        return pd.DataFrame(median, index=index, columns=self._seen_y.columns)

    def _predict_quantiles(self, fh, X, alpha):
        """Quantiles at levels `alpha`."""
        index, found = self._forecast(fh, X)
        values = _quantiles.interpolate(found, alpha).reshape(len(index), -1)
        columns = pd.MultiIndex.from_product([self._get_varnames(), alpha])
        return pd.DataFrame(values, index=index, columns=columns)

    def _predict_var(self, fh, X=None, cov=False):
        """Variance of equally likely values of the predictive distribution."""
        index, found = self._forecast(fh, X)
        values = _quantiles.interpolate(found, _quantiles.grid(SAMPLES)).var(axis=-1)
        return pd.DataFrame(values, index=index, columns=self._get_varnames())

    def _predict_proba(self, fh, X, marginal=True):
        """Equally likely values for a single series; for a panel the normal distribution."""
        try:
            from skpro.distributions.empirical import Empirical
        except ImportError:
            Empirical = None
        if Empirical is None or self._seen_y.index.nlevels > 1:
            return super()._predict_proba(fh=fh, X=X, marginal=marginal)
        index, found = self._forecast(fh, X)
        values = _quantiles.interpolate(found, _quantiles.grid(SAMPLES))
        rows = pd.MultiIndex.from_product([range(SAMPLES), index])
        columns = pd.Index(self._get_varnames())
        sample = np.moveaxis(values, -1, 0).reshape(-1, len(columns))
        frame = pd.DataFrame(sample, index=rows, columns=columns)
        return Empirical(frame, time_indep=False, index=index, columns=columns)

    def predict_residuals(self, y=None, X=None) -> Any:
        """Differences between values and their forecasts; within the series seen, one step ahead.

        Parameters
        ----------
        y : series, default=None
            Values, at times of forecasts. None is what `fit` and `update` have seen, of each series
            from the first time on that a whole window precedes; it alone may be a panel.
        X : frame, default=None
            Exogenous columns at the times of `y`, where the model has any.

        Returns
        -------
        y_res : of the type of `y`
            NaN where the value is missing.

        Raises
        ------
        ValueError
            If no series is longer than the window.
        """
        self.check_is_fitted()
        if y is not None:
            return super().predict_residuals(y, X)
        return convert_to(
            self._residuals(),
            self._y_metadata["mtype"],
            store=self._converter_store_y,
            store_behaviour="freeze",
        )

    def _residuals(self) -> pd.DataFrame:
        """Values seen less their forecasts, at the times that a whole window precedes."""
        panel, context = self._read(0), self.model_.shape.context
        lengths = [len(s.values) for s in panel.series]
        if max(lengths) <= context:
            raise ValueError(
                f"Residuals need more values than the {context} of a window (window_length); the "
                f"longest series has {max(lengths)}. Set a shorter window_length."
            )
        cutoffs = [np.arange(context, n) for n in lengths]
        found = _global.one_step(self.model_, panel.series, cutoffs)[:, _quantiles.MEDIAN]
        parts = np.split(found, np.cumsum([len(c) for c in cutoffs])[:-1])
        late = [s.values[context:] - part for s, part in zip(panel.series, parts)]
        return _timeline.beside(self._seen_y, self._axis, late)

    @classmethod
    def get_test_params(cls, parameter_set="default") -> list[dict]:
        """Small settings for sktime's checks.

        Parameters
        ----------
        parameter_set : str, default="default"
            There is one set.

        Returns
        -------
        list of dict
            Parameters of test instances.
        """
        small = {"units": 2, "embedding_units": 4, "epochs": 1, "random_state": 0}
        return [
            small,
            {**small, "horizon": 3, "window_length": 5, "sp": 1, "n_estimators": 2},
        ]


def _join(before: pd.DataFrame | None, after: pd.DataFrame | None) -> pd.DataFrame | None:
    """Both frames, the later values where they overlap."""
    if before is None or after is None:
        return before if after is None else after
    kept = before.loc[~before.index.isin(after.index)]
    return pd.concat([kept, after]).sort_index()
