import pickle

import numpy as np
import pytest

from skgru.text import _tokens
from skgru.text._tokens import UNKNOWN, Characters, Words


class Letters:
    """A tokenizer of the user's: code points."""

    def encode(self, text):
        return [ord(character) for character in text]

    def decode(self, numbers):
        return "".join(map(chr, numbers))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop, well-known cat!", ["Don't", "stop", ",", "well-known", "cat", "!"]),
        ("one\ntwo\n\n three", ["one", "two", "\n\n", "three"]),
        ("cafe\u0301 नमस्ते שָׁלוֹם", ["cafe\u0301", "नमस्ते", "שָׁלוֹם"]),
        ("so 🙂🙂 3.5", ["so", "🙂", "🙂", "3", ".", "5"]),
        ("", []),
        ("a\0b", ["a", "\0", "b"]),
    ],
)
def test_words(text, words):
    assert Words().split(text) == words


@pytest.mark.parametrize("text", ["Yes (he said), no: really!", "One.\n\nTwo «three».", ""])
def test_words_are_joined_as_prose(text):
    assert Words().join(Words().split(text)) == text


@pytest.mark.parametrize("text", ["", "a\0b", "🙂e\u0301 שלום\n", "\ud800"])
def test_characters_come_back(text):
    vocabulary = _tokens.learn(Characters(), [text], None)
    numbers = vocabulary.encode(text)
    assert numbers.dtype == np.int32
    assert len(numbers) == len(text)
    assert vocabulary.decode(numbers) == text


def test_vocabulary_is_in_order_and_counts():
    vocabulary = _tokens.learn(Characters(), ["banana", "b"], None)
    assert vocabulary.classes.tolist() == ["", "\ufffd", "a", "b", "n"]
    assert vocabulary.counts.tolist() == [2, 0, 3, 2, 2]


def test_the_most_frequent_tokens_stay():
    vocabulary = _tokens.learn(Characters(), ["banana"], 2)
    assert vocabulary.classes.tolist() == ["", "\ufffd", "a", "n"]
    assert vocabulary.counts.tolist() == [1, 1, 3, 2]
    assert vocabulary.encode("bx").tolist() == [UNKNOWN, UNKNOWN]


def test_unknown_symbol_in_the_text():
    vocabulary = _tokens.learn(Characters(), ["a\ufffd"], None)
    assert vocabulary.classes.tolist() == ["", "\ufffd", "a"]
    assert vocabulary.encode("\ufffd").tolist() == [UNKNOWN]


def test_a_tokenizer_of_the_users():
    vocabulary = _tokens.learn(_tokens.splitter(Letters()), ["abba"], None)
    assert vocabulary.classes.tolist() == [-2, -1, 97, 98]
    assert vocabulary.decode(vocabulary.encode("baz")) == "ba"


def test_encodings_as_objects():
    class Encoding:
        ids = 1, 2

    class Tokenizer(Letters):
        def encode(self, text):
            return Encoding()

    assert _tokens.splitter(Tokenizer()).split("any") == [1, 2]


@pytest.mark.parametrize("level", ["sentence", None, 3, b"char"])
def test_unknown_level(level):
    with pytest.raises(ValueError, match="'char', 'word' or a tokenizer"):
        _tokens.splitter(level)


def test_pickle():
    vocabulary = pickle.loads(pickle.dumps(_tokens.learn(Characters(), ["ab"], None)))
    assert vocabulary.encode("bx").tolist() == [3, UNKNOWN]
