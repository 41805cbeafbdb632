"""Cost and memory of ETSForecaster, by number and length of series.

    python benchmarks/bench_ets_panel.py [--most 1000000] [--sp 1] [--picture out/ets_panel.png]
    python benchmarks/bench_ets_panel.py --fit 10000 100000 --sp 12

Generated series of 24 to 48 values with level, trend, season and noise; 12 steps are forecast.
Every point is a process of its own that has imported, compiled and forecast once before its clock
starts. Prints markdown.

entry     arrays: `forecast_arrays`; frame: `forecast_long` on a pandas frame
seconds   wall and processor time of the call
memory    peak of resident memory above that before the data are there, in multiples of the data
          (8 bytes a value of arrays, 24 of a frame), and what of it is neither data nor result

With `--fit`, `fit` and forecasts by way of sktime, of 60 to 100 values a series in a frame with an
index of names and months. Memory is what there is beyond that frame: at the peak of `fit`, after
it, and at the peak of point forecasts and 95 % intervals, in multiples of the frame without its
labels (13 bytes a value) and, in brackets, of the values alone (8 bytes).
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from skgru import ETSForecaster

H = 12
SHORTEST, LONGEST = 24, 48
FIT_LENGTHS = (60, 100)
SIZES = (1_000, 10_000, 100_000, 1_000_000)
LENGTHS = (20, 200, 2_000, 20_000)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def generate(n_series, low, high, seed=0):
    """Values and offsets, made piece by piece so that little beside them is ever in memory."""
    lengths = np.random.default_rng(seed).integers(low, high + 1, n_series)
    offsets = np.append(0, np.cumsum(lengths))
    values = np.empty(offsets[-1])
    for first in range(0, n_series, 1000):
        own = lengths[first : first + 1000]
        rng = np.random.default_rng([seed, first])
        start = offsets[first]
        place = np.arange(own.sum()) - np.repeat(offsets[first : first + len(own)] - start, own)
        level, slope, swing = (
            np.repeat(rng.uniform(*span, len(own)), own) for span in ((80, 400), (-1, 2), (0, 30))
        )
        season = swing * np.sin(2 * np.pi * place / 12)
        drift = 20 * np.tanh(slope * place / 20)
        piece = level + drift + season + rng.normal(0, 8, len(place))
        values[start : start + len(place)] = np.maximum(piece, 1)
    return values, offsets


def frame_of(values, offsets):
    """The same as a long frame of names and months."""
    lengths = np.diff(offsets)
    names = np.array([f"series {i:07}" for i in range(len(lengths))], object)
    months = pd.date_range("2020-01-01", periods=lengths.max(), freq="MS").to_numpy()
    place = np.arange(len(values)) - np.repeat(offsets[:-1], lengths)
    table = {"id": np.repeat(names, lengths), "time": months[place], "value": values}
    return pd.DataFrame(table, copy=False)


def panel_of(values, offsets):
    """The same as a frame of sktime's kind: an index of names and months."""
    lengths = np.diff(offsets)
    names = [f"series {i:07}" for i in range(len(lengths))]
    months = pd.period_range("2010-01", periods=lengths.max(), freq="M")
    place = np.arange(len(values)) - np.repeat(offsets[:-1], lengths)
    index = pd.MultiIndex(
        levels=[names, months],
        codes=[np.repeat(np.arange(len(lengths)), lengths), place],
        names=["id", "month"],
    )
    return pd.DataFrame({"value": values}, index=index)


def resident(peak=False):
    """Bytes of this process in memory, now or at most so far."""
    field = "VmHWM" if peak else "VmRSS"
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return 1024 * int(line.split()[1])
    raise RuntimeError("memory is read from /proc/self/status, which is not there")


def work(task):
    """One point of the curve, in this process."""
    forecaster = ETSForecaster(sp=task["sp"], n_jobs=task["n_jobs"])
    small = generate(4, LONGEST, LONGEST)
    forecaster.forecast_arrays(*small, H)
    forecaster.forecast_long(frame_of(*small), H)
    before = resident()
    values, offsets = generate(task["n"], SHORTEST, LONGEST)
    if task["entry"] == "frame":
        data = frame_of(values, offsets)
        del values
        size, call = 24 * len(data), lambda: forecaster.forecast_long(data, H)
    else:
        size, call = values.nbytes, lambda: forecaster.forecast_arrays(values, offsets, H)
    cpu, wall, held = time.process_time(), time.perf_counter(), resident()
    result = call()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    own = 24 * len(result) if task["entry"] == "frame" else result.forecast.nbytes
    peak = resident(peak=True)
    return {
        "wall": wall,
        "cpu": cpu,
        "memory": (peak - before) / size,
        "beside": max(peak - held - own, 0) / size,
    }


