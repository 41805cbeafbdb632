"""
Speaker identification: who says this vowel?
============================================

Nine men say the vowels "a" and "e", and the voice tells who it is. Each recording comes as 12
coefficients a frame and lasts 7 to 29 frames: sequences of unequal length, which go into a GRU as
they are. The data come with sktime.
"""

# %%
# A list of arrays
# ----------------
# Each item has the shape ``(length, features)``. Nothing is padded or cut.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sktime.datasets import load_japanese_vowels

from skgru import GRUClassifier


def load(split):
    frames, speaker = load_japanese_vowels(split, return_type="df-list")
    return [frame.to_numpy() for frame in frames], speaker


X_train, y_train = load("train")
X_test, y_test = load("test")
lengths = [len(x) for x in X_train]
print(f"{len(X_train)} recordings of {min(lengths)} to {max(lengths)} frames to learn from")

# %%
# A pipeline whose steps are searched together
# --------------------------------------------
# A step before the GRU may add what helps: here the change from frame to frame, as 12 further
# features. Whether it does help is one more question to the grid.


def add_changes(X):
    return [np.hstack([x, np.diff(x, axis=0, prepend=x[:1])]) for x in X]


pipeline = Pipeline(
    [
        ("features", FunctionTransformer(add_changes)),
        ("gru", GRUClassifier(epochs=20, random_state=0)),
    ]
)
grid = {"features__func": [None, add_changes], "gru__units": [16, 32]}
search = GridSearchCV(pipeline, grid, cv=3).fit(X_train, y_train)
results = zip(search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True)
for params, score in results:
    changes = "with" if params["features__func"] else "without"
    print(f"{params['gru__units']} units, {changes} changes: accuracy {score:.3f} in validation")
print(f"test accuracy of the best: {search.score(X_test, y_test):.3f}")

# %%
# Which speakers are taken for which?
# -----------------------------------

figure, ax = plt.subplots(figsize=(5, 4.6), layout="constrained")
ConfusionMatrixDisplay.from_estimator(search, X_test, y_test, ax=ax, cmap="Blues", colorbar=False)
ax.set(xlabel="predicted speaker", ylabel="true speaker")

# %%
# One recording, frame by frame
# -----------------------------
# How sure is the network after 1, 2, 3 ... frames? A prefix is just a shorter sequence.

voice = X_test[0]
prefixes = [voice[: n + 1] for n in range(len(voice))]
figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for speaker, probability in zip(search.classes_, search.predict_proba(prefixes).T, strict=True):
    true = speaker == y_test[0]
    ax.plot(
        range(1, len(voice) + 1),
        probability,
        color="C0" if true else "0.7",
        linewidth=2 if true else 1,
        label=f"speaker {speaker} (true)" if true else None,
    )
ax.set(xlabel="frames heard", ylabel="probability", ylim=(0, 1.02), xticks=range(2, 20, 2))
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)
