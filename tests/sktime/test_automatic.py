import numpy as np

from skgru.sktime import _automatic


def test_windows_of_hours_months_and_weeks():
    long = np.array([5000])
    assert _automatic.context("auto", 24, 24, long) == 336
    assert _automatic.context("auto", 13, 1, long) == 156
    assert _automatic.context("auto", 12, 12, np.array([132] * 3)) == 39
    assert _automatic.context(40, 12, 12, long) == 40


def test_a_short_series_has_a_short_window():
    assert _automatic.context("auto", 12, 12, np.array([20])) == 12
    assert _automatic.context("auto", 3, 1, np.array([1])) == 2


def test_few_values_in_all_have_a_short_window_but_for_one_season():
    assert _automatic.context("auto", 12, 12, np.array([100])) == 12
    assert _automatic.context("auto", 12, 12, np.array([240])) == 24
    assert _automatic.context("auto", 12, 12, np.array([240] * 50)) == 120
    assert _automatic.context("auto", 8, 4, np.array([30])) == 4


def test_tokens_are_seasons_where_they_can_be():
    assert _automatic.token_length(336, 24) == 24
    assert _automatic.token_length(156, 1) == 12


def test_the_horizon_is_the_longest_step_or_a_season():
    assert _automatic.horizon(None, 7, 12) == 7
    assert _automatic.horizon(None, None, 24) == 24
    assert _automatic.horizon(5, None, 24) == 5


def test_epochs_make_about_as_many_updates_on_any_data():
    assert _automatic.epochs("auto", 30_000, 64) == 3
    assert _automatic.epochs("auto", 9_600, 64) == 10
    assert _automatic.epochs("auto", 50, 64) == 60
    assert _automatic.epochs(4, 50, 64) == 4
