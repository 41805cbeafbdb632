import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skgru import GRUTranscriber


def transcribe(stream, frames, cuts):
    stream.reset()
    pieces = [stream.push(part) for part in np.split(frames, cuts) if len(part)]
    return "".join([*pieces, stream.finish()])


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_pieces_make_the_transcript(one_way, unseen, data):
    frames = unseen[0][data.draw(st.integers(0, len(unseen[0]) - 1))]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(frames)), max_size=6)))
    stream = one_way.stream()
    assert transcribe(stream, frames, cuts) == one_way.predict([frames])[0] == stream.transcript


def test_frame_by_frame(one_way, unseen):
    stream = one_way.stream()
    for frames, expected in zip(unseen[0], one_way.predict(unseen[0]), strict=True):
        assert transcribe(stream, frames, np.arange(1, len(frames))) == expected


def test_it_speaks_before_the_end(one_way, unseen):
    stream, frames = one_way.stream(), max(unseen[0], key=len)
    assert stream.push(frames[: len(frames) * 2 // 3])
    assert stream.transcript != one_way.predict([frames])[0]


@pytest.mark.parametrize(
    "front", [{"embedding_units": None}, {"context_length": None}, {"context_length": 4}]
)
def test_other_fronts(training, unseen, small, front):
    model = GRUTranscriber(**(small | {"epochs": 3} | front), bidirectional=False).fit(*training)
    stream = model.stream()
    for frames, expected in zip(unseen[0][:8], model.predict(unseen[0][:8]), strict=True):
        assert transcribe(stream, frames, np.arange(1, len(frames), 3)) == expected


def test_words_are_spaced(training, unseen, small):
    words = [" ".join(t) for t in training[1]]
    model = GRUTranscriber(**small, level="word", bidirectional=False).fit(training[0], words)
    frames = max(unseen[0], key=len)
    pieces = transcribe(model.stream(), frames, np.arange(1, len(frames)))
    assert pieces == model.predict([frames])[0]
    assert " " in pieces


def test_labels(training, unseen, small):
    labels = [["abc".index(c) for c in t] for t in training[1]]
    model = GRUTranscriber(**small, level=None, bidirectional=False).fit(training[0], labels)
    stream = model.stream()
    assert [*stream.push(unseen[0][0]), *stream.finish()] == model.predict(unseen[0][:1])[0]


def test_nothing_pushed(one_way):
    stream = one_way.stream()
    assert stream.finish() == stream.transcript == ""


def test_a_recording_ends_once(one_way, unseen):
    stream = one_way.stream()
    stream.push(unseen[0][0])
    stream.finish()
    transcript = stream.transcript
    assert stream.finish() == ""
    assert stream.transcript == transcript


def test_rules(one_way, fitted, unseen):
    with pytest.raises(ValueError, match="bidirectional=False"):
        fitted.stream()
    stream = one_way.stream()
    with pytest.raises(ValueError, match=r"the frames pushed has the shape \(4,\)"):
        stream.push(np.zeros(4))
    with pytest.raises(ValueError, match="fitted on 4, the frames pushed has 3"):
        stream.push(np.zeros((2, 3)))
    stream.finish()
    with pytest.raises(ValueError, match="Call reset"):
        stream.push(unseen[0][0])
