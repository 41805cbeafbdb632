"""
A GRU that says how sure it is
==============================

`skgru.sktime.GRUForecaster` takes a series and a horizon. What it finds out by itself: the season,
how far to look back, whether to read logarithms, and how wide its intervals must be.
"""

# %%
# Airline passengers
# ------------------
# Two years are kept back. The shaded bands should hold half of all values, and 95 of 100.

import matplotlib.pyplot as plt
import numpy as np
from sktime.datasets import load_airline, load_solar

from skgru.sktime import GRUForecaster


def draw(ax, y, forecaster, horizon, shown):
    fit_on, future = y[:-horizon], y[-horizon:]
    forecaster.fit(fit_on, fh=range(1, horizon + 1))
    forecast = forecaster.predict()
    bands = forecaster.predict_interval(coverage=[0.5, 0.95])
    name = bands.columns[0][0]
    stamps = y.index.to_timestamp() if hasattr(y.index, "to_timestamp") else y.index
    ax.plot(stamps[-shown:], y[-shown:], color="0.3", linewidth=1, label="observed")
    ahead = stamps[-horizon:]
    for coverage, alpha in ((0.95, 0.2), (0.5, 0.4)):
        band = bands[name][coverage]
        ax.fill_between(ahead, band["lower"], band["upper"], color="C0", alpha=alpha, linewidth=0)
    ax.plot(ahead, forecast, color="C0", label="forecast")
    ax.spines[["top", "right"]].set_visible(False)
    inside = (future >= bands[name][0.95]["lower"]) & (future <= bands[name][0.95]["upper"])
    return np.abs(forecast - future).mean(), inside.mean()


y = load_airline()
figure, ax = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
error, inside = draw(ax, y, GRUForecaster(random_state=0), 24, 84)
naive = np.abs(y[-24:] - np.tile(y[-36:-24], 2)).mean()
ax.set(ylabel="passengers (thousands)")
ax.legend(frameon=False, loc="upper left")
print(f"mean absolute error {error:.1f}, repeating the last year {naive:.1f}")
print(f"{inside:.0%} of the two years lie in the 95 % band")

# %%
# Power from the sun
# ------------------
# Half-hourly, as a share of what is installed in Great Britain, a day ahead, from five days. Nights
# are zero, so nothing is read on a logarithmic scale; the season is a day of 48 steps. So few days
# teach little beyond that, and the band shows it.

y = load_solar(api_version=None)
figure, ax = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
error, inside = draw(ax, y, GRUForecaster(random_state=0), 48, 289)
naive = np.abs(y[-48:] - y[-96:-48].to_numpy()).mean()
ax.set(ylabel="share of capacity")
figure.autofmt_xdate()
print(f"mean absolute error {error:.3f}, repeating the last day {naive:.3f}")
