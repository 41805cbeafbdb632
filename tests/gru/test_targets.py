"""Labels and weights become numbers, and nothing else slips through."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from skgru.gru import _targets

CLASSES = np.array(["a", "b", "c"])
CODES = np.array([0, 0, 0, 1, 2, 2])


def test_labels_are_encoded_and_strangers_named():
    np.testing.assert_array_equal(_targets.encode(CLASSES[CODES], CLASSES), CODES)
    with pytest.raises(ValueError, match=r"not among the classes \['a', 'b', 'c'\]: \['d', 'z'\]"):
        _targets.encode(np.array(["a", "z", "d"]), CLASSES)


@pytest.mark.parametrize("class_weight", [None, "balanced", {"a": 2, "c": 0.5}])
def test_class_weights_multiply_sample_weights(class_weight):
    weights = np.array([1.0, 2, 1, 1, 3, 1])
    repeats = np.repeat(np.arange(6), weights.astype(int))
    got = _targets.weigh_classes(class_weight, CLASSES, CODES, weights)
    one_each = compute_sample_weight(class_weight, CLASSES[CODES[repeats]])
    np.testing.assert_allclose(got, np.bincount(repeats, weights=one_each))


def test_a_class_without_weight_does_not_divide_by_zero():
    got = _targets.weigh_classes("balanced", CLASSES, np.array([0, 1]), np.ones(2))
    assert np.isfinite(got).all()


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.zeros(3), "non-zero"),
        ([1, -1, 1], "[Nn]egative"),
        ([1, np.nan, 1], "NaN"),
        ([1, 1], r"sample_weight.shape == \(2,\), expected \(3,\)"),
    ],
)
def test_bad_weights(weights, words):
    with pytest.raises(ValueError, match=words):
        _targets.read_weights(weights, 3)