def rewind():
    """Let the mark of the peak fall to what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident()


def work_fit(task):
    """`fit` and `predict` of a panel, in this process."""
    forecaster = ETSForecaster(sp=task["sp"], n_jobs=task["n_jobs"])
    small = panel_of(*generate(500, *FIT_LENGTHS))  # more than one block
    forecaster.fit(small).predict_interval(range(1, H + 1))
    forecaster.predict(range(1, H + 1))
    y = panel_of(*generate(task["n"], *FIT_LENGTHS))
    labels = sum(level.nbytes for level in map(np.asarray, y.index.codes))
    size, found = {"frame": 8 * len(y) + labels, "values": 8 * len(y)}, {}
    before, cpu = rewind(), time.process_time()
    forecaster = ETSForecaster(sp=task["sp"], n_jobs=task["n_jobs"]).fit(y)
    found["fit"] = time.process_time() - cpu
    extra = {"peak": resident(peak=True), "stays": resident()}
    rewind()
    cpu = time.process_time()
    forecaster.predict(range(1, H + 1))
    forecaster.predict_interval(range(1, H + 1), coverage=0.95)
    found["predict"] = time.process_time() - cpu
    extra["forecasts"] = resident(peak=True)
    for name, bytes_ in extra.items():
        for unit, whole in size.items():
            found[f"{name} {unit}"] = (bytes_ - before) / whole
    return found


def point(**task):
    """One point of the curve, in a process of its own."""
    command = [sys.executable, __file__, "--task", json.dumps(task)]
    run = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD}
    )
    return json.loads(run.stdout.splitlines()[-1])


def by_number(args):
    """Seconds and memory by number of series."""
    print("\n| entry | series | threads | wall s | CPU s | ms a series | memory / data | beside |")
    print("|---|---|---|---|---|---|---|---|")
    rows = []
    for entry in args.entries:
        for n_jobs in args.threads:
            for n in SIZES:
                if n > args.most:
                    continue
                found = point(entry=entry, n=n, n_jobs=n_jobs, sp=args.sp)
                rows.append({"entry": entry, "n": n, "n_jobs": n_jobs, **found})
                print(
                    f"| {entry} | {n:,} | {n_jobs} | {found['wall']:.2f} | {found['cpu']:.2f} "
                    f"| {1000 * found['wall'] / n:.3f} | {found['memory']:.2f} "
                    f"| {found['beside']:.2f} |",
                    flush=True,
                )
    return rows


def by_fit(args):
    """Seconds and memory of `fit` by number of series."""
    low, high = FIT_LENGTHS
    print(
        f"\n{low} to {high} values a series, one thread; memory beyond the frame / frame (values)\n"
    )
    print("| series | sp | fit CPU s | forecasts CPU s | peak of fit | stays | peak of forecasts |")
    print("|---|---|---|---|---|---|---|")
    for n in args.fit:
        found = point(entry="fit", n=n, n_jobs=1, sp=args.sp)
        memory = [
            f"{found[f'{name} frame']:.2f} ({found[f'{name} values']:.2f})"
            for name in ("peak", "stays", "forecasts")
        ]
        print(
            f"| {n:,} | {args.sp} | {found['fit']:.1f} | {found['predict']:.1f} | "
            + " | ".join(memory)
            + " |",
            flush=True,
        )


def by_length(args):
    """Seconds of one series by its length."""
    print("\n| values | ms | us a value |")
    print("|---|---|---|")
    rows = []
    forecaster = ETSForecaster(sp=args.sp)
    for n in LENGTHS:
        # The mean of several series: how many steps one takes is chance.
        series = [generate(1, n, n, seed) for seed in range(5)]
        times = []
        for values, offsets in series:
            forecaster.forecast_arrays(values, offsets, H)
            started, count = time.process_time(), 0
            while time.process_time() - started < 0.2:
                forecaster.forecast_arrays(values, offsets, H)
                count += 1
            times.append((time.process_time() - started) / count)
        ms = 1000 * float(np.mean(times))
        rows.append({"n": n, "ms": ms})
        print(f"| {n:,} | {ms:.2f} | {1000 * ms / n:.2f} |", flush=True)
    return rows


def draw(numbers, lengths, path):
    """Picture of both curves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for entry, n_jobs in dict.fromkeys((row["entry"], row["n_jobs"]) for row in numbers):
        rows = [r for r in numbers if (r["entry"], r["n_jobs"]) == (entry, n_jobs)]
        label = f"{entry}, {n_jobs} thread{'s' * (n_jobs > 1)}"
        n = [row["n"] for row in rows]
        left.loglog(n, [row["wall"] for row in rows], marker="o", label=label)
        middle.semilogx(n, [row["beside"] for row in rows], marker="o", label=label)
    left.set(xlabel="series", ylabel="wall seconds")
    middle.set(xlabel="series", ylabel="memory beside data and result / data", ylim=(0, None))
    right.loglog([r["n"] for r in lengths], [r["ms"] for r in lengths], marker="o")
    right.set(xlabel="values of one series", ylabel="CPU milliseconds")
    left.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=SIZES[-1], help="series of the largest panel")
    parser.add_argument("--sp", type=int, default=1, help="seasonal period")
    parser.add_argument("--fit", type=int, nargs="+", help="series of the panels to `fit`")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--entries", nargs="+", choices=("arrays", "frame"), default=["arrays", "frame"]
    )
    parser.add_argument("--picture", type=Path, help="file for a picture of the curves")
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    """Print both curves."""
    args = parse()
    if args.task:
        own = work_fit if args.task["entry"] == "fit" else work
        print(json.dumps(own(args.task)))
        return
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy "
        f"{np.__version__}, pandas {pd.__version__}; {SHORTEST} to {LONGEST} values, sp={args.sp}"
    )
    if args.fit:
        by_fit(args)
        return
    numbers, lengths = by_number(args), by_length(args)
    if args.picture:
        draw(numbers, lengths, args.picture)


if __name__ == "__main__":
    main()
