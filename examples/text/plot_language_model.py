"""
The next word, and text generation: Python's manual
===================================================

`GRULanguageModel` reads text and learns what comes next. Here it reads the manual that every Python
brings along, once by word and once by character: the first guesses words, the second writes.
"""

# %%
# Half a million characters
# -------------------------
# `pydoc_data.topics` holds the reference manual by topic: the pages that ``help("for")`` shows.
# Each is a document; a tenth is kept to see how well the models do on what they have not read.

# sphinx_gallery_thumbnail_number = 2
import re
from pydoc_data.topics import topics

import matplotlib.pyplot as plt
import numpy as np

from skgru import GRULanguageModel

pages = [re.sub(r"[*=~^-]{4,}|\s+", " ", text) for _, text in sorted(topics.items())]
order = np.random.default_rng(0).permutation(len(pages))
pages = [pages[i] for i in order]
held = len(pages) // 10
print(f"{len(pages)} pages, {sum(map(len, pages)):,} characters")

# %%
# By word
# -------
# A token is a word or a punctuation mark. The 3,000 most frequent ones are kept, the others are one
# unknown word. Perplexity says among how many words the model hesitates.

words = GRULanguageModel(
    "word", units=128, max_vocabulary=3000, dropout=0.3, epochs=6, random_state=0
).fit(pages[held:])
print(f"perplexity {words.perplexity(pages[:held]):.0f}, of {len(words.classes_):,} tokens")

# %%
# What it expects after some beginnings, and how sure it is:

beginnings = ["The following", "If the", "Changed in", "an instance of the", "is not"]
figure, axes = plt.subplots(1, len(beginnings), figsize=(12, 3.2), layout="constrained")
for ax, beginning, best in zip(axes, beginnings, words.suggest(beginnings, k=6), strict=True):
    tokens, probabilities = zip(*best, strict=True)
    bars = ax.barh(range(len(tokens)), probabilities, color="C0")
    bars[0].set_color("C3")
    ax.set_yticks(range(len(tokens)), [repr(t) if len(t) < 2 else t for t in tokens])
    ax.invert_yaxis()
    ax.set_title(f"{beginning} …", fontsize=11)
    ax.set_xlabel("probability")
    ax.spines[["top", "right"]].set_visible(False)

# %%
# Word by word
# ------------
# The same question at every place of a sentence: each row is what the model held likely when it had
# read the words above it. The word that came is marked.

sentence = "If the object is not an instance of the class, a TypeError is raised."
tokens = re.findall(r"\w+|[^\w\s]", sentence)
prefixes = [sentence[: match.start()] for match in re.finditer(r"\w+|[^\w\s]", sentence)]
guesses = words.suggest(prefixes, k=5)
shares = np.array([[probability for _, probability in row] for row in guesses])

figure, ax = plt.subplots(figsize=(8, 6.5), layout="constrained")
image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
for i, row in enumerate(guesses):
    for j, (token, probability) in enumerate(row):
        came = token == tokens[i]
        style = {"color": "white" if probability > 0.5 else "black"}
        ax.text(j, i, token, ha="center", va="center", weight="bold" if came else None, **style)
        if came:
            ax.add_patch(plt.Rectangle((j - 0.48, i - 0.46), 0.96, 0.92, fill=False, ec="C3", lw=2))
ax.set_yticks(range(len(tokens)), tokens)
ax.set_xticks(range(5), ["first guess", "second", "third", "fourth", "fifth"])
ax.set_ylabel("the word that came")
ax.tick_params(length=0)
figure.colorbar(image, label="probability", shrink=0.6)

# %%
# By character
# ------------
# With characters there is no unknown word, and the model must learn to spell. `score` is the mean
# log-likelihood of a character in nats.

letters = GRULanguageModel(units=192, epochs=5, random_state=0).fit(pages[held:])
print(f"{letters.score(pages[:held]):.2f} nats a character")

# %%
# The lower the temperature, the safer the choice:

for temperature in (0.3, 0.6, 1.0):
    text = letters.generate("The ", 300, temperature=temperature, random_state=1)
    print(f"temperature {temperature}:  The {text}\n")

# %%
# `stream` yields the text while it is being written, for whoever is watching.

for piece in letters.stream("If the ", 80, temperature=0.5, random_state=2):
    print(piece, end="|")
