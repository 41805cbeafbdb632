"""Accuracy, coverage and seconds of GRUForecaster with its defaults, on M4 and ETTh1.

    python benchmarks/bench_gru_forecaster.py DATA [--validate] [--only m4_weekly ...] [--seed 0]

DATA holds ``forecast/m4_weekly.csv.gz``, ``m4_hourly.csv.gz`` (columns id, split, values) and
``etth1.csv.gz`` (date and 7 columns). ``--validate`` stays within the training parts: M4 without
its last horizon, ETTh1 fitted on the first 12 months and judged on the next 4. Without it ETTh1 is
fitted on 16 months and judged on the last 4, every window, standardised by the first 12.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time
from pathlib import Path

import numpy as np
import pandas as pd

from skgru.sktime import GRUForecaster, _global, _timeline, _windows

MONTH = 30 * 24


def read_m4(path: Path, horizon: int, validate: bool):
    """Training series and their futures, in the order of the file."""
    csv.field_size_limit(10**9)
    parts: dict = {"train": [], "test": []}
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            parts[row["split"]].append(np.array(row["values"].split(), float))
    if not validate:
        return parts["train"], np.array(parts["test"])
    train = [y[:-horizon] for y in parts["train"]]
    return train, np.array([y[-horizon:] for y in parts["train"]])


def frame_of(series) -> pd.DataFrame:
    """A panel whose series end together, their index counting down to 0."""
    frames = {
        i: pd.DataFrame({"y": y}, index=pd.RangeIndex(1 - len(y), 1)) for i, y in enumerate(series)
    }
    return pd.concat(frames, names=["series", "time"])


def bench_m4(path: Path, horizon: int, period: int, seed: int, validate: bool) -> dict:
    """sMAPE, MASE and coverage over all series."""
    train, future = read_m4(path, horizon, validate)
    y = frame_of(train)
    started, cpu = time.perf_counter(), time.process_time()
    forecaster = GRUForecaster(random_state=seed).fit(y, fh=range(1, horizon + 1))
    seconds = time.perf_counter() - started, time.process_time() - cpu
    forecast = forecaster.predict().to_numpy().reshape(future.shape)
    interval = forecaster.predict_interval(coverage=0.95).to_numpy().reshape(*future.shape, 2)
    error = np.abs(forecast - future)
    scale = [np.abs(y[period:] - y[:-period]).mean() for y in train]
    inside = (future >= interval[..., 0]) & (future <= interval[..., 1])
    return {
        "sMAPE": 200 * (error / (np.abs(forecast) + np.abs(future))).mean(),
        "MASE": (error.mean(axis=1) / scale).mean(),
        "cover95": inside.mean(),
        "fit_s": seconds[0],
        "fit_cpu_s": seconds[1],
    }


def bench_etth1(path: Path, columns, horizon: int, seed: int, validate: bool) -> dict:
    """Standardised errors over every window of the last part."""
    data = pd.read_csv(path, parse_dates=["date"], index_col="date").asfreq("h")
    data = (data - data[: 12 * MONTH].mean()) / data[: 12 * MONTH].std(ddof=0)
    data = data[columns or list(data.columns)]
    start = (12 if validate else 16) * MONTH
    data = data[: start + 4 * MONTH]
    started, cpu = time.perf_counter(), time.process_time()
    forecaster = GRUForecaster(random_state=seed).fit(data[:start], fh=range(1, horizon + 1))
    seconds = time.perf_counter() - started, time.process_time() - cpu
    # All windows in a few calls; `update` and `predict` give the same one at a time.
    axis, model = _timeline.draw(data.index), forecaster.model_
    cutoffs = np.arange(start, len(data) - horizon + 1)
    square, absolute, inside, last = [], [], [], []
    for i, series in enumerate(_timeline.read(data, None, axis, horizon, None).series):
        windows = _windows.cut([series], [cutoffs], model.shape)
        windows = windows._replace(series=np.full(windows.n, i))
        found = _global.quantiles(model, windows)
        future = windows.restore(windows.target, model.shape.logarithm)
        error = found[..., 3] - future
        square.append((error**2).mean())
        absolute.append(np.abs(error).mean())
        inside.append(((future >= found[..., 0]) & (future <= found[..., -1])).mean())
        last.append(((future - series.values[cutoffs - 1, None]) ** 2).mean())
    return {
        "MSE": np.mean(square),
        "MAE": np.mean(absolute),
        "last_MSE": np.mean(last),
        "cover95": np.mean(inside),
        "fit_s": seconds[0],
        "fit_cpu_s": seconds[1],
    }


def main():
    """Print a line for each task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+")
    args = parser.parse_args()
    folder, rest = args.data / "forecast", (args.seed, args.validate)
    tasks = {
        "m4_weekly": lambda: bench_m4(folder / "m4_weekly.csv.gz", 13, 1, *rest),
        "m4_hourly": lambda: bench_m4(folder / "m4_hourly.csv.gz", 48, 24, *rest),
        "etth1_96": lambda: bench_etth1(folder / "etth1.csv.gz", None, 96, *rest),
        "etth1_OT_24": lambda: bench_etth1(folder / "etth1.csv.gz", ["OT"], 24, *rest),
    }
    for name in args.only or tasks:
        found = tasks[name]()
        print(f"{name:12}", "  ".join(f"{k} {v:.4g}" for k, v in found.items()), flush=True)


if __name__ == "__main__":
    main()
