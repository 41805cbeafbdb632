"""How the CPU kernels are compiled, and names for their types.

Compiling is what a first fit waits for, and every index, slice and allocation in a kernel has its
price: what NumPy does as fast in a call or two is left to NumPy.
"""

from __future__ import annotations

from skgru._jit import Compiler, double, integer, nothing, truth, types

__all__ = ["double", "integer", "nothing", "truth"]

# NaN and infinity must survive: the training loop looks for them in the loss.
_compiler = Compiler({"contract", "arcp", "nsz", "reassoc", "afn"})
jit, part = _compiler.jit, _compiler.part

steps, counts = types.int32[::1], types.intp[::1]
vector, matrix = types.float32[::1], types.float32[:, ::1]
cube = types.float32[:, :, ::1]
index_matrix, double_matrix = types.int32[:, ::1], types.float64[:, ::1]
flags = truth[::1]
