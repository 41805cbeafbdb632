"""Every constructor parameter has a rule, and every default keeps it."""

import numpy as np
import pytest

from skgru import GRUClassifier, GRURegressor
from skgru.gru import _parameters

UNCHECKED = {"random_state"}  # scikit-learn checks it


@pytest.mark.parametrize("cls", [GRUClassifier, GRURegressor])
def test_defaults_are_allowed_and_every_parameter_has_a_rule(cls):
    _parameters.check(cls())
    assert set(cls().get_params()) <= set(_parameters.RULES) | UNCHECKED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("units", np.int64(3)),
        ("units", [4, 4]),
        ("epochs", np.int32(2)),
        ("learning_rate", np.float32(0.1)),
        ("dropout", 0),
        ("bidirectional", False),
        ("verbose", True),
        ("pooling", ["mean", "last"]),
        ("clipnorm", None),
    ],
)
def test_numpy_numbers_and_lists_are_allowed(name, value):
    _parameters.check(GRUClassifier(**{name: value}))
