"""What it costs to send work to other processes, and what it brings.

A table in Markdown, a line for this process, its threads, joblib's own processes, and a local
cluster of Dask and of Ray, each with 1, 2, ... workers: seconds to start and to have loaded skgru
everywhere, what an empty call of joblib and each further task cost, a grid search, and a panel
forecast by exponential smoothing through Fugue, smallest and large. Engines that are not installed
are left out; ``pip install "skgru[scale]"`` brings them all. Where other programs keep the cores
busy, read the columns "busiest": CPU seconds of this process and of the worker that had most, about
what the clock shows where each has a core to itself.

    python benchmarks/bench_scale.py --workers 2
"""

import argparse
import contextlib
import importlib.util
import logging
import os
import threading
import time

import joblib
import numpy as np
import pandas as pd
import psutil
from sklearn.model_selection import GridSearchCV

from skgru import ETSForecaster, GRUClassifier

HEAD = (
    "engine",
    "workers",
    "start, s",
    "empty call, s",
    "further task, ms",
    "24 fits, s",
    "busiest, s",
    "8 series, s",
    "{} series, s",
    "busiest, s",
)


def nothing(i):
    """A task that costs nothing."""
    return i


def seconds(work, *arguments, **options):
    """Seconds on the clock, and the result."""
    start = time.perf_counter()
    found = work(*arguments, **options)
    return time.perf_counter() - start, found


def cpu_of_children():
    """CPU seconds of each process that this one has started, or that those have."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found[process.pid] = sum(process.cpu_times()[:2])
    return found


def busiest(work, *arguments, **options):
    """Seconds on the clock, CPU seconds of this process and the busiest worker, and the result."""
    before, last, over = cpu_of_children(), {}, threading.Event()

    def watch():
        # Workers of Ray end with their work: their last figures are those seen.
        while not over.wait(0.1):
            last.update(cpu_of_children())

    watcher, own = threading.Thread(target=watch), time.process_time()
    watcher.start()
    wall, found = seconds(work, *arguments, **options)
    own = time.process_time() - own
    over.set()
    watcher.join()
    last.update(cpu_of_children())
    most = max((cpu - before.get(pid, 0) for pid, cpu in last.items()), default=0)
    return wall, own + most, found


def overhead(few=20, many=420):
    """Seconds of a call with hardly a task, and of each further task, in batches of one."""

    def call(n_tasks):
        joblib.Parallel(batch_size=1)(joblib.delayed(nothing)(i) for i in range(n_tasks))

    call(few)
    short, long = (min(seconds(call, n)[0] for _ in range(2)) for n in (few, many))
    return short, max(long - short, 0) / (many - few)


def make_search():
    """Twenty-four fits, of a third of a second each, with their data."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 30))
    y = X.mean(axis=1) > 0
    grid = {"units": [16, 32], "dropout": [0.0, 0.2], "learning_rate": [0.003, 0.005]}
    return GridSearchCV(GRUClassifier(epochs=15, random_state=0), grid, cv=3, refit=False), X, y


def make_panel(n_series, n_times=60):
    """Monthly series with trends and seasons, as a long frame."""
    rng = np.random.default_rng(0)
    steps = np.arange(n_times)
    season = 10 * np.sin(2 * np.pi * steps / 12)
    values = 100 + rng.normal(0, 0.5, (n_series, 1)) * steps + season
    values += rng.normal(0, 5, values.shape)
    months = pd.date_range("2019-01-01", periods=n_times, freq="MS")
    columns = {"id": np.repeat(np.arange(n_series), n_times), "time": np.tile(months, n_series)}
    return pd.DataFrame({**columns, "value": values.ravel()})


@contextlib.contextmanager
def dask(n_workers, data):
    """A local cluster of Dask; yields what `forecast_long` takes as its engine."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=n_workers, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        Client(cluster) as client,
        joblib.parallel_config("dask", scatter=data),
    ):
        yield client


@contextlib.contextmanager
def ray(n_workers, data):
    """The same of Ray."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.util.joblib import register_ray

    register_ray()
    ray.init(
        num_cpus=n_workers, include_dashboard=False, log_to_driver=False, logging_level="error"
    )
    if installed("fugue"):
        # On a few cores, Ray Data would reserve all but one for other steps than ours.
        ray.data.DataContext.get_current().op_resource_reservation_enabled = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
    restarts = {"max_restarts": 3, "max_task_retries": 3}
    with joblib.parallel_config("ray", n_jobs=-1, ray_remote_args=restarts):
        yield "ray"
    ray.shutdown()


