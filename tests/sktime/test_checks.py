"""sktime's own conformance suite: every check, nothing excluded."""

import pytest
from sktime.tests._config import EXCLUDED_TESTS
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skgru.sktime import GRUClassifier, GRUForecaster, GRURegressor

CLASSES = [GRUClassifier, GRUForecaster, GRURegressor]


# In sktime's own `update_predict`, under pandas 3.
@pytest.mark.filterwarnings("ignore:Sorting by default when concatenating")
@parametrize_with_checks(CLASSES, obj_varname="cls", check_varname="check")
def test_sktime_check(cls, check):
    results = check_estimator(cls, raise_exceptions=True, tests_to_run=check, verbose=False)
    assert results
    assert set(results.values()) == {"PASSED"}


@pytest.mark.parametrize("cls", CLASSES)
def test_nothing_is_excluded(cls):
    tags = cls.get_class_tags()
    for name in ("tests:skip_all", "tests:skip_by_name", "tests:vm"):
        assert not tags.get(name)
    assert cls.__name__ not in EXCLUDED_TESTS
    assert tags["property:randomness"] == "derandomized"
    assert len(cls.get_test_params()) >= 2
