"""Laws that hold for any data: what must not change an answer does not, what must, does as told."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skgru import ETSForecaster, GRUClassifier, GRURegressor

FEW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SMALL = {"units": 4, "embedding_units": 4, "epochs": 2, "random_state": 0}
seeds = st.integers(0, 2**32 - 1)


def panel(seed, n=12, ragged=False):
    """Series of one to eight steps and two channels, labels, and real targets."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, n) if ragged else np.full(n, 6)
    X = [rng.normal(size=(length, 2)) for length in lengths]
    y = np.array([row.sum() for row in X])
    return X if ragged else np.array(X), y > np.median(y), y


# ---------------------------------------------------------------------- GRU


@FEW
@given(seeds, st.booleans())
def test_the_order_of_training_rows_means_nothing(seed, ragged):
    X, labels, y = panel(seed, ragged=ragged)
    order = np.random.default_rng(seed).permutation(len(y))
    shuffled = [X[i] for i in order] if ragged else X[order]
    for model, target in ((GRUClassifier(**SMALL), labels), (GRURegressor(**SMALL), y)):
        one = model.fit(X, target).transform(X)
        np.testing.assert_array_equal(model.fit(shuffled, target[order]).transform(X), one)


@FEW
@given(seeds, st.booleans())
def test_a_fit_after_a_fit_is_a_fit(seed, ragged):
    X, labels, _ = panel(seed, ragged=ragged)
    model = GRUClassifier(**SMALL).fit(X, labels)
    first = model.predict_proba(X)
    np.testing.assert_array_equal(model.fit(X, labels).predict_proba(X), first)


@FEW
@given(seeds, st.integers(1, 12))
def test_predictions_do_not_depend_on_their_neighbours(seed, size):
    X, labels, _ = panel(seed, ragged=True)
    model = GRUClassifier(**SMALL).fit(X, labels)
    together = model.predict_proba(X)
    apart = [model.predict_proba(X[i : i + size]) for i in range(0, len(X), size)]
    np.testing.assert_allclose(np.concatenate(apart), together, atol=1e-6)


@FEW
@given(seeds, st.integers(1, 20))
def test_padding_means_nothing(seed, extra):
    X, labels, _ = panel(seed, ragged=True)
    longest = max(map(len, X)) + extra
    padded = np.full((len(X), longest, 2), np.nan)
    for row, series in zip(padded, X, strict=True):
        row[: len(series)] = series
    plain, other = (GRUClassifier(**SMALL).fit(data, labels) for data in (X, padded))
    np.testing.assert_allclose(other.predict_proba(padded), plain.predict_proba(X), atol=1e-5)


@FEW
@given(seeds, st.permutations(["a", "b", "c"]))
def test_names_of_labels_mean_nothing(seed, names):
    X, _, y = panel(seed)
    codes = np.digitize(y, np.quantile(y, [0.33, 0.67]))
    plain = GRUClassifier(**SMALL).fit(X, codes)
    named = GRUClassifier(**SMALL).fit(X, np.sort(names)[codes])
    np.testing.assert_array_equal(named.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(named.predict(X), np.sort(names)[plain.predict(X)])


@FEW
@given(seeds, st.integers(1, 3))
def test_a_weight_is_a_number_of_copies(seed, most):
    X, labels, _ = panel(seed)
    weights = np.random.default_rng(seed).integers(0, most + 1, len(labels))
    weights[[np.argmax(labels), np.argmin(labels)]] = 1  # a row of each class stays
    weighted = GRUClassifier(**SMALL).fit(X, labels, sample_weight=weights)
    copies = GRUClassifier(**SMALL).fit(np.repeat(X, weights, 0), np.repeat(labels, weights))
    np.testing.assert_allclose(copies.predict_proba(X), weighted.predict_proba(X), atol=1e-5)


@FEW
@given(seeds, st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_units_of_measurement_mean_nothing_to_a_network(seed, shift, scale):
    X, labels, _ = panel(seed)
    plain = GRUClassifier(**SMALL, augmentation=None).fit(X, labels)
    other = GRUClassifier(**SMALL, augmentation=None).fit(X * scale + shift, labels)
    centre, spread = plain._scaling
    np.testing.assert_allclose(other._scaling.center, centre * scale + shift, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(other._scaling.scale, spread * scale, rtol=1e-6)


# ---------------------------------------------------------------------- exponential smoothing

values = arrays(np.float64, st.integers(8, 40), elements=st.floats(1, 100))
sizes = st.floats(-6, 6).map(lambda power: 10.0**power)


def forecast(y, **parameters):
    return ETSForecaster(**parameters).fit(y).predict(fh=[1, 2, 5]).ravel()


@FEW
@given(values, sizes)
def test_forecasts_scale_with_the_series(y, size):
    np.testing.assert_allclose(forecast(y * size), forecast(y) * size, rtol=1e-4, atol=1e-4 * size)


@FEW
@given(values, st.floats(-1e4, 1e4), st.sampled_from([None, "add"]))
def test_additive_models_move_with_the_series(y, shift, trend):
    model = {"error": "add", "trend": trend, "damped_trend": False, "seasonal": None}
    moved = forecast(y + shift, **model)
    np.testing.assert_allclose(moved - shift, forecast(y, **model), atol=1e-3 * np.ptp(y) + 1e-6)


@FEW
@given(values, st.floats(0, 1), st.integers(1, 3))
def test_an_update_is_a_fit_with_the_same_parameters(y, alpha, n_new):
    model = ETSForecaster("add", trend=None, seasonal=None, alpha=alpha, initial_level=y[0])
    whole = model.clone().fit(y).predict(fh=[1, 2])
    index = np.arange(len(y) - n_new, len(y))
    part = model.clone().fit(pd.Series(y[:-n_new]))
    part.update(pd.Series(y[-n_new:], index), update_params=False)
    np.testing.assert_allclose(part.predict(fh=[1, 2]), whole.ravel(), rtol=1e-9)


@FEW
@given(values, st.data())
def test_a_missing_value_is_no_value(y, data):
    place = data.draw(st.integers(1, len(y) - 2))
    gap = y.copy()
    gap[place] = np.nan
    model = ETSForecaster("add", trend=None, seasonal=None, alpha=0.3, initial_level=y[0])
    skipped = model.clone().fit(np.delete(y, place)).predict(fh=[1])
    np.testing.assert_allclose(model.clone().fit(gap).predict(fh=[1]), skipped, rtol=1e-9)


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_threads_change_nothing(n_jobs):
    rng = np.random.default_rng(0)
    series = [rng.gamma(3, size=n) for n in rng.integers(4, 60, 50)]
    values, offsets = np.concatenate(series), np.append(0, np.cumsum([len(s) for s in series]))
    one, many = (
        ETSForecaster(sp=4, n_jobs=n).forecast_arrays(values, offsets, 4, coverage=0.9)
        for n in (1, n_jobs)
    )
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a, b)
