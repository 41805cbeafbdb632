"""Accuracy of the defaults on published splits, and the seconds that a fit takes.

    python benchmarks/bench_accuracy.py DATA [--seeds 0 1 2] [--sets ECG200 ...] [--validate]

DATA is a folder of ``<archive>/<set>.npz`` with ``X_train, y_train, X_test, y_test`` and, where
series differ in length, ``len_train, len_test``. ``--validate`` never opens a test part: it scores
on a part of the training rows, for choosing settings. Further settings follow as ``name=value``.
"""

import argparse
import ast
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split

from skgru import GRUClassifier, GRURegressor


def load(path, part):
    """Series and targets of one part; lists of arrays where lengths differ."""
    with np.load(path, allow_pickle=True) as data:
        X, y = data[f"X_{part}"], data[f"y_{part}"]
        if f"len_{part}" in data:
            lengths = data[f"len_{part}"]
            if (lengths != lengths[0]).any():
                return [x[:length].astype(float) for x, length in zip(X, lengths)], y
        return X, y


def take(X, rows):
    """Some rows of an array or a list."""
    return [X[i] for i in rows] if isinstance(X, list) else X[rows]


def split(X, y, seed, stratify):
    """Half of the rows to train on, half to validate on."""
    one, other = train_test_split(
        np.arange(len(y)), test_size=0.5, random_state=seed, stratify=y if stratify else None
    )
    return take(X, one), y[one], take(X, other), y[other]


def measure(path, seed, validate, settings):
    """Score and seconds of one fit, and whether lower is better."""
    regression = path.parent.name == "tser"
    X, y = load(path, "train")
    if validate:
        X, y, X_test, y_test = split(X, y, seed, not regression)
    else:
        X_test, y_test = load(path, "test")
    allowed = GRURegressor().get_params() if regression else GRUClassifier().get_params()
    settings = {name: value for name, value in settings.items() if name in allowed}
    model = (GRURegressor if regression else GRUClassifier)(random_state=seed, **settings)
    started = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - started
    predicted = model.predict(X_test)
    if regression:
        return root_mean_squared_error(y_test, predicted), seconds
    return float(np.mean(predicted == y_test)), seconds


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("settings", nargs="*", help="name=value, of the estimator's parameters")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--validate", action="store_true")
    return parser.parse_intermixed_args()


def main():
    """Print a line a set and a mean for each archive."""
    args = parse()
    settings = dict(item.split("=", 1) for item in args.settings)
    settings = {name: ast.literal_eval(value) for name, value in settings.items()}
    print(
        f"seeds {args.seeds}, {'validation' if args.validate else 'test'}, {settings or 'defaults'}"
    )
    for archive in ("ucr", "uea", "unequal", "tser"):
        scores = []
        for path in sorted((args.data / archive).glob("*.npz")):
            if args.sets and path.stem not in args.sets:
                continue
            runs = [measure(path, seed, args.validate, settings) for seed in args.seeds]
            score, seconds = np.mean(runs, axis=0)
            scores.append(score)
            each = " ".join(f"{run[0]:.4f}" for run in runs)
            print(f"{archive:8}{path.stem:30}{score:8.4f}  [{each}]{seconds:8.1f} s", flush=True)
        if scores:
            print(f"{archive:8}{'mean':30}{np.mean(scores):8.4f}", flush=True)


if __name__ == "__main__":
    main()
