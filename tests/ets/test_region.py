"""The box of the coordinates and the admissible region, against roots and differences."""

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skgru.ets import _layout, _region
from skgru.ets._model import ETSSpec

DEFAULT = np.array([[1e-4, 0.9999]] * 3 + [[0.8, 0.98]])
REGIONS = {"usual": _region.USUAL, "admissible": _region.ADMISSIBLE, "both": _region.BOTH}

# The kernels have no door for Python; these do.
describe = numba.njit(lambda *arguments: _layout.describe(*arguments, False, False, False))


@numba.njit
def box(model, bounds, largest_share):
    low, high = np.empty(4), np.empty(4)
    _region.bound(model, bounds, largest_share, low, high)
    return low, high


@numba.njit
def place(model, bounds, coordinates):
    smoothing, slopes = np.empty(4), np.empty(16)
    _region.place(model, bounds, coordinates, smoothing, slopes)
    return smoothing, slopes.reshape(4, 4)


@numba.njit
def is_admissible(alpha, beta, gamma, phi, sp):
    return _region.is_admissible(alpha, beta, gamma, phi, sp, np.empty(sp + 2))


@numba.njit
def largest_share(model, bounds, coordinates):
    smoothing, slopes, work = np.empty(4), np.empty(16), np.empty(model.sp + 2)
    return _region.largest_share(model, bounds, coordinates, smoothing, slopes, work)


def model_of(name, region="both", sp=4):
    return describe(*ETSSpec.parse(name).code, sp, 0, 1, REGIONS[region])


def polynomial(alpha, beta, gamma, phi, m):
    """Characteristic polynomial of a seasonal model, highest power first."""
    middle = alpha + beta - alpha * phi
    ascending = [phi * (1 - alpha - gamma), middle + gamma - 1, *[middle] * (m - 2)]
    return np.array([*ascending, alpha + beta - phi, 1.0])[::-1]


@pytest.mark.parametrize("sp", [2, 3, 4, 7, 12, 24])
def test_stepping_down_agrees_with_the_roots(sp):
    rng = np.random.default_rng(sp)
    n_inside = 0
    for _ in range(400):
        alpha = rng.uniform(0, 1.2)
        gamma = rng.uniform(0, 1.2 - alpha) if alpha < 1.2 else 0.0
        beta, phi = rng.uniform(0, 5 / sp), rng.choice([1.0, rng.uniform(0.8, 0.98)])
        largest = np.abs(np.roots(polynomial(alpha, beta, gamma, phi, sp))).max()
        if abs(largest - 1) > 1e-6:
            inside = is_admissible(alpha, beta, gamma, phi, sp)
            assert inside == (largest < 1)
            n_inside += inside
    assert 5 < n_inside < 395


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("name", ["ANN", "AAN", "MAdN", "ANA", "MAdM", "MMdA"])
def test_slopes_are_those_of_differences(name, region):
    model = model_of(name, region)
    low, high = box(model, DEFAULT, 1.0)
    rng = np.random.default_rng(1)
    for _ in range(5):
        coordinates = rng.uniform(low + 0.01 * (high - low), high - 0.01 * (high - low))
        _, slopes = place(model, DEFAULT, coordinates)
        for k in np.flatnonzero(low < high):
            step = np.zeros(4)
            step[k] = 1e-6
            plus, minus = (place(model, DEFAULT, coordinates + s * step)[0] for s in (1, -1))
            assert_allclose(slopes[:, k], (plus - minus) / 2e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["MAdM", "AAA", "ANA", "AAdN"])
def test_the_usual_box_is_the_usual_region(name):
    model = model_of(name)
    low, high = box(model, DEFAULT, 1.0)
    has_gamma = "N" not in name[-1]
    rng = np.random.default_rng(2)
    for coordinates in [low, high, *rng.uniform(low, high, (50, 4))]:
        alpha, beta, gamma, phi = place(model, DEFAULT, np.ascontiguousarray(coordinates))[0]
        tiny = 1e-12
        assert 1e-4 <= alpha <= 0.9999
        assert model.trend == 0 or 1e-4 - tiny <= beta <= alpha + tiny
        assert not has_gamma or 1e-4 - tiny <= gamma <= 1 - alpha + tiny
        assert not model.damped or 0.8 <= phi <= 0.98


def test_equal_bounds_fix_a_parameter_whatever_the_others_are():
    bounds = DEFAULT.copy()
    bounds[1] = 0.7  # above any alpha
    bounds[0] = 0.3
    model = model_of("AAA")
    low, high = box(model, bounds, 1.0)
    assert low[0] == high[0] == 0.3
    assert low[1] == high[1]
    smoothing, slopes = place(model, bounds, low)
    assert_allclose(smoothing[:2], [0.3, 0.7])
    assert_allclose(slopes[1], 0)


def test_the_largest_share_is_on_the_border():
    model = model_of("AAA", sp=12)
    coordinates = np.array([0.6, 1.0, 0.99, 1.0])
    beta = place(model, DEFAULT, coordinates)[0][1]
    share = largest_share(model, DEFAULT, coordinates)
    assert 0 < share < 1
    for factor, inside in ((0.999, True), (1.001, False)):
        alpha, beta, gamma, phi = place(model, DEFAULT, np.array([0.6, factor * share, 0.99, 1.0]))[
            0
        ]
        assert is_admissible(alpha, beta, gamma, phi, 12) == inside
