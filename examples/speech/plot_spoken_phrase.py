"""
Speech synthesis: a phrase that nobody has recorded
===================================================

`GRUSynthesizer` learns a voice from recordings and what is said in them, and then says something
else. The voices here are made by formula, so that nothing needs to be downloaded and the phrase
can also be had from the source; recordings of people go the same way.
"""

# %%
# Two voices
# ----------
# A letter is a phone, in the order of its three resonances in Hz, how loud the voice is, how loud
# the noise, and how long it lasts in seconds. Each recording holds three words that mean nothing.

# sphinx_gallery_capture_repr = ('_repr_html_',)
import base64
import io

import matplotlib.pyplot as plt
import numpy as np
from scipy.io import wavfile
from scipy.signal import istft, sawtooth, stft

from skgru import GRUSynthesizer

RATE = 8000
PHONES = {
    "a": (730, 1090, 2440, 1, 0, 0.12), "e": (530, 1840, 2480, 1, 0, 0.11),
    "i": (270, 2290, 3010, 1, 0, 0.10), "o": (570, 840, 2410, 1, 0, 0.12),
    "u": (300, 870, 2240, 1, 0, 0.11), "m": (250, 1000, 2200, 0.25, 0, 0.08),
    "n": (250, 1500, 2500, 0.25, 0, 0.08), "l": (360, 1300, 2700, 0.5, 0, 0.07),
    "r": (420, 1300, 1600, 0.5, 0, 0.07), "d": (300, 1700, 2600, 0.1, 0.1, 0.06),
    "t": (400, 2800, 3600, 0, 0.3, 0.06), "f": (400, 1400, 3000, 0, 0.15, 0.09),
    "s": (3000, 3400, 3800, 0, 0.3, 0.11), "z": (250, 3000, 3700, 0.2, 0.2, 0.09),
    " ": (400, 1500, 2500, 0, 0, 0.08),
}  # fmt: skip
VOICES = {"low": (105, 1.0), "high": (190, 1.15)}  # pitch in Hz, what scales the resonances


def say(text, voice, rng):
    """A recording, and when each phone ends, in seconds."""
    pitch, tract = VOICES[voice]
    phones = np.array([PHONES[letter] for letter in text])
    ends = np.cumsum(phones[:, 5] * rng.uniform(0.85, 1.15, len(text)))
    time = np.arange(int(ends[-1] * RATE)) / RATE
    middle = ends - np.diff(ends, prepend=0) / 2
    melody = pitch * (1.1 - 0.2 * time / ends[-1] + 0.03 * np.sin(9 * time + rng.uniform(0, 6)))
    voiced = sawtooth(2 * np.pi * np.cumsum(melody) / RATE)
    sources = [stft(source, RATE, nperseg=256, noverlap=192)
               for source in (voiced, rng.normal(size=len(time)))]  # fmt: skip
    frequency, at, _ = sources[0]
    # A phone keeps to its resonances for two thirds of its time and glides to the next.
    stretch = np.diff(ends, prepend=0) / 3
    knots = np.ravel(np.column_stack([middle - stretch, middle + stretch]))
    *formants, loud, breath = (np.interp(at, knots, np.repeat(p, 2)) for p in phones.T[:5])
    distance = [(frequency[:, np.newaxis] - tract * formant) / 110 for formant in formants]
    envelope = sum(1 / (1 + d**2) for d in distance) + 0.003
    spectrum = envelope * (loud * sources[0][2] + breath * sources[1][2])
    wave = istft(spectrum, RATE, nperseg=256, noverlap=192)[1][: len(time)]
    return wave + 1e-4 * rng.normal(size=len(wave)), ends


def word(rng):
    """One to three syllables, the last one closed or open."""
    syllables = [
        rng.choice(list("mnlrdtfsz")) + rng.choice(list("aeiou")) for _ in range(rng.integers(1, 4))
    ]
    return "".join(syllables) + rng.choice(["n", "m", "l", "d", "s", "z", ""])


def babble(rng):
    """Three words."""
    return " ".join(word(rng) for _ in range(3))


