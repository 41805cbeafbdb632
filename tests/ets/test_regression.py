"""Regression with ETS errors: generalised least squares by hand, and the fixed point."""

import numpy as np
import pandas as pd
import pytest

from skgru.ets import _options, _regression, _series
from skgru.ets._model import ETSFit, ETSSpec


def simple(alpha, n):
    """Simple exponential smoothing with a given parameter."""
    initial = np.zeros(3)
    return ETSFit(ETSSpec("A"), 1, alpha, 0, 0, 1, initial, initial, 0.0, float(n), n, n)


def innovations(alpha, n):
    """Matrix that takes a series without level to its residuals under simple smoothing."""
    matrix = np.eye(n)
    for i in range(n):
        for k in range(i):
            matrix[i, k] = -alpha * (1 - alpha) ** (i - k - 1)
    return matrix


def test_generalised_least_squares_by_hand():
    rng = np.random.default_rng(0)
    n, alpha = 40, 0.4
    X = rng.normal(size=(n, 2))
    y = X @ [2.0, -1.0] + np.cumsum(rng.normal(size=n))
    whitening = innovations(alpha, n)
    design = np.column_stack([whitening @ X, (1 - alpha) ** np.arange(n)])
    expected = np.linalg.lstsq(design, whitening @ y, rcond=None)[0]
    fit = simple(alpha, n)
    found, covariance = _regression.generalised(fit, y, X)
    np.testing.assert_allclose(found, expected[:2])
    np.testing.assert_allclose(covariance, fit.sigma2 * np.linalg.inv(design.T @ design)[:2, :2])


def test_a_missing_row_does_not_count():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 1))
    y = 3 * X[:, 0] + 5
    y[7] = np.nan
    X[11] = np.nan
    assert _regression.generalised(simple(0.4, 40), y, X)[0] == pytest.approx(3)


def test_collinear_columns_share_the_effect():
    x = np.random.default_rng(0).normal(size=40)
    found, _ = _regression.generalised(simple(0.4, 40), 4 * x, np.column_stack([x, x]))
    np.testing.assert_allclose(found, [2, 2])


def test_alternation_ends_where_neither_side_moves():
    rng = np.random.default_rng(0)
    n = 80
    X = pd.DataFrame({"x": rng.normal(size=n)})
    y = pd.DataFrame({"y": 5 * X["x"] + np.cumsum(rng.normal(size=n))})
    panel = _series.read(y, X)
    parameters = {**_defaults(), "error": "add", "trend": None, "seasonal": None}
    settings = _options.read(parameters, 1, True).settings
    rest, coefficients = _regression.fit(panel.targets[0], panel, settings)
    assert coefficients[0, 0] == pytest.approx(5, abs=0.5)
    np.testing.assert_allclose(rest, y["y"] - coefficients[0, 0] * X["x"])
    from skgru.ets import _selection

    fits = _selection.fit(rest, panel.targets[1], settings)
    again, _ = _regression.generalised(
        _selection.single(fits, settings, 0, 0), panel.series(0), X.to_numpy()
    )
    assert again[0] == pytest.approx(coefficients[0, 0], abs=1e-2)


def _defaults():
    from skgru import ETSForecaster

    return ETSForecaster().get_params(deep=False)
