"""
Regression: two numbers from a noisy swing
==========================================

A pendulum swings and comes to rest. From a short, noisy record with gaps: how fast does it swing,
and how quickly does it lose energy? One regressor answers both.
"""

# %%
# Records with gaps
# -----------------
# A fifth of the measurements are missing. NaN says so; nothing has to be filled in.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

from skgru import GRURegressor

rng = np.random.default_rng(0)
n_samples, n_timesteps = 800, 60
frequency = rng.uniform(0.5, 2.0, n_samples)  # swings a second
decay = rng.uniform(0.1, 1.0, n_samples)  # share of the amplitude lost in a second, roughly
phase = rng.uniform(0, 2 * np.pi, n_samples)

t = np.linspace(0, 3, n_timesteps)
swing = np.exp(-np.outer(decay, t)) * np.sin(2 * np.pi * np.outer(frequency, t) + phase[:, None])
X = swing + rng.normal(scale=0.1, size=swing.shape)
X[rng.uniform(size=X.shape) < 0.2] = np.nan
y = np.column_stack([frequency, decay])

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for row in X_train[:3]:
    ax.plot(t, row, "o-", markersize=3, linewidth=1)
ax.set(xlabel="seconds", ylabel="angle", title="Three records, with gaps")
ax.spines[["top", "right"]].set_visible(False)

# %%
# One model, two targets
# ----------------------
# `y` has two columns, and so has the prediction. `early_stopping` keeps a tenth of the records
# aside, and the weights that do best on them.

model = GRURegressor(epochs=60, early_stopping=True, random_state=0).fit(X_train, y_train)
predicted = model.predict(X_test)
print(f"{model.n_iter_} epochs")

# %%
# How well?
# ---------

figure, axes = plt.subplots(1, 2, figsize=(8.4, 4.2), layout="constrained")
for ax, name, true, found in zip(axes, ["frequency", "decay"], y_test.T, predicted.T, strict=True):
    ax.axline((true.mean(), true.mean()), slope=1, color="0.7", linewidth=1)
    ax.scatter(true, found, s=12, color="C0", linewidths=0)
    ax.set(xlabel=f"true {name}", ylabel=f"predicted {name}", aspect="equal")
    ax.set_title(f"{name}: $R^2$ = {r2_score(true, found):.3f}")
    ax.spines[["top", "right"]].set_visible(False)
