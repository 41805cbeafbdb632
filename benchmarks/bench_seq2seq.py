"""Train `GRUSeq2Seq` on pairs of texts, the same model in PyTorch beside it.

    python benchmarks/bench_seq2seq.py [--parts numbers dates speed catalogues summaries]

`numbers` and `dates` fit the defaults and count the held-out texts that are right to the character.
`speed` trains on the number words, skgru and PyTorch in processes of their own that take turns.
`catalogues` translates messages of installed programs from English to French (`--folder`) and
`summaries` writes first lines of docstrings: reports beside what can be had without a network.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # `make` keeps a script's own folder out

import _rivals
import _rounds
import _text_tasks

BARS = {"numbers": "98 % in 120 s", "dates": "99 % in 120 s"}
UNITS, WIDTH, ROWS, RATE = 128, 64, 64, 4e-3  # the defaults
CATALOGUES = {"units": 256, "dropout": 0.2, "epochs": 15}
SUMMARIES = {"level": "word", "max_vocabulary": 8000, "dropout": 0.3, "epochs": 10}
PIECES = 2000  # of either language


def skgru(epochs):
    """The defaults, greedy at the end as PyTorch's."""
    from skgru import GRUSeq2Seq

    X, y, held_X, held_y = _text_tasks.numbers()

    def fit(seed):
        started = time.process_time()
        model = GRUSeq2Seq(epochs=epochs, beam_width=1, random_state=seed).fit(X, y)
        seconds = time.process_time() - started
        exact = model.score(held_X, held_y)
        return lambda: {"cpu": seconds, "loss": model.loss_curve_[-1], "exact": exact}

    return fit


