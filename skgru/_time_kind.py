"""What the times of two series must have in common."""

from __future__ import annotations

import pandas as pd


def kind(index: pd.Index) -> tuple:
    """Equal for indices between which steps can be counted."""
    if isinstance(index, pd.DatetimeIndex):
        return "dates", index.tz is None
    return ("periods", index.freq) if isinstance(index, pd.PeriodIndex) else ("integers", None)
