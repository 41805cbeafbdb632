import numpy as np
import pandas as pd
import pytest

from skgru.sktime import _timeline


def test_periods_and_timestamps_are_numbered_by_their_frequency():
    periods = pd.period_range("2020-01", periods=5, freq="M")
    np.testing.assert_array_equal(_timeline.draw(periods).ticks(periods), range(5))
    stamps = pd.date_range("2020-01-01", periods=5, freq="30min")
    np.testing.assert_array_equal(_timeline.draw(stamps).ticks(stamps), range(5))
    np.testing.assert_array_equal(_timeline.draw(stamps).ticks(stamps[[0, 3]]), [0, 3])
    integers = pd.Index([4, 5, 8])
    np.testing.assert_array_equal(_timeline.draw(integers).ticks(integers), [0, 1, 4])


def test_left_out_rows_are_missing_and_the_start_is_trimmed():
    y = pd.DataFrame({"y": [np.nan, 1.0, 2.0]}, index=[0, 1, 4])
    panel = _timeline.read(y, None, _timeline.draw(y.index), 2, None)
    np.testing.assert_array_equal(panel.series[0].values, [1, np.nan, np.nan, 2])
    assert len(panel.series[0].known) == 6
    assert panel.ends[0] == 4


def test_what_is_known_is_scaled_and_goes_on():
    y = pd.DataFrame({"y": [1.0, 2.0]}, index=[0, 1])
    X = pd.DataFrame({"x": [0.0, 2.0, 4.0]}, index=[0, 1, 2])
    scaling = _timeline.learn_scaling(X[:2])
    panel = _timeline.read(y, X, _timeline.draw(y.index), 2, scaling)
    np.testing.assert_allclose(panel.series[0].known[:, 0], [-1, 1, 3, 3])


@pytest.mark.parametrize("levels", [1, 2])
def test_instances_come_in_order(levels):
    keys = [("b",), ("a",)] if levels == 1 else [("b", 1), ("a", 2)]
    rows = [(*key, t) for key in keys for t in range(2)]
    names = ["k0", "k1"][:levels] + ["time"]
    frame = pd.DataFrame({"y": range(4)}, pd.MultiIndex.from_tuples(rows, names=names))
    found = _timeline.instances(frame)
    assert [key for key, _ in found] == sorted(keys)
    assert list(found[0][1].index) == [0, 1]
