"""GRUForecaster: a global forecasting model as an sktime estimator."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skgru.gru._progress import Progress
from skgru.sktime import _automatic, _global, _quantiles, _timeline
from skgru.sktime._residual import Recipe

SAMPLES = 99  # equally likely values of a predictive distribution
MTYPES = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]


class GRUForecaster(BaseForecaster):
    """DOCSTRING."""

    _tags = {  # noqa: RUF012  sktime's way
        "authors": ["The skgru developers"],
        "maintainers": ["The skgru developers"],
        "python_version": ">=3.11",
        "y_inner_mtype": MTYPES,
        "X_inner_mtype": MTYPES,
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:missing_values": True,
        "capability:categorical_in_X": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:update": True,
        "capability:pretrain": True,
        "capability:random_state": True,
        "capability:unequal_length": True,
        "pretrain:fitted_params": ["pretrained_model_"],
        "property:randomness": "derandomized",
        "requires-fh-in-fit": False,
        "X-y-must-have-same-index": False,
    }
    _config = {"remember_data": False}  # noqa: RUF012  own memory, see `_remember`

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
        random_state=None,
        verbose=0,
    ):
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
        self.random_state = random_state
        self.verbose = verbose
        super().__init__()

    # ------------------------------------------------------------------ learning

    def _fit(self, y, X, fh):
        """Learn from one series or all of a panel, or take over what `pretrain` has learnt."""
        pretrained = getattr(self, "pretrained_model_", None)
        self._seen_y = self._seen_X = None
        if pretrained is None:
            self._axis = _timeline.draw(_timeline.times(y), self._freq())
            self._scaling = _timeline.learn_scaling(X)
            self._remember(y, X)
            self.model_ = self._learn(self._read(0), fh)
        else:
            self._remember(y, X)
            self.model_ = _global.move(pretrained, self._read(0).series)
        return self

    def _update(self, y, X=None, update_params=True):
        """Take in later values, and train on with them if asked to."""
        self._remember(y, X)
        if update_params:
            self.model_ = self._learn(self._read(0), None, self.model_)
        return self

    def _pretrain(self, y, X=None, fh=None):
        """Learn from many series, for forecasts of others."""
        self._axis = _timeline.draw(_timeline.times(y))
        self._scaling = _timeline.learn_scaling(X)
        panel = _timeline.read(y, X, self._axis, 0, self._scaling)
        self.pretrained_model_ = self._learn(panel, fh)
        return self

    def _pretrain_update(self, y, X=None, fh=None):
        """Train on with further series."""
        before = getattr(self, "pretrained_model_", None)
        if before is None:
            return self._pretrain(y, X, fh)
        panel = _timeline.read(y, X, self._axis, 0, self._scaling)
        self.pretrained_model_ = self._learn(panel, fh, before)
        return self

    def _learn(self, panel, fh, before=None) -> _global.GlobalModel:
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        setting = self._setting(panel, fh, before)
        return _global.fit(panel.series, setting, seed, self._report(setting), before)

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
        n_windows = min(int(np.maximum(lengths - horizon, 1).sum()), _global.ROWS)
        recipe = Recipe(
            units=tuple(int(u) for u in np.atleast_1d(self.units)),
            embedding_units=int(self.embedding_units or 0),
            token_length=token,
            epochs=_automatic.epochs(self.epochs, n_windows, self.batch_size),
            batch_size=int(self.batch_size),
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

            return after_epoch, progress.close

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
        self._seen_y = _join(self._seen_y, y)
        self._seen_X = _join(self._seen_X, X)

    def _read(self, n_ahead: int, X=None) -> _timeline.Panel:
        told = _join(self._seen_X, X) if self._scaling is not None else None
        return _timeline.read(self._seen_y, told, self._axis, n_ahead, self._scaling)

    # ------------------------------------------------------------------ forecasts

    def _forecast(self, fh, X) -> tuple[pd.Index, np.ndarray]:
        """Index of the forecast, and quantiles (n_rows, n_columns, n_levels)."""
        relative = self._steps(fh)
        panel = self._read(0)
        late = panel.ends.max() - panel.ends
        n_steps = int(relative.max() + late.max())
        panel = self._read(n_steps, X)
        found = _global.forecast(self.model_, panel.series, n_steps)
        columns = self._seen_y.shape[1]
        steps = (late[:, None] + relative - 1)[:, :, None]
        rows = np.take_along_axis(found, steps, axis=1)  # (series, fh, levels)
        rows = rows.reshape(len(panel.keys), columns, len(relative), -1).transpose(0, 2, 1, 3)
        return self._index(fh, panel), rows.reshape(-1, columns, rows.shape[-1])

    def _steps(self, fh: ForecastingHorizon) -> np.ndarray:
        """The horizon counted from the end of the data."""
        if not fh.is_relative and fh.freq is None and self._axis.offset is not None:
            last = self._axis.ticks(self._cutoff)[0]
            return self._axis.ticks(pd.DatetimeIndex(fh.to_pandas())) - last
        relative = fh if fh.is_relative else fh.to_relative(self.cutoff)
        steps = relative.to_pandas()
        if not pd.api.types.is_integer_dtype(steps.dtype):
            steps = fh.to_absolute(self.cutoff).to_relative(self.cutoff).to_pandas()
        return np.asarray(steps).astype(int)

    def _times(self, fh: ForecastingHorizon) -> pd.Index:
        """The horizon as times; where sktime knows no frequency, by that of the data."""
        lost = isinstance(self._cutoff, pd.DatetimeIndex) and fh.freq is None
        if lost and fh.is_relative and self._axis.offset is not None:
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

    @classmethod
    def get_test_params(cls, parameter_set="default"):
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
