"""
Classification in sktime: what is the wrist doing?
==================================================

A smart watch measures acceleration and rotation ten times a second while its owner stands, walks,
runs or plays badminton. `skgru.sktime.GRUClassifier` takes the recordings as sktime keeps them, and
stands wherever sktime wants a classifier.
"""

# %%
# Six channels, ten seconds
# -------------------------
# The data come with sktime: a frame with a row for each recording, and a series in each cell. Any
# other panel type of sktime would do as well.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold
from sktime.benchmarking.classification import ClassificationBenchmark
from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier
from sktime.datasets import load_basic_motions
from sktime.datatypes import convert_to
from sktime.transformations.series.exponent import ExponentTransformer

from skgru.sktime import GRUClassifier

X_train, y_train = load_basic_motions("train")
X_test, y_test = load_basic_motions("test")
seconds = np.arange(100) / 10

figure, axes = plt.subplots(2, 2, figsize=(8, 4.4), sharex=True, layout="constrained")
for ax, activity in zip(axes.flat, np.unique(y_train), strict=True):
    recording = X_train[y_train == activity].iloc[0]
    for channel in recording.iloc[:3]:
        ax.plot(seconds, channel, linewidth=1)
    ax.set_title(activity)
    ax.spines[["top", "right"]].set_visible(False)
figure.supxlabel("seconds")
figure.supylabel("acceleration along three axes")

# %%
# Fit, and in a pipeline
# ----------------------

clf = GRUClassifier(random_state=0).fit(X_train, y_train)
print(f"test accuracy {clf.score(X_test, y_test):.3f}")

energy = ExponentTransformer(2) * GRUClassifier(random_state=0)  # of the squared channels
print(f"with every channel squared {energy.fit(X_train, y_train).score(X_test, y_test):.3f}")

# %%
# Beside other classifiers
# ------------------------
# sktime's benchmark fits each on the same folds.

benchmark = ClassificationBenchmark()
benchmark.add_estimator(GRUClassifier(random_state=0), "GRU")
benchmark.add_estimator(KNeighborsTimeSeriesClassifier(distance="euclidean"), "nearest neighbour")
folds = KFold(2, shuffle=True, random_state=0)
benchmark.add_task((X_train, y_train), folds, [accuracy_score], task_id="motions")
table = benchmark.run(None)
print(table[["model_id", "accuracy_score_mean", "accuracy_score_std"]].to_string(index=False))

# %%
# How long must one look, and what if a sensor fails?
# ---------------------------------------------------
# A shorter recording is a series like any other; one panel may hold all lengths. A channel that is
# missing altogether is read as its mean.

frames = convert_to(X_test, "df-list")
lengths = [2, 3, 5, 10, 15, 20, 30, 40, 60, 80, 100]


def accuracy_by_length(frames):
    return [clf.score([frame.iloc[:n] for frame in frames], y_test) for n in lengths]


def without(frame, channels):
    return frame.assign(**{str(channel): np.nan for channel in channels})


for frame in frames:
    frame.columns = frame.columns.astype(str)
figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for label, missing, color in [
    ("all six channels", [], "C0"),
    ("no rotation", frames[0].columns[3:], "C1"),
    ("no acceleration", frames[0].columns[:3], "C2"),
]:
    score = accuracy_by_length([without(frame, missing) for frame in frames])
    ax.plot(np.array(lengths) / 10, score, "o-", markersize=4, color=color, label=label)
ax.axhline(0.25, color="0.7", linewidth=1)
ax.set(xlabel="seconds seen", ylabel="test accuracy", ylim=(0, 1.04))
ax.legend(frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)
