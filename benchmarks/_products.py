"""The matrix products of a training: what it must compute, and how fast this core can.

No training that multiplies matrices by BLAS is faster than its products alone. Their seconds are
measured at their own shapes, into buffers that stay in cache, and in CPU time, which a busy machine
changes least.
"""

from __future__ import annotations

import time
from typing import NamedTuple

ROUNDS = 7  # of which the fastest counts
SECONDS = 0.02  # of one measurement


class Product(NamedTuple):
    """(rows, inner) times (inner, columns), `count` times in a training.

    `phase` is "forward" or "backward". A `waits` product is a step of the recurrence; the others
    may be computed for all steps at once.
    """

    phase: str
    rows: int
    inner: int
    columns: int
    count: int
    waits: bool

    @property
    def flops(self) -> float:
        return 2.0 * self.rows * self.inner * self.columns * self.count


def products(task) -> list[Product]:
    """Every product of a training.

    With B rows in a batch, S steps, width F of a step, H units, D directions, one logit a class
    (two), and N updates (epochs times batches), each update has, for each direction::

        forward    x W         (S B, F)  (F, 3H)        2 S B F 3H
                   s U         (B, H)    (H, 3H)   x S  2 S B H 3H
        backward   d_m U^T     (B, 3H)   (3H, H)   x S  2 S B 3H H
                   s^T d_m     (H, S B)  (S B, 3H)      2 S B H 3H
                   x^T d_x     (F, S B)  (S B, 3H)      2 S B F 3H

    and the output layer 3 x 2 B (D H) 2. The gradient of x itself is not asked for. So a training
    of n rows takes ``epochs n (6 D S H (2 F + 3 H) + 12 D H)`` operations, of which the first step
    backward, which leads nowhere, is not left out.
    """
    batch = -(-task.n_samples // task.n_batches)
    steps, width, units = task.n_patches, task.patch_width, task.units
    updates = task.epochs * task.n_batches
    each = updates * task.n_directions
    states, many = units * task.n_directions, steps * batch
    return [
        Product("forward", many, width, 3 * units, each, False),
        Product("forward", batch, units, 3 * units, each * steps, True),
        Product("backward", batch, 3 * units, units, each * steps, True),
        Product("backward", units, many, 3 * units, each, False),
        Product("backward", width, many, 3 * units, each, False),
        Product("forward", batch, states, 2, updates, False),
        Product("backward", states, batch, 2, updates, False),
        Product("backward", batch, 2, states, updates, False),
    ]


def rate(size: int = 512) -> float:
    """Operations in a second of one square product in float32."""
    return 2.0 * size**3 / _seconds(size, size, size)


def limit(task, phase: str | None = None) -> float:
    """Seconds of the products of a training, or of one phase, each as fast as it goes.

    A product of inner width 1 counts for nothing: it is one multiplication in a loop that runs
    anyhow. One over all steps may be cut into blocks of 64 or 256 rows, where BLAS does better so.
    """
    return sum(at_best(product) for product in products(task) if phase in (None, product.phase))


def at_best(product: Product) -> float:
    """Seconds of all calls of one product."""
    _, rows, inner, columns, count, waits = product
    if inner == 1:
        return 0.0
    best = _seconds(rows, inner, columns)
    longest = max(rows, inner)
    for block in (64, 256) if not waits and longest > 64 else ():
        cut = (block, inner) if rows == longest else (rows, block)
        best = min(best, _seconds(*cut, columns) * longest / block)
    return best * count


def _seconds(rows: int, inner: int, columns: int) -> float:
    """One product, by NumPy's and by SciPy's BLAS (which numba calls), whichever is faster."""
    import numpy as np

    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=s).astype(np.float32) for s in ((rows, inner), (inner, columns)))
    out = np.empty((rows, columns), np.float32)
    if inner > rows:  # a gradient of weights: its first factor comes transposed
        a = np.ascontiguousarray(a.T).T
    return min(_time(loop, a, b, out) for loop in (_numpy_loop, _compiled_loop()))


def _time(loop, a, b, out) -> float:
    loop(a, b, out, 1)
    started = time.process_time()
    loop(a, b, out, 5)
    calls = max(1, int(SECONDS * 5 / (time.process_time() - started)))
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        loop(a, b, out, calls)
        best = min(best, time.process_time() - started)
    return best / calls


def _numpy_loop(a, b, out, calls):
    import numpy as np

    for _ in range(calls):
        np.dot(a, b, out)


_compiled = []


def _compiled_loop():
    """The loop without Python in it: a small product takes no longer than a call."""
    if not _compiled:
        import numba
        import numpy as np

        @numba.njit
        def loop(a, b, out, calls):
            for _ in range(calls):
                np.dot(a, b, out)

        _compiled.append(loop)
    return _compiled[0]
