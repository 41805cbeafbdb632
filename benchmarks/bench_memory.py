"""Peak memory of `fit` and `predict`, in copies of the panel beyond the one the user holds.

    python benchmarks/bench_memory.py [--rows 20000]

Every case runs in a process of its own, after a warm-up on a few rows. Two figures: the peak of
resident memory above what was resident just before, from Linux' own mark (`VmHWM`, reset through
/proc/self/clear_refs); and, in another process, the peak of what Python and NumPy allocated. What
numba and BLAS allocate is in the first alone, what was allocated but never touched in the second.

`copies` are multiples of the panel's bytes as the user gave it; to float64 a float32 copy is 0.5.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rounds

STEPS, CHANNELS = 200, 4
PLAIN = {"augmentation": None}
# case -> kind of panel, call, settings
CASES = {
    "float32, defaults": ("float32", "fit", {}),
    "float32, no augmentation": ("float32", "fit", PLAIN),
    "float32, early stopping": ("float32", "fit", {"early_stopping": True}),
    "float32 with gaps (NaN)": ("gaps", "fit", {}),
    "float32, a list of series": ("list", "fit", {}),
    "float64, defaults": ("float64", "fit", {}),
    "float64, no augmentation": ("float64", "fit", PLAIN),
    "float32, predict": ("float32", "predict", {}),
    "float32 with gaps, predict": ("gaps", "predict", {}),
    "float32, list, predict": ("list", "predict", {}),
    "float64, predict": ("float64", "predict", {}),
}


def panel(kind, n_rows):
    """Series drawn without a temporary of their size."""
    import numpy as np

    rng = np.random.default_rng(0)
    dtype = np.float64 if kind == "float64" else np.float32
    X = np.empty((n_rows, STEPS, CHANNELS), dtype)
    for row in X:
        rng.standard_normal(out=row, dtype=dtype)
    if kind == "gaps":
        X[::2, 50:60, 0] = np.nan
        X[::3, -20:] = np.nan
    if kind == "list":  # views: the user's own memory is the panel
        return X, [row[: STEPS - i % 3] for i, row in enumerate(X)]
    return X, X


def status(field):
    """A line of Linux' account of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"no {field} in /proc/self/status")


def measure(case, n_rows, traced):
    """Child: peak bytes above what was there just before the call."""
    import numpy as np

    from skgru import GRUClassifier

    kind, call, settings = CASES[case]
    whole, X = panel(kind, n_rows)
    y = np.arange(n_rows) % 2
    model = GRUClassifier(epochs=1, random_state=0, **settings).fit(X[:200], y[:200])
    model.predict(X[:200])
    run = (lambda: model.fit(X, y)) if call == "fit" else (lambda: model.predict(X))
    if traced:
        tracemalloc.start()
        run()
        peak = tracemalloc.get_traced_memory()[1]
    else:
        Path("/proc/self/clear_refs").write_text("5")  # the mark falls to what is resident now
        before = status("VmRSS")
        run()
        peak = status("VmHWM") - before
    print(peak / whole.nbytes)


def ask(case, n_rows, traced):
    """Parent: copies that the child reports."""
    command = [sys.executable, __file__, "--rows", str(n_rows), "--case", case]
    command += ["--traced"] if traced else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--traced", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        measure(options.case, options.rows, options.traced)
        return
    _rounds.hold(1)
    megabytes = options.rows * STEPS * CHANNELS * 4 / 1e6
    print(f"{options.rows:,} x {STEPS} x {CHANNELS}: {megabytes:.0f} MB as float32, one epoch")
    rows = []
    for case in options.cases:
        resident, allocated = (ask(case, options.rows, traced) for traced in (False, True))
        rows.append([case, CASES[case][1], f"{resident:.2f}", f"{allocated:.2f}"])
        print(*rows[-1], sep=", ", file=sys.stderr, flush=True)
    _rounds.table(["panel", "call", "copies, resident", "copies, allocated"], rows)
    print(_rounds.conditions(1))


if __name__ == "__main__":
    main()
