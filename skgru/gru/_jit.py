"""How the CPU kernels are compiled: the same options for all of them, and names for their types.

A kernel is compiled, or loaded from numba's cache on disk, when it is first called: a network pays
for what it uses. Signatures are explicit, so that no shape of data ever compiles anything again.
Compiling is what a first fit waits for, and every index, slice and allocation in a kernel has its
price: what NumPy does as fast in a call or two is left to NumPy.
"""

from __future__ import annotations

import threading

import numba
from numba import boolean, float32, float64, int64, void

# NaN and infinity must survive: the training loop looks for them in the loss. Without NumPy's error
# model each division is checked for zero, and no loop that divides becomes vector instructions.
# Nothing but Python and other kernels calls a kernel: no entry for C is made.
_OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "arcp", "nsz", "reassoc", "afn"},
    "no_cfunc_wrapper": True,
}

nothing, truth, integer, double = void, boolean, int64, float64
steps, counts = numba.int32[::1], numba.intp[::1]
vector, matrix, cube = float32[::1], float32[:, ::1], float32[:, :, ::1]
index_matrix, double_matrix = numba.int32[:, ::1], float64[:, ::1]
flags = boolean[::1]

_COMPILING = threading.Lock()


def part(function):
    """Compile with the kernels that use it, for the types that they give it."""
    try:
        return numba.njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        return numba.njit(**_OPTIONS)(function)


class Kernel:
    """A function compiled for one signature, at its first call.

    Attributes
    ----------
    inner : numba dispatcher
        The same function, for use in other kernels.
    """

    def __init__(self, function, signature):
        self.inner = part(function)
        self._signature = signature
        self._ready = False

    def __call__(self, *arguments):
        if not self._ready:
            with _COMPILING:  # threads may meet here: numba refuses the second one
                if not self._ready:
                    self.inner.compile(self._signature)
                    self.inner.disable_compile()
                    self._ready = True
        return self.inner(*arguments)


def jit(signature):
    """Compile for this signature when first called."""
    return lambda function: Kernel(function, signature)
