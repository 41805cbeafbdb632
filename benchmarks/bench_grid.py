"""Time a grid search on the sequence-sum task: skgru, scikeras (Keras on TensorFlow).

    python benchmarks/bench_grid.py [--rounds 5] [--rival-rounds 1]

GridSearchCV over 3 numbers of units x 2 learning rates x 3 folds and the last fit on everything,
each of 10 epochs; time starts after imports and one fit. One search by scikeras takes minutes, so
it takes part in the first `--rival-rounds` rounds only.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rivals
import _rounds
from _tasks import SUMS, draw_sums

UNITS, RATES, FOLDS = [16, 32, 64], [1e-3, 3e-3], 3
LEAST, WANTED = 50, 100


def searching(estimator, grid, X):
    """Warm up by one fit; the work is one search."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    _, y, *_ = draw_sums()
    y = y.astype(int)

    def search(seed):
        if seed == 0:
            estimator.fit(X, y)
            return None
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        found = GridSearchCV(estimator, grid, cv=folds, error_score="raise").fit(X, y)
        return lambda: {"score": found.best_score_}

    return search


def skgru():
    """The estimator as it is."""
    return searching(SUMS.classifier(0), {"units": UNITS, "learning_rate": RATES}, draw_sums()[0])


def scikeras():
    """The sample in scikeras' wrapper."""
    _rivals.import_keras()
    from scikeras.wrappers import KerasClassifier

    def network(units, learning_rate):
        return _rivals.keras_network(units, learning_rate)

    estimator = KerasClassifier(
        network,
        units=SUMS.units,
        learning_rate=SUMS.learning_rate,
        epochs=SUMS.epochs,
        batch_size=SUMS.batch_size,
        random_state=0,
        verbose=0,
    )
    grid = {"units": UNITS, "learning_rate": RATES}
    return searching(estimator, grid, draw_sums()[0][:, :, None])


PROGRAMS = {"skgru": skgru, "scikeras, Keras on TensorFlow": scikeras}


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="cores each program may use")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rival-rounds", type=int, default=1)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _rounds.serve(options.serve, PROGRAMS)
        return
    _rounds.hold(options.threads)
    programs = _rounds.start(__file__, PROGRAMS)
    for done in range(options.rounds):
        for program in programs[: 2 if done < options.rival_rounds else 1]:
            program.work(1 + done)
    n_fits = len(UNITS) * len(RATES) * FOLDS + 1
    _rounds.table(
        [f"search of {n_fits} fits", "median", "range", "searches", "best mean accuracy"],
        [
            [p.name, _rounds.readable(p.median()), _rounds.spread(p.values())]
            + [str(len(p.records)), f"{p.median('score'):.3f}"]
            for p in programs
        ],
    )
    if len(programs) == 2:
        print(f"\ntimes faster: {_rounds.faster(*programs)}, asked {LEAST} / {WANTED}")
    print(_rounds.conditions(options.threads))


if __name__ == "__main__":
    main()
