"""How the kernels are compiled: the same options for all of them, and names for their types.

Signatures are explicit, so that importing a kernel compiles it, or loads it from numba's cache on
disk, and no length, period or model ever compiles anything again.
"""

from __future__ import annotations

import numba
from numba import boolean, float64, int64, types, void

# NaN and infinity must survive: a missing value is a NaN, and a loss that is not finite refuses a
# step. Without NumPy's error model each division is checked for zero.
_OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,  # nobody calls them from C
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}

nothing, truth, integer, double = void, boolean, int64, float64
vector, matrix, cube = float64[::1], float64[:, ::1], float64[:, :, ::1]
integers, integer_matrix = int64[::1], int64[:, ::1]
codes = numba.int8[:, ::1]
# Arrays that are only read may be read-only.
given = types.Array(float64, 1, "C", readonly=True)
tuple_of = types.Tuple


def jit(*signatures, from_python=False):
    """Compile for these signatures now; without any, when a kernel that calls it is compiled.

    What other kernels alone call gets no door for Python, which takes a third of the time to
    compile.
    """
    options = {**_OPTIONS, "no_cpython_wrapper": not from_python}

    def compile_(function):
        compiled = list(signatures) or None
        try:
            return numba.njit(compiled, cache=True, **options)(function)
        except RuntimeError:  # neither the package's folder nor the user's can be written
            return numba.njit(compiled, **options)(function)

    return compile_
