"""Tables of numbers as frames."""

import numpy as np
import pandas as pd
import pytest

from skgru.ets import _labels, _series


@pytest.fixture
def panel():
    index = pd.MultiIndex.from_product([["i", "j", "k"], range(4)], names=["instance", "time"])
    return _series.read(pd.DataFrame({"a": np.arange(12.0), "b": np.arange(12.0) + 100}, index))


def test_a_frame_has_a_column_for_each_column_of_y(panel):
    table = np.arange(12.0).reshape(6, 2)  # two steps of each series
    place = np.tile([0, 1], (3, 1))
    index = _labels.rows(panel, pd.Index([4, 5]), place, ["instance", "time"])
    frame = _labels.frame(panel, table, index)
    assert frame.loc[("i", 5), "a"] == table[0, 1]
    assert frame.loc[("k", 4), "b"] == table[5, 0]
    assert index.names == ["instance", "time"]


def test_inner_labels_stand_below_the_columns(panel):
    table = np.arange(24.0).reshape(6, 2, 2)  # two levels, two steps
    index = _labels.rows(panel, pd.Index([4, 5]), np.tile([0, 1], (3, 1)), ["instance", "time"])
    frame = _labels.frame(panel, table, index, [0.1, 0.9])
    assert frame.loc[("j", 5), ("b", 0.9)] == table[4, 1, 1]
    sample = _labels.sample(panel, table, index)
    assert sample.loc[(1, "j", 5), "b"] == table[4, 1, 1]


def test_labels_of_series(panel):
    assert _labels.series(panel).tolist()[:2] == [("i", "a"), ("j", "a")]
    assert _labels.position(panel, ("k", "b")) == 5
    assert _labels.by_series(panel, list(range(6))).loc[("j", "b")] == 4


def test_observed_values(panel):
    index = pd.MultiIndex.from_product([["i", "j", "k"], range(4)])
    assert _labels.observed(panel, index).loc[("j", 2), "b"] == 106
    assert _labels.observed(panel, pd.Index(["i", "j", "k"]))["a"].tolist() == [3, 7, 11]
