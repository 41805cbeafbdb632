"""Kernels are compiled at first use, whatever the state of the cache on disk."""

import os
import subprocess
import sys

import pytest

FIT = """
import numpy as np
from concurrent.futures import ThreadPoolExecutor
from skgru.ets import _recursion
def forecast(_):
    out = np.empty(3)
    states, smoothing = np.array([2.0, 1.0, 0.0]), np.array([0.1, 0.0, 0.0, 1.0])
    _recursion.extrapolate(states, 1, 0, 1, 0, smoothing, out)
    return out.tolist()
with ThreadPoolExecutor(4) as pool:
    assert list(pool.map(forecast, range(8))) == [[3.0, 4.0, 5.0]] * 8
assert not _recursion.trace.is_ready
"""


def start(cache):
    """A fresh process that keeps its kernels in `cache`."""
    return subprocess.Popen(
        [sys.executable, "-c", FIT],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("writable", [True, False])
def test_processes_at_once_and_folders_that_cannot_be_written(tmp_path, writable):
    cache = tmp_path / "cache"
    if writable:
        cache.mkdir()
    else:  # a file in its place keeps even root from writing
        cache.write_text("")
    for process in [start(cache), start(cache)]:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
