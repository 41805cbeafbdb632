"""Sizes that shapes are rounded up to, so that few programs are compiled."""

from __future__ import annotations

import numpy as np


def power_of_two(n: int, least: int = 1) -> int:
    return max(least, 1 << (n - 1).bit_length())


def close_above(n: int) -> int:
    """The next of 1, 2 .. 16, 18, 20 .. 32, 36, 40 ..: at most an eighth too many."""
    step = max(1, power_of_two(n) >> 4)
    return -(-n // step) * step


def row_bucket(n_rows: int, row_bytes: int) -> int:
    """Rows to make room for: coarse steps while that is at most 16 MiB."""
    for bucket in (power_of_two(n_rows, 1024), power_of_two(n_rows)):
        if bucket * row_bytes <= 1 << 24:
            return bucket
    return close_above(n_rows)


def length_bucket(n_timesteps: int) -> int:
    """The next of 1, 2, 3, 4, 6, 8, 12, 16, 24 .."""
    power = power_of_two(n_timesteps)
    return 3 * power // 4 if power >= 4 and n_timesteps <= 3 * power // 4 else power


def fill(column: np.ndarray, room: int) -> np.ndarray:
    """Zeros after the end of a column, up to `room` entries."""
    filled = np.zeros((room, *column.shape[1:]), column.dtype)
    filled[: len(column)] = column
    return filled
