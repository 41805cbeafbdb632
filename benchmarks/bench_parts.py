"""Where the seconds of a fit go: its kernels, and within them what is not a matrix product.

    python benchmarks/bench_parts.py [--tasks seed wide] [--rounds 5]

Each kernel that a training step calls is timed as it is called, in CPU time; the rest is Python and
NumPy. The products of a pass are measured at their own shapes (`_products`); what a pass takes
beyond them is activations, sums and memory. The second table has each product by itself: small ones
are slower.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _products
import _rounds
from _tasks import LARGER, SUMS, draw

TASKS = {"seed": SUMS, **LARGER}
# part -> module and function of skgru.gru
PARTS = {
    "forward": ("_cells", "forward"),
    "backward": ("_cells", "backward"),
    "patches": ("_layers", "cut_patches"),
    "pooling": ("_forward", "_pool"),
    "pooling, backward": ("_backward", "_spread"),
    "Adam": ("_adam", "step"),
}


class Watch:
    """Adds up the seconds that some functions take."""

    def __init__(self):
        self.seconds = defaultdict(float)

    def attach(self, part, module, name):
        """Time every call of ``module.name`` from here on."""
        function = getattr(module, name)

        def timed(*arguments):
            started = time.process_time()
            answer = function(*arguments)
            self.seconds[part] += time.process_time() - started
            return answer

        setattr(module, name, timed)


def watch():
    """A watch on every part."""
    from importlib import import_module

    clock = Watch()
    for part, (module, name) in PARTS.items():
        clock.attach(part, import_module(f"skgru.gru.{module}"), name)
    return clock


def split(task, rounds, clock):
    """Median seconds of each part over some fits, and of the fit."""
    X, y = draw(task)
    task.classifier(0).fit(X, y)
    found = []
    for seed in range(rounds):
        clock.seconds.clear()
        started = time.process_time()
        task.classifier(seed).fit(X, y)
        found.append({"fit": time.process_time() - started, **clock.seconds})
    return {part: statistics.median(f.get(part, 0) for f in found) for part in ("fit", *PARTS)}


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="fits of each after its first")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    options = parser.parse_args()
    _rounds.hold(1)
    clock = watch()
    parts, shapes = [], []
    for name in options.tasks:
        task = TASKS[name]
        took = split(task, options.rounds, clock)
        least = {phase: _products.limit(task, phase) for phase in ("forward", "backward")}
        beyond = [took[phase] - least[phase] for phase in least]
        rest = took["fit"] - sum(took[part] for part in PARTS)
        shown = [took["forward"], beyond[0], took["backward"], beyond[1]]
        shown += [took["patches"], took["pooling"] + took["pooling, backward"], took["Adam"], rest]
        cells = [f"{1e3 * s:.1f} ({s / took['fit']:.0%})" for s in shown]
        parts.append([name, f"{1e3 * took['fit']:.0f}", *cells])
        for product in _products.products(task):
            seconds = _products.at_best(product)
            if seconds and product.flops > 1e8:
                shape = f"({product.rows}, {product.inner}) ({product.inner}, {product.columns})"
                rate = f"{product.flops / seconds / 1e9:.0f}"
                shapes.append([name, product.phase, shape, f"{1e3 * seconds:.1f}", rate])
    head = ["ms (share)", "fit", "forward", "beyond products", "backward", "beyond products"]
    _rounds.table([*head, "patches", "pooling", "Adam", "the rest"], parts)
    _rounds.table(["product of", "pass", "shape", "ms in a fit", "GFLOP/s"], shapes)
    print(_rounds.conditions(1))


if __name__ == "__main__":
    main()
