"""Time an answer after each new step of a series: by `stream`, and by all that came so far.

    python benchmarks/bench_stream.py [--rounds 5]

Series of three channels; a network without a backward direction. `push` reads one step; the others
read the whole series again: `predict_proba`, and the network as ONNX in ONNX Runtime, one thread
each. All three answer the same up to rounding, and the last column says how nearly. CPU time of a
call, the mean of a hundred, and of the slowest push among them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rounds

NETWORKS = {
    "defaults, forwards": {},
    "single steps, no embedding": {"patch_length": None, "embedding_units": None},
    "two layers of 128": {"units": (128, 128)},
}
LENGTHS = (100, 1000)
N_LAST = 100  # steps that are timed, the last ones of a series


def fitted(parameters):
    """A classifier that knows series of a hundred steps, and one of any length to read."""
    import numpy as np

    from skgru import GRUClassifier

    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 100, 3)).astype(np.float32)
    network = GRUClassifier(bidirectional=False, epochs=1, random_state=0, **parameters)
    return network.fit(list(X), X[:, 0, 0] > 0), rng


def runtime(classifier):
    """The same network in ONNX Runtime."""
    import numpy as np
    import onnxruntime

    from skgru.persistence import to_onnx

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = to_onnx(classifier).SerializeToString()
    session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])

    def ask(series):
        lengths = np.array([len(series)])
        return session.run(["probabilities"], {"values": series[None], "lengths": lengths})[0][0]

    return ask


def timed(ask, inputs):
    """CPU seconds of a call, those of the slowest one, and the last answer."""
    took = []
    for one in inputs:
        begun = time.process_time()
        answer = ask(one)
        took.append(time.process_time() - begun)
    return statistics.mean(took), max(took), answer


def measure(parameters, length, rounds):
    """Medians of `push`, its slowest, `predict_proba` and ONNX Runtime, and how far they differ."""
    import numpy as np

    classifier, rng = fitted(parameters)
    onnx = runtime(classifier)
    found = []
    for _ in range(rounds + 1):
        series = rng.normal(size=(length, 3)).astype(np.float32)
        prefixes = [series[: n + 1] for n in range(length - N_LAST, length)]
        stream = classifier.stream()
        if length > N_LAST:
            stream.push(series[:-N_LAST])
        push, slowest, answer = timed(stream.push, series[-N_LAST:])
        whole, _, same = timed(lambda x: classifier.predict_proba([x])[0], prefixes)
        other, _, too = timed(onnx, prefixes)
        apart = max(abs(answer - same).max(), abs(answer - too).max())
        found.append((push, slowest, whole, other, apart))
    return [statistics.median(part) for part in zip(*found[1:])]  # the first one compiles


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    _rounds.hold(1)
    rows = []
    for name, parameters in NETWORKS.items():
        for length in LENGTHS:
            *seconds, apart = measure(parameters, length, options.rounds)
            rows.append([name, str(length), *map(_rounds.readable, seconds), f"{apart:.0e}"])
    head = ["network", "steps", "push", "slowest push", "predict_proba", "ONNX Runtime", "apart"]
    _rounds.table(head, rows)
    print(_rounds.conditions(1))


if __name__ == "__main__":
    main()
