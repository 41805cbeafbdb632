import numpy as np
import pytest

from skgru.speech import _speakers


def test_labels_of_any_type():
    speakers, numbers = _speakers.learn([3, 1, 3], 3)
    assert numbers.tolist() == [1, 0, 1]
    assert speakers.default == 1
    assert speakers.encode(None, 2).tolist() == [1, 1]
    assert speakers.encode(1, 2).tolist() == [0, 0]
    assert speakers.encode([3, 1], 2).tolist() == [1, 0]


def test_the_first_of_the_most_frequent_is_the_default():
    assert _speakers.learn(["b", "a"], 2)[0].default == 0


def test_unknown_ones_are_named():
    speakers, _ = _speakers.learn(None, 2)
    with pytest.raises(ValueError, match=r"speaker 'x'\. Known speakers: ''"):
        speakers.encode("x", 1)


def test_one_for_each():
    with pytest.raises(ValueError, match=r"got the shape \(2, 1\)"):
        _speakers.learn(np.array([["a"], ["b"]]), 2)
