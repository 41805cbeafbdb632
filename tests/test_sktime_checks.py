"""sktime's own conformance suite, nothing excluded."""

import pytest
from sktime.tests._config import EXCLUDED_TESTS
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

import skgru

CLASSES = [skgru.ETSForecaster]


@pytest.mark.filterwarnings("ignore")  # sktime's own, about its next release
@parametrize_with_checks(CLASSES, obj_varname="cls", check_varname="test_name")
def test_conformance(cls, test_name):
    results = check_estimator(cls, tests_to_run=test_name, raise_exceptions=True, verbose=False)
    assert results
    assert set(results.values()) == {"PASSED"}


@pytest.mark.parametrize("cls", CLASSES)
def test_nothing_is_excluded(cls):
    tags = cls.get_class_tags()
    assert not tags.get("tests:skip_all")
    assert not tags.get("tests:skip_by_name")
    assert tags["property:randomness"] != "stochastic"
    assert cls.__name__ not in EXCLUDED_TESTS
    assert len(cls.get_test_params()) >= 2
