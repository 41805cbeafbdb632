import numpy as np
import pytest

from skgru.text._streams import Streams
from skgru.text._tokens import END, UNKNOWN

NEVER = np.zeros(100, bool)


def numbers(*lengths):
    rng = np.random.default_rng(0)
    return [rng.integers(2, 100, length).astype(np.int32) for length in lengths]


def whole(streams, rng):
    pieces = list(streams.epoch(rng))
    return [np.concatenate(parts) for parts in zip(*pieces, strict=True)]


@pytest.mark.parametrize("n_rows", [1, 3, 8])
@pytest.mark.parametrize("n_steps", [1, 7, 1000])
def test_every_token_is_a_target(n_rows, n_steps):
    documents = numbers(30, 0, 20, 1)
    streams = Streams(documents, n_rows, n_steps, NEVER)
    _, targets, _ = whole(streams, np.random.default_rng(1))
    circle = np.concatenate([np.append(d, END) for d in documents])
    seen, least = np.bincount(targets.ravel(), minlength=100), np.bincount(circle, minlength=100)
    assert (seen >= least).all()
    assert seen.sum() == streams.n_tokens < len(circle) + n_rows


def test_a_target_is_the_next_token():
    tokens, targets, starts = whole(Streams(numbers(40, 30), 4, 5, NEVER), np.random.default_rng(1))
    np.testing.assert_array_equal(tokens[1:], targets[:-1])
    np.testing.assert_array_equal(starts, tokens == END)


def test_one_stream_begins_where_the_text_does():
    (document,) = numbers(10)
    tokens, targets, _ = whole(Streams([document], 1, 4, NEVER), np.random.default_rng(1))
    assert tokens[:, 0].tolist() == [END, *document]
    assert targets[:, 0].tolist() == [*document, END]


def test_streams_of_one_text_begin_as_a_prefix_does():
    _, _, starts = whole(Streams(numbers(100), 4, 9, NEVER), np.random.default_rng(1))
    assert starts[0].all()


def test_epochs_begin_elsewhere():
    streams, rng = Streams(numbers(100), 4, 9, NEVER), np.random.default_rng(1)
    one, two = whole(streams, rng)[1], whole(streams, rng)[1]
    assert (one != two).any()


def test_pieces_are_of_about_one_length():
    streams = Streams(numbers(99), 1, 30, NEVER)
    assert [len(piece.tokens) for piece in streams.epoch(np.random.default_rng(0))] == [33, 34, 33]
    assert streams.longest == 34


def test_no_more_streams_than_tokens():
    assert Streams(numbers(3), 64, 64, NEVER).n_rows == 4


def test_rare_tokens_are_unknown_half_of_the_time():
    rare = NEVER.copy()
    rare[50:] = True
    _, targets, _ = whole(Streams(numbers(4000), 2, 100, rare), np.random.default_rng(1))
    assert 0.2 < (targets == UNKNOWN).mean() < 0.3
