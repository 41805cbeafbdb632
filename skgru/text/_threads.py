"""Shards of an update side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

from skgru._blas_threads import one_thread


@contextmanager
def side_by_side(n_shards: int) -> Iterator[Callable]:
    """A `map` that runs in as many threads as BLAS may use, each with one of BLAS's own."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    n_threads = min(n_shards, max((x.num_threads or 1 for x in libraries), default=1))
    with one_thread:
        if n_threads == 1:
            yield map
            return
        with ThreadPoolExecutor(n_threads) as pool:
            yield pool.map
