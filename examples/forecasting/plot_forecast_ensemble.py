"""
ARIMA, Prophet and exponential smoothing in an ensemble
=======================================================

Nobody knows beforehand which forecast will be best; their mean is rarely bad. sktime's
`EnsembleForecaster` takes it, and `ETSForecaster` is one of them like any other.
Needs the extra: ``pip install 'skgru[benchmarks]'``.
"""

# %%
import logging

import matplotlib.pyplot as plt
from sktime.datasets import load_airline
from sktime.forecasting.compose import EnsembleForecaster
from sktime.forecasting.fbprophet import Prophet
from sktime.forecasting.statsforecast import StatsForecastAutoARIMA

from skgru import ETSForecaster

logging.getLogger("cmdstanpy").setLevel(logging.ERROR)

y = load_airline()
train, test = y[:-24], y[-24:]
members = {
    "exponential smoothing": ETSForecaster(sp=12),
    "ARIMA": StatsForecastAutoARIMA(sp=12),
    "Prophet": Prophet(seasonality_mode="multiplicative"),
}
ensemble = EnsembleForecaster(list(members.items()))

# %%
# Two years of airline passengers
# -------------------------------

forecasts = {
    name: member.clone().fit(train, fh=range(1, 25)).predict()
    for name, member in {**members, "mean of the three": ensemble}.items()
}
figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
recent = y[-48:]
ax.plot(recent.index.to_timestamp(), recent, color="black", linewidth=2, label="what happened")
styles = [("tab:blue", 1), ("tab:olive", 1), ("tab:purple", 1), ("tab:orange", 2.2)]
for (name, forecast), (colour, width) in zip(forecasts.items(), styles, strict=True):
    error = (abs(forecast - test) / test).mean()
    print(f"{name:24s} mean absolute error {error:.1%}")
    label = f"{name} ({error:.1%})"
    ax.plot(forecast.index.to_timestamp(), forecast, color=colour, linewidth=width, label=label)
ax.set(ylabel="thousand passengers a month")
ax.legend(frameon=False, loc="upper left")
ax.spines[["top", "right"]].set_visible(False)
