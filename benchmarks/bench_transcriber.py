"""Connected digits with `GRUTranscriber`, PyTorch beside it.

    python benchmarks/bench_transcriber.py DATA [--sequences 6400] [--epochs 10] [--validate]
        [--rival]

DATA is a folder with the Free Spoken Digit Dataset as `fsdd_recordings.tar.gz` somewhere in it.
A sequence is two to seven recordings of one speaker, joined. Test sequences (300) are made of takes
0 to 4, the split of the data set's own authors; training sequences of the others. `--validate`
tests on takes 5 to 9 instead and trains on the rest, to choose settings by. `--rival` trains the
same network on the same batches in PyTorch, with `torch.nn.CTCLoss` and greedy decoding.

Seconds are CPU time, what has to be compiled included; frames are made once for both sides. Set
OMP_NUM_THREADS=1 to compare on one core: skgru trains on one.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tarfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import numpy as np
from scipy.io import wavfile

from skgru import GRUTranscriber, LogMel

RATE, N_TEST, LENGTHS = 8000, 300, (2, 8)
NAME = re.compile(r"(\d)_(\w+)_(\d+)\.wav$")


def read(folder):
    """(speaker, digit, take) -> waveform."""
    (file,) = Path(folder).rglob("fsdd_recordings.tar.gz")
    found = {}
    with tarfile.open(file) as archive:
        for member in archive:
            if match := NAME.search(member.name):
                _, wave = wavfile.read(io.BytesIO(archive.extractfile(member).read()))
                found[match[2], int(match[1]), int(match[3])] = wave / np.float32(2**15)
    return found


def join(recordings, takes, n, seed):
    """Sequences of one speaker's recordings as frames, and their digits."""
    rng = np.random.default_rng(seed)
    speakers = sorted({speaker for speaker, _, _ in recordings})
    waves, digits = [], []
    for _ in range(n):
        speaker = speakers[rng.integers(len(speakers))]
        said = rng.integers(0, 10, rng.integers(*LENGTHS))
        parts = [recordings[speaker, int(d), int(rng.choice(takes))] for d in said]
        waves.append(np.concatenate(parts))
        digits.append("".join(map(str, said)))
    return LogMel(RATE).transform(waves), digits


def report(name, found, wanted, seconds):
    """One line: digit error rate, share of sequences that are right, CPU seconds."""
    from rapidfuzz.distance import Levenshtein

    errors = sum(map(Levenshtein.distance, found, wanted))
    rate, right = errors / sum(map(len, wanted)), np.mean([f == w for f, w in zip(found, wanted)])
    print(f"{name:<34}  {rate:.4f}  {right:.3f}  {seconds:7.1f} s", flush=True)


def timed(function):
    """What it returns, and the CPU seconds it took."""
    started = time.process_time()
    result = function()
    return result, time.process_time() - started


def bench(train, test, epochs, verbose, bidirectional):
    """Train, then decode greedily and with a beam."""
    model = GRUTranscriber(
        bidirectional=bidirectional, epochs=epochs, random_state=0, verbose=verbose
    )
    _, fitting = timed(lambda: model.fit(*train))
    X, y = test
    found, greedy = timed(lambda: model.predict(X))
    report(f"skgru, {'both directions' if bidirectional else 'one direction'}", found, y, fitting)
    found, beam = timed(lambda: model.set_params(decoder="beam").predict(X))
    report("  beam of 16", found, y, fitting)
    per = 1e3 * greedy / len(X), 1e3 * beam / len(X)
    print("  milliseconds a sequence: greedy {:.1f}, beam {:.1f}".format(*per))


def rival(train, test, epochs):
    """The same network, rates and batches in PyTorch."""
    import _rivals

    torch = _rivals.import_torch()
    from _torch_transcriber import fit, predict

    torch.manual_seed(0)
    torch.set_num_threads(1)
    model, seconds = timed(lambda: fit(*train, epochs))
    report("PyTorch, both directions", predict(model, test[0]), test[1], seconds)


def main():
    """Read, join, train, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data")
    parser.add_argument("--sequences", type=int, default=6400)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--rival", action="store_true")
    parser.add_argument("--verbose", type=int, default=0)
    given = parser.parse_args()
    recordings = read(given.data)
    held = range(5, 10) if given.validate else range(5)
    taken = [take for take in range(5, 50) if take not in held]
    train = join(recordings, taken, given.sequences, 0)
    test = join(recordings, list(held), N_TEST, 1)
    print(f"{'':<34}  error   right    fit")
    for bidirectional in (True, False):
        bench(train, test, given.epochs, given.verbose, bidirectional)
    if given.rival:
        rival(train, test, given.epochs)


if __name__ == "__main__":
    main()
