"""The public names, and that each is documented as its signature stands."""

import inspect
import re
import sys
from importlib.metadata import version

import pytest

import skgru
import skgru.persistence
import skgru.sktime

MODULES = [skgru, skgru.persistence, skgru.sktime]
CLASSES = [
    f"{module.__name__}.{name}"
    for module in MODULES
    for name in module.__all__
    if name[0].isupper()
]


def load(path):
    """'skgru.GRUClassifier' -> the class."""
    module, name = path.rsplit(".", 1)
    return getattr(sys.modules[module], name)


def sections(docstring):
    """Titles of a numpydoc docstring -> the lines under each."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.cleandoc(docstring), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(section):
    """Names described in a section, several before one colon included."""
    heads = re.findall(r"^(\w[\w, *]*) :", section, flags=re.MULTILINE)
    return [name.strip(" *") for head in heads for name in head.split(",")]


def public_methods(cls):
    return {
        name: getattr(cls, name)
        for base in cls.__mro__
        if base.__module__.startswith("skgru.")
        for name in vars(base)
        if not name.startswith("_") and callable(getattr(cls, name))
    }


def test_version_is_that_of_the_distribution():
    assert skgru.__version__ == version("skgru")


@pytest.mark.parametrize("module", MODULES)
def test_every_name_is_there(module):
    assert set(module.__all__) <= set(dir(module))
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_unknown_name(module):
    expected = f"'{module.__name__}' has no attribute 'LSTMClassifier'"
    with pytest.raises(AttributeError, match=expected):
        module.LSTMClassifier  # noqa: B018


def test_a_star_does_not_hide_sktime():
    assert "sktime" in dir(skgru)
    assert "sktime" not in skgru.__all__


@pytest.mark.parametrize("name", CLASSES)
def test_class_is_documented(name):
    cls = load(name)
    found = sections(cls.__doc__)
    assert {"Parameters", "Attributes", "Examples"} <= set(found)
    assert ">>>" in found["Examples"]
    assert entries(found["Parameters"]) == list(inspect.signature(cls).parameters)


@pytest.mark.parametrize("name", CLASSES)
def test_parameters_after_the_first_are_given_by_keyword(name):
    _, *others = inspect.signature(load(name)).parameters.values()
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in others)


@pytest.mark.parametrize("name", CLASSES)
def test_methods_are_documented(name):
    for title, method in public_methods(load(name)).items():
        assert inspect.getdoc(method), title
        described = entries(sections(inspect.getdoc(method)).get("Parameters", ""))
        arguments = [p for p in inspect.signature(method).parameters if p != "self"]
        assert described == arguments, title
