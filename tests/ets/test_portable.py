"""A fitted forecaster as JSON: whole panels, in blocks of any kind, and parameters of any type."""

import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster
from skgru.ets import _selection


def panel(n, sign=lambda i: 1):
    rng = np.random.default_rng(0)
    series = {f"s{i:02d}": pd.Series(sign(i) * (10 + rng.gamma(3, size=25))) for i in range(n)}
    return pd.concat(series, names=["id", "time"]).to_frame("y")


def assert_comes_back(forecaster):
    again = ETSForecaster.from_json(forecaster.to_json())
    pd.testing.assert_frame_equal(again.predict(fh=[1, 2]), forecaster.predict(fh=[1, 2]))


@pytest.mark.parametrize("negative", [range(4), range(8, 12), range(12)])
def test_models_refitted_to_blocks_of_which_some_have_no_logarithms(negative, monkeypatch):
    monkeypatch.setattr(_selection, "_BLOCK", 300)
    fitted = ETSForecaster().fit(panel(1).loc["s00"])
    assert_comes_back(fitted.refit(panel(12, lambda i: -1 if i in negative else 1)))


@pytest.mark.filterwarnings("ignore:.*too few values")
@pytest.mark.filterwarnings("ignore:.*fewer than 4 values")
def test_bagged_blocks_of_which_one_has_a_short_series(monkeypatch):
    monkeypatch.setattr(_selection, "_BLOCK", 300)
    short = pd.concat([panel(12).iloc[:3], panel(12).iloc[25:]])
    model = ETSForecaster(trend="add", damped_trend=False, bagging=3, random_state=0)
    assert_comes_back(model.fit(short))


def test_numbers_of_numpy_as_parameters():
    y = panel(1).loc["s00"]
    forecaster = ETSForecaster(sp=np.int64(4), random_state=np.int64(0)).fit(y)
    assert ETSForecaster.from_json(forecaster.to_json()).get_params()["random_state"] == 0


def test_offsets_are_whole_numbers():
    with pytest.raises(TypeError, match="offsets are whole numbers"):
        ETSForecaster().forecast_arrays(np.arange(9.0), [0, 4.5, 9], 2)
