import numpy as np
import pandas as pd
import pytest

from skgru.text import _documents


def test_one_string_is_one_document():
    assert _documents.read("a text") == ["a text"]


@pytest.mark.parametrize("make", [list, tuple, iter, np.array, pd.Series])
def test_collections(make):
    assert _documents.read(make(["a", "", "bc"])) == ["a", "", "bc"]


@pytest.mark.parametrize("bad", [["a", 3], ["a", None], ["a", float("nan")], [["a"]]])
def test_what_is_no_string_is_named(bad):
    with pytest.raises(TypeError, match=r"document \d is .* of type"):
        _documents.read(bad)


def test_bytes_are_to_be_decoded():
    with pytest.raises(TypeError, match="Decode it"):
        _documents.read(b"text")


def test_a_number_is_no_text():
    with pytest.raises(TypeError, match="Got 3 of type int"):
        _documents.read(3)


@pytest.mark.parametrize("table", [pd.DataFrame({"text": ["a"]}), np.array([["a"]])])
def test_a_table_is_refused(table):
    with pytest.raises(ValueError, match="one of its columns"):
        _documents.read(table)
