"""
STL and exponential smoothing
=============================

A season that changes slowly: STL takes it out, `ETSForecaster` goes on with what is left, and the
last season is put back. Beside it, smoothing that has the season in its own model.
Needs the extra: ``pip install 'skgru[benchmarks]'``.
"""

# %%
# Airline passengers, two years ahead
# -----------------------------------
#
# Logarithms turn a season that grows with the level into one that is added.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import YearLocator
from sktime.datasets import load_airline
from sktime.forecasting.trend import STLForecaster

from skgru import ETSForecaster

y = load_airline()
train, test = y[:-24], y[-24:]

rest = ETSForecaster(sp=1)
forecasters = {
    "STL + ETS": STLForecaster(sp=12, forecaster_trend=rest, forecaster_resid=rest),
    "ETS with the season": ETSForecaster(sp=12),
}
forecasts = {
    name: np.exp(forecaster.fit(np.log(train), fh=range(1, 25)).predict())
    for name, forecaster in forecasters.items()
}
forecasts["the year before"] = pd.Series([*train[-12:], *train[-12:]], test.index)
for name, forecast in forecasts.items():
    print(f"{name:20s} mean absolute error {abs(forecast - test).mean():.1f} thousand")

# %%
# What STL sees, and what comes of it
# -----------------------------------

stl = forecasters["STL + ETS"]
figure, axes = plt.subplot_mosaic([["trend", "season"], ["all", "all"]], figsize=(8, 5.4))
figure.set_layout_engine("constrained")
left, right, bottom = axes.values()
for ax, name, part in (
    (left, "trend", np.exp(stl.trend_)),
    (right, "season, times the trend", np.exp(stl.seasonal_)),
):
    ax.plot(part.index.to_timestamp(), part)
    ax.xaxis.set_major_locator(YearLocator(3))
    ax.set_title(name, loc="left", fontsize=10)
recent = y[-48:]
bottom.plot(recent.index.to_timestamp(), recent, color="black", linewidth=2, label="what happened")
for name, forecast in forecasts.items():
    bottom.plot(test.index.to_timestamp(), forecast, linewidth=1.4, label=name)
bottom.set_ylabel("thousands a month")
bottom.legend(ncols=2, frameon=False)
for ax in axes.values():
    ax.spines[["top", "right"]].set_visible(False)
