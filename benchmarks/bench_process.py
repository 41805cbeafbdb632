"""Time a whole program, from `python` to the accuracy printed: skgru, the original Keras sample.

    python benchmarks/bench_process.py [--rounds 7]

`sample_skgru.py` and `sample_keras.py` (on TensorFlow) take turns. Each runs once beforehand, so
that the disk's cache, Python's bytecode and numba's kernels are warm.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rounds

HERE = Path(__file__).parent
LEAST, WANTED = 3, 6


def run(sample):
    """Seconds of one process and what it printed."""
    quiet = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, HERE / f"sample_{sample}.py"],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        check=True,
    )
    return time.perf_counter() - started, done.stdout.strip()


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="cores each program may use")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    _rounds.hold(options.threads)
    samples = ("skgru", "keras")
    for sample in samples:
        run(sample)
    seconds = {sample: [] for sample in samples}
    said = {}
    for _ in range(options.rounds):
        for sample in samples:
            taken, said[sample] = run(sample)
            seconds[sample].append(taken)
    medians = {sample: statistics.median(taken) for sample, taken in seconds.items()}
    _rounds.table(
        ["process", "median", "range", "says"],
        [
            [f"sample_{s}.py", f"{medians[s]:.2f} s", _rounds.spread(seconds[s]), said[s]]
            for s in samples
        ],
    )
    ratio = medians["keras"] / medians["skgru"]
    print(f"\ntimes faster: **{ratio:.1f}**, asked {LEAST} / {WANTED}")
    print(_rounds.conditions(options.threads))


if __name__ == "__main__":
    main()
