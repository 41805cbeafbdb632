"""Kernels are compiled when first needed, call each other by address and are kept on disk."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from skgru import _jit

COMPILER = _jit.Compiler({"contract"})
VECTOR = _jit.types.float32[::1]


def double(x):
    for i in range(len(x)):
        x[i] *= 2


def new_kernel(**how):
    return COMPILER.jit(_jit.nothing(VECTOR), **how)(double)


def test_compiles_when_first_called():
    kernel = new_kernel()
    assert not kernel.is_ready
    for size in (0, 1, 5):
        x = np.ones(size, np.float32)
        kernel(x)
        assert (x == 2).all()
    assert kernel.is_ready


@pytest.mark.parametrize("x", [np.ones(3), np.ones(4, np.float32)[::2], np.ones((2, 2), "f")])
def test_other_types_are_refused(x):
    with pytest.raises(TypeError, match="No matching definition"):
        new_kernel()(x)


def test_first_calls_may_meet():
    kernel, barrier = new_kernel(), Barrier(4)

    def call(_):
        x = np.ones(3, np.float32)
        barrier.wait()
        kernel(x)
        return x

    with ThreadPoolExecutor(4) as pool:
        np.testing.assert_array_equal(list(pool.map(call, range(4))), 2)


FORKED = """
import os, select, signal, threading, time, warnings
from numba.core.compiler_lock import global_compiler_lock
from skgru._jit import Compiler, integer

warnings.simplefilter("ignore")  # of a fork beside threads

@Compiler(set()).jit(integer(integer))
def add(x):
    return x + 1

compiles = threading.Event()

def compile_for_long():
    with global_compiler_lock:
        compiles.set()
        time.sleep(0.3)

threading.Thread(target=compile_for_long).start()
compiles.wait()
read, write = os.pipe()
child = os.fork()
if not child:
    os.write(write, str(add(1)).encode())
    os._exit(0)
if select.select([read], [], [], 30)[0]:
    print(os.read(read, 9).decode())
else:
    os.kill(child, signal.SIGKILL)
    print("hang")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_waits_for_what_other_threads_compile(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", FORKED]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90)
    assert run.stdout == "2\n", run.stderr


def test_without_a_door_python_gets_an_error():
    with pytest.raises(NotImplementedError, match="not usable in pure-python"):
        new_kernel(from_python=False)(np.ones(1, np.float32))


@COMPILER.part
def half(x):
    return 0.5 * x


@COMPILER.jit(_jit.double(_jit.double), from_python=False)
def root(x):
    if x < 0:
        raise ValueError("no root")
    return half(x) ** 0.5


@COMPILER.jit(_jit.double(_jit.double), from_python=False, on_request=True)
def rare(x):
    return root(x) + 1


@COMPILER.jit(_jit.double(_jit.double, _jit.truth))
def either(x, is_rare):
    return rare(x) if is_rare else root(x)


def test_kernels_call_each_other():
    assert either(8.0, False) == 2.0
    with pytest.raises(ValueError, match="no root"):
        either(-1.0, False)
    assert half(3) == 1.5


def test_on_request():
    with pytest.raises(RuntimeError, match="rare is compiled on request"):
        either(8.0, True)
    _jit.prepare(rare)
    assert either(8.0, True) == 3.0


INNER = """
from skgru._jit import Compiler, double
compiler = Compiler(set())

@compiler.jit(double(double), from_python=False)
def add(x):
    return x + {added}
"""
OUTER = """
from skgru._jit import double
from inner import add, compiler

@compiler.jit(double(double))
def outer(x):
    return 10 * add(x)
print(outer(1.0))
"""


def test_code_on_disk_follows_the_sources(tmp_path):
    (tmp_path / "outer.py").write_text(OUTER)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": path,
        # Python takes a source of the same second and size for the one that it has compiled.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    counts = []
    for added in (1, 1, 2):
        (tmp_path / "inner.py").write_text(INNER.format(added=added))
        run = subprocess.run(
            [sys.executable, "outer.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert float(run.stdout) == 10 * (1 + added)
        counts.append(len(list(tmp_path.rglob("*.nbi"))))
    assert counts == [2, 2, 4]
