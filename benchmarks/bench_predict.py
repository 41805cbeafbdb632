"""Time `predict_proba` on one row and on many: skgru, Keras' `model.predict`, PyTorch.

    python benchmarks/bench_predict.py [--rounds 7]

Rows of 20 x 1, a GRU of 32 units. All programs hold the weights of one fitted estimator, and the
table says how far their probabilities lie apart. One row: the mean of many calls. Keras is timed
with its default batches of 32 rows and with large ones, and called without `predict` as well;
PyTorch on all rows at once and in blocks that stay in cache.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rivals
import _rounds
from _tasks import SUMS, draw_sums

MANY = 100_000
BLOCK = 1000  # rows: no other number, from 100 to all, was clearly faster for PyTorch


def fitted():
    """One estimator, the same in each process; two epochs are enough."""
    X, y, *_ = draw_sums()
    return SUMS.classifier(0, epochs=2).fit(X, y)


def rows(n_rows):
    """What is to be answered, (n, 20) float32."""
    import numpy as np

    return np.random.default_rng(1).uniform(size=(n_rows, 20)).astype("float32")


def asking(ask, X, n_calls):
    """The work: `ask` so many times; what it answers is compared by its first row and its mean."""

    def work(_):
        for _ in range(n_calls):
            answers = ask(X)
        return lambda: {"first": float(answers[0]), "mean": float(answers.mean())}

    return work


def skgru(n_rows, n_calls):
    """The estimator as it is."""
    model = fitted()
    return asking(lambda X: model.predict_proba(X)[:, 1], rows(n_rows), n_calls)


def scaled(n_rows):
    """The rivals' weights and their rows, scaled beforehand."""
    model = fitted()
    scaling = model._scaling
    X = (rows(n_rows) - scaling.center) / scaling.scale
    return model.model_.weights, X.astype("float32")[:, :, None]


def keras(n_rows, n_calls, batch_size=None):
    """`model.predict`; a batch size of 0 calls the model instead."""
    weights, X = scaled(n_rows)
    model = _rivals.keras_network(SUMS.units, SUMS.learning_rate)
    _rivals.keras_weights(model, weights)
    if batch_size == 0:
        return asking(lambda X: model(X).numpy()[:, 0], X, n_calls)
    return asking(lambda X: model.predict(X, batch_size=batch_size, verbose=0)[:, 0], X, n_calls)


def torch(n_rows, n_calls, block=None):
    """The network without gradients, by blocks of rows where asked for."""
    torch = _rivals.import_torch()
    weights, X = scaled(n_rows)
    network = _rivals.torch_network(SUMS).eval()
    _rivals.torch_weights(network, weights)

    @torch.inference_mode()
    def ask(X):
        parts = torch.from_numpy(X).split(block or len(X))
        return torch.cat([network(part).sigmoid() for part in parts]).numpy()

    return asking(ask, X, n_calls)


PREDICT, CALL = "Keras on TensorFlow, model.predict", "Keras on TensorFlow, model(X)"
# name -> the work, its calls, and what is asked of skgru against it
ONE = {
    "skgru": (skgru, 500, None),
    PREDICT: (keras, 10, (100, 500)),
    CALL: (lambda *n: keras(*n, batch_size=0), 50, None),
    "PyTorch": (torch, 500, None),
}
ALL = {
    "skgru": (skgru, 1, None),
    PREDICT: (keras, 1, None),
    f"{PREDICT}, batches of 4,096": (lambda *n: keras(*n, batch_size=4096), 1, (3, 5)),
    "PyTorch, all rows at once": (torch, 1, None),
    f"PyTorch, blocks of {BLOCK:,}": (lambda *n: torch(*n, block=BLOCK), 1, (1.3, 2)),
}
PROGRAMS = {
    f"{n_rows:,} row(s): {name}": (lambda w=work, n=n_rows, calls=calls: w(n, calls))
    for n_rows, kinds in ((1, ONE), (MANY, ALL))
    for name, (work, calls, _) in kinds.items()
}


def measure(n_rows, kinds, rounds):
    """The table for one number of rows."""
    prefix = f"{n_rows:,} row(s): "
    programs = _rounds.start(__file__, [prefix + name for name in kinds])
    _rounds.take_turns(programs, rounds)
    lines = []
    for program in programs:
        _, calls, bar = kinds[program.name.removeprefix(prefix)]
        ours, ours_calls = programs[0], kinds["skgru"][1]
        line = [program.name, _rounds.readable(program.median() / calls)]
        line += [_rounds.spread([seconds / calls for seconds in program.values()])]
        line += [_rounds.faster(ours, program, ours_calls / calls) if program is not ours else ""]
        apart = max(abs(program.median(key) - ours.median(key)) for key in ("first", "mean"))
        lines.append([*line, "{} / {}".format(*bar) if bar else "", f"{apart:.0e}"])
        program.stop()
    head = ["predict_proba", "median", "range", "skgru is times faster", "asked", "apart"]
    _rounds.table(head, lines)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="cores each program may use")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _rounds.serve(options.serve, PROGRAMS)
        return
    _rounds.hold(options.threads)
    measure(1, ONE, options.rounds)
    measure(MANY, ALL, options.rounds)
    print(_rounds.conditions(options.threads))


if __name__ == "__main__":
    main()
