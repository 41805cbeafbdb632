"""sktime's own conformance suite over all our classes: every check, nothing excluded."""

from importlib.metadata import metadata

import pytest
from sktime.registry import all_tags
from sktime.tests._config import EXCLUDED_TESTS
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

import skgru
import skgru.sktime

CLASSES = [
    skgru.ETSForecaster,
    skgru.sktime.GRUClassifier,
    skgru.sktime.GRUForecaster,
    skgru.sktime.GRURegressor,
]


# sktime's `update_predict` joins frames in a way that pandas will change.
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


@pytest.mark.parametrize("cls", CLASSES)
def test_sktime_is_told_where_a_class_comes_from(cls):
    tags = cls.get_class_tags()
    assert tags["authors"]
    assert tags["maintainers"]
    assert tags["python_version"] == metadata("skgru")["Requires-Python"]
    assert tags["python_dependencies"] == "skgru"
    assert set(cls._tags) <= {name for name, *_ in all_tags()}
