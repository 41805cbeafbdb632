"""Train, score and write with `GRULanguageModel` on tinyshakespeare, PyTorch beside it.

    python benchmarks/bench_language_model.py DATA [--parts nats words speed writing] [--threads 2]

DATA is a folder with `tinyshakespeare.txt.gz` somewhere in it. The last tenth of the text is held
out. `nats` fits the models of the bars; `words` models of many words; `speed` times an epoch over
the first 200,000 characters, skgru and PyTorch in processes of their own that take turns;
`writing` counts the characters written in a second.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rivals
import _rounds

FOLDER = "SKGRU_BENCH_DATA"
SPEED = {"units": 256, "embedding_units": 64, "batch_size": 64, "sequence_length": 64, "epochs": 1}
MODELS = {
    "256 units, 4 epochs": ({"units": 256, "epochs": 4}, "1.58 in 300 s"),
    "128 units, 5 epochs": ({"units": 128, "epochs": 5}, "1.66 in 120 s"),
    "512 units, 6 epochs": (
        {
            "units": 512,
            "epochs": 6,
            "dropout": 0.3,
            "recurrent_dropout": 0.2,
            "learning_rate": 3e-3,
        },
        "1.47 in 600 s",
    ),
}


def read():
    """The text without its last tenth, and that."""
    (file,) = Path(os.environ[FOLDER]).rglob("tinyshakespeare.txt.gz")
    text = gzip.decompress(file.read_bytes()).decode()
    cut = len(text) * 9 // 10
    return text[:cut], text[cut:]


def skgru():
    """One epoch of the estimator."""
    from skgru import GRULanguageModel

    text = read()[0][:200_000]

    def fit(seed):
        started = time.process_time()
        model = GRULanguageModel(**SPEED, random_state=seed).fit(text)
        seconds = time.process_time() - started
        return lambda: {"cpu": seconds, "loss": model.loss_curve_[-1]}

    return fit


def torch_loop():
    """The same model, streams, updates and rates, with nothing that a user would leave out."""
    torch = _rivals.import_torch()
    import numpy as np

    text = read()[0][:200_000]
    _, codes = np.unique(list(text), return_inverse=True)
    n_tokens, n_rows, n_steps = codes.max() + 1, SPEED["batch_size"], SPEED["sequence_length"]
    length = len(codes) // n_rows
    rows = torch.from_numpy(codes[: n_rows * length].reshape(n_rows, length).T.copy())

    def fit(seed):
        torch.manual_seed(seed)
        started = time.process_time()
        embedding = torch.nn.Embedding(n_tokens, SPEED["embedding_units"])
        gru = torch.nn.GRU(SPEED["embedding_units"], SPEED["units"])
        output = torch.nn.Linear(SPEED["units"], n_tokens)
        network = torch.nn.ModuleList([embedding, gru, output])
        starts = range(0, length - 1, n_steps)
        optimizer = torch.optim.Adam(network.parameters(), 4e-3, fused=True)
        decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(starts))
        state, total, seen = None, 0.0, 0
        for start in starts:
            stop = min(start + n_steps, length - 1)
            states, state = gru(embedding(rows[start:stop]), state)
            state = state.detach()
            scores = output(states).flatten(0, 1)
            loss = torch.nn.functional.cross_entropy(scores, rows[start + 1 : stop + 1].flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            decay.step()
            total, seen = total + loss.item() * (stop - start), seen + stop - start
        seconds = time.process_time() - started
        return lambda: {"cpu": seconds, "loss": total / seen}

    return fit


PROGRAMS = {"skgru": skgru, "PyTorch": torch_loop}


def measure_speed(rounds):
    """An epoch of either, in turn."""
    programs = _rounds.start(__file__, PROGRAMS)
    _rounds.take_turns(programs, rounds)
    rows = []
    for program in programs:
        program.stop()
        row = [program.name, _rounds.readable(program.median())]
        row += [_rounds.spread(program.values()), _rounds.readable(program.median("cpu"))]
        ratio = programs[-1].median() / program.median()
        of_cpu = programs[-1].median("cpu") / program.median("cpu")
        rows.append([*row, f"{program.median('loss'):.3f}", f"{ratio:.2f}", f"{of_cpu:.2f}"])
    head = ["an epoch of 200,000 characters", "seconds", "range", "CPU", "loss"]
    _rounds.table([*head, "times faster", "by CPU time"], rows)


def fit(train, **parameters):
    """A model, the seconds and the CPU seconds that it took."""
    from skgru import GRULanguageModel

    started, cpu = time.perf_counter(), time.process_time()
    model = GRULanguageModel(**parameters, random_state=0).fit(train)
    return model, time.perf_counter() - started, time.process_time() - cpu


def measure_nats(names):
    """The models of the bars, on the held-out text."""
    train, held = read()
    rows = []
    for name in names:
        parameters, bar = MODELS[name]
        model, seconds, cpu = fit(train, **parameters)
        row = [name, f"{-model.score(held):.4f}", f"{model.loss_curve_[-1]:.4f}", f"{seconds:.0f}"]
        words = set(train.split())
        written = model.generate("\n", 4000, temperature=0.6, random_state=0).split()[1:-1]
        known = sum(word in words for word in written) / len(written)
        rows.append([*row, f"{cpu:.0f}", bar, f"{100 * known:.1f} %"])
        print(rows[-1], file=sys.stderr, flush=True)
    head = ["model", "nats, held out", "training loss", "seconds", "CPU", "asked"]
    _rounds.table([*head, "written words that occur"], rows)


def measure_words():
    """Word models: the text's own vocabulary, and one that is filled up to 20,000."""
    train, held = read()
    # Shakespeare has 12,000 words; capitals of its rarer ones make up the rest.
    words = train.split(" ")
    large = " ".join(w.upper() if i % 3 == 0 else w for i, w in enumerate(words))
    rows = []
    for name, text in (("words", train), ("words, a third in capitals", large)):
        model, seconds, cpu = fit(text, level="word", epochs=4)
        row = [name, f"{len(model.classes_):,}", f"{model.perplexity(held):.0f}"]
        rows.append([*row, f"{seconds:.0f}", f"{cpu:.0f}"])
        print(rows[-1], file=sys.stderr, flush=True)
    _rounds.table(["4 epochs", "tokens", "perplexity, held out", "seconds", "CPU"], rows)


