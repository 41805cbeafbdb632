import numpy as np
import pytest

from skgru.sktime import _windows
from skgru.sktime._windows import Series, Shape


def series(values, n_known=0, n_ahead=0):
    values = np.array(values, float)
    n = len(values) + n_ahead
    known = np.arange(n * n_known, dtype=float).reshape(n, n_known)
    return Series(values, known)


def test_a_window_by_hand():
    windows = _windows.cut([series([1, 3, 2, 6, 4])], [np.array([3])], Shape(2, 2, False))
    assert windows.level[0] == 2
    assert windows.scale[0] == 0.5
    np.testing.assert_allclose(windows.context[0], [2, 0])
    np.testing.assert_allclose(windows.target[0], [8, 4])
    np.testing.assert_allclose(windows.restore(windows.target, False), [[6, 4]])


def test_before_the_start_stands_the_first_value_and_after_the_end_nothing():
    windows = _windows.cut([series([1, 3])], [np.array([2])], Shape(3, 2, False))
    np.testing.assert_allclose(windows.context[0] * windows.scale[0] + 3, [1, 1, 3])
    assert np.isnan(windows.target).all()
    np.testing.assert_array_equal(windows.observed[0], [1, 1, 1])


def test_missing_values_are_bridged_in_the_context_and_missing_in_the_target():
    windows = _windows.cut([series([1, np.nan, 3, np.nan, 5])], [np.array([3])], Shape(3, 2, False))
    np.testing.assert_allclose(windows.restore(windows.context, False), [[1, 2, 3]])
    np.testing.assert_array_equal(windows.observed[0], [1, 0, 1])
    assert np.isnan(windows.target[0, 0])
    assert windows.restore(windows.target, False)[0, 1] == pytest.approx(5)


def test_a_gap_before_a_cutoff_is_not_bridged_from_behind_it():
    values = [1, 2, np.nan, np.nan, 9, 4]
    known, later = (series([*values[:4], end, 4]) for end in (9, 1e6))
    cutoffs, shape = [np.array([3, 4])], Shape(3, 1, False)
    first, second = (_windows.cut([s], cutoffs, shape) for s in (known, later))
    np.testing.assert_allclose(first.restore(first.context, False), [[1, 2, 2], [2, 2, 2]])
    np.testing.assert_array_equal(first.context, second.context)


def test_logarithms_come_back():
    windows = _windows.cut([series([1, 2, 4, 8])], [np.array([3])], Shape(3, 1, True))
    np.testing.assert_allclose(windows.restore(windows.target, True), [[8]], rtol=1e-5)


def test_what_is_known_reaches_ahead():
    windows = _windows.cut([series([1, 2, 3], 1, 2)], [np.array([3])], Shape(2, 2, False))
    np.testing.assert_array_equal(windows.known[0, 0], [1, 2, 3, 4])


def test_windows_do_not_depend_on_level_and_scale():
    values = np.random.default_rng(0).normal(size=30)
    cutoffs, shape = [np.arange(10, 25)], Shape(8, 3, False)
    plain = _windows.cut([series(values)], cutoffs, shape)
    moved = _windows.cut([series(1e5 * values + 3e5)], cutoffs, shape)
    np.testing.assert_allclose(plain.target, moved.target, rtol=1e-4, atol=1e-4)
