"""Which parameters `GRUForecaster` takes, and what ``"auto"`` stands for."""

from __future__ import annotations

import math

import numpy as np

from skgru.gru import _parameters
from skgru.sktime import _calendar, _windows

UPDATES = 1500  # of the network's weights in a default fit
EPOCHS = (3, 60)  # at least, at most
VALUES_PER_STEP = 10  # of a window, in all series together
TOKENS = 14  # about so many to a context

_AUTO = _parameters.one_of("auto")
_STEPS = _parameters.whole(1)
RULES = {
    "horizon": _parameters.either(_STEPS, _parameters.one_of(None)),
    "window_length": _parameters.either(_STEPS, _AUTO),
    "sp": _parameters.either(_STEPS, _AUTO),
    "logarithm": _parameters.one_of(True, False, "auto"),
    "n_estimators": _STEPS,
    "units": _parameters.RULES["units"],
    "embedding_units": _parameters.either(_STEPS, _parameters.one_of(None)),
    "dropout": _parameters.RATE,
    "weight_decay": _parameters.NOT_NEGATIVE,
    "epochs": _parameters.RULES["epochs"],
    "batch_size": _STEPS,
    "learning_rate": _parameters.POSITIVE,
    "n_iter_no_change": _STEPS,
    "engine": _parameters.RULES["engine"],
    "max_time": _parameters.RULES["max_time"],
    "verbose": _parameters.RULES["verbose"],
}


def period(sp, timeline, series) -> int:
    """The seasonal period: of the frequency, or of the autocorrelation where that tells nothing."""
    if not isinstance(sp, str):
        return int(sp)
    found = _calendar.season(timeline.freq)
    return found or _calendar.detect([_windows.fill(s.values) for s in series])


def horizon(asked, fh_longest: int | None, period: int) -> int:
    """Steps that are forecast at once."""
    if fh_longest is not None and fh_longest > 0:
        return fh_longest
    return int(asked) if asked is not None else max(period, 12) if period <= 60 else 24


def context(asked, horizon: int, period: int, lengths: np.ndarray) -> int:
    """Steps that a window looks back: two weeks of hours, three years of months, 12 horizons.

    No more than half of the longer series has, so that there are windows to learn from; and of all
    series together no more than a share, but for one season, since each step is a weight to learn.
    """
    if not isinstance(asked, str):
        return int(asked)
    seasons = 14 if 20 <= period <= 60 else 3
    steps = max(seasons * period, 3 * horizon, min(12 * horizon, 160), 8)
    room = int(np.quantile(lengths, 0.75)) // 2
    learnable = max(int(lengths.sum()) // VALUES_PER_STEP, period, 4)
    return max(min(steps, room, learnable), min(period, int(lengths.max())), 2)


def token_length(context: int, period: int) -> int:
    """A season of 6 to 48 steps, else a part of the context."""
    if 6 <= period <= 48 and context >= 4 * period:
        return period
    return max(1, math.ceil(context / TOKENS))


def epochs(asked, n_windows: int, batch_size: int) -> int:
    """Passes over the windows, so that a fit has about the same number of updates on any data."""
    if not isinstance(asked, str):
        return int(asked)
    low, high = EPOCHS
    return int(min(max(UPDATES // math.ceil(max(n_windows, 1) / batch_size), low), high))
