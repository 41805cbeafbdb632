"""
Weather: a week ahead, every day of a year
==========================================

Four years of daily maxima in Seattle, from the package vega_datasets. Tomorrow is like today, in a
week it is as the season has it: a forecast must know both, and when the one ends and the other
begins.
"""

# %%
# A year has 365 steps
# --------------------
# That is too long a season for exponential smoothing, and three years are too few to learn one day
# by day. Two waves a year, fitted by least squares, give what is normal for a date. What is left is
# the weather proper.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from vega_datasets import local_data

from skgru import ETSForecaster
from skgru.sktime import GRUForecaster

y = local_data.seattle_weather().set_index("date")["temp_max"].to_period("D")
train, test = y[:"2014"], y["2015":]


def waves(days):
    angle = 2 * np.pi * (days.day_of_year.to_numpy()[:, None] / 365.25) * [1, 2]
    return np.hstack([np.ones((len(days), 1)), np.sin(angle), np.cos(angle)])


coefficients = np.linalg.lstsq(waves(train.index), train.to_numpy())[0]
normal = pd.Series(waves(y.index) @ coefficients, y.index)

figure, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
ax.plot(y.index.to_timestamp(), y, color="0.75", linewidth=0.7, label="each day")
ax.plot(y.index.to_timestamp(), normal, color="C1", linewidth=2, label="normal for the date")
ax.axvline(test.index[0].to_timestamp(), color="black", linewidth=0.8)
ax.annotate("to forecast", (test.index[0].to_timestamp(), 38), xytext=(6, 0), va="top",
            textcoords="offset points")  # fmt: skip
ax.set(ylabel="warmest hour (°C)", ylim=(-4, 40))
ax.legend(frameon=False, loc="upper left", ncols=2)
ax.spines[["top", "right"]].set_visible(False)

# %%
# Every day of 2015, one to seven days ahead
# ------------------------------------------
# Models are fitted on the three years before. Then a day passes, `update` takes it in without
# fitting anew, and the next week is forecast. The GRU reads the departures from normal as well.

steps = np.arange(1, 8)
departures = y - normal
models = {
    "exponential smoothing": (ETSForecaster(), y),
    "the same on departures from normal": (ETSForecaster(), departures),
    "GRU on departures from normal": (GRUForecaster(random_state=0), departures),
}
origins = range(len(train), len(y) - 7)
ahead = np.array(origins)[:, None] + steps - 1  # places in y
forecasts = {
    "as today": np.repeat(y.to_numpy()[np.array(origins) - 1][:, None], 7, axis=1),
    "normal for the date": normal.to_numpy()[ahead],
}
for name, (model, series) in models.items():
    model.fit(series[: len(train)], fh=steps)
    found = []
    for origin in origins:
        if origin > len(train):
            model.update(series[origin - 1 : origin], update_params=False)
        found.append(model.predict().to_numpy().ravel())
    forecasts[name] = np.array(found) + (normal.to_numpy()[ahead] if series is departures else 0)

errors = {name: abs(f - y.to_numpy()[ahead]).mean(axis=0) for name, f in forecasts.items()}
print(pd.DataFrame(errors, pd.Index(steps, name="days ahead")).T.round(2).to_string())

# %%
# How far ahead is there any skill?
# ---------------------------------

figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
colours = ["0.6", "C1", "C2", "C0", "C3"]
for (name, error), colour in zip(errors.items(), colours, strict=True):
    ax.plot(steps, error, "o-", markersize=4, color=colour, label=name)
ax.set(xlabel="days ahead", ylabel="mean absolute error (°C)", ylim=(0, None), xticks=steps)
ax.legend(frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)

# %%
# Tomorrow is like today, and smoothing says just that; it carries the last level on and knows no
# way back to normal, so from the second day on the calendar is the better forecast. The network has
# learnt that departures fade, and how fast. It is ahead of the calendar even after a week, as a
# warm year is mostly warm:

print(f"2015 was {departures['2015':].mean():.1f} °C warmer than normal")
