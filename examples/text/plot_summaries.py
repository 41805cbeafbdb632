"""
Summarisation: first lines of docstrings
========================================

The first line of a docstring sums up the rest. So every documented package holds thousands of texts
with a summary: enough to teach `GRUSeq2Seq` to write first lines, and to see how far a small
network gets with free language.
"""

# %%
# Text and summary
# ----------------
# The public functions, classes and methods of NumPy, SciPy and scikit-learn, those that are
# documented. A summary counts once, however many docstrings have it, so that none of those held
# out has been seen.

import importlib
import inspect
import re

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer

from skgru import GRUSeq2Seq, make_text_scorer

modules = """
numpy numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random scipy.fft scipy.integrate
scipy.interpolate scipy.linalg scipy.ndimage scipy.optimize scipy.signal scipy.sparse scipy.spatial
scipy.special scipy.stats sklearn.cluster sklearn.decomposition sklearn.ensemble
sklearn.feature_extraction.text sklearn.feature_selection sklearn.impute sklearn.linear_model
sklearn.manifold sklearn.metrics sklearn.mixture sklearn.model_selection sklearn.naive_bayes
sklearn.neighbors sklearn.neural_network sklearn.preprocessing sklearn.svm sklearn.tree
"""


def documented(module):
    """The docstrings of a module's functions, classes and methods."""
    for thing in vars(importlib.import_module(module)).values():
        for part in (thing, *(vars(thing).values() if inspect.isclass(thing) else ())):
            if callable(part) and isinstance(getattr(part, "__doc__", None), str):
                yield inspect.cleandoc(part.__doc__)


pairs = {}
for text in sorted({text for module in modules.split() for text in documented(module)}):
    head, _, body = text.partition("\n\n")
    summary, body = " ".join(head.split()), " ".join(body.split())
    if re.fullmatch(r"[A-Z].{15,90}\.", summary) and len(body) > 100:
        pairs.setdefault(summary, body[:200])

order = np.random.default_rng(0).permutation(len(pairs))
summaries, texts = (np.array(list(side))[order] for side in (pairs, pairs.values()))
n_held = 200
print(f"{len(pairs):,} docstrings, {n_held} held out. The first of them:\n")
print(f"{texts[0]} …\n\n  -> {summaries[0]}")

# %%
# Learning
# --------
# Tokens are words. The 3,000 most frequent ones of either side are kept; dropout keeps the network
# from learning so few texts by heart.

writer = GRUSeq2Seq("word", max_vocabulary=3000, dropout=0.3, random_state=0)
writer.fit(texts[n_held:], summaries[n_held:])

# %%
# What it writes about docstrings that it has not seen:

for wanted, found in zip(summaries[:8], writer.predict(texts[:8]), strict=True):
    print(f"wanted   {wanted}\nwritten  {found}\n")

# %%
# How good is that?
# -----------------
# ROUGE-L measures which words of the wanted summary are there, in the same order. The usual rival
# takes the beginning of the text; another one the summary of the most similar text that is known.


class Beginning(BaseEstimator):
    """The first words of a text as its summary."""

    def predict(self, X):
        return [" ".join(text.split()[:12]) for text in X]


class Nearest(BaseEstimator):
    """The summary of the text with most words in common."""

    def predict(self, X):
        words = TfidfVectorizer().fit(texts[n_held:])
        likeness = words.transform(X) @ words.transform(texts[n_held:]).T
        return summaries[n_held:][likeness.toarray().argmax(axis=1)]


# A scorer takes whatever predicts.
score = make_text_scorer("rougeL")
rivals = {"first 12 words": Beginning(), "nearest text's": Nearest(), "GRUSeq2Seq": writer}
scores = {name: score(rival, texts[:n_held], summaries[:n_held]) for name, rival in rivals.items()}

figure, ax = plt.subplots(figsize=(6, 2.4), layout="constrained")
bars = ax.barh(list(scores), list(scores.values()), color=["C7", "C7", "C0"])
ax.bar_label(bars, fmt="%.2f", padding=3)
ax.set(xlabel="ROUGE-L of 200 unseen docstrings", xlim=(0, 1.15 * max(scores.values())))
ax.spines[["top", "right"]].set_visible(False)

# %%
# The network has learnt how such lines sound, and often what a text is about. It has read two
# thousand docstrings and nothing else in its life, though, and whole families of functions describe
# themselves in nearly the same words: there the nearest text is hard to beat. Look at such a rival
# before you trust a network with your texts.
