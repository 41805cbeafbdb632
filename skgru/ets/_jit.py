"""How the kernels are compiled, and names for their types."""

from __future__ import annotations

from functools import partial

from skgru._jit import Compiler, double, integer, nothing, prepare, truth, types

__all__ = ["double", "integer", "nothing", "prepare", "truth", "types"]

# NaN and infinity must survive: a missing value is a NaN, and a loss that is not finite refuses a
# step.
_compiler = Compiler({"contract", "reassoc", "nsz", "arcp"})
part = _compiler.part
# What other kernels alone call gets no door for Python.
jit = partial(_compiler.jit, from_python=False)

vector, matrix, cube = double[::1], double[:, ::1], double[:, :, ::1]
integers, integer_matrix = integer[::1], integer[:, ::1]
codes = types.int8[:, ::1]
# Arrays that are only read may be read-only.
given = types.Array(double, 1, "C", readonly=True)
tuple_of = types.Tuple
