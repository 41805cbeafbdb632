import jax
import numpy as np
import pytest
from scipy.special import log_softmax

from skgru.gru import _losses
from skgru.gru._backend import keras

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 0.0], [-30.0, 40.0, 1.0]], "float32")
LABELS = np.array([0, 2, 0], "int32")


def test_cross_entropy_is_the_negative_log_probability():
    expected = -log_softmax(LOGITS.astype(float), axis=1)[np.arange(3), LABELS]
    found = _losses.per_row("cross_entropy", LOGITS, LABELS)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_label_smoothing_mixes_in_the_uniform_distribution():
    log_p = log_softmax(LOGITS.astype(float), axis=1)
    expected = -0.8 * log_p[np.arange(3), LABELS] - 0.2 * log_p.mean(axis=1)
    found = _losses.per_row("cross_entropy", LOGITS, LABELS, 0.2)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_agrees_with_keras(smoothing):
    theirs = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction="none"
    )
    expected = theirs(np.eye(3, dtype="float32")[LABELS], LOGITS)
    found = _losses.per_row("cross_entropy", LOGITS, LABELS, smoothing)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_squared_error_is_a_mean_over_the_outputs_of_a_row():
    outputs = np.array([[1.0, 2.0], [0.0, 0.0]], "float32")
    targets = np.array([[0.0, 4.0], [0.0, 1.0]], "float32")
    np.testing.assert_allclose(_losses.per_row("squared_error", outputs, targets), [2.5, 0.5])


LEVELS = (0.1, 0.5, 0.9)
QUANTILES = np.array([[0.0, 1.0, 2.0, -1.0, 0.0, 4.0], [1.0, 1.0, 1.0, 0.0, 0.5, 3.0]], "float32")
VALUES = np.array([[2.0, -3.0], [np.nan, 1.0]], "float32")


def test_pinball_by_hand():
    # 0.1*2 + 0.5*1 + 0.9*0, and 0.9*2 + 0.5*3 + 0.1*7; then 0.1*1 + 0.5*0.5 + 0.1*2
    expected = [(0.7 + 4.0) / 6, 0.55 / 6]
    found = _losses.per_row("pinball", QUANTILES, VALUES, levels=LEVELS)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_pinball_gradient_has_no_nan_where_a_target_is_missing():
    def total(outputs):
        return _losses.per_row("pinball", outputs, VALUES, levels=LEVELS).sum()

    gradient = np.asarray(jax.grad(total)(QUANTILES))
    assert np.isfinite(gradient).all()
    assert not gradient[1, :3].any()
