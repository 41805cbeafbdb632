"""What `test_processes.py` runs in an interpreter of its own: ``python children.py <group> ...``.

A crash or a hang then ends a child and no test run. Each group prints one line of JSON, from the
names of its cases to what came of them; "the same" is the answer of this process.
"""

import copy
import json
import multiprocessing
import os
import resource
import select
import signal
import sys
import tempfile
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

PATIENCE = 60  # seconds until a child counts as hung; an answer takes less than one

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 9))
UP = np.where(X.sum(axis=1) > 0, "up", "down")
TEXT = "the cat sat on the mat and the dog sat on the rug. " * 8
PAIRS = ["one two", "two one", "one", "two"] * 6
RECORDINGS = [rng.normal(size=(40 + i, 3)) for i in range(12)]
TRANSCRIPTS = ["ab", "ba", "b", "aab"] * 3
WAVES = [np.sin(np.arange(1600 + 40 * i) * (0.2 + 0.1 * (i % 3))) for i in range(12)]
MONTHS = pd.period_range("2015-01", periods=48, freq="M", name="month")
SERIES = pd.Series(50 + 8 * np.sin(np.arange(48) * np.pi / 6) + rng.normal(0, 2, 48), MONTHS)
PANEL = pd.concat({f"s{i}": SERIES * (i + 1) for i in range(5)}, names=["id"]).to_frame("sold")
CUBE = X[:, None, :]  # as sktime has panels
SMALL = {"units": 4, "embedding_units": 4, "epochs": 2, "random_state": 0}


def makers():
    """Name -> (constructor of an estimator, what fits it, what it is asked)."""
    import skgru
    from skgru import sktime as doors

    ahead = [1, 2, 12]
    return {
        "classifier": (
            lambda: skgru.GRUClassifier(**SMALL),
            lambda model: model.fit(X, UP),
            lambda model: model.predict_proba(X),
        ),
        "regressor": (
            lambda: skgru.GRURegressor(**SMALL),
            lambda model: model.fit(X, X[:, 0]),
            lambda model: model.predict(X),
        ),
        "language model": (
            lambda: skgru.GRULanguageModel(**SMALL),
            lambda model: model.fit(TEXT),
            lambda model: model.score_samples([TEXT, "the"]),
        ),
        "seq2seq": (
            lambda: skgru.GRUSeq2Seq(**SMALL),
            lambda model: model.fit(PAIRS, PAIRS),
            lambda model: model.predict(PAIRS[:4]),
        ),
        "transcriber": (
            lambda: skgru.GRUTranscriber(**SMALL),
            lambda model: model.fit(RECORDINGS, TRANSCRIPTS),
            lambda model: np.concatenate(model.predict_proba(RECORDINGS)),
        ),
        "synthesizer": (
            lambda: skgru.GRUSynthesizer(**SMALL, alignment_epochs=2, n_phase_iter=2),
            lambda model: model.fit(TRANSCRIPTS, WAVES),
            lambda model: np.concatenate(model.predict(["ab", "ba"])),
        ),
        "frames": (
            lambda: skgru.LogMel(rate=8000, n_mels=20, n_jobs=2),
            lambda model: model.fit(WAVES),
            lambda model: np.concatenate(model.transform(WAVES)),
        ),
        "forecaster": (
            lambda: skgru.ETSForecaster(sp=12, random_state=0),
            lambda model: model.fit(SERIES),
            lambda model: model.predict_interval(fh=ahead).to_numpy(),
        ),
        "forecaster of a panel": (
            lambda: skgru.ETSForecaster(sp=12, n_jobs=2, random_state=0),
            lambda model: model.fit(PANEL),
            lambda model: model.predict_interval(fh=ahead).to_numpy(),
        ),
        "sktime classifier": (
            lambda: doors.GRUClassifier(**SMALL),
            lambda model: model.fit(CUBE, UP),
            lambda model: model.predict_proba(CUBE),
        ),
        "sktime regressor": (
            lambda: doors.GRURegressor(**SMALL),
            lambda model: model.fit(CUBE, X[:, 0]),
            lambda model: model.predict(CUBE),
        ),
        "sktime forecaster": (
            lambda: doors.GRUForecaster(horizon=3, sp=12, **SMALL),
            lambda model: model.fit(PANEL),
            lambda model: model.predict(fh=[1, 2, 3]).to_numpy(),
        ),
        "keras": (
            lambda: skgru.GRUClassifier(**SMALL, engine="keras"),
            lambda model: model.fit(X, UP),
            lambda model: model.predict_proba(X),
        ),
    }


