"""Candidates mixed with models of the logarithms."""

import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster
from skgru.ets import _blend, _kept, _presets, _selection
from skgru.ets._model import ETSSpec

FH = np.arange(1, 13)
LEVELS = [0.025, 0.3, 0.5, 0.975]


def models(forecaster):
    return _kept.whole(forecaster._models, forecaster._panel)


@pytest.fixture(scope="module")
def y():
    rng = np.random.default_rng(0)
    t = np.arange(96)
    return pd.Series(np.exp(3 + 0.01 * t + 0.2 * np.sin(t * np.pi / 6) + 0.1 * rng.normal(size=96)))


def test_the_mean_is_that_of_both(y):
    both = ETSForecaster(sp=12).fit(y)
    one = ETSForecaster(sp=12, combine="candidates").fit(y)
    fitted, steps = models(both), FH[None]
    other = np.exp(_blend._fitted.mean(fitted.companion, both._panel, steps))
    expected = (one.predict(FH) + other[0]) / 2
    np.testing.assert_allclose(both.predict(FH), expected)
    assert fitted.companion.fits.smoothing[:, :, 0].max() <= 1 / 12
    assert (both.weights_ == one.weights_).all()


def test_quantiles_are_those_of_simulated_futures(y):
    forecaster = ETSForecaster(sp=12).fit(y)
    drawn = _blend.simulate(models(forecaster), forecaster._panel, 12, 40_000, 1)[0]
    found = forecaster.predict_quantiles(FH, alpha=LEVELS)
    below = np.array([(drawn <= found.to_numpy()[:, k]).mean(axis=0) for k in range(4)])
    np.testing.assert_allclose(below, np.repeat(np.array(LEVELS)[:, None], 12, axis=1), atol=0.02)
    inside = forecaster.predict_quantiles([-2, 0, 1], alpha=LEVELS).to_numpy()
    assert (np.diff(inside, axis=1) > 0).all()
    np.testing.assert_allclose(inside[2], found.to_numpy()[0])


def test_series_that_are_not_positive_have_no_logarithms(y):
    panel = pd.concat({"a": y - 30, "b": y}, names=["series", "time"]).to_frame("y")
    forecaster = ETSForecaster(sp=12).fit(panel)
    assert models(forecaster).companion.lambdas.tolist() == [1, 0]
    alone = ETSForecaster(sp=12).fit(y)
    np.testing.assert_allclose(forecaster.predict(FH).loc["b", "y"], alone.predict(FH))


def test_an_update_below_zero_ends_the_logarithms(y):
    forecaster = ETSForecaster(sp=12, nonnegative=True).fit(y)
    forecaster.update(pd.Series([-1.0], index=[96]), update_params=False)
    assert models(forecaster).shares.tolist() == [0]
    assert np.isfinite(forecaster.predict_interval(FH)).all(axis=None)


def test_an_update_is_a_filter_of_all_values(y):
    forecaster = ETSForecaster(sp=12).fit(y[:80])
    forecaster.update(y[80:], update_params=False)
    copy = ETSForecaster.from_json(forecaster.to_json())
    pd.testing.assert_frame_equal(copy.predict_interval(FH), forecaster.predict_interval(FH))
    again = forecaster.apply(y) if hasattr(forecaster, "apply") else forecaster
    assert np.isfinite(again.predict(FH)).all()


def test_growth_beyond_all_numbers_is_left_out():
    y = pd.Series(np.exp(np.linspace(0, 300, 40)))
    found = ETSForecaster().fit(y).predict(FH)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    "parameters", [{"boxcox": 0.5}, {"alpha": 0.5}, {"combine": False}, {"trend": "add"}]
)
def test_other_requests_have_no_companion(y, parameters):
    assert models(ETSForecaster(**parameters).fit(y)).companion is None


def test_charge_is_of_undamped_trends_alone():
    specs = (ETSSpec("A"), ETSSpec("A", "A"), ETSSpec("A", "A", True))
    charged = _selection.charge(np.zeros((2, 3)), specs, _presets.CHARGE)
    assert charged.tolist() == [[0, 4, 0]] * 2


def test_one_model_is_the_nearest_to_the_mixture(y):
    both = ETSForecaster(sp=12).fit(y)
    one = ETSForecaster(sp=12, combine=False).fit(y)
    assert one.weights_[one.model_] == 1
    fh = np.arange(1, 25)
    distance = (one.predict(fh) - both.predict(fh)).abs().mean()
    near = both.criteria_[both.criteria_ <= both.criteria_.min() + 30].index
    for name in near:
        j = [spec.name for spec in models(both).settings.specs].index(name)
        alone = np.eye(15)[[j]]
        means = _blend._combination.panel_mean(
            models(both).fits, models(both).codes, alone, 12, len(fh)
        )
        assert np.abs(means[0] - both.predict(fh)).mean() >= distance - 1e-9


@pytest.mark.parametrize(("sp", "n"), [(1, 7), (12, 23)])
def test_short_series_are_left_to_the_candidates(y, sp, n):
    mixed = ETSForecaster(sp=sp).fit(y[:n])
    alone = ETSForecaster(sp=sp, combine="candidates").fit(y[:n])
    np.testing.assert_allclose(mixed.predict(FH), alone.predict(FH))
