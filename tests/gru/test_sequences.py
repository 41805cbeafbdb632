"""Series of every form come out as one array and lengths; bad ones are named."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skgru import GRUClassifier
from skgru.gru import _sequences

X2 = np.arange(12.0).reshape(4, 3)


def read(X, *fitted_on):
    estimator = GRUClassifier()
    if fitted_on:
        _sequences.read(estimator, fitted_on[0], reset=True)
        return _sequences.read(estimator, X, reset=False)
    return _sequences.read(estimator, X, reset=True)


@pytest.mark.parametrize(
    "X",
    [
        X2,
        X2[:, :, np.newaxis],
        X2.tolist(),
        X2[:, :, np.newaxis].tolist(),
        X2.astype(int),
        X2.astype(np.float32),
        X2.astype(object),
        np.asfortranarray(X2),
        X2[::-1][::-1],
        list(X2),
        list(X2[:, :, np.newaxis]),
        pd.DataFrame(X2, columns=["a", "b", "c"]),
        pl.DataFrame(X2, schema=["a", "b", "c"]),
        [pd.DataFrame({"a": row}) for row in X2],
    ],
    ids=str,
)
def test_every_container_gives_the_same_values(X):
    sequences = read(X)
    np.testing.assert_array_equal(sequences.values, X2[:, :, np.newaxis])
    np.testing.assert_array_equal(sequences.lengths, 3)


def test_float32_is_not_copied():
    X = np.ones((3, 4, 2), dtype=np.float32)
    assert np.shares_memory(read(X).values, X)


@pytest.mark.parametrize("kind", [list, tuple, lambda s: np.array([*s, None], dtype=object)[:-1]])
def test_unequal_lengths(kind):
    series = kind([np.ones((2, 2)), np.zeros((3, 2))])
    sequences = read(series)
    np.testing.assert_array_equal(sequences.lengths, [2, 3])
    np.testing.assert_array_equal(sequences.values[0], [[1, 1], [1, 1], [np.nan, np.nan]])


def test_one_channel_series_may_be_one_dimensional():
    sequences = read([[1.0, 2.0], [3.0]])
    np.testing.assert_array_equal(sequences.lengths, [2, 1])
    assert sequences.values.shape == (2, 2, 1)


def test_trailing_nan_is_the_end_of_a_series():
    X = np.ones((2, 4, 2))
    X[0, 2:] = np.nan
    X[1, 3, 0] = np.nan  # one channel is still observed
    np.testing.assert_array_equal(read(X).lengths, [2, 4])


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (np.empty((0, 3)), "0 sample"),
        (np.empty((3, 0, 2)), "at least one time step"),
        (np.empty((3, 2, 0)), "at least one time step and one channel"),
        (np.ones(3), "2D array"),
        (np.ones((2, 2, 2, 2)), "4 dimensions"),
        ([np.ones((2, 2)), np.ones((2, 3))], "series 0 has 2, series 1 has 3"),
        ([np.ones((2, 2)), np.ones((0, 2))], r"series 1 has the shape \(0, 2\)"),
        ([np.ones((2, 2)), np.ones((1, 1, 1))], "series 1 has 3 dimensions"),
        (np.array([[1.0, np.nan], [np.nan, np.nan]]), "series 1 holds only NaN"),
        (np.array([[1.0, -np.inf]]), "infinity: the first is at sample 0, time step 1, channel 0"),
        ([np.ones((1, 1)), np.array([[1.0], [np.inf]])], "sample 1, time step 1"),
        (np.array([["a", "b"]]), "could not convert string"),
        (np.array([[1j, 2]]), "Complex data not supported"),
        ([np.ones((2, 1), complex), np.ones((3, 1))], "Complex data not supported"),
        (None, "array"),
        ([np.array(["2020-01-01"], "M8[D]")], "dtype datetime64"),
        (pd.Series([np.nan, np.ones(2)]), "series 0 has 0 dimensions"),
        (np.ones(3).astype(object), "2D array"),
    ],
    ids=str,
)
def test_bad_series_are_refused_in_words(X, words):
    with pytest.raises(ValueError, match=words):
        read(X)


@pytest.mark.parametrize(
    ("fitted", "X", "words"),
    [
        (X2, X2[:, :2], "2 features, but GRUClassifier is expecting 3"),
        (np.ones((2, 5, 3)), np.ones((2, 5, 2)), "2 features at each time step"),
        (np.ones((2, 5, 3)), np.ones((2, 4, 3)), "4 time steps"),
        (np.ones((2, 5, 3)), np.ones((2, 5)), "1 features at each time step"),
        (X2, np.ones((2, 4, 1)), "4 time steps"),
    ],
)
def test_what_does_not_match_the_fit_is_refused(fitted, X, words):
    with pytest.raises(ValueError, match=words):
        read(X, fitted)


def test_other_lengths_are_read_from_a_list():
    assert read([np.ones((9, 3))], np.ones((2, 5, 3))).n_timesteps == 9
    assert read(np.ones((1, 9, 3)), [np.ones((5, 3)), np.ones((4, 3))]).n_timesteps == 9


RAGGED = [np.arange(3.0), np.arange(2.0), np.arange(3.0)]


def objects(series):
    """A one-dimensional array of series."""
    array = np.empty(len(series), dtype=object)
    array[:] = series
    return array


@pytest.mark.parametrize(
    "column",
    [
        tuple,
        objects,
        lambda series: pd.Series(series, index=[7, 7, 9][: len(series)]),
        lambda series: pl.Series([s.tolist() for s in series]),
        lambda series: [pd.Series(s) for s in series],
        lambda series: [pl.Series(s) for s in series],
        lambda series: [s.astype(object) for s in series],
    ],
)
@pytest.mark.parametrize("chosen", [[0, 1, 2], [0, 2], [0]], ids=str)
def test_series_in_a_column_are_a_list_whatever_their_lengths(column, chosen):
    sequences = read(column([RAGGED[i] for i in chosen]))
    np.testing.assert_array_equal(sequences.lengths, [len(RAGGED[i]) for i in chosen])
    for row, i in zip(sequences.values[..., 0], chosen):
        np.testing.assert_array_equal(row[: len(RAGGED[i])], RAGGED[i])
    assert not sequences.rectangular


def test_a_list_of_arrays_is_held_to_no_number_of_columns():
    for length in (2, 3, 9):
        found = read([np.ones(length)] * 2, X2)
        assert found.values.shape == (2, length, 1)
    mixed = read([[1.0, 2.0], np.ones(2)], X2)
    assert mixed.n_timesteps == 2


def test_what_a_list_of_arrays_teaches_is_that_of_a_list():
    flat, deep = GRUClassifier(), GRUClassifier()
    _sequences.read(flat, list(X2), reset=True)
    _sequences.read(deep, list(X2[:, :, np.newaxis]), reset=True)
    assert vars(flat) == vars(deep)
    assert (flat.n_features_in_, flat.n_channels_in_, flat.n_timesteps_in_) == (1, 1, None)


def test_plain_lists_of_one_length_are_a_table():
    assert read(X2.tolist()).rectangular
    with pytest.raises(ValueError, match=r"2 features, .* expecting 3 .*list\(np.asarray\(X\)\)"):
        read([[1.0, 2.0]], X2)


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"s": RAGGED}),
        pl.DataFrame({"s": [s.tolist() for s in RAGGED]}),
        objects(RAGGED)[:, np.newaxis],
    ],
    ids=["pandas", "polars", "array"],
)
def test_a_table_of_series_is_told_to_come_as_a_list(X):
    with pytest.raises(ValueError, match=r"give them as a list, such as list\(X\['column'\]\)"):
        read(X)


@pytest.mark.parametrize("X", [X2, X2.astype(np.float32), X2[:, :, np.newaxis], X2[::2]])
def test_the_quick_way_agrees_with_the_long_one(X):
    estimator = GRUClassifier()
    _sequences.read(estimator, X2, reset=True)
    quick = _sequences._read_quickly(estimator, X)
    np.testing.assert_array_equal(quick.values, X.reshape(len(X), -1, 1))
    np.testing.assert_array_equal(quick.lengths, 3)
    assert _sequences._read_quickly(estimator, np.full_like(X2, np.nan)) is None
