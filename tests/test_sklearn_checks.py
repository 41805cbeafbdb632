"""scikit-learn's own conformance suite: every check, with defaults and with small settings."""

import pytest
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    parametrize_with_checks,
)

from skgru import GRUClassifier, GRURegressor

SMALL = {"units": 8, "epochs": 20}
ESTIMATORS = [GRUClassifier(**SMALL), GRURegressor(**SMALL), GRUClassifier(), GRURegressor()]


@parametrize_with_checks(ESTIMATORS)
def test_sklearn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS[:2], ids=str)
def test_column_names(estimator):
    check_dataframe_column_names_consistency(type(estimator).__name__, estimator)
