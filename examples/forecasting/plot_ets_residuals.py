"""
A GRU on what exponential smoothing leaves
==========================================

Smoothing knows a series' own past and nothing else. A GRU reads other series, and learns from them
the errors that smoothing makes; the two forecasts are added. The data, growth of consumption,
income, production, savings and unemployment in the United States, come with sktime.
"""

# %%
# Errors one quarter ahead
# ------------------------

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sktime.datasets import load_uschange

from skgru import ETSForecaster, GRURegressor

y, X = load_uschange("Consumption")
quarters = pd.period_range("1970Q1", periods=len(y), freq="Q")
y, X = y.set_axis(quarters), X.set_axis(quarters)
n_test = 40
smoothing = ETSForecaster(sp=4).fit(y[:-n_test])
smoothing.update(y[-n_test:], update_params=False)  # the states move on, the parameters stay
expected = smoothing.predict(fh=y.index)
errors = (y - expected).to_numpy()

# %%
# The last eight quarters of the other series, this one's included: income and production of a
# quarter are known before consumption is.

window = 8
windows = np.lib.stride_tricks.sliding_window_view(X.to_numpy(), window, axis=0)
windows = windows.transpose(0, 2, 1)  # (n, quarters, series)
targets = errors[window - 1 :]
network = GRURegressor(random_state=0).fit(windows[:-n_test], targets[:-n_test])
explained = network.predict(windows[-n_test:])

actual, alone = y[-n_test:].to_numpy(), expected[-n_test:].to_numpy()
forecasts = {"smoothing": alone, "smoothing + GRU": alone + explained}
for name, forecast in forecasts.items():
    print(f"{name:16s} mean absolute error {abs(forecast - actual).mean():.3f} points")

# %%
# Ten years that neither has learnt from
# --------------------------------------
#
# In the recession of 2008 the network is ahead of smoothing, which follows late. In quiet years it
# adds noise: with 140 quarters to learn from, the gain over all is small.

when = y.index[-n_test:].to_timestamp()
figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
ax.plot(when, actual, color="black", linewidth=2, label="what happened")
for (name, forecast), colour in zip(forecasts.items(), ("tab:orange", "tab:blue"), strict=True):
    ax.plot(when, forecast, color=colour, label=name)
ax.set(ylabel="growth of consumption (%)")
ax.legend(ncols=3, frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)
