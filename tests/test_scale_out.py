"""Grid searches on a real cluster of processes, one of which dies at work."""

import os
import signal
import threading

import distributed
import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skgru import GRUClassifier


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def kill_one_at_work(client, pids, killed):
    """End the process of the first worker that is seen with a task."""
    while not killed.is_set():
        for address, tasks in client.processing().items():
            if tasks and address in pids:
                os.kill(pids[address], signal.SIGKILL)
                killed.set()
                return
        killed.wait(0.05)


def test_a_search_on_dask_that_loses_a_worker_finds_what_one_process_finds(client):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 20))
    y = X.mean(axis=1) > 0
    search = GridSearchCV(
        GRUClassifier(epochs=3, random_state=0), {"units": [4, 8], "dropout": [0.0, 0.3]}, cv=3
    )
    here = search.fit(X, y)
    expected, best = here.cv_results_["mean_test_score"], here.predict_proba(X)
    pids = client.run(os.getpid)
    killed = threading.Event()
    killer = threading.Thread(target=kill_one_at_work, args=(client, pids, killed))
    killer.start()
    try:
        # Every worker has a copy of the data: none is lost with one of them.
        with joblib.parallel_config("dask", scatter=[X, y]):
            there = search.fit(X, y)
        assert killed.is_set()
    finally:
        killed.set()
        killer.join()
    np.testing.assert_array_equal(there.cv_results_["mean_test_score"], expected)
    np.testing.assert_array_equal(there.predict_proba(X), best)
    client.wait_for_workers(2, timeout=60)
    assert set(client.run(os.getpid).values()) != set(pids.values())