def measure_writing(rounds):
    """Characters a second, 256 units."""
    model, _, _ = fit(read()[0][:50_000], units=256, epochs=1)
    rows = []
    for settings in ({}, {"temperature": 0.6}, {"top_k": 10}, {"top_p": 0.9}):
        rates = []
        for seed in range(rounds + 1):
            started, cpu = time.perf_counter(), time.process_time()
            model.generate("\n", 20_000, random_state=seed, **settings)
            seconds = time.perf_counter() - started, time.process_time() - cpu
            rates.append([20_000 / s for s in seconds])
        wall, cpu = (sorted(r)[len(r) // 2] for r in zip(*rates[1:], strict=True))
        rows.append([str(settings), f"{wall:,.0f}", f"{cpu:,.0f}"])
    _rounds.table(["settings", "characters a second", "a CPU second"], rows)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", help="folder with tinyshakespeare.txt.gz in it")
    parts = ("nats", "words", "speed", "writing")
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--threads", type=int, default=2, help="cores each program may use")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _rounds.serve(options.serve, PROGRAMS)
        return
    if not options.data:
        parser.error("name the folder of the data")
    os.environ[FOLDER] = options.data
    _rounds.hold(options.threads)
    if "speed" in options.parts:
        measure_speed(options.rounds)
    if "writing" in options.parts:
        measure_writing(options.rounds)
    if "words" in options.parts:
        measure_words()
    if "nats" in options.parts:
        measure_nats(options.models)
    print(_rounds.conditions(options.threads))


if __name__ == "__main__":
    main()
