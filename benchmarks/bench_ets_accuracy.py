"""Accuracy of automatic exponential smoothing on M3 and on M4's weekly and hourly series.

    python benchmarks/bench_ets_accuracy.py DATA [--sets m3 weekly hourly]
        [--modes combine one select plain] [--validate [FOLDS]] [--jobs 2] [--every 10] [--arrays]

DATA/forecast has ``m3.csv.gz``, ``m4_weekly.csv.gz``, ``m4_hourly.csv.gz`` (columns id, period, h,
split, values), ``m3_ets_R.csv.gz`` (what R's ``ets`` gave) and the published forecasts of M4. sMAPE
and MASE are those of the M competitions: the mean over a series' horizon of
200 |y - f| / (|y| + |f|), and the mean absolute error over that of the seasonal naive forecast
within the training part; then the mean over series. Coverage is the share of future values inside
the 95 % interval. ``--validate`` never reads a test part: it fits train[:-h] and scores train[-h:];
with a number of folds, the same one, two, ... horizons earlier too, where 12 values and three
seasons are left. Each mode is then compared with the first one: the mean difference, and its
standard error by the means of folds.
Modes: the default (combine), its single model (one), and R's choice (select: ``search="select"``);
only where named, the default without a period beyond the season's (plain: ``sp=[sp]``), and the
first and the third averaged over 30 versions (bagging, bagged-select).
``--arrays`` measures the engine below the estimator: candidates alone. "AICc" compares the
chosen model with R's: worse or better by more than 0.01, and the worst.
"""

import argparse
import os
import platform
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import skgru
from skgru.ets import _combination, _presets, _selection
from skgru.ets._model import Settings

FILES = {"m3": "m3.csv.gz", "weekly": "m4_weekly.csv.gz", "hourly": "m4_hourly.csv.gz"}
GROUPS = {(1, 6): "yearly", (1, 8): "other", (4, 8): "quarterly", (12, 18): "monthly"}
LEVELS = [0.025, 0.975]
BAG = {"bagging": 30, "random_state": 0}
MODES = {
    "combine": {},
    "one": {"combine": False},
    "select": {"search": "select"},
    "plain": {},
    "bagging": BAG,
    "bagged-select": {"search": "select", **BAG},
}


class Series(NamedTuple):
    """One series of a competition."""

    name: str
    sp: int
    h: int
    train: np.ndarray
    test: np.ndarray
    fold: int = 0


class Forecast(NamedTuple):
    """What a program says about one series."""

    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    aicc: float = np.nan


def numbers(text):
    """Space-separated numbers."""
    return np.array(text.split(), float)


def read(folder, which, n_folds, every):
    """Series of a file; with folds, parts of the training part, each a series of its own."""
    table = pd.read_csv(folder / FILES[which])
    parts = {part: rows.set_index("id") for part, rows in table.groupby("split", sort=False)}
    series = []
    for name, row in parts["train"].iloc[::every].iterrows():
        train, sp, h = numbers(row["values"]), int(row["period"]), int(row["h"])
        if not n_folds:
            series.append(Series(name, sp, h, train, numbers(parts["test"].at[name, "values"])))
        for fold in range(1, n_folds + 1):
            end = len(train) - fold * h
            if fold == 1 or end >= max(12, 3 * sp):
                own = f"{name} {fold}" if fold > 1 else name
                series.append(Series(own, sp, h, train[:end], train[end : end + h], fold))
    return series


def by_arrays(series, sp, mode, n_jobs):
    """Forecasts by the engine itself: one block of series with the same period."""
    specs = _selection.candidates("auto", "auto", "auto", "auto" if sp > 1 else None, sp)
    search = _presets.combine(sp) if mode == "combine" else _presets.select(sp)
    settings = Settings(specs=specs, sp=sp, search=search)
    values = np.concatenate([s.train for s in series])
    offsets = np.cumsum([0, *(len(s.train) for s in series)], dtype=np.int64)
    fits = _selection.fit(values, offsets, settings, n_jobs=n_jobs)
    criteria = _selection.criteria(fits, settings)
    best = criteria.argmin(axis=1)
    weights = _selection.weights(criteria, fits.n_observed)
    if mode == "select":
        weights = np.eye(len(specs))[best]
    codes = np.array([spec.code for spec in specs])
    h = max(s.h for s in series)
    means = _combination.panel_mean(fits, codes, weights, sp, h)
    bounds = _combination.panel_quantiles(fits, codes, weights, sp, h, LEVELS)
    return [
        Forecast(means[i, : s.h], bounds[i, 0, : s.h], bounds[i, 1, : s.h], criteria[i, best[i]])
        for i, s in enumerate(series)
    ]


def by_estimator(series, sp, mode, n_jobs):
    """Forecasts by `ETSForecaster` on a panel."""
    frame = pd.concat(
        {s.name: pd.DataFrame({"y": s.train}, index=pd.RangeIndex(len(s.train))) for s in series},
        names=["series", "time"],
    )
    choice = MODES[mode]
    period = [sp] if mode == "plain" else sp
    model = skgru.ETSForecaster(sp=period, n_jobs=n_jobs, **choice).fit(frame)
    h = max(s.h for s in series)
    fh = np.arange(1, h + 1)
    means = model.predict(fh)["y"]
    bounds = model.predict_interval(fh, coverage=0.95)
    aicc = aicc_by_series(model)
    forecasts = []
    for s in series:
        interval = bounds.loc[s.name].to_numpy()[: s.h]
        mean = means.loc[s.name].to_numpy()[: s.h]
        forecasts.append(Forecast(mean, interval[:, 0], interval[:, 1], aicc.get(s.name, np.nan)))
    return forecasts


