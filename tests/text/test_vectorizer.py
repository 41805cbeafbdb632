import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skgru import GRUClassifier, SequenceVectorizer

DOCUMENTS = ["The cat sat on the mat.", "the dog sat.", ""]


def flat(sequences):
    return [sequence.ravel().tolist() for sequence in sequences]


def test_tokens_are_numbered_in_order():
    vectorizer = SequenceVectorizer(min_df=1).fit(DOCUMENTS)
    assert vectorizer.classes_.tolist() == [
        *("", "<unk>", ".", "cat", "dog", "mat", "on", "sat", "the"),
    ]
    assert flat(vectorizer.transform(["The cat, the dog", ""])) == [[8, 3, 1, 8, 4], [0]]
    assert vectorizer.vocabulary_["dog"] == 4


def test_what_one_document_alone_has_is_unknown():
    vectorizer = SequenceVectorizer().fit(DOCUMENTS)
    assert vectorizer.classes_.tolist() == ["", "<unk>", ".", "sat", "the"]


def test_long_documents_are_cut():
    assert flat(SequenceVectorizer(min_df=1, max_length=2).fit_transform(DOCUMENTS))[0] == [8, 3]


def test_characters():
    vectorizer = SequenceVectorizer("char", lowercase=False, min_df=1).fit(["aB"])
    assert vectorizer.inverse_transform(vectorizer.transform(["Ba🙂"])) == ["Ba\ufffd"]


@given(st.lists(st.text(), min_size=1))
def test_any_text_gives_sequences_that_a_classifier_reads(documents):
    vectorizer = SequenceVectorizer(min_df=1).fit(documents)
    sequences = vectorizer.transform(documents)
    assert len(sequences) == len(documents)
    assert all(s.shape == (len(s), 1) and len(s) and s.dtype == np.int32 for s in sequences)
    assert max(s.max() for s in sequences) < len(vectorizer.classes_)


def test_in_a_pipeline_and_a_grid_search():
    X = ["a good film", "a bad film", "good good", "bad bad film"] * 6
    y = ["+", "-", "+", "-"] * 6
    pipeline = make_pipeline(
        SequenceVectorizer(),
        GRUClassifier(vocabulary_size="auto", units=8, epochs=10, random_state=0),
    )
    grid = GridSearchCV(pipeline, {"sequencevectorizer__level": ["word", "char"]}, cv=2).fit(X, y)
    assert grid.score(["so good", "bad"], ["+", "-"]) == 1
    again = pickle.loads(pickle.dumps(grid))
    np.testing.assert_array_equal(again.predict_proba(X), grid.predict_proba(X))
    clone(pipeline)


def test_not_fitted():
    with pytest.raises(NotFittedError):
        SequenceVectorizer().transform(DOCUMENTS)


@pytest.mark.parametrize(
    ("parameters", "X", "error", "message"),
    [
        ({}, "one text", ValueError, "put it into a list"),
        ({}, [], ValueError, "X has none"),
        ({}, [b"bytes"], TypeError, "Decode it first"),
        ({}, [None], TypeError, "document 0 is None"),
        ({"level": "line"}, ["a"], ValueError, "'level' parameter"),
        ({"min_df": 0}, ["a"], ValueError, "'min_df' parameter of SequenceVectorizer"),
        ({"max_length": 0}, ["a"], ValueError, "'max_length' parameter"),
    ],
)
def test_what_is_refused(parameters, X, error, message):
    with pytest.raises(error, match=message):
        SequenceVectorizer(**parameters).fit(X)


def test_documents_that_can_be_read_once():
    assert flat(SequenceVectorizer(min_df=1).fit_transform(iter(["a b", "b"]))) == [[2, 3], [3]]


@pytest.mark.parametrize("number", [99, -1, 0.5])
def test_numbers_of_no_token_are_refused(number):
    vectorizer = SequenceVectorizer(min_df=1).fit(DOCUMENTS)
    with pytest.raises(ValueError, match="sequence 1 has others"):
        vectorizer.inverse_transform([[2], [number]])
