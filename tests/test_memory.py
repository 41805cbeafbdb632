"""Memory is counted as the machine tells it, and only what is larger is refused."""

import math
import os

import pytest

from skgru import _memory


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of 1,000 pages of 4,096 bytes and 2 kB of swap; a function that sets limits."""
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    swap, new, old = tmp_path / "meminfo", tmp_path / "memory.max", tmp_path / "limit_in_bytes"
    swap.write_text("MemTotal: 4000 kB\nSwapTotal:       2 kB\n")
    monkeypatch.setattr(_memory, "SWAP", swap)
    monkeypatch.setattr(_memory, "LIMITS", (new, old))

    def limit(new_limit=None, old_limit=None):
        for path, text in ((new, new_limit), (old, old_limit)):
            if text is not None:
                path.write_text(text)
        return _memory.available.__wrapped__()

    return limit


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((), 4096_000),
        (("max\n",), 4096_000),
        (("1000000\n",), 1_000_000),
        (("9999999999\n",), 4096_000),
        ((None, "2000000\n"), 2_000_000),
        ((None, str(2**63 - 4096)), 4096_000),
        (("", "what"), 4096_000),
    ],
)
def test_the_smallest_limit_counts_and_swap_is_added(machine, limits, expected):
    assert machine(*limits) == expected + 2048


@pytest.mark.parametrize("fault", ["no sysconf", "unknown", "no swap told", "no file"])
def test_where_nobody_tells_nothing_is_refused(machine, fault, monkeypatch):
    def unknown(name):
        raise ValueError("unrecognized configuration name")

    if fault == "no sysconf":
        monkeypatch.delattr(os, "sysconf")
    elif fault == "unknown":
        monkeypatch.setattr(os, "sysconf", unknown)
    elif fault == "no swap told":
        _memory.SWAP.write_text("")
    else:
        _memory.SWAP.unlink()
    assert machine() == math.inf


def test_what_fits_is_let_through(monkeypatch):
    monkeypatch.setattr(_memory, "available", lambda: 3e9)
    _memory.require_memory(3 * 10**9, "It", "lower it")
    with pytest.raises(MemoryError, match=r"^It would need about 4 GB, and 3 GB .*; lower it\.$"):
        _memory.require_memory(4 * 10**9, "It", "lower it")


def test_a_network_is_counted_with_its_gradient_and_moments(monkeypatch):
    monkeypatch.setattr(_memory, "available", lambda: 16 * 12.0)
    _memory.require_memory_for_network([(3, 3), (3,)], "lower it")
    with pytest.raises(MemoryError):
        _memory.require_memory_for_network([(3, 3), (3,), (1, 1)], "lower it")
    _memory.require_memory_for_layers(1, 2, "lower it")
    with pytest.raises(MemoryError):
        _memory.require_memory_for_layers(2, 2, "lower it")


def test_numbers_beyond_floats_are_told():
    with pytest.raises(MemoryError, match="000,000 GB"):
        _memory.require_memory(10**400, "It", "lower it")


def test_this_machine_is_known_or_unlimited():
    assert _memory.available() > 1e8
