"""Time the first `fit` of a process, with an empty and with a warm numba cache.

Every figure is a fresh process. It first imports scikit-learn, which is timed apart; what follows,
`import skgru` included, is the first fit: importing numba, compiling the kernels or loading them
from the cache, and one epoch on 40 short series. CPU is user and system time of all threads, and
what to judge by on a busy machine.

    python benchmarks/bench_first_call.py
    python benchmarks/bench_first_call.py --threads 2 --empty 3 --warm 7
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from itertools import pairwise

PLAIN = {
    "units": 32,
    "bidirectional": False,
    "pooling": "last",
    "embedding_units": None,
    "patch_length": None,
    "patch_stride": None,
}
ESTIMATORS = {"GRUClassifier()": {}, "one plain GRU layer": PLAIN}


def clocks():
    """Seconds by the wall and of CPU, so far."""
    spent = os.times()
    return time.perf_counter(), spent.user + spent.system


def serve(name):
    """Child: print wall and CPU seconds of scikit-learn's import and of the first fit."""
    import numpy as np

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 20)), rng.integers(0, 2, 40)
    times = [clocks()]
    import sklearn.metrics
    import sklearn.model_selection
    import sklearn.preprocessing  # noqa: F401

    times.append(clocks())
    import skgru

    skgru.GRUClassifier(**ESTIMATORS[name], epochs=1, engine="numba").fit(X, y)
    times.append(clocks())
    print(json.dumps([[b - a for a, b in zip(*pair)] for pair in pairwise(times)]))


def run(name, cache, threads):
    """Seconds of one fresh process: ((wall, CPU) of the import, (wall, CPU) of the fit)."""
    limits = {f"{lib}_NUM_THREADS": str(threads) for lib in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    answer = subprocess.run(
        [sys.executable, __file__, "--serve", name],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **limits, "NUMBA_CACHE_DIR": cache},
    )
    return json.loads(answer.stdout)


def measure(name, options):
    """Runs of one estimator: with an empty cache, then with the last one's."""
    empty = []
    for _ in range(options.empty):
        with tempfile.TemporaryDirectory() as cache:
            empty.append(run(name, cache, options.threads))
            if len(empty) == options.empty:
                warm = [run(name, cache, options.threads) for _ in range(options.warm)]
    return {"empty": empty, "warm": warm}


def main():
    """Read the command line and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="of BLAS and numba")
    parser.add_argument("--empty", type=int, default=2, help="processes with an empty cache")
    parser.add_argument("--warm", type=int, default=3, help="processes with a warm cache")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    imports = []
    print(f"{'first fit, seconds (medians)':30}{'cache':>8}{'runs':>6}{'wall':>8}{'CPU':>8}")
    for name in ESTIMATORS:
        for cache, runs in measure(name, options).items():
            imports += [scikit_learn for scikit_learn, _ in runs]
            wall, cpu = map(statistics.median, zip(*(fit for _, fit in runs)))
            print(f"{name:30}{cache:>8}{len(runs):>6}{wall:>8.2f}{cpu:>8.2f}", flush=True)
    wall, cpu = map(statistics.median, zip(*imports))
    print(f"{'import of scikit-learn, apart':30}{'':8}{len(imports):>6}{wall:>8.2f}{cpu:>8.2f}")
    print(f"\n{options.threads} thread(s), Python {platform.python_version()}, ", end="")
    packages = ("numpy", "scipy", "numba", "scikit-learn")
    print(f"{platform.machine()}, " + ", ".join(f"{name} {version(name)}" for name in packages))


if __name__ == "__main__":
    main()
