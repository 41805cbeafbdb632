"""Classifiers side by side, by sktime's ClassificationBenchmark: accuracy and seconds.

    python benchmarks/bench_classification.py [--quick] [--data DATA] [--models gru rocket ...]

On the panels that sktime bundles, each split as published; DATA adds the panels that
`bench_accuracy.py` reads. A model whose library is absent is left out, and what a model does not
take, series of unequal length for instance, it is not asked for.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rounds
import _side_by_side

QUICK = ("ItalyPowerDemand", "GunPoint", "BasicMotions")
BUNDLED = (*QUICK, "ArrowHead", "OSULeaf", "JapaneseVowels")


@dataclass(frozen=True)
class Panel:
    """Series with labels: those to train on first, then those to test on."""

    name: str
    X: object
    y: object
    n_train: int


def gru(task):
    """Ours, for panels."""
    from skgru.sktime import GRUClassifier

    return GRUClassifier(random_state=0)


def rival_gru(task):
    """The GRU of sktime, in PyTorch."""
    from sktime.classification.deep_learning.gru import GRUClassifier

    return GRUClassifier(random_state=0)


def rocket(task, transform):
    """Random convolutions and a linear classifier."""
    from sktime.classification.kernel_based import RocketClassifier

    return RocketClassifier(rocket_transform=transform, random_state=0)


def boosted(task, library):
    """Trees on the values, each step a column."""
    from sktime.classification.compose import SklearnClassifierPipeline
    from sktime.transformations.panel.reduce import Tabularizer

    if library == "LightGBM":
        from lightgbm import LGBMClassifier as Trees

        trees = Trees(n_jobs=1, verbosity=-1, random_state=0)
    else:
        from xgboost import XGBClassifier as Trees

        trees = Trees(n_jobs=1, random_state=0)
    return SklearnClassifierPipeline(trees, [Tabularizer()])


def nearest(task):
    """The label of the nearest series."""
    from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier

    return KNeighborsTimeSeriesClassifier(distance="euclidean")


MODELS = {
    "skgru GRUClassifier": gru,
    "sktime GRUClassifier": rival_gru,
    "ROCKET": partial(rocket, transform="rocket"),
    "MiniRocket": partial(rocket, transform="minirocket"),
    "LightGBM on the values": partial(boosted, library="LightGBM"),
    "XGBoost on the values": partial(boosted, library="XGBoost"),
    "nearest neighbour": nearest,
}


def bundled(names) -> list[Panel]:
    """From sktime; nothing is downloaded."""
    import pandas as pd
    from sktime import datasets

    loaders = {
        "ItalyPowerDemand": datasets.load_italy_power_demand,
        "GunPoint": datasets.load_gunpoint,
        "BasicMotions": datasets.load_basic_motions,
        "ArrowHead": datasets.load_arrow_head,
        "OSULeaf": datasets.load_osuleaf,
        "JapaneseVowels": datasets.load_japanese_vowels,
    }
    panels = []
    for name in names:
        X, y = loaders[name]("train")
        X_test, y_test = loaders[name]("test")
        whole = pd.concat([X, X_test], ignore_index=True)
        panels.append(Panel(name, whole, numbered([*y, *y_test]), len(X)))
    return panels


def from_folder(folder) -> list[Panel]:
    """All panels of a folder's ``ucr`` and ``uea`` that are not bundled."""
    import numpy as np
    from bench_sktime_gru import panel

    panels = []
    paths = [path for archive in ("ucr", "uea") for path in sorted(folder.glob(f"{archive}/*.npz"))]
    for path in paths:
        if path.stem in BUNDLED:
            continue
        (X, y), (X_test, y_test) = panel(path, "train"), panel(path, "test")
        whole = [*X, *X_test] if isinstance(X, list) else np.concatenate([X, X_test])
        panels.append(Panel(path.stem, whole, numbered([*y, *y_test]), len(y)))
    return panels


def numbered(labels):
    """Classes from 0 on: XGBoost takes no others."""
    import numpy as np

    return np.unique(labels, return_inverse=True)[1]


def warm_up(models) -> dict:
    """Import, and compile kernels for one channel and for several: that is no part of a fit.

    Returns
    -------
    dict
        The models that can run here.
    """
    import numpy as np

    for task in bundled(("ItalyPowerDemand", "BasicMotions")):
        few = np.concatenate([(task.y == label).nonzero()[0][:8] for label in set(task.y)])
        few = few.reshape(-1, 8).T.ravel()  # every class among the first
        X = task.X.iloc[few].reset_index(drop=True)
        ready = compare(models, Panel("warm-up", X, task.y[few], len(X) * 3 // 4))["model_id"]
        models = {name: models[name] for name in ready}
    return models


def compare(models, task):
    """Results of all models on one panel."""
    import numpy as np
    from sklearn.metrics import accuracy_score
    from sklearn.model_selection import PredefinedSplit
    from sktime.benchmarking.classification import ClassificationBenchmark

    split = PredefinedSplit(np.where(np.arange(len(task.y)) < task.n_train, -1, 0))
    return _side_by_side.run(
        ClassificationBenchmark,
        models,
        task,
        lambda benchmark: benchmark.add_task(
            (task.X, task.y), split, [accuracy_score], task_id=task.name
        ),
    )


def main():
    """Print the table and write the picture."""
    args = _side_by_side.parse(__doc__, "classification")
    _rounds.hold(args.threads)
    _side_by_side.quiet()
    import pandas as pd

    tasks = bundled(QUICK if args.quick else BUNDLED)
    tasks += from_folder(args.data) if args.data else []
    models = _side_by_side.chosen(MODELS, args.models)
    models = warm_up(models)
    results = pd.concat([compare(models, task) for task in tasks], ignore_index=True)
    table = _side_by_side.summarise(results, "accuracy_score_mean", list(MODELS))
    _side_by_side.show(table, 3, "max")
    print(_rounds.conditions(args.threads))
    _side_by_side.draw(table, args.picture, "mean accuracy", "higher")


if __name__ == "__main__":
    main()
