"""
Stocks: not where, but how far
==============================

If prices could be forecast from prices, somebody would have done it, and they would have moved
already. So the last price is the forecast to beat, and few do. What a model can say honestly is how
far a price may go. Five stocks by month, 2000 to 2010, from the package vega_datasets.
"""

# %%
# A panel
# -------
# The first index level says which series, the last one when. One fit takes them all; Google's is
# shorter than the others, and that needs no care.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.dates import DateFormatter, YearLocator
from vega_datasets import local_data

from skgru import ETSForecaster
from skgru.sktime import GRUForecaster

table = local_data.stocks().assign(month=lambda frame: frame["date"].dt.to_period("M"))
prices = table.set_index(["symbol", "month"])[["price"]].sort_index()
wide = prices["price"].unstack("symbol")
steps = range(1, 7)
shades = {0.9: "#cfe2f3", 0.8: "#9cc4e4", 0.5: "#5a9bd4"}
coverages = list(shades)

forecaster = ETSForecaster(sp=1).fit(prices, fh=steps)
intervals = forecaster.predict_interval(coverage=coverages)

figure, axes = plt.subplots(2, 3, figsize=(8, 4.4), layout="constrained")
for ax, symbol in zip(axes.flat, wide, strict=False):
    recent, ahead = wide[symbol].iloc[-36:], intervals.loc[symbol]
    ax.plot(recent.index.to_timestamp(), recent, color="black", linewidth=1)
    for coverage, shade in shades.items():
        band = ahead["price", coverage]
        when = band.index.to_timestamp()
        ax.fill_between(
            when, band["lower"], band["upper"], color=shade, linewidth=0,
            label=f"{coverage:.0%} of prices to come",
        )  # fmt: skip
    ax.set(title=symbol, ylim=(0, None))
    ax.xaxis.set_major_locator(YearLocator())
    ax.xaxis.set_major_formatter(DateFormatter("%Y"))
    ax.spines[["top", "right"]].set_visible(False)
axes[0, 0].set_ylabel("price ($)")
axes[1, 2].legend(*axes[0, 0].get_legend_handles_labels(), frameon=False, loc="center")
axes[1, 2].set_axis_off()

# %%
# Three years, quarter by quarter
# -------------------------------
# Every three months all models are fitted to what was known, and forecast half a year. Errors are
# in percent of the last price.

errors = {"last price": [], "exponential smoothing": [], "GRU": []}
inside = []
for start in range(len(wide) - 42, len(wide) - 5, 3):
    known = prices[prices.index.get_level_values("month") < wide.index[start]]
    last, actual = wide.iloc[start - 1], wide.iloc[start : start + 6]
    smoothing = ETSForecaster(sp=1).fit(known, fh=steps)
    network = GRUForecaster(random_state=0).fit(known, fh=steps)
    forecasts = [last, *(m.predict()["price"].unstack("symbol") for m in (smoothing, network))]
    for record, forecast in zip(errors.values(), forecasts, strict=True):
        record.append(100 * (abs(actual - forecast) / last).to_numpy())
    bands = smoothing.predict_interval(coverage=coverages)["price"].unstack("symbol")
    inside.append([
        (actual >= bands[c]["lower"]) & (actual <= bands[c]["upper"]) for c in coverages
    ])  # fmt: skip

print(f"{'':24}" + "".join(f"{month:>7}" for month in steps) + "  months ahead")
for name, error in errors.items():
    print(f"{name:24}" + "".join(f"{value:7.1f}" for value in np.mean(error, axis=(0, 2))) + "  %")
for coverage, share in zip(coverages, np.mean(inside, axis=(0, 2, 3)), strict=True):
    print(f"of the smoothing's {coverage:.0%} bands {share:.0%} held the price")

# %%
# Point forecasts gain nothing here: smoothing finds out by itself that the last price is best, and
# nearly repeats it; the network, which looks for more, pays for it. The bands are the useful part,
# if a little narrow in the middle. These years hold the crash of 2008, and five stocks move
# together: the shares are of fewer independent cases than there are prices.

figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for (name, error), colour in zip(errors.items(), ["0.6", "C0", "C3"], strict=True):
    ax.plot(steps, np.mean(error, axis=(0, 2)), "o-", markersize=4, color=colour, label=name)
ax.set(xlabel="months ahead", ylabel="mean absolute error (%)", ylim=(0, None))
ax.legend(frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)
