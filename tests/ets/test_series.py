"""Frames to values: the numbering of series, gaps, updates, and the errors at the door."""

import numpy as np
import pandas as pd
import pytest

from skgru.ets import _series

INDICES = {
    "period": pd.period_range("2000-01", periods=20, freq="M"),
    "dates": pd.date_range("2000-01-31", periods=20, freq="ME"),
    "undeclared": pd.DatetimeIndex(pd.date_range("2000-01-01", periods=20, freq="D").to_numpy()),
    "range": pd.RangeIndex(20),
    "integers": pd.Index(np.arange(5, 25)),
}


@pytest.fixture(params=INDICES)
def frame(request):
    values = {"a": np.arange(20) + 1.0, "b": 10.0 * np.arange(20)}
    return pd.DataFrame(values, index=INDICES[request.param])


def panel_of(**frames):
    return pd.concat(frames, names=["instance", "time"])


def test_columns_are_series(frame):
    panel = _series.read(frame)
    assert panel.n_instances == 1
    assert panel.n_series == 2
    assert panel.offsets.tolist() == [0, 20, 40]
    np.testing.assert_array_equal(panel.series(1), frame["b"])
    assert panel.values.flags.c_contiguous
    assert panel.ends[0] == frame.index[-1]


def test_instances_of_unequal_length(frame):
    panel = _series.read(panel_of(i=frame, j=frame.iloc[:15]))
    assert panel.lengths.tolist() == [20, 15]
    assert panel.offsets.tolist() == [0, 20, 35, 55, 70]
    np.testing.assert_array_equal(panel.series(3), frame["b"].iloc[:15])
    assert panel.ends.tolist() == [frame.index[19], frame.index[14]]
    assert panel.name(3) == "Series j column 'b'"


@pytest.mark.parametrize("index", ["period", "range", "integers"])
def test_a_gap_in_the_index_is_missing_values(index):
    y = pd.DataFrame({"a": np.arange(20.0)}, index=INDICES[index]).drop(INDICES[index][[3, 4]])
    panel = _series.read(y)
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(panel.series(0))), [3, 4])


def test_a_gap_in_dates_that_another_series_fills():
    y = pd.DataFrame({"a": np.arange(20.0)}, index=INDICES["dates"])
    panel = _series.read(panel_of(i=y, j=y.drop(y.index[[3, 4]])))
    assert panel.lengths.tolist() == [20, 20]
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(panel.series(1))), [3, 4])


def test_dates_without_frequency_are_taken_row_by_row():
    y = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]}, index=INDICES["undeclared"][[0, 1, 4, 9]])
    assert _series.read(y).series(0).tolist() == [1, 2, 3, 4]


def test_steps_of_integers():
    y = pd.DataFrame({"a": [1.0, 2.0, 4.0]}, index=[10, 20, 40])
    panel = _series.read(y)
    assert panel.step == 10
    np.testing.assert_array_equal(panel.series(0), [1, 2, np.nan, 4])


def test_an_index_with_more_gaps_than_rows():
    y = pd.DataFrame({"a": [1.0, 2.0, 3.0]}, index=[0, 1, 100_000])
    with pytest.raises(ValueError, match="spans 100001 steps of 1, but only 3"):
        _series.read(y)


def test_infinity_names_the_series(frame):
    bad = frame.copy()
    bad.iloc[7, 1] = np.inf
    message = "Series j column 'b' has an infinite value at step 7"
    with pytest.raises(ValueError, match=message):
        _series.read(panel_of(i=frame, j=bad))


def test_a_series_without_values_is_named(frame):
    with pytest.raises(ValueError, match=r"Series j column 'a' has no value.*Drop it"):
        _series.read(panel_of(i=frame, j=frame.assign(a=np.nan)))
    with pytest.raises(ValueError, match=r"2 series .*: Series j column 'a', Series j column 'b'"):
        _series.read(panel_of(i=frame, j=frame * np.nan))


