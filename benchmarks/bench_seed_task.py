"""Time `fit` on the sequence-sum task: skgru, the original Keras sample, a PyTorch loop.

Every program runs in a process of its own, held to the same number of cores, and they take turns:
in each round every one of them fits once, with the round's seed. Import, first fit and steady state
are told apart. Two rows for Keras: as the sample is written, a new model for each fit; and, kinder
to it, one model built and traced beforehand, trained again from its first weights.

    make bench
    python benchmarks/bench_seed_task.py --threads 2 --rounds 9
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

EPOCHS, BATCH_SIZE, UNITS, RATE = 10, 32, 32, 1e-3


def data():
    """Draw 1,000 sequences of 20 steps, 800 to train: does the sum exceed 10."""
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.uniform(size=(1000, 20)).astype("float32")
    y = X.sum(axis=1) > 10
    return X[:800], y[:800], X[800:], y[800:]


def skgru(engine):
    """Give skgru the sample's own settings."""
    import skgru

    X, y, *_ = data()
    skgru.GRUClassifier  # noqa: B018  the import is not part of the first fit

    def fit(seed):
        estimator = skgru.GRUClassifier(
            UNITS,
            bidirectional=False,
            pooling="last",
            patch_length=None,
            patch_stride=None,
            embedding_units=None,
            dropout=0,
            label_smoothing=0,
            augmentation=None,
            weight_decay=0,
            clipnorm=None,
            epochs=EPOCHS,
            batch_size=BATCH_SIZE,
            learning_rate=RATE,
            schedule="constant",
            engine=engine,
            random_state=seed,
        )
        return estimator.fit(X, y).predict

    return fit


def keras_sample(reuse):
    """Build the original sample: Sequential([GRU, Dense]), Adam, `model.fit`."""
    import keras
    import tensorflow as tf

    assert keras.backend.backend() == "tensorflow"
    threads = int(os.environ["OMP_NUM_THREADS"])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    X, y, *_ = data()
    X, y = X[:, :, None], y.astype("float32")

    def build():
        model = keras.Sequential(
            [keras.layers.GRU(UNITS), keras.layers.Dense(1, activation="sigmoid")]
        )
        model.compile(optimizer=keras.optimizers.Adam(RATE), loss="binary_crossentropy")
        model.build(X.shape)
        return model

    kept = []

    def model_for(seed):
        if not reuse:
            keras.utils.set_random_seed(seed)
            return build()
        if not kept:
            model = build()
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
        model.fit(X, y, epochs=EPOCHS, batch_size=BATCH_SIZE, verbose=0)
        return lambda rows: model.predict(rows[:, :, None], verbose=0)[:, 0] > 0.5

    return fit


def torch_loop():
    """Write the loop by hand around torch's own GRU layer."""
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    X, y, *_ = data()
    X, y = torch.from_numpy(X)[:, :, None], torch.from_numpy(y).float()

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.gru = torch.nn.GRU(1, UNITS, batch_first=True)
            self.output = torch.nn.Linear(UNITS, 1)

        def forward(self, x):
            return self.output(self.gru(x)[1][0])[:, 0]

    def fit(seed):
        torch.manual_seed(seed)
        network = Network()
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
        loss_of = torch.nn.BCEWithLogitsLoss()
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(X)).split(BATCH_SIZE):
                optimizer.zero_grad()
                loss_of(network(X[rows]), y[rows]).backward()
                optimizer.step()

        def predict(rows):
            with torch.no_grad():
                return network(torch.from_numpy(rows)[:, :, None]).numpy() > 0

        return predict

    return fit


PROGRAMS = {
    "skgru, engine numba": lambda: skgru("numba"),
    "skgru, engine keras on JAX": lambda: skgru("keras"),
    "Keras on TensorFlow, the sample": lambda: keras_sample(reuse=False),
    "Keras on TensorFlow, model kept": lambda: keras_sample(reuse=True),
    "PyTorch loop": torch_loop,
}
RIVALS = ("Keras on TensorFlow, the sample", "PyTorch loop")


