"""
Transcription: digits that run into each other
==============================================

Every key of a telephone sends two tones at once, one for its row and one for its column. Here
numbers are dialled in a hurry over a bad line, and `GRUTranscriber` writes down which. It is told
what was dialled, never when: it finds the times by itself.
"""

# %%
# A bad line
# ----------
# Keys are held for 50 to 120 ms. Between two of them are 20 to 80 ms, some are louder than others,
# and there is noise.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from skgru import GRULanguageModel, GRUTranscriber, LogMel

RATE = 8000
KEYS = {
    key: (row, column)
    for keys, row in zip(["123", "456", "789", "*0#"], [697, 770, 852, 941], strict=True)
    for key, column in zip(keys, [1209, 1336, 1477], strict=True)
}


def dial(number, rng, noise):
    """The waveform of a number, and from when to when each key is held, in seconds."""
    pieces, held = [np.zeros(rng.integers(200, 800))], []
    for key in number:
        start = sum(map(len, pieces))
        time = np.arange(rng.integers(400, 960)) / RATE
        tones = [np.sin(2 * np.pi * (f * time + rng.random())) for f in KEYS[key]]
        pieces += [sum(tones) * rng.uniform(0.4, 1), np.zeros(rng.integers(160, 640))]
        held.append((start / RATE, start / RATE + len(time) / RATE))
    wave = np.concatenate(pieces)
    return wave + noise * rng.normal(size=len(wave)), held


def numbers(n, rng):
    """Telephone numbers of three to nine keys."""
    return ["".join(rng.choice(list("0123456789*#"), rng.integers(3, 10))) for _ in range(n)]


rng = np.random.default_rng(0)
y_train, y_test = numbers(700, rng), numbers(100, rng)
X_train = [dial(number, rng, rng.uniform(0.2, 1.5))[0] for number in y_train]
X_test = [dial(number, rng, 0.6)[0] for number in y_test]
print(f"{sum(map(len, X_train)) / RATE / 60:.1f} minutes to learn from")

# %%
# From waveforms to text
# ----------------------
# `LogMel` turns a waveform into frames, a hundred a second. The score is one minus the share of
# keys that are wrong, missing or too many.

model = make_pipeline(LogMel(RATE), GRUTranscriber(units=48, epochs=15, random_state=0))
model.fit(X_train, y_train)
print(f"score {model.score(X_test, y_test):.3f}")
for heard, dialled in zip(model.predict(X_test[:5]), y_test[:5], strict=True):
    print(f"dialled {dialled:<10} heard {heard}")

# %%
# What the network hears, and when
# --------------------------------
# `predict_proba` gives the probability of each key at each step of three frames. Most of the time
# it is the blank's, which is not drawn; a key is a short spike. Grey is when it was really held.

number = "0800*555#"
wave, held = dial(number, np.random.default_rng(4), 0.6)
frames, transcriber = model[:-1].transform([wave]), model[-1]
(probabilities,) = transcriber.predict_proba(frames)
seconds = (np.arange(len(probabilities)) + 0.5) * transcriber.frame_stacking * 0.01

figure, (top, bottom) = plt.subplots(
    2, sharex=True, figsize=(9, 5), height_ratios=[1, 1.2], layout="constrained"
)
top.specgram(wave, 256, RATE, noverlap=236, cmap="magma")
top.set(ylim=(500, 1700), ylabel="frequency (Hz)", title=f"dialled {number}")
colors = plt.get_cmap("tab20")
for start, stop in held:
    bottom.axvspan(start, stop, color="0.92")
for k in range(len(transcriber.classes_)):
    p = probabilities[:, k]
    if p.max() > 0.1:
        bottom.fill_between(seconds, p, step="mid", color=colors(k), lw=0)
path = probabilities.argmax(axis=1)
blank = len(transcriber.classes_)
for step in np.flatnonzero((path != blank) & (path != np.append(blank, path[:-1]))):
    key = transcriber.classes_[path[step]]
    bottom.annotate(key, (seconds[step], 1.04), ha="center", size=13)
bottom.set(xlabel="seconds", ylabel="probability", ylim=(0, 1.2), xlim=(0, len(wave) / RATE))
bottom.spines[["top", "right"]].set_visible(False)

# %%
# A line that gets worse, and a telephone book
# --------------------------------------------
# Who knows which numbers there are hears better. A `GRULanguageModel` has read a book of 40
# numbers; a beam search weighs what it expects against what was heard.

book = numbers(40, np.random.default_rng(5))
prior = GRULanguageModel(units=64, epochs=40, random_state=0).fit(book)
levels = [0.6, 1.2, 1.8, 2.4]
decoders = {
    "greedy": {"decoder": "greedy", "language_model": None},
    "beam": {"decoder": "beam", "language_model": None},
    "beam, telephone book": {"decoder": "beam", "language_model": prior, "beam_width": 8},
}
scores = {name: [] for name in decoders}
for noise in levels:
    rng = np.random.default_rng(6)
    frames = model[:-1].transform([dial(number, rng, noise)[0] for number in book])
    for name, settings in decoders.items():
        scores[name].append(transcriber.set_params(**settings).score(frames, book))
transcriber.set_params(decoder="greedy", language_model=None)

figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, line in scores.items():
    ax.plot(levels, line, marker="o", label=name)
ax.set(xlabel="noise (standard deviation)", ylabel="score", ylim=(0, 1.02), xticks=levels)
ax.legend(frameon=False, loc="lower left")
ax.spines[["top", "right"]].set_visible(False)

# %%
# While it is being dialled
# -------------------------
# A network of one direction hears nothing of what is still to come, so it can write as the keys are
# pressed. What a frame holds must not depend on later ones either: `remove_mean=False`.

listen = LogMel(RATE, remove_mean=False)
live = GRUTranscriber(units=48, bidirectional=False, epochs=15, random_state=0)
live.fit(listen.transform(X_train), y_train)
print(f"score {live.score(listen.transform(X_test), y_test):.3f}")

(frames,) = listen.transform([wave])
stream = live.stream()
for start in range(0, len(frames), 20):
    gained = stream.push(frames[start : start + 20])
    print(f"{(start + 20) / 100:4.1f} s  {stream.transcript:<10} {gained and '+ ' + gained}")
stream.finish()
print(f"dialled {number}, heard {stream.transcript}")
