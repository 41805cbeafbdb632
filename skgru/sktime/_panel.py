"""sktime panels -> series as the GRU engine reads them, and what sktime is told about that."""

from __future__ import annotations

import numpy as np

from skgru._origin import ORIGIN

# What holds for every panel estimator. Of the two mtypes sktime converts all others to the first,
# which has room for unequal lengths.
TAGS = {
    **ORIGIN,
    "X_inner_mtype": ["df-list", "numpy3D"],
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:missing_values": True,
    "capability:categorical_in_X": False,
    "capability:random_state": True,
    "property:randomness": "derandomized",
}


def read(X, n_timesteps: int | None = None):
    """A df-list or numpy3D panel -> array (n, timesteps, channels), or a list of such series.

    Equal lengths make an array; but where a network was fitted on another length, `n_timesteps`,
    they stay a list, as an array would claim to match it.
    """
    if isinstance(X, np.ndarray):
        array = X.transpose(0, 2, 1)
    else:
        series = [frame.to_numpy() for frame in X]
        if len({len(values) for values in series}) > 1:
            return series
        array = np.stack(series)
    return array if n_timesteps in (None, array.shape[1]) else list(array)


def small_parameters() -> list[dict]:
    """Settings with which sktime's checks are over soon."""
    return [
        {"units": 2, "embedding_units": 4, "epochs": 1, "random_state": 0},
        {
            "units": (2, 2),
            "bidirectional": False,
            "pooling": "attention",
            "patch_length": None,
            "embedding_units": None,
            "epochs": 2,
            "random_state": 0,
        },
    ]
