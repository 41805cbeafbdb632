"""Programs in processes of their own that take turns, and the tables that come of it.

A benchmark names its programs in a dict: name -> a function that prepares (imports, data, warm-up)
and returns the work, a function of the round's seed. The work returns a function for what is not
to be timed: it gives a dict of further figures, a loss for instance.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
)
_PACKAGES = (
    *("skgru", "numpy", "numba", "keras", "jax", "tensorflow-cpu", "torch", "scikeras", "sktime"),
    *("pandas", "prophet", "statsforecast", "statsmodels", "lightgbm", "xgboost"),
)


def hold(threads: int) -> None:
    """Hold this process and all that it starts to so many threads and cores.

    Call it before NumPy is imported.
    """
    os.environ.update(dict.fromkeys(_VARIABLES, str(threads)))
    if hasattr(os, "sched_setaffinity"):  # what heeds no setting heeds this; Linux only
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


class Program:
    """A child process that works on request.

    Parameters
    ----------
    script : str
        The benchmark, which calls `serve` where its option ``--serve`` is given.
    name : str
        "TensorFlow" in it decides the backend of Keras.

    Attributes
    ----------
    prepared : float
        Seconds that the preparation took.
    first : float
        Seconds of the first call, which warms up and counts no further.
    records : list of dict
        What each later call came to: "seconds", "cpu" (the seconds that its threads ran, which
        a busy machine changes less) and what the work added.
    """

    def __init__(self, script: str, name: str):
        self.name = name
        self.records: list[dict] = []
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  as long-lived as the program
        backend = "tensorflow" if "TensorFlow" in name else "jax"
        self._process = subprocess.Popen(
            [sys.executable, script, "--serve", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": backend},
        )
        self.prepared = self._answer()["seconds"]
        self.first = self._ask(0)["seconds"]

    def _answer(self) -> dict:
        for line in self._process.stdout:
            if line.startswith("@"):
                return json.loads(line[1:])
        self._errors.seek(0)
        reason = self._errors.read().strip().splitlines() or ["no reason given"]
        raise RuntimeError(reason[-1])

    def _ask(self, seed: int) -> dict:
        print(seed, file=self._process.stdin, flush=True)
        return self._answer()

    def work(self, seed: int) -> None:
        """Work once more."""
        self.records.append(self._ask(seed))

    def stop(self) -> None:
        """End the process, which waits for a line."""
        self._process.stdin.close()
        self._process.wait()

    def values(self, key: str = "seconds") -> list[float]:
        """One figure of each call."""
        return [record[key] for record in self.records]

    def median(self, key: str = "seconds") -> float:
        """Median of one figure over the calls."""
        return statistics.median(self.values(key))


def serve(name: str, programs: dict) -> None:
    """Child: prepare, then work once for each seed on standard input."""
    started = time.perf_counter()
    work = programs[name]()
    _say({"seconds": time.perf_counter() - started})
    for line in sys.stdin:
        started, ran = time.perf_counter(), time.process_time()
        look = work(int(line))
        seconds, cpu = time.perf_counter() - started, time.process_time() - ran
        _say({"seconds": seconds, "cpu": cpu, **(look() if look else {})})


def _say(record: dict) -> None:
    print("@" + json.dumps(record), flush=True)


def start(script: str, names) -> list[Program]:
    """The programs that can run here, warmed up."""
    programs = []
    for name in names:
        try:
            programs.append(Program(script, name))
        except RuntimeError as error:
            print(f"left out: {name} ({error})")
    return programs


def take_turns(programs: list[Program], rounds: int) -> None:
    """In each round every program works once, on the round's seed."""
    for seed in range(1, rounds + 1):
        for program in programs:
            program.work(seed)
        print(f"round {seed} of {rounds}", file=sys.stderr, flush=True)


def faster(ours: Program, rival: Program, calls: float = 1) -> str:
    """How many times less `ours` takes, by its medians; `calls` are ours for one of the rival's."""
    ratios = [calls * rival.median(key) / ours.median(key) for key in ("seconds", "cpu")]
    return "**{:.3g}** ({:.3g} by CPU time)".format(*ratios)


def spread(seconds: list[float]) -> str:
    """Least and most, in the unit of `readable`."""
    return f"{readable(min(seconds))} to {readable(max(seconds))}"


def readable(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    unit, factor = ("s", 1) if seconds >= 0.1 else ("ms", 1e3) if seconds >= 1e-3 else ("us", 1e6)
    return f"{seconds * factor:.3g} {unit}"


def table(head: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def conditions(threads: int) -> str:
    """The machine, the threads and the versions: what a figure is worth nothing without."""
    model = platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    busy = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    found = ", ".join(f"{name} {_installed(name)}" for name in _PACKAGES if _installed(name))
    cores = f"{model}, {os.cpu_count()} cores{busy}"
    python = f"Python {platform.python_version()}"
    return f"\n{threads} thread(s) and core(s) each. {cores}.\n{python}, {found}."


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except ImportError:
        return None
