import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from skgru.ets._transform import choose, inverse, transform


@pytest.mark.parametrize("lam", [-1.0, -0.3, 0.0, 0.5, 1.0, 2.0])
def test_the_inverse_undoes_the_transformation(lam):
    values = np.array([1e-3, 0.7, 1.0, 12.0, 5e3])
    np.testing.assert_allclose(inverse(transform(values, lam), lam), values, rtol=1e-9)


def test_powers_keep_the_sign_as_in_r():
    np.testing.assert_allclose(transform([-4.0, 0.0, 9.0], 0.5), [-6.0, -2.0, 4.0])
    np.testing.assert_allclose(inverse([-6.0, -2.0, 4.0], 0.5), [-4.0, 0.0, 9.0])


def test_missing_values_stay_missing():
    np.testing.assert_array_equal(np.isnan(transform([1.0, np.nan], 0.0)), [False, True])
    np.testing.assert_array_equal(np.isnan(inverse([1.0, np.nan], -0.5)), [False, True])


@pytest.mark.parametrize("lam", [0.0, -0.5])
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_lambda_of_at_most_zero_refuses_values_of_at_most_zero(lam, value):
    with pytest.raises(ValueError, match="needs positive values"):
        transform([1.0, value], lam)


def test_values_beyond_the_range_of_a_negative_lambda_are_refused():
    with pytest.raises(ValueError, match="Choose lambda >= 0"):
        inverse([0.0, 2.0], -0.5)


def test_numbers_that_overflow_are_refused():
    with pytest.raises(ValueError, match="too large"):
        transform([1e200], 2.0)
    with pytest.raises(ValueError, match="too large"):
        inverse([1e3], 0.0)


@pytest.mark.parametrize("call", [transform, inverse])
def test_lambda_is_finite(call):
    with pytest.raises(ValueError, match="finite"):
        call([1.0], np.nan)


@pytest.mark.parametrize("lam", [-0.2, 0.0, 0.3, 0.5, 1.0, 1.5])
def test_the_mean_without_bias_is_close_to_the_integral(lam):
    mu = float(transform(100.0, lam))
    sd = float(transform(104.0, lam)) - mu
    exact = quad(lambda z: float(inverse(mu + sd * z, lam)) * norm.pdf(z), -8, 8)[0]
    adjusted = float(inverse(mu, lam, sd**2))
    assert abs(adjusted - exact) < 2e-3
    if lam != 1:
        assert abs(adjusted - exact) < 0.1 * abs(100 - exact)


def test_a_correction_that_would_turn_the_sign_is_left_out():
    mu = float(transform(1.0, 2.0))
    assert inverse(mu, 2.0, 50.0) == pytest.approx(1.0)


@pytest.fixture(scope="module")
def airline():
    from sktime.datasets import load_airline

    return load_airline().to_numpy(float)


def test_lambda_of_the_airline_passengers_is_that_of_r(airline):
    # forecast::BoxCox.lambda(AirPassengers, "guerrero") and "loglik", as the package's users quote.
    assert choose(airline, 12) == pytest.approx(-0.2947, abs=1e-3)
    assert choose(airline, 12, "loglik") == pytest.approx(0.2)


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(1e-200, 1e200))
@pytest.mark.parametrize("method", ["guerrero", "loglik"])
def test_the_choice_does_not_depend_on_the_unit(airline, method, scale):
    expected = choose(airline, 12, method)
    assert choose(airline * scale, 12, method) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("method", ["guerrero", "loglik"])
def test_logarithms_suit_a_random_walk_in_logarithms(method):
    rng = np.random.default_rng(0)
    season = np.tile([0.3, -0.1, -0.3, 0.1], 60)
    values = np.exp(0.02 * np.arange(240) + season + 0.05 * rng.standard_normal(240))
    assert abs(choose(values, 4, method)) < 0.1


@pytest.mark.parametrize("method", ["guerrero", "loglik"])
@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0], [5.0] * 30, [np.nan] * 30])
def test_series_that_say_nothing_stay_as_they_are(method, values):
    assert choose(values, 4, method) == 1.0


def test_zeros_and_negative_values_need_a_positive_lambda():
    values = np.abs(np.sin(np.arange(60.0))) * np.arange(60.0)
    for shift in (0.0, 2.0):
        lam = choose(values - shift, 4)
        assert 0 < lam <= 2
        assert np.isfinite(transform(values - shift, lam)).all()
    with pytest.raises(ValueError, match="needs positive values"):
        choose(values, 4, "loglik")
    with pytest.raises(ValueError, match="needs lambda > 0"):
        choose(values, 4, bounds=(-1.0, -0.5))


def test_missing_values_are_left_out(airline):
    gaps = airline.copy()
    gaps[[5, 60, 61]] = np.nan
    assert choose(gaps, 12) == pytest.approx(choose(airline, 12), abs=0.1)
    assert choose(gaps, 12, "loglik") == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (0.0, np.inf), (np.nan, 1.0)])
def test_bounds_are_two_rising_finite_numbers(bounds):
    with pytest.raises(ValueError, match="lower < upper"):
        choose(np.arange(1.0, 30.0), bounds=bounds)


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match="got 'best'"):
        choose(np.arange(1.0, 30.0), method="best")