def compare(found, expected):
    """How far two answers are apart, in words."""
    if isinstance(expected, np.ndarray) and expected.dtype.kind == "f":
        if not np.isfinite(found).all():
            return "not finite"
        same = found.shape == expected.shape and (found == expected).all()
        return "the same" if same else f"off by {np.abs(found - expected).max()}"
    return "the same" if list(found) == list(expected) else f"{found} instead of {expected}"


def compare_again(name, model, expected):
    """As `compare`, of what a fitted model says now."""
    _, _, ask = makers()[name]
    return compare(ask(model), expected)


def attempt(work, *arguments):
    """What comes of it, in words."""
    try:
        return work(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def fork():
    """The number of a fork of this process, 0 in the fork itself."""
    with warnings.catch_warnings():  # JAX and Python warn of any fork once threads run
        warnings.filterwarnings("ignore", "os.fork", RuntimeWarning)
        warnings.filterwarnings("ignore", ".*use of fork", DeprecationWarning)
        return os.fork()


def in_fork(work, *arguments, beside=None):
    """What comes of some work in a fork of this process, "hang" where nothing does."""
    read, write = os.pipe()
    child = fork()
    if not child:
        try:
            os.write(write, attempt(work, *arguments).encode())
        finally:
            os._exit(0)
    os.close(write)
    if beside is not None:
        beside(child)
    ready, _, _ = select.select([read], [], [], PATIENCE)
    if not ready:
        os.kill(child, signal.SIGKILL)
    text = os.read(read, 10_000).decode() if ready else "hang"
    os.close(read)
    _, status = os.waitpid(child, 0)
    return text or f"died of {status}"


def forks(models, answers):
    """Every fitted model answers in a fork, and fits again, after JAX, numba and threads ran."""
    return {
        name: {
            "predict": in_fork(compare_again, name, models[name], answers[name]),
            "fit": in_fork(compare_fresh, name, answers[name]),
        }
        for name in answers
    }


def forks_amid_work(models, answers):
    """Forks answer while other threads train and forecast."""
    busy = ("classifier", "language model", "forecaster of a panel", "transcriber")
    done = threading.Event()

    def work(name):
        while not done.is_set():
            refitted(name)

    found = {}
    with ThreadPoolExecutor(len(busy)) as pool:
        for name in busy:
            pool.submit(work, name)
        try:
            for name in answers:
                case = compare_again, name, models[name], answers[name]
                came = [in_fork(*case) for _ in range(3)]
                found[name] = next((one for one in came if one != "the same"), "the same")
        finally:
            done.set()
    return found


def asked(models):
    """Answers of models that came here by pickle; a new interpreter runs this."""
    asks = {name: ask for name, (_, _, ask) in makers().items()}
    return {name: asks[name](model) for name, model in models.items()}


def spawn(models, answers):
    """Every fitted model answers in a process that was started anew."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply_async(asked, (models,)).get(PATIENCE)
    return {name: compare(found[name], answers[name]) for name in answers}


def refitted(name):
    """What a model that is fitted here answers."""
    make, fit, ask = makers()[name]
    return ask(fit(make()))


def compare_fresh(name, expected):
    """As `compare`, of a model that is fitted now."""
    return compare(refitted(name), expected)


def threads(models, answers):
    """Threads fit and ask at once, each its own models and all of them the same ones."""
    known, found = makers(), {}
    with ThreadPoolExecutor(6) as pool:
        own = [(name, pool.submit(refitted, name)) for name in known]
        shared = [(name, pool.submit(known[name][2], models[name])) for name in known] * 3
        for kind, futures in (("own", own), ("shared", shared)):
            for name, future in futures:
                result = attempt(compare_result, future, answers[name])
                if found.setdefault(name, {}).get(kind, "the same") == "the same":
                    found[name][kind] = result
    return found


def compare_result(future, expected):
    """As `compare`, of what a thread comes to."""
    return compare(future.result(PATIENCE), expected)


def search(n_jobs):
    """Scores of a small grid of a classifier."""
    from sklearn.model_selection import GridSearchCV

    from skgru import GRUClassifier

    grid = GridSearchCV(GRUClassifier(**SMALL), {"units": [2, 4]}, cv=2, n_jobs=n_jobs)
    return grid.fit(X, UP).cv_results_["mean_test_score"]


def of_arrays(name, *arrays):
    """A model fitted to arrays, and its answer."""
    import skgru

    if name == "forecast_arrays":
        return skgru.ETSForecaster(sp=4).forecast_arrays(*arrays, 3).forecast
    if name == "frames":
        return skgru.LogMel(rate=8000, n_mels=20).fit_transform(*arrays)
    if name == "augmented":
        augmenter = skgru.SpeechAugmenter(rate=8000, n_variants=1, random_state=0)
        return np.concatenate(augmenter.fit_resample(*arrays)[0])
    if name == "GRUTranscriber":
        model = skgru.GRUTranscriber(**SMALL).fit(list(arrays[0]), TRANSCRIPTS)
        return np.concatenate(model.predict_proba(list(arrays[0])))
    return getattr(skgru, name)(**SMALL).fit(*arrays).predict(arrays[0])


def of_maps(name, *arrays):
    """The same where joblib hands over maps of files that nobody may write to."""
    assert all(isinstance(a, np.memmap) and not a.flags.writeable for a in arrays)
    return of_arrays(name, *arrays)


def nested(models, answers):
    """Workers of joblib that have workers and threads of their own, and maps of files as data."""
    from joblib import Parallel, delayed

    serial = [search(1), answers["forecaster of a panel"], answers["language model"]]
    tones = np.stack([wave[:1600] for wave in WAVES])
    steps = np.arange(0, 49, 12)
    mapped = [
        ("GRUClassifier", X, X[:, 0] > 0),
        ("GRURegressor", X, X[:, 0].copy()),
        ("GRUTranscriber", np.stack([recording[:40] for recording in RECORDINGS])),
        ("forecast_arrays", SERIES.to_numpy(), steps),
        ("frames", tones),
        ("augmented", tones, np.arange(12)),
    ]
    local = [of_arrays(*arguments) for arguments in mapped]
    tasks = [delayed(search)(2), delayed(refitted)("forecaster of a panel")]
    tasks += [delayed(refitted)("language model")]
    tasks += [delayed(of_maps)(*arguments) for arguments in mapped]
    found = Parallel(n_jobs=2, max_nbytes=1, timeout=2 * PATIENCE)(tasks)
    threaded = Parallel(n_jobs=2, prefer="threads", timeout=2 * PATIENCE)(tasks[:3])
    names = ["search in workers", "threads in workers", "shards in workers"]
    names += [f"maps of files: {name}" for name, *_ in mapped]
    names += ["search in threads", "threads in threads", "shards in threads"]
    pairs = zip(names, [*found, *threaded], [*serial, *local, *serial], strict=True)
    return {name: compare(a, b) for name, a, b in pairs}


# ---------------------------------------------------------------------- files


def saves(models, answers):
    """A process that saves over and over is killed: the file is one of the two it writes."""
    from skgru.persistence import load, save

    found = {}
    for name in ("classifier", "forecaster of a panel"):
        make, fit, ask = makers()[name]
        other = fit(make().set_params(random_state=1, **({"sp": 6} if "fore" in name else {})))
        allowed = [answers[name], ask(other)]
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "model")
            save(models[name], file)
            for delay in np.linspace(0, 0.02, 15):
                killed_amid(delay, save_for_ever, [models[name], other], file)
                answer = ask(load(file))
                if not any(np.array_equal(answer, one) for one in allowed):
                    found[name] = f"another model after {delay} seconds"
        found.setdefault(name, "one of both")
    return found


def save_for_ever(models, file):
    """Write one model after the other to the same place."""
    from skgru.persistence import save

    while True:
        for model in models:
            save(model, file)


def killed_amid(delay, work, *arguments):
    """Kill a fork of this process that much after it has begun to work."""
    read, write = os.pipe()
    child = fork()
    if not child:
        os.write(write, b"begun")
        work(*arguments)
    os.read(read, 5)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read)
    os.close(write)


def full_disk(models, answers):
    """A file that no longer grows: an error, the old file, and nothing beside it."""
    from skgru.persistence import load, save

    found = {}
    for name in models:
        for share in (0, 0.1, 0.99):
            with tempfile.TemporaryDirectory() as folder:
                file = os.path.join(folder, "model")
                save(models[name], file)
                most = int(share * os.path.getsize(file))
                said = in_fork(save_on_full_disk, models[name], file, most)
                left = os.listdir(folder)
                if "OSError: [Errno 27]" not in said or left != ["model"]:
                    found[name] = f"{said}, {left}"
                elif (same := compare(makers()[name][2](load(file)), answers[name])) != "the same":
                    found[name] = same
        found.setdefault(name, "the same")
    return found


def save_on_full_disk(model, file, most):
    """Save where no file may grow beyond so many bytes."""
    from skgru.persistence import save

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    save(model, file)
    return "saved"


# ---------------------------------------------------------------------- interruption

MOMENTS = (0, 0.003, 0.01, 0.03, 0.3)  # seconds after fit was called


def interrupted(name, delay, fitted, before):
    """Interrupt a fit: what state it leaves the model in.

    `fitted` is a model that is fitted again, `before` its answer; None and None are a first fit.
    """
    make, fit, ask = makers()[name]
    read, write = os.pipe()

    def work():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        model = make() if fitted is None else copy.deepcopy(fitted)
        lasting(name, model)
        raised = False
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                os.write(write, b"begun")
                fit(model)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            except KeyboardInterrupt:
                raised = True
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        warned = any("interrupted" in str(one.message) for one in said)
        return state(model, ask, raised, warned, before)

    def poke(child):
        os.read(read, 5)
        time.sleep(delay)
        os.kill(child, signal.SIGINT)
        if name == "synthesizer":  # it trains two networks
            time.sleep(0.2)
            os.kill(child, signal.SIGINT)

    try:
        return in_fork(work, beside=poke)
    finally:
        os.close(read)
        os.close(write)


def lasting(name, model):
    """Let the training of a network last until it is interrupted."""
    parameters = model.get_params(deep=False)
    names = [n for n in ("epochs", "alignment_epochs", "n_iter_no_change") if n in parameters]
    many = 20_000 if name in ("language model", "seq2seq") else 10**6
    model.set_params(**dict.fromkeys(names, many))


def state(model, ask, raised, warned, before):
    """Whether a model is as before, unfitted, or was kept with a warning."""
    try:
        answer = ask(model)
    except Exception as error:
        return "unfitted" if type(error).__name__ == "NotFittedError" else repr(error)
    if answer is None or (np.asarray(answer).dtype.kind == "f" and not np.isfinite(answer).all()):
        return "not finite"
    if raised:
        return "as before" if before is not None and np.array_equal(answer, before) else "mixed"
    return "kept" if warned else "whole"


def interruptions(models, answers):
    """SIGINT at several moments of a first fit and of a second one."""
    return {
        name: {
            "first": [interrupted(name, delay, None, None) for delay in MOMENTS],
            "second": [interrupted(name, delay, models[name], answers[name]) for delay in MOMENTS],
        }
        for name in answers
        if name not in ("frames", "keras")  # no training; no fork with JAX
    }


GROUPS = {
    group.__name__: group
    for group in (threads, forks, forks_amid_work, spawn, nested, saves, full_disk, interruptions)
}


def main(groups):
    """Fit every model once, then print a line for each group."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "__array__ implementation")  # as in pyproject.toml
    models = {name: fit(make()) for name, (make, fit, _) in makers().items()}
    answers = {name: ask(models[name]) for name, (_, _, ask) in makers().items()}
    for group in groups:
        line = json.dumps([group, GROUPS[group](models, answers)])
        print(line, flush=True)  # noqa: T201  read by the parent


if __name__ == "__main__":
    main(sys.argv[1:])
