"""How far back GRUForecaster should look in short series, on their training parts.

    python benchmarks/bench_short_series.py [DATA] [--values-per-step 1 5 8 10 12]

Series that sktime bundles, each without its last three horizons, are forecast from four ends;
DATA adds every twelfth training series of M3 (``DATA/forecast/m3.csv.gz``, columns id, period, h,
split, values), forecast from one. The table gives errors beside the seasonal naive forecast's, in
the geometric mean, for several values of ``_automatic.VALUES_PER_STEP``; 1 leaves the window as
long as in long series. ETSForecaster is for comparison.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
from sktime import datasets

from skgru import ETSForecaster
from skgru.sktime import GRUForecaster, _automatic

ENDS, FLOOR = 4, 0.02  # an error of zero would rule the mean


def bundled() -> dict:
    """Name -> series, seasonal period, horizon."""
    consumption, _ = datasets.load_uschange("Consumption")
    quarters = pd.period_range("1970Q1", periods=len(consumption), freq="Q")
    macro = datasets.load_macroeconomic()
    series = {
        "airline": (datasets.load_airline(), 12, 12),
        "shampoo": (datasets.load_shampoo_sales(), 12, 3),
        "lynx": (datasets.load_lynx(), 1, 6),
        "PBS": (datasets.load_PBS_dataset(), 12, 12),
        "consumption": (consumption.set_axis(quarters), 4, 4),
        "GDP": (macro["realgdp"], 4, 8),
        "prices": (macro["cpi"], 4, 8),
        "unemployment": (macro["unemp"], 4, 8),
        "solar": (datasets.load_solar(api_version=None), 48, 24),
    }
    return {name: (y[: -3 * h], sp, h) for name, (y, sp, h) in series.items()}


def read_m3(path: Path) -> dict:
    """Name of the kind -> training series with their horizons."""
    kinds = {1: ("Y", "M3 yearly"), 4: ("Q", "M3 quarterly"), 12: ("M", "M3 monthly")}
    found: dict = {name: [] for _, name in kinds.values()}
    csv.field_size_limit(10**8)
    with gzip.open(path, "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    for row in rows[::12]:
        period, horizon = int(row["period"]), int(row["h"])
        values = np.array(row["values"].split(), float)
        if row["type"] != "OTHER" and period in kinds and len(values) >= 3 * horizon:
            freq, name = kinds[period]
            index = pd.period_range("1980", periods=len(values), freq=freq)
            found[name].append((pd.Series(values, index), period, horizon))
    return found


def error(make, y: pd.Series, sp: int, horizon: int, ends: int) -> float:
    """Mean absolute error beside that of the last season repeated."""
    own, naive = [], []
    for i in range(ends):
        end = len(y) - horizon * (i + 1)
        past, future = y[:end], y[end : end + horizon].to_numpy()
        forecast = make(sp).fit(past, fh=range(1, horizon + 1)).predict().to_numpy()
        own.append(np.abs(forecast - future).mean())
        naive.append(np.abs(np.resize(past[-sp:].to_numpy(), horizon) - future).mean())
    unit = past.std()
    return (np.mean(own) + FLOOR * unit) / (np.mean(naive) + FLOOR * unit)


def main():
    """Print a line for each forecaster."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--values-per-step", type=int, nargs="+", default=[1, 5, 8, 10, 12])
    args = parser.parse_args()
    sets = bundled()
    kinds = read_m3(args.data / "forecast" / "m3.csv.gz") if args.data else {}
    print("|", " | ".join(["", *sets, "bundled", *kinds]), "|")

    def row(name, make):
        errors = [error(make, *task, ENDS) for task in sets.values()]
        means = [[error(make, *task, 1) for task in tasks] for tasks in kinds.values()]
        cells = [*errors, *(np.exp(np.log(group).mean()) for group in (errors, *means))]
        print("|", " | ".join([name, *(f"{cell:.2f}" for cell in cells)]), "|", flush=True)

    row("ETSForecaster", lambda sp: ETSForecaster(sp=sp))
    for values in args.values_per_step:
        _automatic.VALUES_PER_STEP = values
        row(f"GRUForecaster, {values}", lambda sp: GRUForecaster(random_state=0))


if __name__ == "__main__":
    main()
