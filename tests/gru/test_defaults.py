"""What "auto" stands for follows from the shape of the data."""

import numpy as np
import pytest

from skgru.gru import _defaults
from skgru.gru._model import GRUSpec


@pytest.mark.parametrize("typical", [1, 2, 3, 5, 10, 20, 63, 64, 150, 500, 5000])
def test_auto_patches_fit_and_cover(typical):
    length, stride = _defaults.patches("auto", "auto", np.array([typical] * 3))
    assert 1 <= stride <= length <= max(typical, 1)
    spec = GRUSpec(1, 1, (1,), patch_length=length, patch_stride=stride)
    assert spec.padded_length(typical) >= typical


@pytest.mark.parametrize(
    ("length", "stride", "expected"),
    [
        (None, None, (1, 1)),
        (8, 4, (8, 4)),
        (8, None, (8, 1)),
        (8, "auto", (8, 2)),
        (2, "auto", (2, 1)),
    ],
)
def test_patches_asked_for(length, stride, expected):
    assert _defaults.patches(length, stride, np.array([50])) == expected


def test_short_series_are_refused():
    with pytest.raises(ValueError, match=r"patch_length=9 needs .* at least 9 .* has 8"):
        _defaults.patches(9, 1, np.array([12, 8]))


@pytest.mark.parametrize(
    ("loss", "n_samples", "expected"),
    [
        ("cross_entropy", 16, 400),
        ("cross_entropy", 160, 120),
        ("cross_entropy", 16_000, 20),
        ("squared_error", 16, 150),  # 150 updates at least
        ("squared_error", 160, 15),
        ("squared_error", 960, 10),
        ("squared_error", 16_000, 10),
    ],
)
def test_auto_epochs_aim_at_a_number_of_updates(loss, n_samples, expected):
    assert _defaults.epochs("auto", n_samples, 16, loss) == expected
    assert _defaults.epochs(7, n_samples, 16, loss) == 7


def test_a_batch_is_no_larger_than_the_data():
    assert _defaults.batch_size("auto", 100) == 16
    assert _defaults.batch_size(1000, 100) == 100
