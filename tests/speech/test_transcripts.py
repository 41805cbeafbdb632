import numpy as np
import pytest

from skgru import GRUTranscriber


def test_words_and_labels(training, unseen, small):
    X, y = training
    words = [" ".join({"a": "ah", "b": "bee", "c": "sea"}[c] for c in t) for t in y]
    labels = [np.array(["abc".index(c) * 10 for c in t]) for t in y]
    spoken = GRUTranscriber(**small, level="word").fit(X, words)
    numbered = GRUTranscriber(**small, level=None).fit(X, labels)
    assert spoken.classes_.tolist() == ["ah", "bee", "sea"]
    assert numbered.classes_.tolist() == [0, 10, 20]
    assert set(" ".join(spoken.predict(unseen[0])).split()) == {"ah", "bee", "sea"}
    # The same network either way: only the names of the tokens differ.
    numbers = {"ah": 0, "bee": 10, "sea": 20}
    expected = [[numbers[word] for word in t.split()] for t in spoken.predict(unseen[0])]
    assert numbered.predict(unseen[0]) == expected
    assert numbered.score(X, labels) == spoken.score(X, words)


def test_labels_may_be_anything_that_sorts(training, small):
    X, y = training
    pairs = [[("note", c) for c in t] for t in y]
    model = GRUTranscriber(**(small | {"epochs": 1}), level=None).fit(X[:20], pairs[:20])
    assert model.classes_.tolist() == [("note", c) for c in "abc"]
    model.set_params(decoder="beam", length_bonus=20)
    assert model.predict(X[:1])[0][0] in model.classes_.tolist()


@pytest.mark.parametrize(
    ("y", "level", "error", "words"),
    [
        ("ab", "char", TypeError, "Got one string"),
        (["a"], "char", ValueError, "X has 2 recordings, and y 1 transcripts"),
        ([[1], [2]], "char", TypeError, "Set level=None"),
        (["a", "b"], None, TypeError, "Set level='char' or 'word'"),
        ([1, 2], None, TypeError, "transcript 0 is a int"),
        (["", ""], "char", ValueError, "there is none"),
        ([["a"], [1]], None, TypeError, "of one kind that can be sorted"),
    ],
)
def test_transcripts(y, level, error, words):
    X = [np.ones((9, 2)), np.ones((9, 2))]
    with pytest.raises(error, match=words):
        GRUTranscriber(level=level, frame_stacking=1).fit(X, y)
