"""
Regression in sktime: how fat is the meat?
==========================================

Near-infrared light goes through a sample of minced meat, and its absorbance is measured at 100
wavelengths. The shape of that curve tells the share of fat. `skgru.sktime.GRURegressor` learns it
from 172 samples whose fat was found by chemistry. The data come with sktime.
"""

# %%
# Curves
# ------

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import root_mean_squared_error
from sktime.datasets import load_tecator
from sktime.regression.distance_based import KNeighborsTimeSeriesRegressor

from skgru.sktime import GRURegressor

X_train, y_train = load_tecator("train")
X_test, y_test = load_tecator("test")
wavelength = np.linspace(850, 1050, 100)  # nanometres

figure, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
shades = plt.get_cmap("viridis")
for curve, fat in zip(X_train.iloc[::4, 0], y_train[::4], strict=True):
    ax.plot(wavelength, curve, color=shades(fat / 60), linewidth=0.8)
figure.colorbar(plt.cm.ScalarMappable(plt.Normalize(0, 60), shades), ax=ax, label="fat (%)")
ax.set(xlabel="wavelength (nm)", ylabel="absorbance")
ax.spines[["top", "right"]].set_visible(False)

# %%
# Fit and compare
# ---------------
# The height of a curve says little about the fat, so the nearest curve is a poor guide.

reg = GRURegressor(random_state=0).fit(X_train, y_train)
nearest = KNeighborsTimeSeriesRegressor(distance="euclidean").fit(X_train, y_train)

figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
for ax, (name, model) in zip(axes, {"nearest neighbour": nearest, "GRU": reg}.items(), strict=True):
    predicted = model.predict(X_test)
    error = root_mean_squared_error(y_test, predicted)
    print(f"{name}: error {error:.2f} percentage points, R2 {model.score(X_test, y_test):.3f}")
    ax.axline((0, 0), slope=1, color="0.7", linewidth=1)
    ax.scatter(y_test, predicted, s=14, color="C0", linewidths=0)
    ax.set(xlabel="fat by chemistry (%)", title=f"{name}: off by {error:.1f}", aspect="equal")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("fat predicted (%)")
