import pytest

from skgru import GRULanguageModel
from skgru.text import _writer


class Bytes:
    """A tokenizer that cuts characters into pieces."""

    def encode(self, text):
        return list(text.encode())

    def decode(self, numbers):
        return bytes(numbers).decode(errors="replace")


@pytest.mark.parametrize("stop", [None, "mat", [".", "sat on"], "zebra"])
def test_pieces_make_up_the_text(cat, stop):
    arguments = {"n": 60, "stop": stop, "random_state": 1}
    assert "".join(cat.stream("the ", **arguments)) == cat.generate("the ", **arguments)


def test_it_is_written_piece_by_piece(cat):
    pieces = cat.stream("the ", 100_000_000, temperature=0)
    assert next(pieces) == "cat sat on the m"


@pytest.mark.parametrize(
    ("stop", "text"),
    [("mat", "cat sat on the "), ([" on", "sat on"], "cat "), (".", "cat sat on the mat")],
)
def test_stops(cat, stop, text):
    assert cat.generate("the ", n=100, temperature=0, stop=stop) == text


@pytest.mark.parametrize(
    ("pieces", "stops", "text"),
    [
        (["ab", "cd"], ["bc"], "a"),
        (["a", "b", "c", "d"], ["bcd", "c"], "ab"),
        (["ab", "a"], ["abc"], "aba"),
        (["ab"], [], "ab"),
        ([], ["x"], ""),
    ],
)
def test_a_stop_may_lie_across_pieces(pieces, stops, text):
    assert "".join(_writer._halt(iter(pieces), stops)) == text


@pytest.mark.parametrize("stop", ["", ["a", ""], [3]])
def test_bad_stops(cat, stop):
    with pytest.raises(ValueError, match="`stop` must be"):
        cat.generate("a", stop=stop)


def test_a_prefix_is_one_string(cat):
    with pytest.raises(TypeError, match="one string"):
        cat.generate(["the", "cat"])


def test_characters_of_several_tokens():
    text = "größer über äußerst schön. " * 40
    model = GRULanguageModel(Bytes(), units=32, random_state=0).fit(text)
    pieces = list(model.stream("größer ", 40, temperature=0))
    assert not any("\ufffd" in piece for piece in pieces[:-1])
    assert "".join(pieces).startswith("über äußerst schön. größer")
    assert model.classes_[:2].tolist() == [-2, -1]


def test_words_are_joined_to_the_prefix(documents):
    assert documents.generate("You are", n=4, temperature=0) in (" here, too!", " not.")
    assert documents.generate("I am here (", n=4, temperature=0).startswith("not there).")


def test_documents_end(documents):
    ends = {documents.generate("", n=100, random_state=i)[-1] for i in range(5)}
    assert ends <= {".", "!"}
