"""Time `fit` on larger shapes against PyTorch, and against the limit of its matrix products.

    python benchmarks/bench_training.py [--rounds 5] [--tasks wide patches]

Each task has two programs in processes of their own, which take turns. PyTorch has its tensors in
memory, nn.GRU, a fused Adam and nothing that a user would leave out; skgru has its extras
(embedding, augmentation, dropout, smoothing) off. `limit` is the seconds of the products alone,
measured in this run at their own shapes, see `_products`; it is compared by CPU time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _products
import _rivals
import _rounds
from _tasks import LARGER, SUMS, cross_entropy, draw

TASKS = {"seed": SUMS, **LARGER}
BARS = {"seed": (8, 15), "many channels": (2.5, 4), "wide": (2, 3), "patches": (5, 10)}


def skgru(task):
    """One fit of the estimator."""
    X, y = draw(task)

    def fit(seed):
        estimator = task.classifier(seed).fit(X, y)
        return lambda: {"loss": cross_entropy(estimator.predict_proba(X)[:, 1], y)}

    return fit


def torch_loop(task):
    """One fit of the loop."""
    torch = _rivals.import_torch()
    X, y = draw(task)
    X = (X - X.mean((0, 1))) / X.std((0, 1))  # skgru does it by itself
    train = _rivals.torch_fit(task, X, y)

    def fit(seed):
        network, inputs = train(seed)

        def look():
            with torch.no_grad():
                return {"loss": cross_entropy(network(inputs).sigmoid().numpy(), y)}

        return look

    return fit


PROGRAMS = {
    f"{kind}: {name}": (lambda make=make, task=task: make(task))
    for name, task in TASKS.items()
    for kind, make in (("skgru", skgru), ("PyTorch", torch_loop))
}


def measure(name, rounds):
    """Rows of both tables for one task."""
    task = TASKS[name]
    programs = _rounds.start(__file__, [f"{kind}: {name}" for kind in ("skgru", "PyTorch")])
    _rounds.take_turns(programs, rounds)
    for program in programs:
        program.stop()
    if len(programs) < 2:
        return None
    ours, rival = programs
    seconds, least = ours.median("cpu"), _products.limit(task)
    flops = sum(product.flops for product in _products.products(task))
    low, high = BARS[name]
    row = [str(task)]
    for program in programs:
        row += [_rounds.readable(program.median()), _rounds.spread(program.values())]
    row += [_rounds.faster(ours, rival), f"{low} / {high}"]
    row += [f"{ours.median('loss'):.3f} / {rival.median('loss'):.3f}"]
    bound = [name, f"{flops / 1e9:.2f}", f"{flops / seconds / 1e9:.1f}"]
    bound += [f"{flops / least / 1e9:.1f}", _rounds.readable(least), f"{seconds / least:.1f}"]
    return row, [*bound, f"{rival.median('cpu') / least:.1f}"]


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="cores each program may use")
    parser.add_argument("--rounds", type=int, default=5, help="fits of each after its first")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _rounds.serve(options.serve, PROGRAMS)
        return
    _rounds.hold(options.threads)
    found = [pair for name in options.tasks if (pair := measure(name, options.rounds))]
    head = ["fit", "skgru", "range", "PyTorch", "range", "times faster", "asked", "training losses"]
    _rounds.table(head, [row for row, _ in found])
    head = ["task", "GFLOP", "GFLOP/s of skgru", "of the products", "limit", "skgru / limit"]
    _rounds.table([*head, "PyTorch / limit"], [bound for _, bound in found])
    print(f"\nOne product of 512 x 512 x 512: {_products.rate() / 1e9:.0f} GFLOP/s.")
    print(_rounds.conditions(options.threads))


if __name__ == "__main__":
    main()
