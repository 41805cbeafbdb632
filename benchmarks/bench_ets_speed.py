"""Seconds that automatic exponential smoothing takes, beside statsforecast and sktime.

    python benchmarks/bench_ets_speed.py DATA [--parts rivals first curve] [--rounds 3] [--every 30]
    python benchmarks/bench_ets_speed.py --generated

DATA/forecast/m3.csv.gz holds the M3 series (columns id, period, h, split, values); ``--generated``
makes 101 like them. statsforecast takes part if it is installed (``pip install statsforecast``).

rivals  automatic forecasts of every 30th series, one thread; each program in a process of its own,
        warmed up, all held to the same core and measured in turn; sktime's on every tenth of them
first   import and first forecast in a fresh process, with an empty and with a full numba cache
curve   cost against the number of series (20 to 100 values) and their length, one and two threads
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from skgru.ets import _combination, _presets, _selection
from skgru.ets._model import Settings

PROGRAMS = ("skgru default", "skgru select", "statsforecast", "sktime")
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
H = 8

# Run in a fresh process: what numba and sktime themselves need does not count.
FIRST = """
import time
clock = lambda: np.array([time.process_time(), time.perf_counter()])
import numpy as np
started = clock()
import numba, sktime.forecasting.base
others = clock()
numba.njit("f8(f8)")(lambda x: x + 1.0)
compiler = clock()
import skgru
y = 100 + np.arange(60.0) + 10 * np.resize([1, 0, -1, 0], 60)
{call}
print(*(others - started), *(compiler - others), *(clock() - compiler))
"""
CALLS = {
    "engine": """
from skgru.ets import _combination, _presets, _selection
from skgru.ets._model import Settings
specs = _selection.candidates("auto", "auto", "auto", "auto", 4)
settings = Settings(specs=specs, sp=4, search=_presets.combine(4))
fits = _selection.fit(y, np.array([0, 60]), settings)
criteria = _selection.criteria(fits, settings)
weights = _selection.weights(criteria, fits.n_observed)
codes = np.array([spec.code for spec in specs])
_combination.panel_mean(fits, codes, weights, 4, 8)
""",
    "estimator": """
import pandas as pd
skgru.ETSForecaster(sp=4).fit(pd.Series(y)).predict(np.arange(1, 9))
""",
}


def generate(n_series, low, high, sp, seed=0):
    """Values and offsets of series with trend, season and noise, `low` to `high` values long."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(low, high + 1, n_series)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    slope = np.repeat(rng.normal(0.3, 0.5, n_series), lengths)
    swing = np.repeat(rng.uniform(0, 20, n_series), lengths)
    season = swing * np.sin(2 * np.pi * place / max(sp, 2)) * (sp > 1)
    drift = 40 * np.tanh(slope * place / 40)
    values = 200 + drift + season + rng.normal(0, 8, len(place))
    return np.maximum(values, 1.0), offsets


def read(data, every):
    """Training series by their period."""
    panels = {}
    if data is None:
        for sp, n in ((1, 27), (4, 25), (12, 49)):
            values, offsets = generate(n, 3 * sp + 15, 126, sp)
            panels[sp] = np.split(values, offsets[1:-1])
        return panels
    table = pd.read_csv(data / "forecast" / "m3.csv.gz")
    for row in table[table["split"] == "train"].iloc[::every].itertuples():
        panels.setdefault(int(row.period), []).append(np.array(row.values.split(), float))
    return panels


def settings_for(mode, sp):
    """What the engine is asked for."""
    specs = _selection.candidates("auto", "auto", "auto", "auto" if sp > 1 else None, sp)
    return Settings(
        specs=specs,
        sp=sp,
        search=_presets.combine(sp) if mode == "combine" else _presets.select(sp),
    )


def forecast(values, offsets, settings, mode, n_jobs=1):
    """Fit and forecast a panel with the engine."""
    fits = _selection.fit(values, offsets, settings, n_jobs=n_jobs)
    criteria = _selection.criteria(fits, settings)
    if mode == "combine":
        weights = _selection.weights(criteria, fits.n_observed)
    else:
        weights = np.eye(len(settings.specs))[criteria.argmin(axis=1)]
    codes = np.array([spec.code for spec in settings.specs])
    return _combination.panel_mean(fits, codes, weights, settings.sp, H)


def task(program, panels):
    """A function that forecasts all series once with a program."""
    if program.startswith("skgru"):
        from skgru import ETSForecaster

        search = "auto" if program == "skgru default" else "select"
        jobs = []
        for sp, series in panels.items():
            offsets = np.cumsum([0, *map(len, series)], dtype=np.int64)
            jobs.append((ETSForecaster(sp=sp, search=search), np.concatenate(series), offsets))
        return lambda: [f.forecast_arrays(values, offsets, H) for f, values, offsets in jobs]
    if program == "statsforecast":
        from statsforecast.models import AutoETS

        return lambda: [
            AutoETS(season_length=sp).forecast(y=y, h=H)
            for sp, series in panels.items()
            for y in series
        ]
    from sktime.forecasting.ets import AutoETS as SktimeETS

    return lambda: [
        SktimeETS(auto=True, sp=sp, n_jobs=1).fit(pd.Series(y)).predict(np.arange(1, H + 1))
        for sp, series in panels.items()
        for y in series
    ]


