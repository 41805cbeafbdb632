"""
Energy: power by source for years, power from the sun for a day
===============================================================

Two questions of a grid: what will electricity come from in three years, and how much will the sun
give in the next hours? Iowa's generation by source is from the package vega_datasets, Great
Britain's solar power from sktime.
"""

# %%
# Three sources, seventeen years
# ------------------------------
# A panel: the first index level is the source. So few values have no use for a network; exponential
# smoothing fits all of its models without a season to each source, and weighs them.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.dates import DateFormatter
from sktime.datasets import load_solar
from vega_datasets import local_data

from skgru import ETSForecaster
from skgru.sktime import GRUForecaster

table = local_data.iowa_electricity().assign(
    year=lambda frame: frame["year"].dt.to_period("Y"),
    power=lambda frame: frame["net_generation"] / 1000,  # terawatt hours
)
panel = table.set_index(["source", "year"])[["power"]].sort_index()
year = panel.index.get_level_values("year").year
forecaster = ETSForecaster(sp=1).fit(panel[year < 2015], fh=[1, 2, 3])
forecast, bands = forecaster.predict(), forecaster.predict_interval(coverage=0.8)

figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
colours = {"Fossil Fuels": "0.4", "Renewables": "C2", "Nuclear Energy": "C1"}
for source, colour in colours.items():
    past, ahead = panel.loc[source, "power"], forecast.loc[source, "power"]
    ax.plot(past.index.year, past, "o-", markersize=3, color=colour, linewidth=1)
    band = bands.loc[source]["power", 0.8]
    ax.fill_between(ahead.index.year, band["lower"], band["upper"], color=colour, alpha=0.2,
                    linewidth=0)  # fmt: skip
    ax.plot(ahead.index.year, ahead, "--", color=colour, linewidth=2)
    ax.annotate(source, (2017, past.iloc[-1]), xytext=(8, 0), textcoords="offset points",
                va="center", color=colour)  # fmt: skip
ax.set(ylabel="terawatt hours a year", ylim=(0, 50), xlim=(2001, 2017))
ax.set_title("Dashed: forecast in 2014, with bands of 80 %", loc="left", fontsize=11)
ax.spines[["top", "right"]].set_visible(False)

# %%
# The same from every year since 2008, beside two simple rules. The line from the first value to the
# last is as good as smoothing here, and the network is the worst: it learns from a dozen values
# what it can, which is noise.

wide = panel["power"].unstack("source")
errors = {"exponential smoothing": [], "GRU": [], "the last year again": [], "a straight line": []}
for end in range(2008, 2015):
    known, actual = wide[: str(end)], wide[str(end + 1) : str(end + 3)]
    first, last = known.iloc[0].to_numpy(), known.iloc[-1].to_numpy()
    line = last + np.outer([1, 2, 3], last - first) / (len(known) - 1)
    models = ETSForecaster(sp=1), GRUForecaster(random_state=0)
    forecasts = [model.fit(panel[year <= end], fh=[1, 2, 3]).predict() for model in models]
    forecasts = [forecast["power"].unstack("source") for forecast in forecasts]
    forecasts += [last, line]
    for record, forecast in zip(errors.values(), forecasts, strict=True):
        record.append(abs(actual - forecast).to_numpy().mean())
for name, error in errors.items():
    print(f"{name:24} off by {np.mean(error):.2f} TWh")

# %%
# A day of sun
# ------------
# Half-hourly, as a share of what is installed; the season is a day of 48 steps. Five days are
# known, and the sixth is forecast as it goes on, from half an hour to three hours ahead.

y = load_solar(api_version=None).tz_localize(None)
start = len(y) - 48
smoothing = ETSForecaster(sp=48).fit(y[:start], fh=[1, 2, 3, 4, 5, 6])
network = GRUForecaster(random_state=0).fit(y[:start], fh=[1, 2, 3, 4, 5, 6])
found = {"exponential smoothing": [], "GRU": [], "as yesterday": []}
for now in range(start, len(y) - 5):
    if now > start:
        for model in (smoothing, network):
            model.update(y[now - 1 : now], update_params=False)
    found["exponential smoothing"].append(smoothing.predict().to_numpy())
    found["GRU"].append(network.predict().to_numpy())
    found["as yesterday"].append(y.to_numpy()[now - 48 : now - 42])
actual = np.lib.stride_tricks.sliding_window_view(y.to_numpy()[start:], 6)

figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), width_ratios=[1.5, 1], layout="constrained")
styles = {"exponential smoothing": "C0", "GRU": "C3", "as yesterday": "0.65"}
axes[0].plot(y.index[-48:], y[-48:], color="black", linewidth=2, label="what happened")
for name, colour in styles.items():
    forecasts = np.array(found[name])
    error = abs(forecasts - actual).mean(axis=0)
    axes[0].plot(y.index[-43:], forecasts[:, -1], color=colour, linewidth=1.4, label=name)
    axes[1].plot(np.arange(1, 7) / 2, error, "o-", markersize=4, color=colour)
axes[0].set(ylabel="share of capacity", title="forecast three hours before")
axes[0].xaxis.set_major_formatter(DateFormatter("%H h"))
axes[0].legend(frameon=False)
axes[1].set(xlabel="hours ahead", title="mean absolute error", ylim=(0, None))
for ax in axes:
    ax.spines[["top", "right"]].set_visible(False)

# %%
# Smoothing is best half an hour and an hour ahead: it begins where the curve is now. Further on the
# network is, as it has seen how a morning goes on. Neither knows the clouds, and the network not
# even that nights are dark: clip what cannot be negative.
