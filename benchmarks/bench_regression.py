"""Default GRURegressor on targets with and without noise, beside ridge regression and a perceptron.

    python benchmarks/bench_regression.py [DATA] [--seeds 0 1 2] [name=value ...]

Generated: the sum of a random sequence, and the place of its peak, from 40 to 4,000 rows, also with
noise as large as the target (scored against the target without it). scikit-learn's diabetes: ten
measurements. DATA adds windows of training series of M3 (monthly, seasonal differences), M4
(weekly, differences) and ETTh1, whose last windows are scored, and a third of FloodModeling1's
training rows. No test part is opened. Errors are root mean squares in deviations of the target;
1 is the mean of the training rows. Settings of `GRURegressor` follow as ``name=value``.
"""

import argparse
import ast
import csv
import gzip
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rounds

from skgru import GRURegressor


def generated(kind, n, noise):
    """Rows to train on and to score; what is scored has no noise."""
    rng = np.random.default_rng(0)
    N, rows = n + 300, np.arange(n + 300)
    if kind == "sum":
        X = rng.normal(size=(N, 20))
        y = X.sum(axis=1)
    else:
        X, y = 0.3 * rng.normal(size=(N, 40)), rng.integers(5, 35, N).astype(float)
        X[rows, y.astype(int)] += 3
    seen = y + noise * y.std() * rng.normal(size=N)
    return X[:n], seen[:n], X[n:], y[n:]


def shuffled(X, y, n):
    """The first n rows in random order, and the rest."""
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order], y[order]
    return X[:n], y[:n], X[n:], y[n:]


def windows(values, lag, length, horizon, held):
    """Standardised differences in windows, and the steps that follow; the last are scored."""
    known = len(values) - held - horizon
    d = values[lag:] - values[:-lag]
    d = (d - d[: known - lag].mean()) / d[: known - lag].std()
    n = len(d) - length - horizon + 1
    X = np.stack([d[i : i + length] for i in range(n)])
    y = np.stack([d[i + length : i + length + horizon] for i in range(n)])
    stop = n - held - horizon
    return X[:stop], y[:stop], X[n - held :], y[n - held :]


def training_series(path, count, least, **columns):
    """Some series that are long enough, from their training parts."""
    csv.field_size_limit(2**31 - 1)
    with gzip.open(path, "rt") as file:
        rows = [
            np.array(row["values"].split(), float)
            for row in csv.DictReader(file)
            if row["split"] == "train" and all(row[k] == v for k, v in columns.items())
        ]
    long = [row for row in rows if len(row) >= least]
    return [long[i] for i in np.linspace(0, len(long) - 1, count).astype(int)]


def tasks(folder):
    """Name -> data sets, whose errors are averaged."""
    found = {}
    for kind in ("sum", "peak"):
        for noise in (0, 1):
            for n in (40, 300, 1000, 4000):
                name = f"{kind}{', noise' * noise}, {n:,} rows"
                found[name] = [generated(kind, n, noise)]
    found["diabetes, 300 rows"] = [shuffled(*load_diabetes(return_X_y=True), 300)]
    if folder is not None:
        monthly = training_series(folder / "forecast" / "m3.csv.gz", 8, 120, period="12")
        found["M3 monthly, 8 series"] = [windows(v, 12, 24, 6, 12) for v in monthly]
        weekly = training_series(folder / "forecast" / "m4_weekly.csv.gz", 4, 300)
        found["M4 weekly, 4 series"] = [windows(v[-400:], 1, 26, 8, 30) for v in weekly]
        with gzip.open(folder / "forecast" / "etth1.csv.gz", "rt") as file:
            oil = np.array([float(row["OT"]) for row in csv.DictReader(file)])[:1400]
        found["ETTh1, oil temperature"] = [windows(oil, 24, 48, 12, 200)]
        with np.load(folder / "tser" / "FloodModeling1.npz", allow_pickle=True) as flood:
            X, y = flood["X_train"], flood["y_train"].astype(float)
        found["FloodModeling1"] = [shuffled(X, y, 320)]
    return found


def error(model, sets):
    """Geometric mean over the sets of the error in deviations, and CPU seconds."""
    logs, started = [], time.process_time()
    for X, y, X_test, y_test in sets:
        flat = [a.reshape(len(a), -1) for a in (X, X_test)]
        rmse = np.sqrt(np.mean((model.fit(flat[0], y).predict(flat[1]) - y_test) ** 2))
        logs.append(np.log(rmse / np.sqrt(np.mean((y.mean(axis=0) - y_test) ** 2))))
    return np.exp(np.mean(logs)), time.process_time() - started


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    args, rest = parser.parse_known_args()
    settings = [part.split("=", 1) for part in rest]
    return args, {name: ast.literal_eval(value) for name, value in settings}


def main():
    """Print the table."""
    args, settings = parse()
    _rounds.hold(1)
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 4, 15)))
    print("| data | ridge | perceptron | GRURegressor | CPU s |\n|---|---|---|---|---|")
    for name, sets in tasks(args.data).items():
        linear, _ = error(ridge, sets)
        perceptrons, networks, seconds = [], [], []
        for seed in args.seeds:
            mlp = MLPRegressor(early_stopping=True, max_iter=1000, random_state=seed)
            perceptrons.append(error(make_pipeline(StandardScaler(), mlp), sets)[0])
            found = error(GRURegressor(random_state=seed, **settings), sets)
            networks.append(found[0])
            seconds.append(found[1] / len(sets))
        print(
            f"| {name} | {linear:.3f} | {np.mean(perceptrons):.3f} | {np.mean(networks):.3f} "
            f"| {np.mean(seconds):.1f} |",
            flush=True,
        )
    print(f"\nSeeds {args.seeds}, {settings or 'defaults'}. {_rounds.conditions(1)}")


if __name__ == "__main__":
    main()
