"""
Text classification: reading against counting
=============================================

Which library does a paragraph belong to? `SequenceVectorizer` turns documents into sequences of
token numbers, and `GRUClassifier` reads them one after the other. The opponent is hard to beat:
word and word-pair counts (TF-IDF) and a logistic regression. Together the two know more than
either.
"""

# %%
# A corpus that is already here
# -----------------------------
# Paragraphs of the documentation that NumPy, SciPy, pandas and scikit-learn carry in themselves.
# The libraries' own names are masked: the rest has to tell.

import importlib
import inspect
import pkgutil
import re

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skgru import GRUClassifier, SequenceVectorizer

LIBRARIES = ("numpy", "pandas", "scipy", "sklearn")
NAMES = re.compile(r"\b(numpy|np|scipy|pandas|pd|sklearn|scikit-learn|scikit)\b", re.IGNORECASE)


def paragraphs(library):
    """Paragraphs of prose from the docstrings of a library's modules, in order."""
    found = set()
    package = importlib.import_module(library)
    for _, module in inspect.getmembers(package, inspect.ismodule):
        for _, thing in inspect.getmembers(module, callable):
            if str(getattr(thing, "__module__", "")).startswith(library):
                for text in re.split(r"\n\s*\n", inspect.getdoc(thing) or ""):
                    text = " ".join(text.split())
                    if 60 < len(text) < 400 and ">>>" not in text and "---" not in text:
                        found.add(NAMES.sub("X", text))
    return sorted(found)


for library in LIBRARIES:  # so that each package knows its parts
    package = importlib.import_module(library)
    for part in pkgutil.iter_modules(package.__path__):
        if part.ispkg and not part.name.startswith("_") and "test" not in part.name:
            importlib.import_module(f"{library}.{part.name}")

rng = np.random.default_rng(0)
texts, labels = [], []
for library in LIBRARIES:
    found = paragraphs(library)
    chosen = rng.permutation(len(found))[:800]
    texts += [found[i] for i in chosen]
    labels += [library] * len(chosen)
X_train, X_test, y_train, y_test = train_test_split(
    texts, labels, test_size=0.25, random_state=0, stratify=labels
)
print(f"{len(texts):,} paragraphs, for example: {X_train[0]!r}")

# %%
# Two ways to look at text
# ------------------------
# Counts forget the order of words; the network reads them in it.

counting = make_pipeline(
    TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
    LogisticRegression(C=10, max_iter=1000),
)
reading = make_pipeline(
    SequenceVectorizer(), GRUClassifier(vocabulary_size="auto", epochs=6, random_state=0)
)
both = VotingClassifier([("counting", counting), ("reading", reading)], voting="soft")

scores = {}
for name, model in {"counting": counting, "reading": reading, "both": both}.items():
    scores[name] = model.fit(X_train, y_train).score(X_test, y_test)
    print(f"{name:10}{scores[name]:.3f}")

# %%
# Where they err
# --------------

figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained", sharey=True)
for ax, (name, model) in zip(
    axes, {"counting": counting, "reading": reading, "both": both}.items(), strict=True
):
    ConfusionMatrixDisplay.from_estimator(
        model,
        X_test,
        y_test,
        normalize="true",
        ax=ax,
        colorbar=False,
        cmap="Blues",
        values_format=".2f",
    )
    ax.set_title(f"{name}: {scores[name]:.3f}")
for ax in axes[1:]:
    ax.set_ylabel("")
