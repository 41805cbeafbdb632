"""Where a time stands in its day, week and year, and which seasons that suggests."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Steps of a season by the unit of the frequency: hours in a day, days in a week and so on.
SEASONS = {"h": 24, "D": 7, "B": 5, "W": 52, "M": 12, "Q": 4, "min": 1440, "s": 86400}
LONGEST = 400  # season that is looked for, in steps
CLEAR = 0.3  # autocorrelation that makes a season


def unit(freq) -> str:
    """``"M"`` for ``<MonthEnd>``, ``"W"`` for ``"W-SUN"`` and so on; ``""`` for none."""
    if freq is None:
        return ""
    return freq.name.split("-")[0].removesuffix("E")


def season(freq) -> int | None:
    """Steps of the shortest season of a frequency; None where it suggests none."""
    steps = SEASONS.get(unit(freq))
    if steps is None or steps % freq.n or steps // freq.n > LONGEST:
        return None
    return max(steps // freq.n, 1)


def features(periods: pd.PeriodIndex) -> np.ndarray:
    """Sine and cosine of the place in every cycle that the frequency can see: (n, n_features)."""
    name = unit(periods.freq)
    hour = periods.hour + periods.minute / 60
    cycles = {
        "h": [hour / 24, periods.dayofweek / 7],
        "min": [hour / 24, periods.dayofweek / 7],
        "s": [hour / 24, periods.dayofweek / 7],
        "D": [periods.dayofweek / 7, periods.dayofyear / 365.25],
        "B": [periods.dayofweek / 5, periods.dayofyear / 365.25],
        "W": [periods.dayofyear / 365.25],
        "M": [periods.month / 12],
        "Q": [periods.quarter / 4],
    }.get(name, [])
    waves = [f(2 * np.pi * np.asarray(share)) for share in cycles for f in (np.sin, np.cos)]
    return np.column_stack(waves) if waves else np.zeros((len(periods), 0))


def detect(panel: list[np.ndarray]) -> int:
    """The season of most series by autocorrelation, 1 where there is none.

    It is the lag of the highest peak of the autocorrelation of the differenced series, in the
    median over the series; the shortest of peaks nearly as high.
    """
    curves = [_autocorrelation(values) for values in panel[:: max(1, len(panel) // 50)]]
    curves = [curve for curve in curves if len(curve) > 3]
    if not curves:
        return 1
    length = int(np.median([len(curve) for curve in curves]))
    curve = np.median([curve[:length] for curve in curves if len(curve) >= length], axis=0)
    inner = np.arange(2, length - 1)
    peaks = inner[(curve[inner] >= curve[inner - 1]) & (curve[inner] >= curve[inner + 1])]
    peaks = peaks[curve[peaks] > CLEAR]
    if not len(peaks):
        return 1
    return int(peaks[curve[peaks] > 0.9 * curve[peaks].max()][0])


def _autocorrelation(values: np.ndarray) -> np.ndarray:
    """Of the differences, for lags up to a third of the series."""
    steps = np.diff(values)
    steps = steps - steps.mean() if len(steps) else steps
    n, energy = len(steps), float(steps @ steps)
    if n < 8 or energy == 0:
        return np.zeros(0)
    size = 1 << (2 * n).bit_length()
    power = np.abs(np.fft.rfft(steps, size)) ** 2
    lags = min(n // 3, LONGEST) + 2
    return np.fft.irfft(power)[:lags] / energy
