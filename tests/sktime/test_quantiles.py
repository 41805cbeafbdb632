import numpy as np
import pytest
from scipy.special import ndtri

from skgru.sktime import _quantiles

NORMAL = ndtri(np.array(_quantiles.LEVELS))


def test_the_normal_distribution_is_interpolated_exactly():
    alpha = [0.001, 0.025, 0.3, 0.5, 0.99]
    np.testing.assert_allclose(_quantiles.interpolate(NORMAL, alpha), ndtri(alpha), atol=1e-12)


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0])
def test_calibration_finds_the_width(width):
    rng = np.random.default_rng(0)
    target = width * rng.normal(size=(500, 4))
    quantiles = np.broadcast_to(NORMAL, (500, 4, 7))
    factors = _quantiles.calibrate(quantiles, target, 1e9)
    np.testing.assert_allclose(np.delete(factors, 3), max(width, 0.7), rtol=0.15)
    assert factors[3] == 1


def test_few_windows_are_trusted_little_and_none_not_at_all():
    quantiles = np.broadcast_to(NORMAL, (1, 2, 7))
    wide = np.full((1, 2), 100.0)
    some = _quantiles.calibrate(quantiles, wide, 1)
    many = _quantiles.calibrate(quantiles, wide, 100)
    assert (1 < some[[0, 1, 2, 4, 5, 6]]).all()
    assert (some <= many).all()
    assert (_quantiles.calibrate(quantiles, np.nan * wide, 1) == 1).all()


def test_widened_quantiles_keep_median_and_order():
    factors = np.array([2, 0.1, 3, 1, 1, 2, 0.5])
    found = _quantiles.widen(NORMAL, factors)
    assert (np.diff(found) >= 0).all()


def test_pinball_skips_missing_targets():
    quantiles = np.broadcast_to(NORMAL, (1, 2, 7))
    found = _quantiles.pinball(quantiles, np.array([[0.0, np.nan]]))
    levels = np.array(_quantiles.LEVELS)
    expected = np.maximum(-levels * NORMAL, (1 - levels) * NORMAL).mean()
    assert found == pytest.approx(expected)
