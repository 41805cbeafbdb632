"""Spoken digits: what is said, who says it, and both of voices never heard in training.

    python benchmarks/bench_speech.py DATA [--tasks digits speakers unseen strangers padding]
        [--validate] [--speakers NAME ...] [--seed 0] [--variants 4] [--epochs 8]

DATA is a folder with the recordings of the Free Spoken Digit Dataset,
``{digit}_{speaker}_{take}.wav``, or the .tar.gz of one. Takes 0 to 4 are the test part, as its
authors have it. ``--validate`` never scores them: it trains on takes 10 to 49 and scores takes 5 to
9; of voices it leaves out the test speaker altogether and scores one more.

The opponent is a multi-layer perceptron that reads the means of eight equal parts of the same
frames. Seconds are CPU time of `fit`, frames and variants included.
"""

import argparse
import io
import tarfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.io import wavfile
from sklearn.metrics import roc_curve
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, normalize

from skgru import GRUClassifier, LogMel, SpeechAugmenter

RATE = 8000
N_PARTS = 8
BANDS_FOR_UNSEEN = 24  # too wide to tell one pitch from another


class Recordings(NamedTuple):
    """Waveforms, and what is known of each."""

    waves: list
    digits: np.ndarray
    speakers: np.ndarray
    takes: np.ndarray

    def rows(self, chosen):
        """The chosen waveforms as a list."""
        return [self.waves[i] for i in np.flatnonzero(chosen)]


def load(path):
    """Every recording of a folder or an archive, in the order of the names."""
    path = Path(path)
    if path.is_dir():
        files = {file.name: file.read_bytes() for file in path.rglob("*.wav")}
    else:
        with tarfile.open(path) as archive:
            members = [m for m in archive if m.name.endswith(".wav")]
            files = {Path(m.name).name: archive.extractfile(m).read() for m in members}
    names = sorted(files)
    parts = np.array([name.removesuffix(".wav").split("_") for name in names])
    waves = [wavfile.read(io.BytesIO(files[name]))[1] for name in names]
    return Recordings(waves, parts[:, 0].astype(int), parts[:, 1], parts[:, 2].astype(int))


def summaries(frames):
    """Means of equal parts of each recording: (n, N_PARTS * n_mels)."""
    return np.stack(
        [
            np.ravel([part.mean(axis=0) for part in np.array_split(x[_spread(len(x))], N_PARTS)])
            for x in frames
        ]
    )


def _spread(n_frames):
    """Frames to read, so that there are at least as many as parts."""
    return np.linspace(0, n_frames - 1, max(n_frames, N_PARTS)).round().astype(int)


def gru(seed, n_mels=40, **changed):
    """The pipeline that is measured."""
    frames = LogMel(rate=RATE, n_mels=n_mels)
    return make_pipeline(frames, GRUClassifier(random_state=seed, **changed))


def perceptron(seed, n_mels=40):
    """The opponent."""
    return make_pipeline(
        LogMel(rate=RATE, n_mels=n_mels),
        FunctionTransformer(summaries),
        StandardScaler(),
        MLPClassifier(random_state=seed),
    )


def measure(model, X, y, X_test, y_test, augmenter=None):
    """Accuracy and CPU seconds of one fit."""
    started = time.process_time()
    if augmenter is not None:
        X, y = augmenter.fit_resample(X, y)
    model.fit(X, y)
    seconds = time.process_time() - started
    return model.score(X_test, y_test), seconds


def known_voices(data, labels, options):
    """The published split, or the validation part of its training part."""
    train, test = data.takes >= 5, data.takes < 5
    if options.validate:
        train, test = data.takes >= 10, (data.takes >= 5) & (data.takes < 10)
    parts = (data.rows(train), labels[train], data.rows(test), labels[test])
    for name, model in (("MLP", perceptron(options.seed)), ("GRU", gru(options.seed))):
        accuracy, seconds = measure(model, *parts)
        print(f"  {name:28} {accuracy:.4f} {seconds:6.0f} s", flush=True)


