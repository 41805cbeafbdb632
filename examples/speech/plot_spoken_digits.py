"""
Speech recognition: digits, by voices never heard before
========================================================

A recording becomes frames, frames go into a GRU, and out comes what was said. The recordings here
are made by formula, so that nothing needs to be downloaded: harmonics and noise through resonances
that move as a mouth does. Real ones, arrays as ``scipy.io.wavfile`` reads them, go the same way.
"""

# %%
# A machine that says digits
# --------------------------
# A phone is three resonances in Hz (Peterson & Barney 1952 for the vowels), how loud the voice is
# and how loud the noise. A speaker has a pitch, a vocal tract, whose length scales the resonances,
# and a tempo.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.pipeline import make_pipeline

from skgru import GRUClassifier, LogMel, SpeechAugmenter

RATE = 8000
PHONES = {
    "i": (270, 2290, 3010, 1, 0), "ih": (390, 1990, 2550, 1, 0),
    "eh": (530, 1840, 2480, 1, 0), "ah": (730, 1090, 2440, 1, 0),
    "uh": (640, 1190, 2390, 1, 0), "aw": (570, 840, 2410, 1, 0),
    "u": (300, 870, 2240, 1, 0), "r": (420, 1300, 1600, 0.6, 0),
    "w": (290, 610, 2150, 0.6, 0), "n": (250, 1500, 2500, 0.3, 0),
    "v": (250, 1100, 2300, 0.3, 0.1), "z": (250, 3000, 3700, 0.3, 0.15),
    "s": (3000, 3400, 3800, 0, 0.2), "f": (400, 1400, 3000, 0, 0.15),
    "t": (400, 2800, 3600, 0, 0.4), "k": (400, 1900, 2600, 0, 0.4),
    "-": (400, 1500, 2500, 0, 0),
}  # fmt: skip
WORDS = [
    "z ih r aw u", "w uh uh n", "- t u u", "f r i i", "f aw aw r",
    "f ah ih v", "s ih - k s", "s eh v uh n", "eh ih - t", "n ah ih n",
]  # fmt: skip


def draw_voice(rng):
    return {
        "pitch": rng.uniform(90, 220),
        "tract": rng.uniform(0.9, 1.15),
        "tempo": rng.uniform(0.8, 1.25),
    }


def say(digit, voice, rng):
    """One recording: float array of about half a second."""
    phones = np.array([PHONES[name] for name in WORDS[digit].split()])
    phones[:, :3] *= voice["tract"] * rng.normal(1, 0.03, (len(phones), 3))
    n_samples = int(0.11 * RATE * len(phones) / voice["tempo"] * rng.uniform(0.9, 1.1))
    place = np.linspace(-0.5, len(phones) - 0.5, n_samples)
    glide = np.round(place) + np.clip(2 * (place - np.round(place)), -0.5, 0.5) * 0.98
    *formants, voiced, breath = (np.interp(glide, range(len(phones)), p) for p in phones.T)
    pitch = voice["pitch"] * np.interp(place, [0, len(phones)], rng.uniform(0.85, 1.15, 2))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = 0.02 * rng.normal(size=n_samples) * rng.uniform(0.1, 1)
    for frequency in np.arange(100, RATE / 2, 100):  # noise, a hundred Hz at a time
        size = breath * _resonance(frequency, formants)
        wave += size * np.sin(2 * np.pi * frequency * np.arange(n_samples) / RATE
                              + np.cumsum(rng.normal(0, 0.25, n_samples)))  # fmt: skip
    for number in range(1, int(RATE / 2 / pitch.max())):
        size = voiced / number**0.5 * _resonance(number * pitch, formants)
        wave += size * np.sin(number * phase)
    return wave


def _resonance(frequency, formants):
    """How much of a frequency passes: a sum of peaks."""
    return sum(1 / (1 + ((frequency - formant) / 90) ** 2) for formant in formants)


def record(voices, n_takes, rng):
    said = [(digit, voice) for voice in voices for digit in range(10) for _ in range(n_takes)]
    return [say(digit, voice, rng) for digit, voice in said], np.array([d for d, _ in said])


rng = np.random.default_rng(0)
X_train, y_train = record([draw_voice(rng)], 6, rng)
X_test, y_test = record([draw_voice(rng) for _ in range(20)], 1, rng)
print(f"{len(X_train)} recordings of one voice to learn from, {len(X_test)} of 20 others")

# %%
# What the network reads
# ----------------------
# `LogMel` cuts 25 ms out of the waveform every 10 ms and takes the power in 40 bands. The word is
# "seven", by the voice to learn from and by a new one: the same picture, shifted and stretched.

log_mel = LogMel(rate=RATE)
figure, axes = plt.subplots(2, 2, figsize=(8, 4.6), sharex=True, layout="constrained",
                            height_ratios=(1, 2))  # fmt: skip
seven = [X_train[np.flatnonzero(y_train == 7)[0]], X_test[np.flatnonzero(y_test == 7)[2]]]
for (above, below), wave, title in zip(axes.T, seven, ("the voice to learn from", "a new voice")):
    above.plot(np.arange(len(wave)) / RATE, wave, linewidth=0.4)
    above.set(title=title, yticks=[])
    above.spines[["top", "right", "left"]].set_visible(False)
    frames = log_mel.transform([wave])[0]
    below.imshow(frames.T, origin="lower", aspect="auto", cmap="magma",
                 extent=(0, len(frames) * log_mel.hop, 0, log_mel.n_mels))  # fmt: skip
    below.set(xlabel="seconds", ylabel="mel band")

# %%
# One pipeline from sound to word
# -------------------------------

pipeline = make_pipeline(LogMel(rate=RATE), GRUClassifier(random_state=0)).fit(X_train, y_train)
plain = pipeline.score(X_test, y_test)
print(f"accuracy on new voices: {plain:.3f}")

# %%
# More voices from the one there is
# ---------------------------------
# One voice does not say which differences between voices are of no account. `SpeechAugmenter` does:
# it plays each recording faster and slower, through longer and shorter vocal tracts, with noise. In
# a grid search or cross-validation it goes into a pipeline of imbalanced-learn, so that what is
# validated on stays as it was recorded.

augmenter = SpeechAugmenter(rate=RATE, n_variants=4, random_state=0)
augmented = make_pipeline(LogMel(rate=RATE), GRUClassifier(random_state=0))
augmented.fit(*augmenter.fit_resample(X_train, y_train))
print(
    f"accuracy on new voices: {augmented.score(X_test, y_test):.3f}, without variants {plain:.3f}"
)

# %%
# Which digits are taken for which?
# ---------------------------------

figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
for ax, model, title in zip(axes, (pipeline, augmented), ("as recorded", "with variants")):
    ConfusionMatrixDisplay.from_estimator(
        model, X_test, y_test, ax=ax, cmap="Blues", colorbar=False
    )
    ax.set(title=f"trained on one voice {title}", xlabel="recognised", ylabel="said")
