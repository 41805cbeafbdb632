"""Standard errors against theory; the text."""

import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster
from skgru.ets import _kept, _summary


def models(forecaster):
    return _kept.whole(forecaster._models, forecaster._panel)


@pytest.fixture(scope="module")
def forecaster():
    rng = np.random.default_rng(0)
    level, values = 100.0, []
    for e in rng.normal(size=2000):
        values.append(level + e)
        level += 0.3 * e
    return ETSForecaster("add", trend=None, seasonal=None).fit(pd.Series(values))


def test_standard_error_is_that_of_a_moving_average(forecaster):
    # Simple smoothing is ARIMA(0, 1, 1) with theta = 1 - alpha; its error is sqrt((1 - theta^2)/n).
    fit = models(forecaster).single(0)
    error = _summary.standard_errors(fit, forecaster._panel.series(0))["alpha"]
    assert error == pytest.approx(np.sqrt((1 - (1 - fit.alpha) ** 2) / 2000), rel=0.02)


def test_standard_errors_do_not_depend_on_the_error_type():
    e = np.random.default_rng(1).normal(size=300)
    values = 1000 + e + 0.4 * (np.cumsum(e) - e)
    found = []
    for error in ("add", "mul"):
        fitted = ETSForecaster(error, trend=None, seasonal=None)
        fitted.fit(pd.Series(values))
        fit = models(fitted).single(0)
        found.append(_summary.standard_errors(fit, fitted._panel.series(0))["alpha"])
    assert found[0] == pytest.approx(found[1], rel=0.02)


def test_a_parameter_at_its_bound_has_none():
    values = np.random.default_rng(0).normal(size=50)
    fitted = ETSForecaster("add", trend=None, seasonal=None).fit(pd.Series(values))
    fit = models(fitted).single(0)
    errors = _summary.standard_errors(fit, fitted._panel.series(0))
    assert set(errors) == {"alpha"}


def test_text(forecaster):
    lines = forecaster.summary().splitlines()
    assert lines[0] == "ETS(A,N,N)"
    assert any(line.strip().startswith("alpha = 0.") and "s.e." in line for line in lines)
    assert "log lik" in forecaster.summary()


def test_rmse_by_hand(forecaster):
    rmse = np.sqrt((forecaster.predict_residuals() ** 2).mean())
    assert f"{rmse:.4f}" in forecaster.summary()
