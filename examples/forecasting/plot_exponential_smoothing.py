"""
Airline passengers by exponential smoothing
===========================================

Monthly passengers of 1949 to 1960: growth, and a season that grows with it. All models that suit
the series are fitted and weighed, and their forecasts combined; the last two years are held back to
see what comes of it.
"""

# %%
# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt
from sktime.datasets import load_airline

from skgru import ETSForecaster

y = load_airline()
train, test = y[:-24], y[-24:]

forecaster = ETSForecaster(sp=12).fit(train)
print(forecaster.summary())

# %%
# The best model and what it sees
# -------------------------------
#
# ``summary`` describes the best single model, R's way. Its level, slope and season over time:

display = forecaster.plot_components()

# %%
# Two years ahead
# ---------------
#
# Point forecasts are the weighted mean over all candidates, and the intervals those of the mixture
# of their distributions. Orange is what happened.

figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
forecaster.plot_forecast(range(1, 25), coverage=[0.8, 0.95], ax=ax)
ax.plot(test.index.to_timestamp(), test.to_numpy(), color="tab:orange", lw=1, label="what happened")
ax.set(ylabel="thousands a month")
ax.legend(frameon=False, loc="upper left")
ax.spines[["top", "right"]].set_visible(False)

# %%
# Beside the value of a year ago, and one model alone
# ---------------------------------------------------

one = ETSForecaster(sp=12, search="select").fit(train)
rivals = {
    "weighted mean of all": forecaster.predict(fh=range(1, 25)),
    one.model_: one.predict(fh=range(1, 25)),
    "the same month of the last year": [*train[-12:], *train[-12:]],
}
for name, forecast in rivals.items():
    error = (abs(forecast - test) / test).mean()
    print(f"{name:32s} mean absolute error {error:6.1%}")

# %%
# New values arrive
# -----------------
#
# ``update`` moves the states on, at the cost of the new values alone, with the parameters as they
# are.

for month in range(0, 24, 6):
    forecaster.update(test[month : month + 6], update_params=False)
print(forecaster.states_.tail(3).round(2))
print(forecaster.predict(fh=[1, 2, 3]).round(1))
