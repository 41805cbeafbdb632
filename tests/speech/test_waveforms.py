import numpy as np
import pandas as pd
import pytest

from skgru import LogMel

RATE = 8000


@pytest.fixture
def wave():
    rng = np.random.default_rng(0)
    return np.clip(0.3 * rng.normal(size=2000), -1, 1)


def frames(recording, **parameters):
    return LogMel(rate=RATE, **parameters).transform([recording])[0]


@pytest.mark.parametrize(
    ("dtype", "zero", "full"),
    [("uint8", 128, 127), ("int16", 0, 2**15 - 1), ("int32", 0, 2**31 - 1)],
)
def test_whole_numbers_are_read_as_in_wav_files(wave, dtype, zero, full):
    whole = np.round(wave * full + zero).astype(dtype)
    tolerance = 0.5 if dtype == "uint8" else 0.01
    for remove_mean in (True, False):
        expected = frames(wave, remove_mean=remove_mean)
        np.testing.assert_allclose(frames(whole, remove_mean=remove_mean), expected, atol=tolerance)


def test_a_silent_recording_of_bytes_is_silent():
    silent = frames(np.full(1000, 128, np.uint8), remove_mean=False)
    assert np.ptp(silent) == 0


def test_channels_are_averaged(wave):
    stereo = np.column_stack([wave, np.zeros_like(wave)])
    np.testing.assert_allclose(frames(stereo), frames(wave / 2), atol=1e-4)
    both = (np.column_stack([wave, wave]) * 2**15).astype(np.int16)
    np.testing.assert_allclose(frames(both), frames(both[:, 0]), atol=1e-4)


def test_lists_tables_and_object_arrays_agree(wave):
    rows = np.stack([wave, wave[::-1]])
    table = LogMel(rate=RATE).transform(rows)
    assert table.shape == (2, 26, 40)
    ragged = np.empty(2, dtype=object)
    ragged[:] = [rows[0], rows[1]]
    for other in (list(rows), tuple(rows), ragged, pd.Series(list(rows)), rows[:, :, np.newaxis]):
        listed = LogMel(rate=RATE).transform(other)
        assert isinstance(listed, list)
        np.testing.assert_array_equal(np.stack(listed), table)
    for other in (rows.tolist(), rows.astype(object), pd.DataFrame(rows)):
        np.testing.assert_array_equal(LogMel(rate=RATE).transform(other), table)
    mixed = LogMel(rate=RATE).transform([wave.tolist(), wave[:500].tolist()])
    assert [len(x) for x in mixed] == [26, 7]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(wave, value):
    wave[7] = value
    what = "NaN" if np.isnan(value) else "infinity"
    with pytest.raises(ValueError, match=f"Recording 1 of X contains {what}, first at sample 7"):
        LogMel(rate=RATE).transform([wave[10:], wave])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], "Expected 2D array"),
        ([np.zeros(5), np.zeros(0)], "recording 1 has 0 sample"),
        ([np.zeros((0, 2))], "recording 0 has 0 sample"),
        ([np.zeros((2, 100))], "recording 0 has the shape .2, 100.* Transpose"),
        ([np.zeros((5, 2, 2))], "shape .5, 2, 2."),
        (np.zeros(100), "Expected 2D array, got 1D array"),
        ([np.array(["a", "b"])], "could not convert"),
        ([np.array([1j, 2])], "Complex data not supported"),
    ],
    ids=str,
)
def test_what_is_no_recording_is_refused(X, message):
    with pytest.raises(ValueError, match=message):
        LogMel(rate=RATE).fit(X)
