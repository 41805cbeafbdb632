import sys

import pytest

from skgru.speech._errors import token_error_rate


@pytest.mark.parametrize(
    ("wanted", "found", "rate"),
    [
        (["abc"], ["abc"], 0),
        (["abc", "a"], ["ab", "a"], 1 / 4),
        ([["one", "two"]], [["one", "three", "two"]], 1 / 2),
        ([[1, 2], []], [[2, 1], [7]], 3 / 2),
    ],
)
def test_token_error_rate(wanted, found, rate):
    assert token_error_rate(wanted, found) == rate


def test_without_tokens():
    with pytest.raises(ValueError, match="at least one token"):
        token_error_rate([""], ["a"])


def test_without_rapidfuzz(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
    with pytest.raises(ImportError, match=r"pip install 'skgru\[speech\]'"):
        token_error_rate(["a"], ["a"])