def work(program, args):
    """A process that measures one pass for each line it reads."""
    warnings.simplefilter("ignore")
    panels = read(args.data, args.every)
    if program == "sktime":
        panels = {sp: series[::10] for sp, series in panels.items()}
    n = sum(map(len, panels.values()))
    once = task(program, panels)
    once()
    # Many passes of a fast program, so that its clock is as fine as the others'.
    started = time.process_time()
    once()
    passes = int(np.clip(2 / max(time.process_time() - started, 1e-3), 1, 30))
    print(json.dumps(n), flush=True)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(passes):
            once()
        took = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps([1000 * seconds / passes / n for seconds in took]), flush=True)


def start(program, args):
    """The process of a program, on the first core and warmed up; and how many series it has."""
    command = [sys.executable, __file__, "--worker", program, "--every", str(args.every)]
    command += ["--generated"] if args.data is None else [str(args.data)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **ONE_THREAD},
    )
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    return process, json.loads(process.stdout.readline())


def rivals(args):
    """All programs in turn."""
    installed = [
        program
        for program in PROGRAMS
        if program != "statsforecast" or importlib.util.find_spec("statsforecast")
        if program != "sktime" or importlib.util.find_spec("statsmodels")
    ]
    for program in set(PROGRAMS) - set(installed):
        print(f"{program} left out: it, or statsmodels that it calls, is not installed")
    processes = {program: start(program, args) for program in installed}
    figures = {program: [] for program in installed}
    for _ in range(args.rounds):
        for program, (process, _) in processes.items():
            process.stdin.write("go\n")
            process.stdin.flush()
            figures[program].append(json.loads(process.stdout.readline()))
    print("\nms a series, one thread: CPU median (range), wall median; times skgru select, default")
    for program, (process, n) in processes.items():
        process.stdin.close()
        process.wait()
        cpu, wall = zip(*figures[program])
        ratios = [
            statistics.median(
                one[0] / own[0] for one, own in zip(figures[program], figures[f"skgru {mode}"])
            )
            for mode in ("select", "default")
        ]
        print(
            f"{program:16}{n:5} series {statistics.median(cpu):9.3f} "
            f"({min(cpu):.3f} to {max(cpu):.3f}){statistics.median(wall):9.3f}"
            f"   {ratios[0]:7.1f} x {ratios[1]:7.1f} x",
            flush=True,
        )


def first(args):
    """Fresh processes with an empty and with a full cache of compiled kernels."""
    print(
        "\nfirst call, s of CPU and of wall: import of numba and sktime, numba's first compilation,"
    )
    print("then skgru: import, fit and forecast")
    import skgru

    for what, call in CALLS.items():
        if what == "estimator" and "ETSForecaster" not in dir(skgru):
            continue
        with tempfile.TemporaryDirectory() as cache:
            for state in ("empty", *["full"] * args.rounds):
                output = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", FIRST.format(call=call)],
                    env={**os.environ, "NUMBA_CACHE_DIR": cache},
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
                figures = map(float, output.split()[-6:])
                print(f"{what:10} cache {state:6}", ("{:9.2f}{:7.2f}" * 3).format(*figures))


def curve(args):
    """Cost against the number of series and against their length."""
    print(
        "\nn series  values each  mode     threads     wall s   CPU ms a series   us a value"
        "  memory / data"
    )
    for mode in ("combine", "select"):
        for n_jobs in (1, 2):
            cost = 0.002
            for n in (1_000, 10_000, 100_000, 1_000_000):
                if cost * n > args.cap:
                    print(f"{n:8}  left out: about {cost * n:.0f} s")
                    continue
                cost = point(n, 20, 100, mode, n_jobs) / n
    for mode in ("combine", "select"):
        for n_jobs in (1, 2):
            for length in (20, 200, 2_000, 20_000):
                point(20, length, length, mode, n_jobs)


def point(n, low, high, mode, n_jobs):
    """One point of a curve; returns the seconds it took."""
    settings = settings_for(mode, 4)
    values, offsets = generate(n, low, high, 4)
    forecast(*generate(2, low, low, 4), settings, mode)
    tracemalloc.start()  # what is kept and lent by NumPy, beyond the values themselves
    cpu, wall = time.process_time(), time.perf_counter()
    forecast(values, offsets, settings, mode, n_jobs)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    grown = tracemalloc.get_traced_memory()[1] / values.nbytes
    tracemalloc.stop()
    span = f"{low}" if low == high else f"{low}-{high}"
    print(
        f"{n:8}{span:>13}  {mode:8}{n_jobs:8}{wall:11.3f}{1000 * cpu / n:18.4f}"
        f"{1e6 * cpu / len(values):13.3f}{grown:8.2f}",
        flush=True,
    )
    return wall


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--generated", action="store_true")
    parser.add_argument("--parts", nargs="+", default=["rivals", "first", "curve"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=int, default=30, help="only every n-th M3 series")
    parser.add_argument("--cap", type=float, default=300, help="seconds for a point of the curve")
    parser.add_argument("--worker", choices=PROGRAMS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.data is None and not args.generated:
        parser.error("name the DATA folder or say --generated")
    return args


def main():
    """Print the parts asked for."""
    args = parse()
    if args.worker:
        work(args.worker, args)
        return
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"NumPy {np.__version__}; {'M3' if args.data else 'generated'}, every {args.every}"
    )
    for part in args.parts:
        {"rivals": rivals, "first": first, "curve": curve}[part](args)


if __name__ == "__main__":
    main()
