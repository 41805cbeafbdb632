"""GRURegressor: one target or several, of any size."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import r2_score

from skgru import GRURegressor

SMALL = GRURegressor(units=8, epochs=40, random_state=0)


@pytest.fixture(scope="module")
def data():
    X = np.random.default_rng(0).normal(size=(80, 8, 2))
    return X, X[:, :, 0].mean(axis=1)


def test_it_learns(data):
    reg = clone(SMALL).fit(*data)
    assert reg.score(*data) > 0.8
    assert reg.predict(data[0]).dtype == np.float32


def test_several_targets(data):
    X, y = data
    Y = np.stack([y, 5 - 100 * y, np.full(80, 3.0)], axis=1)
    reg = clone(SMALL).fit(X, Y)
    prediction = reg.predict(X)
    assert prediction.shape == (80, 3)
    assert prediction.dtype == np.float64
    assert r2_score(Y[:, :2], prediction[:, :2]) > 0.8
    np.testing.assert_allclose(prediction[:, 2], 3, atol=0.5)


def test_a_column_stays_a_column(data):
    X, y = data
    flat, column = clone(SMALL).fit(X, y), clone(SMALL).fit(X, y[:, np.newaxis])
    assert column.predict(X).shape == (80, 1)
    np.testing.assert_allclose(column.predict(X)[:, 0], flat.predict(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("factor", "shift"), [(1e-30, 0), (1e30, 0), (1, 1e8), (-3, 7)])
def test_targets_of_any_size(data, factor, shift):
    X, y = data
    reg = clone(SMALL).fit(X, factor * y + shift)
    assert reg.score(X, factor * y + shift) > 0.8


def test_constant_targets_are_predicted(data):
    X, _ = data
    np.testing.assert_allclose(clone(SMALL).fit(X, np.full(80, 4.0)).predict(X), 4, atol=0.3)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (None, "y is None"),
        (np.full(80, np.nan), "NaN"),
        (np.full(80, np.inf), "infinity"),
        (np.zeros(79), "X has 80, y has 79"),
        (["a"] * 80, "could not convert"),
    ],
    ids=str,
)
def test_bad_targets(data, y, words):
    with pytest.raises(ValueError, match=words):
        clone(SMALL).fit(data[0], y)


def test_partial_fit_keeps_the_number_of_targets(data):
    X, y = data
    reg = clone(SMALL).partial_fit(X, y)
    with pytest.raises(ValueError, match="2 targets to a sample, but the network was fitted on 1"):
        reg.partial_fit(X, np.stack([y, y], axis=1))


def test_noise_in_the_target_is_not_learnt_by_heart():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(700, 10))
    true = X.sum(axis=1)
    y = true + true.std() * rng.normal(size=700)
    # With defaults: of a fit that has learnt the noise of 400 rows, not half of this is left.
    model = GRURegressor(random_state=0).fit(X[:400], y[:400])
    assert model.score(X[400:], true[400:]) > 0.85
