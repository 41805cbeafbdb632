"""The closed tables are complete, and name what is there."""

import inspect

import pytest
from sklearn.base import BaseEstimator as SklearnEstimator
from sktime.base import BaseEstimator as SktimeEstimator

import skgru
import skgru.sktime
from skgru.persistence._registry import (
    CLASSES,
    RECORDS,
    class_name,
    find_class,
    find_record,
    record_name,
)

# Public estimators that no file holds -> why.
LEFT_OUT: dict[str, str] = {}


def public_estimators():
    found = {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in (skgru, skgru.sktime)
        for name in module.__all__
    }
    kinds = (SklearnEstimator, SktimeEstimator)
    return {name for name, v in found.items() if inspect.isclass(v) and issubclass(v, kinds)}


def test_every_public_estimator_can_be_saved_or_a_reason_is_given():
    assert not set(CLASSES) & set(LEFT_OUT)
    assert public_estimators() == set(CLASSES) | set(LEFT_OUT)
    assert all(LEFT_OUT.values())


def test_every_class_of_the_tests_is_there(estimators):
    assert set(estimators) - {"packed"} == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_found_by_name(name):
    assert class_name(find_class(name)) == name


@pytest.mark.parametrize("name", RECORDS)
def test_records_are_found_by_name(name):
    assert record_name(find_record(name)) == name
