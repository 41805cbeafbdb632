"""Time `fit` on the sequence-sum task: skgru, the original Keras sample, a PyTorch loop.

Every program runs in a process of its own, held to the same number of cores, and they take turns:
in each round every one of them fits once, with the round's seed. Import, first fit and steady state
are told apart. Two rows for Keras: as the sample is written, a new model for each fit; and, kinder
to it, one model built and traced beforehand, trained again from its first weights.

    make benchmarks
    python benchmarks/bench_seed_task.py --threads 2 --rounds 9
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rivals
import _rounds
from _tasks import SUMS, cross_entropy, draw_sums


def skgru(engine):
    """Give skgru the sample's own settings."""
    import skgru

    X, y, X_test, y_test = draw_sums()
    skgru.GRUClassifier  # noqa: B018  the import is not part of the first fit

    def fit(seed):
        estimator = SUMS.classifier(seed, engine).fit(X, y)
        return lambda: {
            "accuracy": estimator.score(X_test, y_test),
            "loss": cross_entropy(estimator.predict_proba(X)[:, 1], y),
        }

    return fit


def keras_sample(reuse):
    """Build the original sample: Sequential([GRU, Dense]), Adam, `model.fit`."""
    keras = _rivals.import_keras()
    X, y, X_test, y_test = draw_sums()
    X, X_test = X[:, :, None], X_test[:, :, None]
    kept = []

    def model_for(seed):
        if not reuse:
            keras.utils.set_random_seed(seed)
            return _rivals.keras_network(SUMS.units, SUMS.learning_rate)
        if not kept:
            model = _rivals.keras_network(SUMS.units, SUMS.learning_rate)
            model.optimizer.build(model.trainable_variables)
            kept.append((model, [v.numpy() for v in model.variables]))
        model, start = kept[0]
        for variable, value in zip(model.variables, start, strict=True):
            variable.assign(value)
        for variable in model.optimizer.variables:
            if variable is not model.optimizer._learning_rate:
                variable.assign(variable * 0)
        return model

    def fit(seed):
        model = model_for(seed)
        model.fit(X, y.astype("float32"), epochs=SUMS.epochs, batch_size=SUMS.batch_size, verbose=0)
        return lambda: {
            "accuracy": ((model.predict(X_test, verbose=0)[:, 0] > 0.5) == y_test).mean(),
            "loss": cross_entropy(model.predict(X, verbose=0)[:, 0], y),
        }

    return fit


def torch_loop():
    """Write the loop by hand around torch's own GRU layer."""
    torch = _rivals.import_torch()
    X, y, X_test, y_test = draw_sums()
    train = _rivals.torch_fit(SUMS, X[:, :, None], y)

    def fit(seed):
        network, inputs = train(seed)

        def look():
            with torch.no_grad():
                answers = network(torch.from_numpy(X_test)[:, :, None]).numpy() > 0
                loss = cross_entropy(network(inputs).sigmoid().numpy(), y)
            return {"accuracy": (answers == y_test).mean(), "loss": loss}

        return look

    return fit


PROGRAMS = {
    "skgru, engine numba": lambda: skgru("numba"),
    "skgru, engine keras on JAX": lambda: skgru("keras"),
    "Keras on TensorFlow, the sample": lambda: keras_sample(reuse=False),
    "Keras on TensorFlow, model kept": lambda: keras_sample(reuse=True),
    "PyTorch loop": torch_loop,
}
BARS = {"Keras on TensorFlow, the sample": (25, 45), "PyTorch loop": (8, 15)}


def report(programs):
    """Print the table, and how much faster the first program is than the rivals."""
    rows = []
    for program in programs:
        seconds = (program.prepared, program.first, program.median())
        row = [program.name, *map(_rounds.readable, seconds), _rounds.spread(program.values())]
        rows.append(row + [f"{program.median(key):.3f}" for key in ("accuracy", "loss")])
    head = ["", "import", "first fit", "steady state", "range", "accuracy", "training loss"]
    _rounds.table(head, rows)
    ours = programs[0]
    rows = [
        [rival.name, _rounds.faster(ours, rival), "{} / {}".format(*BARS[rival.name])]
        for rival in programs
        if rival.name in BARS
    ]
    _rounds.table([f"{ours.name}, against", "times faster", "asked"], rows)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="cores each program may use")
    parser.add_argument("--rounds", type=int, default=7, help="fits of each after its first")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--cold", action="store_true", help="begin with an empty numba cache")
    options = parser.parse_args()
    if options.serve:
        _rounds.serve(options.serve, PROGRAMS)
        return
    if options.cold:
        cache = tempfile.TemporaryDirectory()
        os.environ["NUMBA_CACHE_DIR"] = cache.name
    _rounds.hold(options.threads)
    print(f"fit: {SUMS}, Adam {SUMS.learning_rate}")
    programs = _rounds.start(__file__, PROGRAMS)
    _rounds.take_turns(programs, options.rounds)
    report(programs)
    print(_rounds.conditions(options.threads))


if __name__ == "__main__":
    main()
