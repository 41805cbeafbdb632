"""Pickles that say which skgru wrote them."""

from __future__ import annotations

import warnings
from typing import ClassVar

from sklearn.exceptions import InconsistentVersionWarning

import skgru


class Versioned:
    """Goes before scikit-learn's BaseEstimator, whose own version it complements.

    Attributes
    ----------
    _transient : tuple of str
        What belongs to a training that may go on, and is no part of a pickle.
    """

    _transient: ClassVar[tuple[str, ...]] = ()

    def __getstate__(self):
        state = {**super().__getstate__(), "_skgru_version": skgru.__version__}  # type: ignore[dict-item]
        for name in self._transient:
            state.pop(name, None)
        return state

    def __setstate__(self, state):
        state = dict(state)
        written = state.pop("_skgru_version", skgru.__version__)
        if written != skgru.__version__:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=f"skgru {skgru.__version__}",
                    original_sklearn_version=f"skgru {written}",
                ),
                stacklevel=2,
            )
        super().__setstate__(state)  # type: ignore[misc]
