"""How the CPU kernels are compiled: the same options for all of them, and names for their types.

Signatures are explicit, so that importing a kernel compiles it, or loads it from numba's cache on
disk, and no shape of data ever compiles anything again.
"""

from __future__ import annotations

import numba
from numba import boolean, float32, float64, int64, types, void

# NaN and infinity must survive: the training loop looks for them in the loss. Without NumPy's error
# model each division is checked for zero, and no loop that divides becomes vector instructions.
_OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "arcp", "nsz", "reassoc", "afn"},
}

nothing, truth, integer, double = void, boolean, int64, float64
steps = numba.int32[::1]
vector, matrix, cube = float32[::1], float32[:, ::1], float32[:, :, ::1]
gate_cube, index_matrix = float32[:, :, :, ::1], numba.int32[:, ::1]
matrices = types.UniTuple(matrix, 3)


def jit(*signatures):
    """Compile for these signatures now; without any, when a kernel that calls it is compiled."""

    def compile_(function):
        compiled = list(signatures) or None
        try:
            return numba.njit(compiled, cache=True, **_OPTIONS)(function)
        except RuntimeError:  # neither the package's folder nor the user's can be written
            return numba.njit(compiled, **_OPTIONS)(function)

    return compile_