rng = np.random.default_rng(0)
texts = [babble(rng) for _ in range(160)]
voices = np.tile(["low", "high"], 80)
waves, ends = zip(*(say(text, voice, rng) for text, voice in zip(texts, voices)))
print(f"{sum(map(len, waves)) / RATE / 60:.1f} minutes of two voices, such as {texts[0]!r}")

# %%
# A page, like a notebook, plays what knows its HTML.


class Sound:
    def __init__(self, wave):
        self.wave = np.asarray(wave) / np.abs(wave).max()

    def _repr_html_(self):
        file = io.BytesIO()
        wavfile.write(file, RATE, (32000 * self.wave).astype(np.int16))
        data = base64.b64encode(file.getvalue()).decode()
        return f'<audio controls src="data:audio/wav;base64,{data}"></audio>'


Sound(waves[0])

# %%
# When is what said?
# ------------------
# Nobody says when a phone begins or ends. `fit` finds out first, by a `GRUTranscriber` that learns
# to transcribe these recordings and is then told what it should have heard. White lines are where
# it puts the borders, black ones above are where they are.

model = GRUSynthesizer(RATE, n_mels=48, epochs=60, alignment_epochs=40, random_state=0)
model.fit(texts, waves, voices)
errors = [
    np.abs(np.cumsum(found)[:-1] * model.hop - true[:-1])
    for found, true in zip(model.alignment_, ends)
]
print(f"borders are {1000 * np.concatenate(errors).mean():.0f} ms off on average")


def draw(ax, wave, borders, text):
    """A spectrogram with borders of phones, and the phones above it."""
    ax.specgram(wave / np.abs(wave).max(), 256, RATE, noverlap=224, cmap="magma", vmin=-120)
    ax.vlines(borders[:-1], 0, RATE / 2, color="white", lw=0.7)
    for letter, start, stop in zip(text, [0, *borders[:-1]], borders):
        ax.text((start + stop) / 2, 1.02, letter, transform=ax.get_xaxis_transform(), ha="center")
    ax.set(xlim=(0, borders[-1]), ylabel="frequency (Hz)")


figure, ax = plt.subplots(figsize=(9, 3), layout="constrained")
draw(ax, waves[0], np.cumsum(model.alignment_[0]) * model.hop, texts[0])
ax.vlines(ends[0][:-1], 1, 1.12, color="black", lw=1.2, clip_on=False,
          transform=ax.get_xaxis_transform())  # fmt: skip
ax.set(xlabel="seconds")

# %%
# A phrase that is in no recording
# --------------------------------
# Above, what the source of the voice makes of it; below, what the network does. Pitch is not asked
# for: the bands are too wide to hold much of it, and the phases are guessed.

PHRASE = "no man iz an ailand"
target, target_ends = say(PHRASE, "low", np.random.default_rng(1))
(spoken,) = model.predict([PHRASE], "low")
spoken_ends = np.cumsum(model.predict_durations([PHRASE], "low")[0]) * model.hop

figure, axes = plt.subplots(2, figsize=(9, 5.5), sharex=True, layout="constrained")
draw(axes[0], target, target_ends, PHRASE)
draw(axes[1], spoken, spoken_ends, PHRASE)
axes[0].set_title("the source of the voice", pad=22)
axes[1].set_title("from text", pad=22)
axes[1].set(xlabel="seconds", xlim=(0, max(target_ends[-1], spoken_ends[-1])))
# sphinx_gallery_thumbnail_number = 2

# %%
# The source:

Sound(target)

# %%
# From text:

Sound(spoken)

# %%
# The other voice, and slower
# ---------------------------

Sound(model.set_params(tempo=0.8).predict([PHRASE], "high")[0])

# %%
# How near is it?
# ---------------
# `score` is minus the mel-cepstral distortion from recordings, in decibels. Of phrases never heard,
# in the right voice and in the wrong one:

model.set_params(tempo=1.0)
unheard = [babble(rng) for _ in range(20)]
said = [say(text, "low", rng)[0] for text in unheard]
for voice in VOICES:
    print(f"as {voice:<4} {model.score(unheard, said, voice):.2f} dB")