@contextlib.contextmanager
def loky(n_workers, data):
    """Joblib's own processes, on which there are no panels."""
    with joblib.parallel_config("loky", n_jobs=n_workers):
        yield None


def installed(*packages):
    """Whether all of these are."""
    return all(importlib.util.find_spec(package) for package in packages)


def search_through(search):
    """Seconds of the search on whatever joblib is set to, of the busiest, and the scores."""
    gru, X, y = search
    wall, busy, found = busiest(gru.fit, X, y)
    return wall, busy, found.cv_results_["mean_test_score"]


def panels_through(frame, engine=None, n_jobs=1):
    """Seconds of the smallest panel, of the whole, of the busiest, and forecasts of the whole."""
    forecaster = ETSForecaster(sp=12, n_jobs=n_jobs)
    least, _ = seconds(forecaster.forecast_long, smallest(frame), 12, engine=engine)
    return least, *busiest(forecaster.forecast_long, frame, 12, engine=engine)


def smallest(frame):
    """The first eight series."""
    return frame[frame["id"] < 8]


def warm_up(search, n_workers, frame=None, engine=None):
    """Let every worker load what it needs: twice as many fits as workers, and a small panel."""
    _, X, y = search
    fit = joblib.delayed(GRUClassifier(epochs=1, random_state=0).fit)
    joblib.Parallel()(fit(X, y) for _ in range(2 * n_workers))
    if frame is not None:
        ETSForecaster(sp=12).forecast_long(smallest(frame), 12, engine=engine)


def on_workers(engine, n_workers, search, frame):
    """Seconds to start, of an empty call and a further task, of the search and of the panels."""
    _, X, y = search
    start = time.perf_counter()
    with engine(n_workers, [X, y]) as name:
        spread = name is not None and installed("fugue", f"fugue_{engine.__name__}")
        warm_up(search, n_workers, frame if spread else None, name)
        started = time.perf_counter() - start
        costs = (started, *overhead())
        return costs, search_through(search), panels_through(frame, name) if spread else None


def write(*cells):
    """A line of the table."""
    print("| " + " | ".join(cells) + " |", flush=True)


def report(name, n_workers, costs, searched, panels, alone):
    """A line of what was measured, beside one process; figures must not depend on where."""
    cells = [name, str(n_workers), "", "", "", "", "", "", "", ""]
    if costs:
        cells[2] = f"{costs[0]:.1f}"
    if costs and n_workers > 1:  # with one, joblib keeps the work in this process
        cells[3:5] = f"{costs[1]:.3f}", f"{1000 * costs[2]:.1f}"
    if searched:
        assert (searched[-1] == alone[0][-1]).all(), "scores depend on where they are computed"
        cells[5:7] = (f"{taken:.1f}" for taken in searched[:2])
    if panels:
        assert panels[-1].equals(alone[1][-1]), "forecasts depend on where they are computed"
        cells[7:10] = f"{panels[0]:.2f}", f"{panels[1]:.1f}", f"{panels[2]:.1f}"
    write(*cells)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="at most so many")
    parser.add_argument("--series", type=int, default=10000, help="of the large panel")
    options = parser.parse_args()
    search, frame = make_search(), make_panel(options.series)
    print(f"{os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}\n")
    write(*(name.format(options.series) for name in HEAD))
    write(*["---"] * len(HEAD))
    with joblib.parallel_config(n_jobs=1):
        warm_up(search, 1, frame)
        alone = search_through(search), panels_through(frame)
    report("this process", 1, None, *alone, alone)
    for n_threads in range(2, options.workers + 1):
        panels = panels_through(frame, n_jobs=n_threads)
        # Threads share this process: their CPU seconds are a sum.
        shared = panels[0], panels[1], panels[2] / n_threads, panels[3]
        report("its threads", n_threads, None, None, shared, alone)
    engines = [loky] + [dask] * installed("distributed") + [ray] * installed("ray")
    for engine in engines:
        for n_workers in range(1, options.workers + 1):
            measured = on_workers(engine, n_workers, search, frame)
            report(engine.__name__, n_workers, *measured, alone)


if __name__ == "__main__":
    main()
