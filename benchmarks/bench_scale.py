"""What it costs to send work to other processes, and what it brings.

The overhead of a task on joblib's own processes and on a local Dask cluster, and the seconds of
one grid search in this process and on 1, 2, ... workers of each.

    python benchmarks/bench_scale.py --workers 2
"""

import argparse
import contextlib
import importlib.util
import os
import time

import joblib
import numpy as np
from sklearn.model_selection import GridSearchCV

from skgru import GRUClassifier


def nothing(i):
    """A task that costs nothing."""
    return i


def milliseconds_a_task(n_tasks=200):
    """Mean overhead of a task, in batches of one."""
    parallel = joblib.Parallel(n_jobs=-1, batch_size=1)
    parallel(joblib.delayed(nothing)(i) for i in range(20))
    start = time.perf_counter()
    parallel(joblib.delayed(nothing)(i) for i in range(n_tasks))
    return 1000 * (time.perf_counter() - start) / n_tasks


@contextlib.contextmanager
def workers(name, n_workers, data):
    """Joblib's work goes to so many processes."""
    if name == "loky":
        with joblib.parallel_config("loky", n_jobs=n_workers):
            yield
        return
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=n_workers, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        Client(cluster),
        joblib.parallel_config("dask", scatter=data),
    ):
        yield


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="at most so many")
    most = parser.parse_args().workers
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 50))
    y = X.mean(axis=1) > 0
    grid = {"units": [16, 32], "dropout": [0.0, 0.2], "learning_rate": [0.003, 0.005]}
    search = GridSearchCV(GRUClassifier(random_state=0), grid, cv=3, refit=False)
    GRUClassifier(epochs=1, random_state=0).fit(X, y)  # kernels are loaded here, as in a worker
    start = time.perf_counter()
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    alone = time.perf_counter() - start
    print(f"24 fits in this process {alone:7.1f} s")
    backends = ["loky"] + ["dask"] * (importlib.util.find_spec("distributed") is not None)
    for name in backends:
        for n_workers in range(1, most + 1):
            with workers(name, n_workers, [X, y]):
                overhead = milliseconds_a_task()
                start = time.perf_counter()
                first = search.fit(X, y).cv_results_["mean_test_score"]
                cold = time.perf_counter() - start
                start = time.perf_counter()
                search.fit(X, y)
                warm = time.perf_counter() - start
            assert (first == expected).all(), "scores depend on where they are computed"
            print(
                f"{name} {n_workers} workers {warm:7.1f} s, {alone / warm:4.2f} times as fast; "
                f"first search {cold:.1f} s; {overhead:.1f} ms a task"
            )


if __name__ == "__main__":
    main()
