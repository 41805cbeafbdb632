"""What both benchmarks of models side by side share: options, the run, the table, the picture."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path


def parse(doc: str, name: str) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one fold of few tasks, two minutes")
    parser.add_argument("--data", type=Path, help="a folder with more sets")
    parser.add_argument("--models", nargs="+", help="words in the names of those that take part")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--picture", type=Path, default=Path("out") / f"{name}.png")
    return parser.parse_args()


def quiet() -> None:
    """Silence what rivals say while they work."""
    import logging

    warnings.showwarning = lambda *args, **kwargs: None  # sktime brings filters of its own
    for name in ("cmdstanpy", "prophet", "sktime"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def chosen(models: dict, words) -> dict:
    """Models with one of the words in their names."""
    return {
        name: build
        for name, build in models.items()
        if not words or any(word.lower() in name.lower() for word in words)
    }


def run(benchmark_class, models: dict, task, add_task):
    """Run one of sktime's benchmarks on one task.

    Parameters
    ----------
    benchmark_class : type
    models : dict
        Name -> function of the task that makes the estimator.
    task : object
        With a `name`.
    add_task : callable
        Of the benchmark; it registers the task.

    Returns
    -------
    pd.DataFrame
        sktime's results.
    """
    import pandas as pd

    tables = []
    for name, build in models.items():
        benchmark = benchmark_class()
        try:
            benchmark.add_estimator(build(task), name)
        except (ImportError, ValueError) as error:
            print(f"left out: {name} ({str(error).splitlines()[0]:.90})", file=sys.stderr)
            continue
        add_task(benchmark)
        tables.append(benchmark.run(None).assign(folds=getattr(task, "folds", 1)))
        for failure in benchmark.failed_experiments:
            reason = failure.exception_message.partition(chr(10))[0]
            print(f"failed: {name} ({reason:.200})", file=sys.stderr)
        if len(tables[-1]):
            seconds = tables[-1]["runtime_secs"].iloc[0]
            print(f"{task.name}: {name}, {seconds:.1f} s a fold", file=sys.stderr, flush=True)
    return pd.concat(tables, ignore_index=True)


def summarise(results, measure: str, order, unit=None):
    """Models by tasks, their mean, and the seconds of all fits and predictions.

    Parameters
    ----------
    results : pd.DataFrame
        sktime's, of all tasks.
    measure : str
        The column that holds the accuracy.
    order : list of str
        The models.
    unit : str, optional
        The model whose errors are one: the mean is then the geometric one of what others have
        beside it. Otherwise it is the plain mean.

    Returns
    -------
    pd.DataFrame
        Means are over the tasks that every model could do.
    """
    import numpy as np

    table = results.pivot(index="model_id", columns="validation_id", values=measure)
    table = table[list(dict.fromkeys(results["validation_id"]))]
    table = table.reindex([name for name in order if name in table.index])
    common = table.dropna(axis=1)
    if unit is None:
        mean = common.mean(axis=1)
    else:
        mean = np.exp(np.log(common / common.loc[unit]).mean(axis=1))
    seconds = (results["runtime_secs"] * results["folds"]).groupby(results["model_id"]).sum()
    return table.assign(mean=mean, seconds=seconds)


def show(table, digits: int, best) -> None:
    """Print the table as Markdown, the best of each column in bold.

    Parameters
    ----------
    table : pd.DataFrame
    digits : int
    best : {"min", "max"}
        Of the accuracy; of the seconds it is the least.
    """
    import _rounds

    winner = table.round(digits).agg(best)
    rows = []
    for name, values in table.iterrows():
        cells = []
        for column, value in values.items():
            text = f"{value:.{digits if column != 'seconds' else 1}f}"
            top = column != "seconds" and round(value, digits) == winner[column]
            cells.append("–" if value != value else f"**{text}**" if top else text)
        rows.append([name, *cells])
    _rounds.table(["", *map(str, table.columns)], rows)


def draw(table, path: Path, label: str, better: str) -> None:
    """Accuracy against seconds, a dot for each model.

    Parameters
    ----------
    table : pd.DataFrame
        Of `summarise`.
    path : Path
        Where the picture is written.
    label : str
        Of the axis of accuracy.
    better : str
        Where good models stand.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    table = table.dropna(subset=["mean"]).sort_values("mean", ascending=better != "higher")
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 0.36 * len(table) + 1.2), sharey=True, layout="constrained"
    )
    places = range(len(table))[::-1]
    colours = ["tab:blue" if name.startswith("skgru") else "0.6" for name in table.index]
    for ax, column, digits in ((left, "mean", 2), (right, "seconds", 1)):
        least = 0 if column == "mean" else table[column].min() / 2
        ax.hlines(places, least, table[column], color=colours, linewidth=1.5)
        ax.scatter(table[column], places, color=colours, s=36, zorder=3)
        for place, value in zip(places, table[column]):
            at = {"xytext": (7, 0), "textcoords": "offset points", "va": "center", "fontsize": 8}
            ax.annotate(f"{value:.{digits}f}", (value, place), **at)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
    left.set(yticks=places, yticklabels=table.index, xlabel=f"{label} ({better} is better)")
    left.set_xlim(0, 1.12 * table["mean"].max())
    right.set(xscale="log", xlabel="seconds, all fits and predictions")
    right.set_xlim(table["seconds"].min() / 2, 3 * table["seconds"].max())
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    print(f"\nPicture: {path}")
