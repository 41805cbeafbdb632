"""Forecasters side by side, by sktime's ForecastingBenchmark: errors and seconds.

    python benchmarks/bench_forecasting.py [--quick] [--data DATA] [--models ets prophet ...]

On weather, stocks, energy, passengers and employment, which sktime and vega_datasets bundle; DATA
adds series of M4 (``DATA/forecast/m4_weekly.csv.gz``, ``m4_hourly.csv.gz``). Every model is fitted
anew at each of the last ends of a series. The error is MASE: 1 is the mean error in the past of the
value of a season ago. A model whose library is absent is left out.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rounds
import _side_by_side


def main():
    """Print the table and write the picture."""
    args = _side_by_side.parse(__doc__, "forecasting")
    _rounds.hold(args.threads)
    _side_by_side.quiet()
    import pandas as pd
    from _forecasting_models import MODELS, NAIVE, naive
    from _forecasting_tasks import Series, bundled, from_folder

    tasks = bundled() + (from_folder(args.data) if args.data else [])
    if args.quick:
        tasks = [replace(task, folds=1) for task in tasks]
    models = _side_by_side.chosen(MODELS, args.models) | {NAIVE: naive}
    warm = Series("warm-up", tasks[0].y.iloc[:72], sp=12, horizon=12, folds=1)
    ready = compare(models, warm)["model_id"]  # imports, compiled kernels: no part of a fit
    models = {name: models[name] for name in ready}
    results = pd.concat([compare(models, task) for task in tasks], ignore_index=True)
    table = _side_by_side.summarise(results, "MASE_mean", list(MODELS), NAIVE)
    _side_by_side.show(table, 2, "min")
    print(_rounds.conditions(args.threads))
    _side_by_side.draw(table, args.picture, "error of the naive forecast = 1", "lower")


def compare(models, task):
    """Results of all models on one task."""
    from sktime.benchmarking.forecasting import ForecastingBenchmark
    from sktime.performance_metrics.forecasting import MeanAbsoluteScaledError
    from sktime.split import ExpandingGreedySplitter

    splitter = ExpandingGreedySplitter(task.horizon, folds=task.folds)
    scorer = MeanAbsoluteScaledError(sp=task.sp)
    scorer.name = "MASE"
    return _side_by_side.run(
        ForecastingBenchmark,
        models,
        task,
        lambda benchmark: benchmark.add_task(task.y, splitter, [scorer], task_id=task.name),
    )


if __name__ == "__main__":
    main()
