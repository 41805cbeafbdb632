import subprocess
import sys

FIRST_FIT = """
import numpy as np
import skgru
X = np.random.default_rng(0).normal(size=(12, 8))
skgru.GRUClassifier(epochs=1, engine="numba").fit(X, X[:, 0] > 0).predict(X)
"""


def test_processes_may_fill_the_cache_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    runs = [subprocess.Popen([sys.executable, "-c", FIRST_FIT]) for _ in range(2)]
    assert [run.wait(timeout=300) for run in runs] == [0, 0]
    assert list(tmp_path.rglob("*.nbi"))
