"""Forecasters that take part in `bench_forecasting.py`, ours and those of others.

Each is a function of a task (season, horizon, window); one whose library is absent is left out.
"""

from __future__ import annotations

import os
from functools import partial

from sklearn.base import BaseEstimator, RegressorMixin

NAIVE = "naive, of a season ago"


def naive(task):
    """The value of a season ago."""
    from sktime.forecasting.naive import NaiveForecaster

    return NaiveForecaster(strategy="last", sp=task.sp)


def arima(task):
    """AutoARIMA of statsforecast, seasonal where there is a season."""
    from sktime.forecasting.statsforecast import StatsForecastAutoARIMA

    return StatsForecastAutoARIMA(sp=task.sp)


def stl(task):
    """STL whose trend goes on by AutoETS, or that alone where there is no season."""
    from sktime.forecasting.statsforecast import StatsForecastAutoETS
    from sktime.forecasting.trend import STLForecaster

    smoothing = StatsForecastAutoETS(season_length=1)
    return STLForecaster(sp=task.sp, forecaster_trend=smoothing) if task.sp > 1 else smoothing


def prophet(task):
    """Prophet with its defaults."""
    from sktime.forecasting.fbprophet import Prophet

    return Prophet(verbose=0)


def reduced(estimator, task, strategy):
    """A regressor on windows of the standardised differences to the season before."""
    from sklearn.preprocessing import StandardScaler
    from sktime.forecasting.compose import TransformedTargetForecaster, make_reduction
    from sktime.transformations.series.adapt import TabularToSeriesAdaptor
    from sktime.transformations.series.difference import Differencer

    return TransformedTargetForecaster(
        [
            ("difference", Differencer(lags=task.sp)),
            ("scale", TabularToSeriesAdaptor(StandardScaler())),
            ("forecast", make_reduction(estimator, strategy, window_length=task.window)),
        ]
    )


def lightgbm(task):
    """LightGBM, one model a step of the horizon."""
    from lightgbm import LGBMRegressor

    return reduced(LGBMRegressor(n_jobs=1, verbosity=-1, random_state=0), task, "direct")


def xgboost(task):
    """XGBoost, one model a step of the horizon."""
    from xgboost import XGBRegressor

    return reduced(XGBRegressor(n_jobs=1, random_state=0), task, "direct")


class KerasNetwork(RegressorMixin, BaseEstimator):
    """A recurrent layer of 32 units and a linear one for all steps, as Keras' guides write them.

    Parameters
    ----------
    layer : str
        A class of `keras.layers`.
    """

    def __init__(self, layer="LSTM"):
        self.layer = layer

    def fit(self, X, y):
        """Learn the steps y (n, horizon) that follow the windows X (n, window)."""
        import keras

        keras.utils.set_random_seed(0)
        layers = [getattr(keras.layers, self.layer)(32), keras.layers.Dense(y.shape[1])]
        self.model_ = keras.Sequential([keras.Input((X.shape[1], 1)), *layers])
        self.model_.compile(optimizer="adam", loss="mse")
        self.model_.fit(X[..., None], y, epochs=50, batch_size=32, verbose=0)
        return self

    def predict(self, X):
        """Forecast all steps."""
        return self.model_.predict(X[..., None], verbose=0)


def keras_layer(task, layer):
    """A Keras network on the windows."""
    os.environ.setdefault("KERAS_BACKEND", "jax")  # as skgru does
    return reduced(KerasNetwork(layer), task, "multioutput")


def gru_reduced(task):
    """Our regressor on the windows that the Keras networks get."""
    from skgru.sktime import GRURegressor

    return reduced(GRURegressor(random_state=0), task, "multioutput")


def gru(task):
    """Our forecaster."""
    from skgru.sktime import GRUForecaster

    return GRUForecaster(random_state=0)


def ets(task):
    """Our exponential smoothing."""
    from skgru import ETSForecaster

    return ETSForecaster(sp=task.sp)


MODELS = {
    "skgru ETSForecaster": ets,
    "skgru GRUForecaster": gru,
    "skgru GRURegressor by reduction": gru_reduced,
    "Keras LSTM by reduction": partial(keras_layer, layer="LSTM"),
    "Keras RNN by reduction": partial(keras_layer, layer="SimpleRNN"),
    "LightGBM by reduction": lightgbm,
    "XGBoost by reduction": xgboost,
    "Prophet": prophet,
    "AutoARIMA": arima,
    "STL + AutoETS": stl,
    NAIVE: naive,
}
