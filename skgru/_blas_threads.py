"""BLAS on one thread while small products run in a loop."""

from __future__ import annotations

import os
import threading

import scipy.linalg.cython_blas  # noqa: F401  the BLAS that numba calls: loaded, it can be limited
from threadpoolctl import ThreadpoolController


class _OneThread:
    """While anybody is inside, BLAS has one thread.

    More threads cost more than they gain in loops over small products, and up to 26 times the time
    where other processes want the cores.
    """

    def __init__(self):
        self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self._reset()

    def _reset(self):
        self._lock = threading.Lock()
        self._inside = 0
        self._limited = []

    def __enter__(self):
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._limited = [(x, n) for x in self._libraries if (n := x.num_threads or 1) > 1]
                for library, _ in self._limited:
                    library.set_num_threads(1)

    def __exit__(self, *exception):
        with self._lock:
            self._inside -= 1
            if not self._inside:
                for library, n_threads in self._limited:
                    library.set_num_threads(n_threads)


one_thread = _OneThread()
if hasattr(os, "register_at_fork"):  # a lock held by another thread would stay locked in the child
    os.register_at_fork(after_in_child=one_thread._reset)