def torch_network(n_source, n_target):
    """The same model, as users of PyTorch write it."""
    torch = _rivals.import_torch()
    nn = torch.nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.source = nn.Embedding(n_source, WIDTH)
            self.target = nn.Embedding(n_target, WIDTH)
            self.encoder = nn.GRU(WIDTH, UNITS // 2, bidirectional=True)
            self.bridge = nn.Linear(UNITS, UNITS)
            self.decoder = nn.GRU(WIDTH, UNITS)
            self.keys = nn.Linear(UNITS, UNITS, bias=False)
            self.mix = nn.Linear(2 * UNITS, UNITS)
            self.output = nn.Linear(UNITS, n_target)

        def encode(self, sources, lengths):
            packed = nn.utils.rnn.pack_padded_sequence(
                self.source(sources), lengths, enforce_sorted=False
            )
            states, last = self.encoder(packed)
            memory = nn.utils.rnn.pad_packed_sequence(states)[0].transpose(0, 1)
            behind = torch.arange(memory.shape[1]) >= lengths[:, None]
            return memory, behind[:, None], self.bridge(torch.cat(tuple(last), 1)).tanh()[None]

        def forward(self, inputs, state, memory, behind):
            queries, state = self.decoder(self.target(inputs), state)
            queries = queries.transpose(0, 1)
            scores = queries @ self.keys(memory).transpose(1, 2) / UNITS**0.5
            contexts = scores.masked_fill(behind, -torch.inf).softmax(2) @ memory
            return self.output(self.mix(torch.cat([contexts, queries], 2)).tanh()), state

    return Network()


def torch_loop(epochs):
    """The same batches, updates and rates, with nothing that a user would leave out."""
    torch = _rivals.import_torch()
    import numpy as np

    from skgru.text import _pairs, _recipe, _tokens

    data = _text_tasks.numbers()
    vocabularies = [_tokens.learn(_tokens.Characters(), side, None) for side in data[:2]]
    coded = [[vocabularies[i % 2].encode(t) for t in side] for i, side in enumerate(data)]
    pairs = _pairs.Pairs(*coded[:2], ROWS, np.zeros(len(vocabularies[0]), bool))

    def as_tensors(chosen):
        return map(torch.from_numpy, _pairs.batch(*zip(*chosen, strict=True)))

    def write(network, sources):
        tokens, lengths = map(torch.from_numpy, _pairs.fill_up(sources))
        with torch.no_grad():
            memory, behind, state = network.encode(tokens.long(), lengths)
            token, written = torch.zeros(1, len(sources), dtype=torch.long), []
            for _ in range(100):
                scores, state = network(token, state, memory, behind)
                token = scores.argmax(2).T
                written.append(token[0])
        rows = torch.stack(written, 1).numpy()
        return [vocabularies[1].decode(row[: (row == 0).argmax()]) for row in rows]

    def fit(seed):
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        started = time.process_time()
        network = torch_network(*map(len, vocabularies))
        optimizer = torch.optim.Adam(network.parameters(), RATE, fused=True)
        rates = iter(_recipe.rates(RATE, epochs * -(-len(pairs) // ROWS)).tolist())
        for _ in range(epochs):
            total, n_tokens = 0.0, 0
            for chosen in pairs.epoch(rng):
                sources, lengths, inputs, targets, target_lengths = as_tensors(chosen)
                optimizer.param_groups[0]["lr"] = next(rates)
                memory, behind, state = network.encode(sources.long(), lengths)
                scores, _ = network(inputs.long(), state, memory, behind)
                within = torch.arange(len(inputs)) < target_lengths[:, None]
                loss = torch.nn.functional.cross_entropy(scores[within], targets.T[within].long())
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                n = int(within.sum())
                total, n_tokens = total + loss.item() * n, n_tokens + n
        seconds = time.process_time() - started
        exact = np.mean([a == b for a, b in zip(write(network, coded[2]), data[3], strict=True)])
        return lambda: {"cpu": seconds, "loss": total / n_tokens, "exact": exact}

    return fit


EPOCHS = 2
PROGRAMS = {"skgru": lambda: skgru(EPOCHS), "PyTorch": lambda: torch_loop(EPOCHS)}


def measure_speed(rounds):
    """Two passes over the number words by either, in turn."""
    programs = dict(PROGRAMS)
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed: its side is left out.", file=sys.stderr)
        del programs["PyTorch"]
    programs = _rounds.start(__file__, programs)
    _rounds.take_turns(programs, rounds)
    rows = []
    for program in programs:
        program.stop()
        row = [program.name, _rounds.readable(program.median()), _rounds.spread(program.values())]
        row += [_rounds.readable(program.median("cpu")), f"{program.median('loss'):.3f}"]
        row += [f"{100 * program.median('exact'):.1f} %"]
        of_wall = programs[-1].median() / program.median()
        of_cpu = programs[-1].median("cpu") / program.median("cpu")
        rows.append([*row, f"{of_wall:.2f}", f"{of_cpu:.2f}"])
    head = [f"{EPOCHS} passes over 5,700 numbers", "seconds", "range", "CPU", "loss", "exact"]
    _rounds.table([*head, "times faster", "by CPU time"], rows)


def fit(X, y, seed=0, **parameters):
    """A model, the seconds and the CPU seconds that it took."""
    from skgru import GRUSeq2Seq

    started, cpu = time.perf_counter(), time.process_time()
    model = GRUSeq2Seq(random_state=seed, **parameters).fit(X, y)
    return model, time.perf_counter() - started, time.process_time() - cpu


def measure_exact(task, seeds):
    """Held-out texts that the defaults get right to the character."""
    X, y, held_X, held_y = getattr(_text_tasks, task)()
    rows = []
    for seed in range(seeds):
        model, seconds, cpu = fit(X, y, seed)
        started = time.perf_counter()
        share = model.score(held_X, held_y)
        row = [f"{task}, seed {seed}", f"{len(X):,}", f"{len(held_X):,}", f"{100 * share:.2f} %"]
        row += [f"{seconds:.0f}", f"{cpu:.0f}", f"{time.perf_counter() - started:.1f}", BARS[task]]
        rows.append(row)
        print(row, file=sys.stderr, flush=True)
    head = ["defaults", "pairs", "held out", "exact", "seconds", "CPU", "to write", "asked"]
    _rounds.table(head, rows)


def nearest(X, y, held_X):
    """The target of the training source that has most pieces of words in common."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)).fit(X)
    likeness = pieces.transform(held_X) @ pieces.transform(X).T
    return [y[i] for i in likeness.toarray().argmax(axis=1)]


def report(name, data, parameters, others, metrics):
    """Measures of the model's texts, and of those of the others."""
    import sacrebleu
    from rouge_score.rouge_scorer import RougeScorer

    X, y, held_X, held_y = data
    rouge = RougeScorer(["rougeL"])
    measures = {
        "chrF": lambda texts: sacrebleu.corpus_chrf(texts, [held_y]).score,
        "BLEU": lambda texts: sacrebleu.corpus_bleu(texts, [held_y]).score,
        "ROUGE-L": lambda texts: (
            100
            * sum(rouge.score(a, b)["rougeL"].fmeasure for a, b in zip(held_y, texts))
            / len(texts)
        ),
        "exact": lambda texts: 100 * sum(a == b for a, b in zip(held_y, texts)) / len(texts),
    }
    model, seconds, cpu = fit(X, y, **parameters)
    texts = {f"GRUSeq2Seq, {cpu:.0f} CPU s": model.predict(held_X).tolist(), **others}
    rows = [
        [title, *(f"{measures[m](found):.1f}" for m in metrics)] for title, found in texts.items()
    ]
    _rounds.table([f"{name}: {len(X):,} pairs, {len(held_X)} held out", *metrics], rows)
    print(f"{parameters}, {seconds:.0f} s")
    for source, wanted, found in list(zip(held_X, held_y, next(iter(texts.values()))))[:8]:
        print(f"  {source[:70]!r} -> {found!r}, wanted {wanted!r}")


def learn_pieces(texts):
    """A tokenizer of frequent parts of words."""
    import sentencepiece

    with tempfile.TemporaryDirectory() as folder:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_prefix=f"{folder}/pieces",
            vocab_size=PIECES,
            character_coverage=1.0,
            minloglevel=2,
        )
        return sentencepiece.SentencePieceProcessor(model_file=f"{folder}/pieces.model")


def measure_catalogues(folder):
    """English to French."""
    data = _text_tasks.catalogues(folder=folder)
    if not data[0]:
        print(f"No French catalogues in {folder}: left out.", file=sys.stderr)
        return
    level = tuple(map(learn_pieces, data[:2]))
    others = {"nearest source's target": nearest(*data[:3]), "the source": data[2]}
    report("catalogues", data, {"level": level, **CATALOGUES}, others, ("chrF", "BLEU", "exact"))


def measure_summaries():
    """First lines of docstrings."""
    data = _text_tasks.docstrings()
    others = {
        f"first {n} words": [" ".join(t.split()[:n]) for t in data[2]] for n in (6, 8, 10, 12)
    }
    others["first sentence"] = [text.split(". ")[0] for text in data[2]]
    others["nearest source's target"] = nearest(*data[:3])
    report("summaries", data, SUMMARIES, others, ("ROUGE-L", "chrF", "exact"))


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ("numbers", "dates", "speed", "catalogues", "summaries")
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--folder", default=_text_tasks.CATALOGUES, help="of gettext catalogues")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="cores each program may use")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _rounds.serve(options.serve, PROGRAMS)
        return
    _rounds.hold(options.threads)
    for task in ("numbers", "dates"):
        if task in options.parts:
            measure_exact(task, options.seeds)
    if "speed" in options.parts:
        measure_speed(options.rounds)
    if "catalogues" in options.parts:
        measure_catalogues(options.folder)
    if "summaries" in options.parts:
        measure_summaries()
    print(_rounds.conditions(options.threads))


if __name__ == "__main__":
    main()
