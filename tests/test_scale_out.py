"""Searches and panels on real clusters of processes, one of which dies at work."""

import importlib.util
import os
import secrets
import shutil
import signal
from dataclasses import dataclass, field
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV

from skgru import ETSForecaster, GRUClassifier


@dataclass(frozen=True)
class Cluster:
    """Two processes of an engine.

    `engine` is what `forecast_long` takes, `frame` makes a pandas frame one of the engine, `pandas`
    the other way, and `options` are those of joblib for a search on so much data that survives.
    """

    name: str
    engine: Any
    frame: Any
    pandas: Any
    options: Any = field(repr=False)


def dying(folder):
    """What workers call after each piece of work: one dies of its third, or a later one.

    Once, and before it has handed the piece in. Does nothing in this process, nor without `folder`.
    """
    here = os.getpid()

    def done():
        if os.getpid() == here or not folder.exists():
            return
        if len(list(folder.glob("piece*"))) >= 2 and not (folder / "death").exists():
            (folder / "death").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        (folder / f"piece {len(os.listdir(folder))} of {os.getpid()}").touch()

    return done


def armed(folder):
    """What a worker runs when it starts, so that a part of a panel is a piece of work."""
    done = dying(folder)

    def arm():
        from skgru.ets import _blockwise

        forecast = _blockwise.forecast

        def wrapped(*arguments):
            found = forecast(*arguments)
            done()
            return found

        _blockwise.forecast = wrapped

    return arm if importlib.util.find_spec("fugue") else None


@pytest.fixture(scope="module")
def fugue():
    return pytest.importorskip("fugue", reason="absent: pip install 'skgru[fugue]'")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scale") / "pieces"


@pytest.fixture
def pieces(folder):
    """The folder of the pieces that workers have done in a test, one of which dies."""
    folder.mkdir()
    yield folder
    assert (folder / "death").exists(), "no worker was lost"
    shutil.rmtree(folder)


def dask_cluster(folder):
    distributed = pytest.importorskip("distributed", reason="absent: pip install 'skgru[dask]'")
    arm = armed(folder)

    def frame(frame):
        import dask.dataframe

        return dask.dataframe.from_pandas(frame, npartitions=3)

    class Arm(distributed.WorkerPlugin):
        def setup(self, worker):
            arm()

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        if arm:
            client.register_plugin(Arm())
        yield Cluster(
            "dask",
            client,
            frame,
            lambda frame: frame.compute(),
            # Every worker has a copy of the data: none is lost with one of them.
            lambda *data: {"scatter": data},
        )


def ray_cluster(folder):
    ray = pytest.importorskip("ray", reason="absent: pip install 'skgru[ray]'")
    from ray.util.joblib import register_ray

    register_ray()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))  # else it leaves one in the home
        arm = armed(folder)
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=200 * 2**20,
            runtime_env={"worker_process_setup_hook": arm} if arm else None,
        )
        if arm:
            # Made for hundreds of cores; these tasks are few.
            ray.data.DataContext.get_current().default_hash_shuffle_parallelism = 8
        yield Cluster(
            "ray",
            "ray",
            lambda frame: ray.data.from_pandas(frame),
            lambda frame: frame.to_pandas(),
            lambda *data: {"ray_remote_args": {"max_restarts": 3, "max_task_retries": 3}},
        )
        ray.shutdown()


# What Ray says of itself in a new release is no error of ours.
on_ray = pytest.param(ray_cluster, id="ray", marks=pytest.mark.filterwarnings("default"))


@pytest.fixture(scope="module", params=[pytest.param(dask_cluster, id="dask"), on_ray])
def cluster(request, folder):
    yield from request.param(folder)


def make_search(folder):
    """A search, its data, and scores that are pieces of work."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 20))
    y = X.mean(axis=1) > 0
    done = dying(folder)

    def score(estimator, X, y):
        found = accuracy_score(y, estimator.predict(X))
        done()
        return found

    grid = {"units": [4, 8], "dropout": [0.0, 0.3]}
    search = GridSearchCV(GRUClassifier(epochs=3, random_state=0), grid, cv=3, scoring=score)
    return search, X, y


def make_panel():
    rng = np.random.default_rng(0)
    months = pd.date_range("2019-01-01", periods=48, freq="MS")
    season = 10 * np.sin(2 * np.pi * np.arange(48) / 12)
    values = 100 + season + rng.normal(0, 5, (40, 48))
    ids = [f"shop {i:02}" for i in range(40)]
    columns = {"id": np.repeat(ids, 48), "time": np.tile(months, 40), "value": values.ravel()}
    return pd.DataFrame(columns)


def test_a_search_finds_what_one_process_finds(cluster, pieces):
    search, X, y = make_search(pieces)
    here = search.fit(X, y)
    expected, best = here.cv_results_["mean_test_score"], here.predict_proba(X)
    with joblib.parallel_config(cluster.name, n_jobs=-1, **cluster.options(X, y)):
        there = search.fit(X, y)
    assert len(os.listdir(pieces)) >= 12
    np.testing.assert_array_equal(there.cv_results_["mean_test_score"], expected)
    np.testing.assert_array_equal(there.predict_proba(X), best)


@pytest.mark.parametrize("parameters", [{"bagging": 3}, {"trend": "mul", "restrict": False}])
def test_a_panel_has_the_forecasts_of_one_process(fugue, cluster, pieces, parameters):
    forecaster = ETSForecaster(sp=12, n_simulations=50, random_state=1, **parameters)
    frame = make_panel()
    right = forecaster.forecast_long(frame, 6, coverage=0.8)
    found = forecaster.forecast_long(frame, 6, coverage=0.8, engine=cluster.engine)
    pd.testing.assert_frame_equal(found, right, check_exact=True)


def test_a_frame_of_the_engine_has_them_too(fugue, cluster, pieces):
    forecaster, frame = ETSForecaster(sp=12, random_state=1), make_panel()
    right = forecaster.forecast_long(frame, 6, coverage=0.8)
    spread = forecaster.forecast_long(
        cluster.frame(frame), 6, coverage=0.8, freq="MS", engine=cluster.engine
    )
    found = cluster.pandas(spread).sort_values(["id", "time"], ignore_index=True)
    pd.testing.assert_frame_equal(found, right, check_exact=True, check_dtype=False)


@pytest.mark.parametrize("cluster", [on_ray], indirect=True)
def test_a_search_on_ray_that_may_not_restart_ends_with_an_error(cluster, pieces):
    from ray.exceptions import ActorDiedError

    search, X, y = make_search(pieces)
    with (
        joblib.parallel_config("ray", n_jobs=-1),
        pytest.raises(ActorDiedError, match="died unexpectedly"),
    ):
        search.fit(X, y)
