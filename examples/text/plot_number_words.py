"""
Machine translation: numbers from English to French
===================================================

`GRUSeq2Seq` reads a text and writes another one. Here it reads "seventy-two" and writes
"soixante-douze": French counts in tens up to sixty and in twenties above, and nobody tells the
network. Where it looks while it writes can be drawn.
"""

# %%
# Pairs
# -----
# The package num2words spells numbers out in many languages. 2,500 numbers below 10,000 are for
# learning, 500 others for finding out whether the rule was understood.

import matplotlib.pyplot as plt
import numpy as np
from num2words import num2words

from skgru import GRUSeq2Seq

numbers = np.random.default_rng(0).permutation(10_000)[:3000].tolist()
english = [num2words(n) for n in numbers]
french = [num2words(n, lang="fr") for n in numbers]
print(f"{english[0]!r} is {french[0]!r}")

# %%
# Learning
# --------
# Every character is a token. Nothing needs to be set; with fewer passes than the default the
# example takes less time.

translator = GRUSeq2Seq(epochs=12, random_state=0).fit(english[:2500], french[:2500])
share = translator.score(english[2500:], french[2500:])
print(f"{100 * share:.1f} % of 500 unseen numbers without a mistake")

# %%
# A few of them, and how sure the model is: `suggest` gives the best targets with the logarithms of
# their probabilities.

for source, best in zip(
    english[2500:2505], translator.suggest(english[2500:2505], k=1), strict=True
):
    ((target, logarithm),) = best
    print(f"{source:45} {target:45} {np.exp(logarithm):.3f}")

# %%
# Where it looks
# --------------
# `align` gives the share of attention of each character that was read, a row for each one written.
# Within a word there is little to look up, as the network knows by heart how it is spelt. Dark are
# the places where a word begins: "mille" looks at "thousand", "quatre-vingt" at "ninety" and "sept"
# at "seven".


def show(ax, alignment):
    """Draw the shares; a symbol stands for a space and for the end."""
    ax.imshow(alignment.weights, cmap="Blues", aspect="auto", interpolation="nearest")
    for axis, tokens in ((ax.xaxis, alignment.source), (ax.yaxis, alignment.target)):
        axis.set_ticks(range(len(tokens)), [{" ": "␣", "": "■"}.get(t, t) for t in tokens])
    ax.tick_params(length=0, labelsize=9)
    ax.set_xlabel("read")
    ax.set_ylabel("written")


sources = ["two thousand and ninety-seven", "eight hundred and seventy-one"]
figure, axes = plt.subplots(1, 2, figsize=(12, 6.5), layout="constrained")
for ax, source in zip(axes, sources, strict=True):
    alignment = translator.align(source)
    show(ax, alignment)
    ax.set_title("".join(alignment.target))
