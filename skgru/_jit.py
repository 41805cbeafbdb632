"""How the kernels of both engines are compiled: when first needed, each by itself, kept on disk.

A kernel is compiled for one signature, or loaded from numba's cache, when Python first calls it or
one that uses it: a fit pays for what it uses. Signatures are explicit, so that no shape of data
ever compiles anything again. Between kernels, numba would take the code of one into all that call
it, to be optimised again at each level; they are called through their addresses instead. What is
too small to be called is a part, which kernels take in.
"""

from __future__ import annotations

import ctypes
import gc
import inspect
import os
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FunctionType
from zlib import crc32

import numba
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core.compiler_lock import global_compiler_lock
from numba.extending import intrinsic, register_jitable

nothing, truth, integer, double = types.void, types.boolean, types.int64, types.float64

# Without NumPy's error model each division is checked for zero, and no loop that divides becomes
# vector instructions. Nothing but Python and other kernels calls a kernel: no entry for C is made.
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_ADDRESS = ir.IntType(8).as_pointer()
# Kept for good: compiled code reads them.
_ADDRESSES: dict[str, ctypes.c_void_p] = {}

if hasattr(os, "register_at_fork"):
    # A fork waits for what other threads compile: in the child nobody would ever end it, and its
    # own first compilation would wait for that.
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_parent=global_compiler_lock.release,
        after_in_child=global_compiler_lock.release,
    )


class Compiler:
    """Compiles the kernels of an engine.

    Parameters
    ----------
    fastmath : set of str
        What LLVM may assume of floating-point numbers.
    """

    def __init__(self, fastmath: set[str]):
        self._options = {**_OPTIONS, "fastmath": fastmath}

    def part(self, function):
        """Compile with the kernels that use it, for the types that they give it.

        For Python it stays the function that it is.
        """
        return register_jitable(**self._options)(function)

    def jit(self, signature, from_python=True, on_request=False):
        """Compile for this signature when first needed.

        Parameters
        ----------
        signature : numba signature
        from_python : bool
            Whether there is a door for Python, a third of the time to compile. With one, what
            comes of the function is a `Kernel`; without, what other kernels may call, and nobody
            else.
        on_request : bool
            Whether kernels that may call it do without until `prepare` asks for it.
        """
        options = {**self._options, "no_cpython_wrapper": not from_python}

        def compile_(function):
            kernel = Kernel(function, signature, options, on_request)
            return kernel if from_python else kernel.inner

        return compile_


class Kernel:
    """A function compiled for one signature, when it is first needed.

    Attributes
    ----------
    inner : numba intrinsic
        The same function, for use in other kernels.
    """

    def __init__(self, function, signature, options, on_request):
        self.function, self.signature, self.on_request = function, signature, on_request
        self.name = f"{function.__module__}.{function.__qualname__}"
        # numba keeps code under this name: kernels of two states of the sources never meet.
        function.__qualname__ += f"-{_state(Path(function.__code__.co_filename).parent)}"
        try:
            self._compiled = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # neither the package's folder nor the user's can be written
            self._compiled = numba.njit(**options)(function)
        self.is_ready = False
        # Where other kernels find the address. They know the place by its name, which holds in
        # every process: compiled code on disk must not hold an address.
        self._address = _ADDRESSES.setdefault(self.name, ctypes.c_void_p())
        binding.add_symbol(self.name, ctypes.addressof(self._address))
        self.inner = intrinsic(_call_of(self))
        self.inner.kernel = self

    def __call__(self, *arguments):
        if not self.is_ready:
            self.prepare()
        return self._compiled(*arguments)

    def prepare(self):
        """Compile or load it and all that it calls."""
        with global_compiler_lock:  # threads may meet here: numba refuses the second one
            if self.is_ready:
                return
            for kernel in _used_by(self.function):
                if not kernel.on_request:
                    kernel.prepare()
            with _no_collections():
                self._compiled.compile(self.signature)
            self._compiled.disable_compile()
            (result,) = self._compiled.overloads.values()
            name = result.fndesc.llvm_func_name
            self._address.value = result.library.get_pointer_to_function(name)
            self.is_ready = True


@cache
def _state(folder: Path) -> str:
    """What the files with kernels in a folder, and this one, are like."""
    sources = [Path(__file__).read_bytes()]
    for path in sorted(folder.glob("*.py")):
        source = path.read_bytes()
        if b"_jit import" in source or b"numba.extending" in source:
            sources.append(source)
    return f"{crc32(b''.join(sources)):08x}"


@contextmanager
def _no_collections():
    """Compiling leaves little behind, and to look for it among all objects takes a tenth more."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def prepare(*inners):
    """Compile or load kernels without a door that are compiled on request."""
    for inner in inners:
        inner.kernel.prepare()


def _used_by(function):
    """Kernels whose names are in the code of a function or of its parts."""
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(kernel := getattr(value, "kernel", None), Kernel):
            yield kernel
        elif isinstance(value, FunctionType):
            yield from _used_by(value)


def _call_of(kernel: Kernel):
    """What numba asks for the types and the code of a call from another kernel."""

    def define(typing, *arguments):
        if not kernel.on_request:
            kernel.prepare()

        def generate(context, builder, signature, values):
            convention, of = context.call_conv, signature.args
            place = builder.module.globals.get(kernel.name)
            if place is None:
                place = ir.GlobalVariable(builder.module, _ADDRESS, kernel.name)
            address = builder.load(place)
            if kernel.on_request:
                with cgutils.if_unlikely(builder, cgutils.is_null(builder, address)):
                    message = f"{kernel.name} is compiled on request, and nobody asked for it"
                    convention.return_user_exc(builder, RuntimeError, (message,))
            kind = convention.get_function_type(signature.return_type, of)
            called = builder.bitcast(address, kind.as_pointer())
            status, result = convention.call_function(
                builder, called, signature.return_type, of, values
            )
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return result

        return kernel.signature, generate

    first = inspect.Parameter("typing", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    own = inspect.signature(kernel.function).parameters.values()
    vars(define)["__signature__"] = inspect.Signature([first, *own])
    define.__name__ = kernel.function.__name__
    return define
