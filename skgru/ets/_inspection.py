"""What a fitted forecaster tells of its models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skgru.ets import _kept, _labels, _summary, _timeline
from skgru.ets._part import Part


class Inspection(Part):
    """The fitted attributes and the summary of `ETSForecaster`."""

    @property
    def model_(self):
        """Name of the best model, or of that of each series."""
        self.check_is_fitted()
        specs = self._models.settings.specs
        best = _kept.table(self._models, self._panel, "best")
        return _labels.by_series(self._panel, [specs[j].name for j in best])

    @property
    def weights_(self):
        """Weights of the candidates."""
        self.check_is_fitted()
        return self._by_candidate("weights")

    @property
    def criteria_(self):
        """Information criterion of the candidates."""
        self.check_is_fitted()
        return self._by_candidate("criteria")

    @property
    def states_(self):
        """Level, slope and season of the best model after each value."""
        self.check_is_fitted()
        blocks = _kept.each(self._models, self._panel)
        tables = [_labels.states(fitted, part) for _, fitted, part in blocks]
        index = _timeline.seen(self._panel, self._index_names)
        return _labels.state_frame(self._panel, np.concatenate(tables, axis=1), index)

    def _by_candidate(self, name):
        table = _kept.table(self._models, self._panel, name)
        return _labels.by_candidate(self._panel, self._models.settings.specs, table)

    def _get_fitted_params(self):
        """Parameters of the best model, of each series where there are several."""
        panel, k = self._panel, len(self._panel.regressors)
        found: list[dict] = [{}] * panel.n_series
        for numbers, fitted, _ in _kept.each(self._models, panel):
            for s, number in enumerate(numbers.tolist()):
                found[number] = _summary.parameters(fitted.single(s), k)
        params = {name: _labels.by_series(panel, [p[name] for p in found]) for name in found[0]}
        params["weights"] = self.weights_
        if k:
            table = _kept.table(self._models, panel, "coefficients")
            table = pd.DataFrame(table, _labels.series(panel), panel.regressors)
            params["coefficients"] = table if len(table) > 1 else table.iloc[0]
        if self.boxcox is not None:
            lambdas = _kept.table(self._models, panel, "lambdas")
            params["boxcox"] = _labels.by_series(panel, lambdas.tolist())
        return params

    def summary(self, series=None) -> str:
        """The best model in words, with standard errors, and the weights of the combination.

        Parameters
        ----------
        series : label, default=None
            Which series; needed where there are several.

        Returns
        -------
        str
        """
        self.check_is_fitted()
        panel, s = self._panel, _labels.position(self._panel, series)
        fitted, part, own = _kept.single(self._models, panel, s)
        text = _summary.text(fitted, part, own)
        return text if panel.n_series == 1 else f"{panel.name(s)}\n{text}"
