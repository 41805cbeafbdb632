"""A fitted forecaster as JSON, and back."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to

from skgru.ets import _json, _kept, _labels, _options, _timeline
from skgru.ets._part import Part


class Portable(Part):
    """The methods of `ETSForecaster` that write and read JSON."""

    def to_json(self, path=None) -> str:
        """The fitted model as JSON: plain numbers and strings, no code.

        Parameters
        ----------
        path : path, default=None
            File to write to as well.

        Returns
        -------
        str
        """
        self.check_is_fitted()
        parameters = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in self.get_params(deep=False).items()
        }
        if not isinstance(parameters["random_state"], int):
            parameters["random_state"] = None
        if self.initial_seasonal is not None:
            parameters["initial_seasonal"] = np.asarray(self.initial_seasonal, float).tolist()
        models = _kept.whole(self._models, self._panel)
        record = {
            "parameters": parameters,
            "sp": self.sp_,
            "seed": self._seed,
            "mtype": self._y_metadata["mtype"],
            "names": list(self._index_names),
            "columns": list(self._get_varnames()),
        }
        return _json.write(type(self).__name__, record, self._panel, models, path)

    @classmethod
    def from_json(cls, source) -> Self:
        """The forecaster that `to_json` was called on.

        Parameters
        ----------
        source : str or path
            The text, or the file that holds it.

        Returns
        -------
        ETSForecaster
        """
        record, panel, fitted = _json.read(cls.__name__, source)
        bounds = record["parameters"]["bounds"]
        if isinstance(bounds, dict):
            record["parameters"]["bounds"] = {k: tuple(v) for k, v in bounds.items()}
        self = cls(**record["parameters"])
        n_jobs = _options.n_threads(self.n_jobs)
        self._panel, self._models = panel, _kept.split(fitted, panel, n_jobs)
        self.sp_, self._seed, self._index_names = record["sp"], record["seed"], record["names"]
        # sktime keeps notes of its own about y: let it read the series again.
        seen = _labels.observed(panel, _timeline.seen(panel, self._index_names))
        y = convert_to(seen, record["mtype"])
        if isinstance(y, pd.Series):
            name = record["columns"][0]
            y.name = None if name == 0 else name  # sktime's column of a series without a name
        _, inner = self._check_X_y(y=y)
        self._update_y_X(inner)
        self._is_vectorized = False
        self._state = "fitted"
        return self
