"""Accuracy and fit seconds of sktime's GRUClassifier and of ours, both with their defaults.

    python benchmarks/bench_sktime_gru.py DATA [--seeds 0 1 2] [--sets ECG200 ...] [--threads 1]

DATA is a folder as `bench_accuracy.py` reads it. sktime's needs PyTorch: ``pip install torch``.
The two take turns, seed by seed and set by set. What cannot be fitted is "n/a".
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rounds


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def panel(path, part):
    """Series and labels of one part: numpy3D, or a df-list where lengths differ."""
    import numpy as np
    import pandas as pd
    from bench_accuracy import load

    X, y = load(path, part)
    if isinstance(X, list):
        return [pd.DataFrame(series) for series in X], y
    X = X[:, :, np.newaxis] if X.ndim == 2 else X
    return X.transpose(0, 2, 1).astype(float), y


def measure(cls, path, seed):
    """Test accuracy and seconds of one fit; None where the class does not take such series."""
    X, y = panel(path, "train")
    model = cls(random_state=seed)
    if isinstance(X, list) and not model.get_tag("capability:unequal_length"):
        return None
    started = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - started
    X, y = panel(path, "test")
    return float((model.predict(X) == y).mean()), seconds


def cells(runs):
    """Mean accuracy, each accuracy, mean seconds."""
    if None in runs:
        return ["n/a", "", ""]
    accuracy, seconds = zip(*runs)
    each = " ".join(f"{value:.3f}" for value in accuracy)
    return [f"{sum(accuracy) / len(runs):.3f}", each, f"{sum(seconds) / len(runs):.1f}"]


def mean(results, cls, of):
    """Mean over the sets of a class's accuracy (`of` 0) or seconds (1)."""
    return sum(sum(run[of] for run in runs[cls]) / len(runs[cls]) for runs in results) / len(
        results
    )


def main():
    """Print a table for each archive."""
    args = parse()
    _rounds.hold(args.threads)
    warnings.filterwarnings("ignore")
    from sktime.classification.deep_learning.gru import GRUClassifier as Rival

    from skgru.sktime import GRUClassifier

    paths = [
        path
        for archive in ("ucr", "uea")
        for path in sorted((args.data / archive).glob("*.npz"))
        if not args.sets or path.stem in args.sets
    ]
    if not paths:
        raise SystemExit(f"no sets in {args.data}")
    measure(GRUClassifier, paths[0], 0)  # loads compiled kernels
    results = {path.stem: {Rival: [], GRUClassifier: []} for path in paths}
    for seed in args.seeds:
        for path in paths:
            for cls, runs in results[path.stem].items():
                runs.append(measure(cls, path, seed))
                print(seed, path.stem, cls.__module__, runs[-1], file=sys.stderr, flush=True)
    rows = [
        [name, *cells(runs[Rival]), *cells(runs[GRUClassifier])] for name, runs in results.items()
    ]
    both = [runs for runs in results.values() if None not in runs[Rival]]
    means = [
        [f"{mean(both, cls, 0):.3f}", "", f"{mean(both, cls, 1):.1f}"]
        for cls in (Rival, GRUClassifier)
    ]
    rows.append(["**mean where both can**", *means[0], *means[1]])
    seeds = ", ".join(map(str, args.seeds))
    columns = ["accuracy", f"seeds {seeds}", "seconds"]
    _rounds.table(["set", *(f"{who}: {x}" for who in ("sktime", "skgru") for x in columns)], rows)
    print(_rounds.conditions(args.threads))


if __name__ == "__main__":
    main()
