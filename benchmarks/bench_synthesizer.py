"""Spoken digits from text: how many a recogniser that has heard real recordings only gets right.

    python benchmarks/bench_synthesizer.py DATA [--validate] [--seed 0] [--level char]
        [--tempos 0.85 1 1.15] [--wav FOLDER]

DATA is what `bench_speech.py` takes. Synthesizer and recognisers train on takes 5 to 49; with
``--validate`` on takes 10 to 49, and takes 5 to 9 stand for the test part. Every word in every
voice at every tempo is spoken. For comparison: the real test recordings, and the same brought to
frames and back, which is the most that any synthesizer with these frames can hope for. The second
recogniser, a perceptron on means of eight parts, makes sure that the first is not easily pleased.

The distortion is that of `GRUSynthesizer.score` on the test part; that between two real recordings
of a word by one speaker shows how much they differ among themselves. Seconds are CPU time.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from bench_speech import RATE, gru, load, perceptron
from scipy.io import wavfile

from skgru import GRUSynthesizer
from skgru.speech import _distance, _vocoder

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def texts(digits):
    """What is said."""
    return [WORDS[digit] for digit in digits]


def train(data, rows, options):
    """A fitted synthesizer."""
    started = time.process_time()
    model = GRUSynthesizer(rate=RATE, level=options.level, random_state=options.seed)
    model.fit(texts(data.digits[rows]), data.rows(rows), data.speakers[rows])
    print(f"synthesizer   fit {time.process_time() - started:.0f} s", flush=True)
    return model


def speak(model, tempos):
    """Waveforms of every word in every voice, and what each says."""
    digits = np.tile(np.arange(10), len(model.speakers_))
    voices = np.repeat(model.speakers_, 10)
    started, waves = time.process_time(), []
    for tempo in tempos:
        waves += model.set_params(tempo=tempo).predict(texts(digits), voices)
    model.set_params(tempo=1.0)
    spent = 1000 * (time.process_time() - started) / len(waves)
    seconds = np.mean([len(wave) for wave in waves]) / RATE
    print(f"synthesizer   {spent:.0f} ms for a word of {seconds:.2f} s", flush=True)
    return waves, np.tile(digits, len(tempos)), np.tile(voices, len(tempos))


def there_and_back(model, waves):
    """Recordings as their own frames say them."""
    frames = model._listen(waves)
    return [
        _vocoder.waveform(frames[i], model.model_.analysis, model.n_phase_iter, seed=i)
        for i in range(len(frames))
    ]


def distortions(model, data, test):
    """Of what is spoken, and of one real recording against another of the same."""
    real = -model.score(texts(data.digits[test]), data.rows(test), data.speakers[test])
    frames, places = model._listen(data.rows(test)), {}
    among = []
    for i, row in enumerate(np.flatnonzero(test)):
        other = places.setdefault((data.digits[row], data.speakers[row]), i)
        if other != i:
            among.append(_distance.distortion(frames[other], frames[i]))
    print(f"distortion    {real:.2f} dB, between two real recordings {np.mean(among):.2f} dB")


def main():
    """Train, speak, listen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--level", choices=["char", "word"], default="char")
    parser.add_argument("--tempos", nargs="+", type=float, default=[0.85, 1, 1.15])
    parser.add_argument("--wav", type=Path, help="folder for what is spoken at tempo 1")
    options = parser.parse_args()
    data = load(options.data)
    first = 10 if options.validate else 5
    rows, test = data.takes >= first, (data.takes >= first - 5) & (data.takes < first)
    model = train(data, rows, options)
    waves, digits, voices = speak(model, options.tempos)
    heard = {
        "synthesised": (waves, digits),
        "real": (data.rows(test), data.digits[test]),
        "there and back": (there_and_back(model, data.rows(test)), data.digits[test]),
    }
    for name, listener in (("GRU", gru(options.seed)), ("MLP", perceptron(options.seed))):
        listener.fit(data.rows(rows), data.digits[rows])
        for title, (what, wanted) in heard.items():
            print(f"{name}           {title:15} {listener.score(what, wanted):.4f}", flush=True)
    distortions(model, data, test)
    if options.wav:
        options.wav.mkdir(exist_ok=True)
        for wave, digit, voice in zip(
            model.predict(texts(digits[:60]), voices[:60]), digits, voices
        ):
            wavfile.write(options.wav / f"{voice}_{WORDS[digit]}.wav", RATE, wave)


if __name__ == "__main__":
    main()
