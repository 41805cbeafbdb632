"""A search and a panel of forecasts on a local cluster of Dask or of Ray.

``python examples/scale_out.py dask`` or ``python examples/scale_out.py ray``.

``docs/guide/scale.rst`` shows the two functions; ``make test-scale`` runs them.
"""

import sys

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV

from skgru import ETSForecaster, GRUClassifier


def on_dask(search, X, y, sales):
    # Dask begins
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        with joblib.parallel_config("dask", scatter=[X, y]):
            search.fit(X, y)
        forecasts = ETSForecaster(sp=12).forecast_long(sales, 12, coverage=0.9, engine=client)
    # Dask ends
    return search, forecasts


def on_ray(search, X, y, sales):
    # Ray begins
    import ray
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2)
    register_ray()
    restarts = {"max_restarts": 3, "max_task_retries": 3}
    with joblib.parallel_config("ray", n_jobs=-1, ray_remote_args=restarts):
        search.fit(X, y)
    forecasts = ETSForecaster(sp=12).forecast_long(sales, 12, coverage=0.9, engine="ray")
    ray.shutdown()
    # Ray ends
    return search, forecasts


def make_search():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 20))
    y = X.mean(axis=1) > 0
    classifier = GRUClassifier(epochs=5, random_state=0)
    return GridSearchCV(classifier, {"units": [8, 16], "dropout": [0.0, 0.3]}, cv=3), X, y


def make_sales(n_shops=100, n_months=60):
    rng = np.random.default_rng(0)
    season = 10 * np.sin(2 * np.pi * np.arange(n_months) / 12)
    sold = 100 + season + rng.normal(0, 5, (n_shops, n_months))
    months = pd.date_range("2021-01-01", periods=n_months, freq="MS")
    columns = {"id": np.repeat(np.arange(n_shops), n_months), "time": np.tile(months, n_shops)}
    return pd.DataFrame({**columns, "value": sold.ravel()})


if __name__ == "__main__":  # workers import this file
    search, X, y = make_search()
    sales = make_sales()
    scores = search.fit(X, y).cv_results_["mean_test_score"]
    forecasts = ETSForecaster(sp=12).forecast_long(sales, 12, coverage=0.9)
    engine = {"dask": on_dask, "ray": on_ray}[sys.argv[1]]
    searched, found = engine(search, X, y, sales)
    assert (searched.cv_results_["mean_test_score"] == scores).all()
    assert found.equals(forecasts)
    print(f"{len(scores)} scores and {len(found)} forecasts, to the bit those of one process")