def unseen_voices(data, options):
    """Digits of each speaker by models that were trained on the others."""
    names = np.unique(data.speakers)
    results: dict[str, list] = {}
    for number, name in enumerate(names):
        if options.speakers and name not in options.speakers:
            continue
        train, test = data.speakers != name, data.speakers == name
        if options.validate:
            scored = names[(number + 1) % len(names)]
            train, test = train & (data.speakers != scored), data.speakers == scored
        parts = (data.rows(train), data.digits[train], data.rows(test), data.digits[test])
        augmenter = SpeechAugmenter(
            rate=RATE, n_variants=options.variants, random_state=options.seed
        )
        seed, n_mels = options.seed, BANDS_FOR_UNSEEN
        models = {
            "MLP": (perceptron(seed, n_mels), None),
            "MLP, augmented": (perceptron(seed, n_mels), augmenter),
            "GRU": (gru(seed, n_mels), None),
            "GRU, augmented": (gru(seed, n_mels, epochs=options.epochs), augmenter),
        }
        for title, (model, sampler) in models.items():
            results.setdefault(title, []).append(measure(model, *parts, sampler))
        folds = ", ".join(f"{title} {scores[-1][0]:.3f}" for title, scores in results.items())
        print(f"    {name}: {folds}", flush=True)
    for title, folds in results.items():
        accuracy, seconds = np.mean(folds, axis=0)
        print(f"  {title:28} {accuracy:.4f} {seconds:6.0f} s a fold", flush=True)


def equal_error_rate(scores, same):
    """Where as many strangers are let in as friends are kept out."""
    wrong, right, _ = roc_curve(same, scores)
    place = np.argmin(np.abs(wrong - (1 - right)))
    return (wrong[place] + 1 - right[place]) / 2


def strangers(data, options):
    """Is it this voice? Asked of two speakers whom the network was not trained on.

    Each enrols with takes 5 to 14; each recording of takes 0 to 4 then claims to be either.
    """
    names, errors = np.unique(data.speakers), []
    for pair in names.reshape(-1, 2):
        known = ~np.isin(data.speakers, pair) & (data.takes >= 5)
        model = gru(options.seed).fit(data.rows(known), data.speakers[known])
        centre = model.transform(data.rows(known)).mean(axis=0)

        def directions(chosen, model=model, centre=centre):
            return normalize(model.transform(data.rows(chosen)) - centre)

        enrolling = (data.takes >= 5) & (data.takes < 15)
        enrolled = [directions(enrolling & (data.speakers == name)).mean(axis=0) for name in pair]
        asked = np.isin(data.speakers, pair) & (data.takes < 5)
        scores = directions(asked) @ normalize(enrolled).T
        same = data.speakers[asked][:, np.newaxis] == pair
        errors.append(equal_error_rate(scores.ravel(), same.ravel()))
        print(f"    {' and '.join(pair)}: equal error rate {errors[-1]:.3f}", flush=True)
    print(f"  mean equal error rate {np.mean(errors):.4f}")


def padding(data, options):
    """Largest difference between a recording's probabilities alone and among others."""
    few = data.takes == 5
    model = gru(options.seed, epochs=2).fit(data.rows(few), data.digits[few])
    asked = data.rows(data.takes == 0)
    alone = np.concatenate([model.predict_proba([wave]) for wave in asked])
    print(f"  largest difference {np.abs(model.predict_proba(asked) - alone).max():.1e}")


TASKS = {
    "digits": lambda data, options: known_voices(data, data.digits, options),
    "speakers": lambda data, options: known_voices(data, data.speakers, options),
    "unseen": unseen_voices,
    "strangers": strangers,
    "padding": padding,
}


def main():
    """Run the tasks that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--speakers", nargs="+", help="folds of `unseen` to run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--variants", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    data = load(options.data)
    for task in options.tasks:
        print(task, flush=True)
        TASKS[task](data, options)


if __name__ == "__main__":
    main()
