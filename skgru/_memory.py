"""What cannot fit into the memory of this machine is refused before any of it is taken.

Estimates are of what is certainly needed, so that nothing is refused that would have worked.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

# Where Linux tells a container's limit: control groups of version 2 and of version 1.
LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
SWAP = Path("/proc/meminfo")
_PER_WEIGHT = 16  # bytes: each weight, its gradient and Adam's two means, in float32


@cache
def available() -> float:
    """Bytes that processes here may have together, swap included; infinite where nobody tells."""
    try:
        physical = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        swap = next(
            1024.0 * int(line.split()[1])
            for line in SWAP.read_text().splitlines()
            if line.startswith("SwapTotal:")
        )
    except (AttributeError, ValueError, OSError, StopIteration):
        return math.inf
    for path in LIMITS:
        with suppress(OSError, ValueError):  # there is none, or it is the word "max"
            physical = min(physical, float(int(path.read_text())))
    return physical + swap


def require_memory(n_bytes: float, what: str, cure: str) -> None:
    """Refuse what needs more memory than there is.

    Parameters
    ----------
    n_bytes : int or float
        Needed at the least.
    what : str
        What needs it.
    cure : str
        How to need less.

    Raises
    ------
    MemoryError
    """
    if n_bytes > available():
        needed = min(n_bytes, 10**30) / 1e9
        raise MemoryError(
            f"{what} would need about {needed:,.0f} GB, and {available() / 1e9:,.0f} GB of memory "
            f"are there; {cure}."
        )


def require_memory_for_network(shapes: Iterable[tuple[int, ...]], cure: str) -> None:
    """Refuse a network that cannot be trained here, from the shapes of its weights."""
    n_weights = sum(math.prod(map(int, shape)) for shape in shapes)
    require_memory(_PER_WEIGHT * n_weights, "The training of this network", cure)


def require_memory_for_layers(n_layers: int, units: int, cure: str) -> None:
    """Refuse a number of GRU layers before each of them is described."""
    require_memory(
        _PER_WEIGHT * 3 * int(n_layers) * int(units) ** 2, "The training of this network", cure
    )
