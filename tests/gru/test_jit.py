import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from skgru.gru import _jit


def double(x):
    for i in range(len(x)):
        x[i] *= 2


def new_kernel():
    return _jit.jit(_jit.nothing(_jit.vector))(double)


def test_compiles_when_first_called_and_once():
    kernel = new_kernel()
    assert not kernel.inner.signatures
    for size in (0, 1, 5):
        x = np.ones(size, np.float32)
        kernel(x)
        assert (x == 2).all()
    assert len(kernel.inner.signatures) == 1


@pytest.mark.parametrize("x", [np.ones(3), np.ones(4, np.float32)[::2], np.ones((2, 2), "f")])
def test_other_types_are_refused(x):
    with pytest.raises(TypeError, match="No matching definition"):
        new_kernel()(x)


def test_first_calls_may_meet():
    kernel, barrier = new_kernel(), Barrier(4)

    def call(_):
        x = np.ones(3, np.float32)
        barrier.wait()
        kernel(x)
        return x

    with ThreadPoolExecutor(4) as pool:
        np.testing.assert_array_equal(list(pool.map(call, range(4))), 2)


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
