"""
A GRU in a stack with LightGBM and XGBoost
==========================================

Boosted trees read a series as a row of columns, a GRU as a sequence. `StackingClassifier` learns
from held-out probabilities whom to believe; and trees can also read what the network has learnt,
its `transform`. Needs the extra: ``pip install 'skgru[benchmarks]'``.
"""

# %%
# Power demand of a day in Italy, hour by hour: is it winter or summer? 67 days to learn from.

import matplotlib.pyplot as plt
from lightgbm import LGBMClassifier
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sktime.datasets import load_italy_power_demand
from xgboost import XGBClassifier

from skgru import GRUClassifier

X_train, y_train = load_italy_power_demand("train", return_type="numpyflat")
X_test, y_test = load_italy_power_demand("test", return_type="numpyflat")
y_train, y_test = (y == "2" for y in (y_train, y_test))  # XGBoost takes no names

# %%
# Three models, a stack of them, and trees on top of the network
# --------------------------------------------------------------

gru = GRUClassifier(random_state=0)
lightgbm = LGBMClassifier(min_child_samples=5, n_jobs=1, verbosity=-1, random_state=0)
xgboost = XGBClassifier(n_jobs=1, random_state=0)
models = {
    "GRU": gru,
    "LightGBM": lightgbm,
    "XGBoost": xgboost,
    "stack of the three": StackingClassifier(
        [("gru", gru), ("lightgbm", lightgbm), ("xgboost", xgboost)], LogisticRegression(), cv=3
    ),
    "LightGBM on the GRU's features": make_pipeline(gru, lightgbm),
    "XGBoost on the GRU's features": make_pipeline(gru, xgboost),
}
scores = {name: model.fit(X_train, y_train).score(X_test, y_test) for name, model in models.items()}
for name, score in scores.items():
    print(f"{name:32s} accuracy {score:.3f}")

# %%
figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
colours = ["tab:blue", "0.65", "0.65", "tab:green", "tab:olive", "tab:olive"]
ax.hlines(range(len(scores)), 0.88, list(scores.values()), colors=colours, linewidth=2)
ax.scatter(list(scores.values()), range(len(scores)), color=colours, s=45, zorder=3)
for place, score in enumerate(scores.values()):
    ax.annotate(
        f"{score:.3f}", (score, place), xytext=(8, 0), textcoords="offset points", va="center"
    )
ax.set(yticks=range(len(scores)), yticklabels=list(scores), xlim=(0.88, 1), xlabel="accuracy")
ax.invert_yaxis()
ax.tick_params(axis="y", length=0)
ax.spines[["top", "right", "left"]].set_visible(False)