def test_regressors_are_read_at_the_times_of_y(frame):
    X = pd.DataFrame({"x": np.arange(20.0)}, index=frame.index)
    panel = _series.read(frame.iloc[5:], X)
    np.testing.assert_array_equal(panel.explained_by(1)[:, 0], np.arange(5.0, 20.0))
    with pytest.raises(ValueError, match="X needs a row for every time of y"):
        _series.read(frame, X.iloc[5:])
    with pytest.raises(ValueError, match="column 'x' is not"):
        _series.read(frame, X.replace(3.0, np.inf))


def test_later_values_are_added(frame):
    extended, unchanged = _series.extend(_series.read(frame.iloc[:12]), frame.iloc[12:15])
    assert unchanged.tolist() == [12, 12]
    assert extended.lengths.tolist() == [15]
    np.testing.assert_array_equal(extended.series(1), frame["b"].iloc[:15])
    assert extended.ends[0] == frame.index[14]


def test_overlapping_values_take_the_place_of_others(frame):
    later = frame.iloc[8:15].copy()
    later.iloc[1] = -1.0
    extended, unchanged = _series.extend(_series.read(frame.iloc[:12]), later)
    assert unchanged.tolist() == [9, 9]
    assert extended.lengths.tolist() == [15]
    assert extended.series(0)[9] == -1


def test_a_gap_before_new_values(frame):
    if isinstance(frame.index, pd.DatetimeIndex) and frame.index.freq is None:
        frame.index.freq = "D"
    extended, _ = _series.extend(_series.read(frame.iloc[:12]), frame.iloc[14:15])
    np.testing.assert_array_equal(extended.series(0)[11:], [12, np.nan, np.nan, 15])


def test_the_end_moves_back_with_the_cutoff(frame):
    extended, unchanged = _series.extend(_series.read(frame), frame.iloc[3:6])
    assert extended.lengths.tolist() == [6]
    assert unchanged.tolist() == [6, 6]


def test_update_of_some_instances(frame):
    panel = _series.read(panel_of(i=frame.iloc[:12], j=frame.iloc[:9]))
    extended, unchanged = _series.extend(panel, panel_of(j=frame.iloc[9:11]))
    assert extended.lengths.tolist() == [12, 11]
    assert unchanged.tolist() == [12, 9, 12, 9]
    assert extended.ends.tolist() == [frame.index[11], frame.index[10]]
    with pytest.raises(ValueError, match="Series k is not among those fitted"):
        _series.extend(panel, panel_of(k=frame))


def test_update_before_the_first_value(frame):
    with pytest.raises(ValueError, match="at or after the first one"):
        _series.extend(_series.read(frame.iloc[10:]), frame.iloc[:3])


def test_update_with_other_columns(frame):
    with pytest.raises(ValueError, match="update needs the columns of fit"):
        _series.extend(_series.read(frame), frame[["a"]])


def test_update_extends_regressors(frame):
    panel = _series.read(frame.iloc[:12], frame)
    extended, unchanged = _series.extend(panel, frame.iloc[12:14], frame)
    np.testing.assert_array_equal(extended.explained_by(0), frame.iloc[:14])
    assert unchanged.tolist() == [12, 12]


@pytest.mark.parametrize(
    ("freq", "expected"),
    [
        *[("M", 12), ("Q", 4), ("W", 52), ("D", 7), ("h", 24), ("B", 5), ("Y", 1), ("2M", 6)],
        *[("6h", 4), ("30min", 48), ("15min", 96), ("10min", 144), ("5min", 288), ("60min", 24)],
        *[("7min", 1), ("min", 60), ("2min", 30), ("s", 60)],
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")  # pandas means to drop business periods
def test_period_of_a_frequency(freq, expected):
    index = pd.period_range("2020-01-01", periods=6, freq=freq)
    assert (
        _series.period(_series.read(pd.DataFrame({"a": np.arange(6.0)}, index=index))) == expected
    )


def test_period_of_dates_and_integers():
    dates = pd.date_range("2020-01-01", periods=6, freq="MS")
    assert _series.period(_series.read(pd.DataFrame({"a": np.arange(6.0)}, index=dates))) == 12
    assert _series.period(_series.read(pd.DataFrame({"a": np.arange(6.0)}))) == 1