def aicc_by_series(model):
    """AICc of the chosen models, by the name of the series."""
    fitted = model.get_fitted_params(deep=False).get("aicc")
    return fitted.to_dict() if isinstance(fitted, pd.Series) else {}


def by_r(folder):
    """The forecasts of the reference file, by the name of the series."""
    table = pd.read_csv(folder / "m3_ets_R.csv.gz")
    return {
        row.id: Forecast(numbers(row.mean_), numbers(row.lo95), numbers(row.hi95), row.aicc)
        for row in table.rename(columns={"mean": "mean_"}).itertuples()
    }


def published(folder):
    """The published forecasts of M4: method -> name of the series -> values."""
    table = pd.read_csv(folder / "m4_weekly_hourly_published_point_forecasts.csv.gz")
    methods = {}
    for row in table.itertuples():
        methods.setdefault(row.method, {})[row.id] = numbers(row.forecast)
    return methods


def score(series, forecast):
    """sMAPE, MASE and coverage of one series."""
    error = np.abs(series.test - forecast.mean)
    size = np.abs(series.test) + np.abs(forecast.mean)
    smape = np.mean(np.divide(200 * error, size, out=np.zeros_like(error), where=size > 0))
    naive = np.abs(series.train[series.sp :] - series.train[: -series.sp]).mean()
    inside = (series.test >= forecast.lower) & (series.test <= forecast.upper)
    return smape, error.mean() / naive if naive > 0 else np.nan, 100 * inside.mean()


def report(label, series, forecasts, seconds=None):
    """Print the scores of all series, and of each group of M3; returns those of all."""
    scores = np.array([score(s, f) for s, f in zip(series, forecasts)])
    if not all(np.isfinite(f.mean).all() for f in forecasts):
        print(f"{label}: some forecasts are not finite")
    line(label, scores, seconds)
    groups = np.array([GROUPS.get((s.sp, s.h), "") for s in series])
    for group in GROUPS.values():
        if (groups == group).any() and len(set(groups)) > 1:
            line(f"  {group}", scores[groups == group])
    return scores


def differ(series, scores, baseline):
    """Print the mean difference from other scores of the same series, with standard errors."""
    folds = np.array([s.fold for s in series])
    away = (scores - baseline)[:, :2]
    means = np.array([np.nanmean(away[folds == fold], axis=0) for fold in np.unique(folds)])
    errors = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    (smape, mase), (of_smape, of_mase) = means.mean(axis=0), errors
    print(f"  against the first: {smape:+.3f} ({of_smape:.3f}), {mase:+.4f} ({of_mase:.4f})")


def line(label, scores, seconds=None):
    """Print a row of the table."""
    smape, mase, coverage = np.nanmean(scores, axis=0)
    covered = "" if np.isnan(coverage) or coverage == 0 else f"{coverage:8.2f} %"
    cost = "" if seconds is None else f"{1000 * seconds / len(scores):9.3f} ms CPU a series"
    print(f"{label:34}{len(scores):6}{smape:9.3f}{mase:8.4f}{covered}{cost}", flush=True)


def compare(series, forecasts, reference):
    """Print how the chosen models' AICc compare with R's."""
    ours = np.array([f.aicc for f in forecasts])
    theirs = np.array([reference[s.name].aicc for s in series])
    if np.isnan(ours).all():
        return
    above = ours - theirs
    worst = int(np.nanargmax(above))
    print(
        f"  AICc against R: worse by > 0.01 on {100 * np.mean(above > 0.01):.2f} %, better on "
        f"{100 * np.mean(above < -0.01):.2f} %, worst {above[worst]:+.3f} ({series[worst].name})"
    )


def measure(series, mode, args):
    """Forecasts in the order of the series, and CPU seconds."""
    method = by_arrays if args.arrays else by_estimator
    forecasts = dict.fromkeys(s.name for s in series)
    started = time.process_time()
    for sp in sorted({s.sp for s in series}):
        block = [s for s in series if s.sp == sp]
        for s, forecast in zip(block, method(block, sp, mode, args.jobs)):
            forecasts[s.name] = forecast
    return list(forecasts.values()), time.process_time() - started


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", choices=FILES, default=list(FILES))
    parser.add_argument("--modes", nargs="+", choices=MODES)
    parser.add_argument("--validate", nargs="?", type=int, const=1, default=0, metavar="FOLDS")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="only every n-th series")
    parser.add_argument("--arrays", action="store_true", help="the engine below the estimator")
    return parser.parse_args()


def main():
    """Print a table for each set."""
    args = parse()
    folder = args.data / "forecast"
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {args.jobs} threads, Python "
        f"{platform.python_version()}, skgru {skgru.__version__}, "
        f"{f'{args.validate} folds of training parts' if args.validate else 'test'}"
    )
    print(f"{'':34}{'series':>6}{'sMAPE':>9}{'MASE':>8}{'covered':>10}")
    for which in args.sets:
        series = read(folder, which, args.validate, args.every)
        baseline = None
        for mode in args.modes or ("combine", "one", "select"):
            forecasts, seconds = measure(series, mode, args)
            scores = report(f"{which}, {mode}", series, forecasts, seconds)
            if baseline is not None and args.validate > 1:
                differ(series, scores, baseline)
            baseline = scores if baseline is None else baseline
            if which == "m3" and mode == "select" and not args.validate:
                compare(series, forecasts, by_r(folder))
        if args.validate:
            continue
        if which == "m3":
            reference = by_r(folder)
            report("m3, R's ets", series, [reference[s.name] for s in series])
            continue
        nothing = np.full(series[0].h, np.nan)
        for method, values in published(folder).items():
            if all(s.name in values for s in series):
                given = [Forecast(values[s.name], nothing, nothing) for s in series]
                report(f"{which}, published {method}", series, given)


if __name__ == "__main__":
    main()
