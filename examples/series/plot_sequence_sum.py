"""
Classification: does the sum exceed half the length?
====================================================

The smallest task that needs a memory: read 20 random numbers one after another, then say whether
their sum is greater than 10. No single step gives the answer away.
"""

# %%
# A thousand sequences
# --------------------
# One value a step, so a plain two-dimensional array will do: a row is a sequence, a column a step.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from skgru import GRUClassifier

rng = np.random.default_rng(0)
X = rng.uniform(size=(1000, 20))
y = X.sum(axis=1) > 10
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)

# %%
# Three ways to train
# -------------------
# The first is what one writes down without much thought: 32 units, read from left to right, the
# last state goes to the output, ten passes at a constant rate. The second leaves everything to the
# defaults. The third takes the first and gives it a larger rate that falls to zero.

plain = GRUClassifier(
    32,
    bidirectional=False,
    pooling="last",
    patch_length=None,
    embedding_units=None,
    dropout=0,
    label_smoothing=0,
    augmentation=None,
    weight_decay=0,
    clipnorm=None,
    epochs=10,
    batch_size=32,
    learning_rate=0.001,
    schedule="constant",
    random_state=0,
)
models = {
    "plain": plain,
    "defaults": GRUClassifier(random_state=0),
    "tuned": clone(plain).set_params(epochs=40, learning_rate=0.01, schedule="cosine"),
}
for name, model in models.items():
    model.fit(X_train, y_train)
    print(f"{name:10s} test accuracy {model.score(X_test, y_test):.3f}")

# %%
# What was learnt
# ---------------
# The probability of "exceeds" against the true sum: the steeper the step at 10, the better the
# network adds up.

figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for (name, model), color in zip(models.items(), ["0.65", "C0", "C3"], strict=True):
    progress = np.linspace(0, 1, len(model.loss_curve_))
    axes[0].plot(progress, model.loss_curve_, color=color, label=f"{name}, {model.n_iter_} epochs")
    probability = model.predict_proba(X_test)[:, 1]
    axes[1].scatter(X_test.sum(axis=1), probability, s=12, color=color, linewidths=0, label=name)
axes[0].set(xlabel="share of the training", ylabel="mean loss of an epoch", ylim=(0, None))
axes[1].axvline(10, color="0.6", linewidth=1)
axes[1].set(xlabel="sum of the sequence", ylabel="predicted probability that it exceeds 10")
for ax in axes:
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
