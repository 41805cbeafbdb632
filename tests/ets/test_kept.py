"""What is kept of a fit to many series: less than the candidates, and the same forecasts."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster
from skgru.ets import _kept, _selection
from skgru.ets._packed import Packed

N = 130  # more than are kept as they are
FH = [-3, 0, 1, 2, 14]


@pytest.fixture(scope="module")
def panel():
    frames = {}
    for s in range(N):
        rng = np.random.default_rng(s)
        t = np.arange(36 + s % 7)
        season = 1 + 0.2 * np.sin(2 * np.pi * (t + s) / 4)
        values = (100 + rng.uniform(-1, 1) * t) * season + rng.normal(0, 3, len(t))
        index = pd.period_range("2010Q1", periods=len(t), freq="Q")
        frames[f"s{s:03}"] = pd.DataFrame({"a": values, "b": values - 90}, index=index)
    return pd.concat(frames, names=["shop", "quarter"])


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(_selection, "_BLOCK", 20_000)


@pytest.fixture(scope="module")
def packed(panel):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_selection, "_BLOCK", 20_000)
        return ETSForecaster(sp=4, random_state=0).fit(panel)


@pytest.fixture(scope="module")
def dense(panel):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_kept, "_FEW", 10_000)
        return ETSForecaster(sp=4, random_state=0).fit(panel)


def test_many_series_are_packed(packed, dense):
    assert len(packed._models.blocks) > 5
    assert all(isinstance(block, Packed) for block in packed._models.blocks)
    sizes = [len(pickle.dumps(forecaster._models)) for forecaster in (packed, dense)]
    assert sizes[0] < sizes[1] / 2.5


@pytest.mark.parametrize("method", ["predict", "predict_var", "predict_interval"])
def test_forecasts_are_those_of_all_that_was_found(packed, dense, method):
    found, expected = (getattr(f, method)(FH) for f in (packed, dense))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)


def test_so_is_what_is_told_of_the_models(packed, dense):
    pd.testing.assert_series_equal(packed.model_, dense.model_)
    pd.testing.assert_frame_equal(packed.weights_, dense.weights_)
    pd.testing.assert_frame_equal(packed.criteria_, dense.criteria_)
    pd.testing.assert_frame_equal(packed.states_, dense.states_)
    pd.testing.assert_frame_equal(packed.predict_residuals(), dense.predict_residuals())
    assert packed.summary(("s007", "b")) == dense.summary(("s007", "b"))
    assert packed.summary(("s007", "b")).startswith("Series s007 column 'b'\nETS(A,")
    params, expected = packed.get_fitted_params(), dense.get_fitted_params()
    assert params.keys() == expected.keys()
    for name in ("alpha", "sigma2", "aicc", "loglik", "initial_level"):
        np.testing.assert_allclose(params[name], expected[name], rtol=1e-9)
    pd.testing.assert_frame_equal(
        packed.simulate(2, n_simulations=5), dense.simulate(2, n_simulations=5)
    )


def test_threads_change_nothing(panel, packed, small_blocks):
    threaded = ETSForecaster(sp=4, n_jobs=2, random_state=0).fit(panel)
    pd.testing.assert_frame_equal(threaded.predict_interval(FH), packed.predict_interval(FH))
    twin = ETSForecaster.from_json(threaded.to_json())
    pd.testing.assert_frame_equal(twin.predict(FH), packed.predict(FH))


def test_updates(panel, packed, dense):
    index = panel.loc["s001"].index[-1] + np.arange(1, 4)
    new = pd.DataFrame({"a": [90.0, 110, 100], "b": [1.0, 20, 10]}, pd.PeriodIndex(index))
    new = pd.concat({"s001": new}, names=panel.index.names)
    moved = [copy.deepcopy(f).update(new, update_params=False).predict(FH) for f in (packed, dense)]
    pd.testing.assert_frame_equal(*moved, rtol=1e-9)
    assert moved[0].loc["s001"].index[-1] == index[-1] + 14
    pd.testing.assert_frame_equal(moved[0].loc[["s002"]], packed.predict(FH).loc[["s002"]])


def test_copies(packed, small_blocks):
    expected = packed.predict(FH)
    for twin in (
        pickle.loads(pickle.dumps(packed)),
        copy.deepcopy(packed),
        ETSForecaster.from_json(packed.to_json()),
    ):
        pd.testing.assert_frame_equal(twin.predict(FH), expected)


def test_a_series_alone_has_the_same_numbers(panel, packed):
    for shop in ("s000", f"s{N - 1}"):
        alone = ETSForecaster(sp=4, random_state=0).fit(panel.loc[shop])
        np.testing.assert_allclose(
            packed.predict_interval(FH).loc[shop], alone.predict_interval(FH), rtol=1e-8
        )


def test_one_model_of_each(panel):
    forecaster = ETSForecaster("add", trend="add", seasonal="add", sp=4).fit(panel)
    assert set(forecaster.model_) <= {"ETS(A,A,A)", "ETS(A,Ad,A)"}
    alone = ETSForecaster("add", trend="add", seasonal="add", sp=4).fit(panel.loc["s005"])
    np.testing.assert_allclose(forecaster.predict(FH).loc["s005"], alone.predict(FH), rtol=1e-9)


def test_too_few_values_in_one_block(small_blocks):
    lengths = [30] * 120 + [5]
    frames = {
        s: pd.DataFrame({"y": np.random.default_rng(s).normal(10, 1, n)})
        for s, n in enumerate(lengths)
    }
    panel = pd.concat(frames, names=["s", "t"])
    forecaster = ETSForecaster("add", trend="add", damped_trend=False, seasonal="add", sp=4)
    with pytest.warns(UserWarning, match="Series 120 has too few values for every model asked"):
        forecaster.fit(panel)
    assert forecaster.model_.iloc[-1] == "ETS(A,N,N)"
    assert forecaster.weights_.shape == (121, 2)
    assert len(forecaster._models.blocks) > 1
    assert forecaster.predict_proba([1]).var().shape == (121, 1)
    twin = ETSForecaster.from_json(forecaster.to_json())
    pd.testing.assert_frame_equal(twin.predict([1]), forecaster.predict([1]))


def test_a_change_of_the_data_does_not_reach_the_model():
    y = pd.Series(np.arange(20.0) + 5)
    forecaster = ETSForecaster().fit(y)
    expected = forecaster.predict([-3, 0, 1])
    y.iloc[:] = 1.0
    pd.testing.assert_series_equal(forecaster.predict([-3, 0, 1]), expected)