def serve(name):
    """Child: fit once for each seed on standard input, report seconds and test accuracy."""
    if hasattr(os, "sched_setaffinity"):  # what heeds no setting heeds this; Linux only
        cores = sorted(os.sched_getaffinity(0))[: int(os.environ["OMP_NUM_THREADS"])]
        os.sched_setaffinity(0, cores)
    *_, X_test, y_test = data()
    started = time.perf_counter()
    fit = PROGRAMS[name]()
    say({"seconds": time.perf_counter() - started})
    for line in sys.stdin:
        started = time.perf_counter()
        predict = fit(int(line))
        seconds = time.perf_counter() - started
        say({"seconds": seconds, "accuracy": float((predict(X_test) == y_test).mean())})


def say(record):
    """Answer the parent in one line."""
    print("@" + json.dumps(record), flush=True)


class Program:
    """A child process that fits on request."""

    def __init__(self, name, threads):
        backend = "tensorflow" if "TensorFlow" in name else "jax"
        limits = {f"{lib}_NUM_THREADS": str(threads) for lib in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": backend}
        self.name = name
        self.fits = []
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  as long-lived as the program
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={**os.environ, **limits, **quiet},
        )
        self.imported = self._answer()

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("@"):
                return json.loads(line[1:])
        self.errors.seek(0)
        reason = self.errors.read().strip().splitlines() or ["no reason given"]
        raise RuntimeError(reason[-1])

    def fit(self, seed):
        """One more fit."""
        print(seed, file=self.process.stdin, flush=True)
        self.fits.append(self._answer())

    @property
    def first(self):
        """Seconds of the first fit."""
        return self.fits[0]["seconds"]

    @property
    def steady(self):
        """Seconds of the later fits."""
        return [fit["seconds"] for fit in self.fits[1:]]

    @property
    def accuracy(self):
        """Mean test accuracy over all fits."""
        return statistics.mean(fit["accuracy"] for fit in self.fits)


def measure(threads, rounds):
    """Start what is installed and let it take turns."""
    programs = []
    for name in PROGRAMS:
        try:
            program = Program(name, threads)
            program.fit(0)
        except RuntimeError as error:
            print(f"left out: {name} ({error})")
        else:
            programs.append(program)
    for seed in range(1, rounds + 1):
        for program in programs:
            program.fit(seed)
        print(f"round {seed} of {rounds}", file=sys.stderr, flush=True)
    return programs


def report(programs, threads):
    """Print the table, with ratios of the medians."""
    medians = {program.name: statistics.median(program.steady) for program in programs}
    rivals = [name for name in RIVALS if name in medians]
    head = f"{'':33}{'import':>8}{'first':>9}{'steady':>9}{'range':>16}{'accuracy':>10}"
    print(head + "".join(f"{'x ' + name.split()[0]:>10}" for name in rivals))
    for program in programs:
        low, high = min(program.steady), max(program.steady)
        line = f"{program.name:33}{program.imported['seconds']:>7.2f}s{program.first:>8.3f}s"
        line += f"{medians[program.name]:>8.3f}s{f'{low:.3f}-{high:.3f}':>16}"
        line += f"{program.accuracy:>10.3f}"
        ratios = [medians[name] / medians[program.name] for name in rivals]
        print(line + "".join(f"{ratio:>10.1f}" for ratio in ratios))
    packages = ("skgru", "numpy", "numba", "keras", "jax", "tensorflow-cpu", "torch")
    print(f"\n{threads} thread(s) each, Python {platform.python_version()}, {platform.machine()};")
    print(", ".join(f"{name} {found}" for name in packages if (found := installed(name))))


def installed(name):
    """Version of a distribution, or None."""
    try:
        return version(name)
    except ImportError:
        return None


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="cores each program may use")
    parser.add_argument("--rounds", type=int, default=7, help="fits of each after its first")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--cold", action="store_true", help="begin with an empty numba cache")
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    if options.cold:
        cache = tempfile.TemporaryDirectory()
        os.environ["NUMBA_CACHE_DIR"] = cache.name
    print(f"fit: 800 x 20, {UNITS} units, {EPOCHS} epochs, batches of {BATCH_SIZE}, Adam {RATE}")
    report(measure(options.threads, options.rounds), options.threads)


if __name__ == "__main__":
    main()
