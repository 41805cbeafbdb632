import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from skgru import ETSForecaster
from skgru.plotting import ResidualsDisplay
from skgru.plotting._residuals import autocorrelation

mpl.use("Agg")


@pytest.fixture(autouse=True)
def close():
    yield
    mpl.pyplot.close("all")


@pytest.fixture
def series():
    t = np.arange(48)
    values = 50 + t + 8 * np.sin(t * np.pi / 6) + np.random.default_rng(0).normal(size=48)
    return pd.Series(values, index=pd.period_range("2020-01", periods=48, freq="M"))


def test_components(series):
    forecaster = ETSForecaster("add", trend="add", seasonal="add", sp=12).fit(series)
    display = forecaster.plot_components()
    assert [ax.get_ylabel() for ax in display.axes_] == ["observed", "level", "slope", "season"]
    assert "ETS(A,A" in display.axes_[0].get_title()
    states = forecaster.states_
    np.testing.assert_array_equal(display.axes_[1].lines[0].get_ydata(), states["level"])


def test_forecast(series):
    forecaster = ETSForecaster(sp=12).fit(series)
    display = forecaster.plot_forecast([1, 2, 3], coverage=0.9)
    np.testing.assert_allclose(display.ax_.lines[1].get_ydata(), forecaster.predict([1, 2, 3]))
    assert len(display.ax_.collections) == 1


def test_residuals(series):
    display = ETSForecaster(sp=12).fit(series).plot_residuals()
    assert len(display.axes_) == 3
    assert len(display.axes_[0].lines[0].get_ydata()) == 48


def test_a_series_of_a_panel_is_named(series):
    panel = pd.concat({"a": series.to_frame("y"), "b": 2 * series.to_frame("y")}, names=["i", "t"])
    forecaster = ETSForecaster(sp=12).fit(panel)
    with pytest.raises(ValueError, match="There are 2 series; name one"):
        forecaster.plot_components()
    for display in (
        forecaster.plot_components("b"),
        forecaster.plot_residuals("b"),
    ):
        assert display.title.startswith("b: ETS")


def test_a_forecast_is_titled_by_what_it_is(series):
    panel = pd.concat({"a": series.to_frame("y"), "b": 2 * series.to_frame("y")}, names=["i", "t"])
    forecaster = ETSForecaster(sp=12).fit(panel)
    display = forecaster.plot_forecast([1, 2], coverage=0.9, series="b")
    assert display.title == "b: mean of 15 models and 6 of logarithms"
    assert display.forecast.tolist() == forecaster.predict([1, 2]).loc["b", "y"].tolist()
    interval = forecaster.predict_interval([1, 2], coverage=0.9).loc["b", "y"]
    np.testing.assert_allclose(display.intervals, interval)
    one = ETSForecaster(sp=12, combine=False).fit(series)
    assert one.plot_forecast([1]).title == one.model_
    bagged = ETSForecaster(sp=12, combine=False, bagging=3).fit(series)
    assert bagged.plot_forecast([1]).title == f"{one.model_}, over 3 versions of the series"


def test_a_forecast_of_hours_has_labels_that_keep_apart(series):
    values = np.tile(series, 5)  # ten days, beyond the end of a month
    hours = pd.Series(values, pd.date_range("2024-01-30", periods=240, freq="h"))
    display = ETSForecaster(sp=24, combine=False).fit(hours.rename("load")).plot_forecast([1, 2])
    assert display.ax_.get_ylabel() == "load"
    display.figure_.draw_without_rendering()
    shown = [label for label in display.ax_.get_xticklabels() if label.get_text()]
    boxes = sorted((label.get_window_extent() for label in shown), key=lambda box: box.x0)
    assert len(boxes) > 3
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
    assert ETSForecaster().fit(series).plot_forecast([1]).ax_.get_ylabel() == ""


def test_the_horizon_of_fit_is_that_of_the_plot(series):
    forecaster = ETSForecaster().fit(series, fh=[1, 2])
    shown = forecaster.plot_forecast().forecast
    np.testing.assert_allclose(shown, forecaster.predict())
    with pytest.raises(ValueError, match="fh"):
        ETSForecaster().fit(series).plot_forecast()


@pytest.mark.parametrize(("error", "label"), [("mul", "relative residual"), ("add", "residual")])
def test_residuals_say_what_they_are(series, error, label):
    display = ETSForecaster(error, trend="add", sp=12).fit(series).plot_residuals()
    assert display.axes_[0].get_ylabel() == display.axes_[2].get_xlabel() == label


def test_own_axes(series):
    forecaster = ETSForecaster(sp=12).fit(series)
    _, ax = mpl.pyplot.subplots()
    assert forecaster.plot_forecast([1], ax=ax).ax_ is ax
    with pytest.raises(ValueError, match="3 Axes; got 1"):
        forecaster.plot_residuals(ax=ax)


def test_autocorrelation_by_hand():
    np.testing.assert_allclose(autocorrelation([1.0, -1.0, 1.0, -1.0], 2), [-0.75, 0.5])
    assert not autocorrelation([2.0, 2.0, 2.0], 2).any()


def test_display_of_any_residuals():
    display = ResidualsDisplay(pd.Series([0.1, np.nan, -0.2, 0.3, 0.1])).plot()
    assert display.axes_[0].get_title() == ""
