"""How the kernels are compiled: the same options for all of them, and names for their types.

A kernel is compiled, or loaded from numba's cache on disk, when it is first called or a kernel that
calls it is compiled: a fit pays for what it uses. Signatures are explicit, so that no length,
period or model ever compiles anything again.
"""

from __future__ import annotations

import numba
from numba import boolean, float64, int64, types, void
from numba.core.compiler_lock import global_compiler_lock

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


def _compile_at_first_use(kernel, signatures):
    """Have the dispatcher compile these signatures, and none but these, when it is first needed.

    Both doors are watched: the call from Python, and the call that numba finds in another kernel.
    """
    from_kernel = kernel.get_call_template

    def ready():
        with global_compiler_lock:  # threads may meet here
            if "get_call_template" in vars(kernel):
                for signature in signatures:
                    kernel.compile(signature)
                kernel.disable_compile()
                del kernel._compile_for_args, kernel.get_call_template

    def compile_for_args(*arguments, **named):
        ready()
        return kernel  # numba calls what it gets with the arguments

    def get_call_template(arguments, named):
        ready()
        return from_kernel(arguments, named)

    kernel._compile_for_args = compile_for_args
    kernel.get_call_template = get_call_template


def jit(*signatures, from_python=False):
    """Compile for these signatures at first use; without any, for what the calling kernel gives.

    What other kernels alone call gets no door for Python, which takes a third of the time to
    compile.
    """
    options = {**_OPTIONS, "no_cpython_wrapper": not from_python}

    def compile_(function):
        try:
            kernel = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # neither the package's folder nor the user's can be written
            kernel = numba.njit(**options)(function)
        if signatures:
            _compile_at_first_use(kernel, signatures)
        return kernel

    return compile_
