import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skgru.text import _pairs
from skgru.text._pairs import Pairs


def numbers(*lengths):
    return [np.arange(2, 2 + n, dtype=np.int32) for n in lengths]


def test_a_batch_is_filled_up_with_ends():
    batch = _pairs.batch(numbers(2, 0), numbers(1, 3))
    assert batch.sources.T.tolist() == [[2, 3, 0], [0, 0, 0]]
    assert batch.source_lengths.tolist() == [3, 1]
    assert batch.inputs.T.tolist() == [[0, 2, 0, 0], [0, 2, 3, 4]]
    assert batch.targets.T.tolist() == [[2, 0, 0, 0], [2, 3, 4, 0]]
    assert batch.target_lengths.tolist() == [2, 4]


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=40), st.integers(1, 64), st.randoms())
def test_cutting_loses_nothing_and_keeps_to_the_limits(sizes, n_rows, random):
    order = list(range(len(sizes)))
    random.shuffle(order)
    sizes = np.array(sizes)
    runs = list(_pairs.cut(np.array(order), sizes, n_rows))
    assert np.concatenate(runs).tolist() == order
    for rows in runs:
        assert 1 <= len(rows) <= n_rows
        assert len(rows) == 1 or sizes[rows].max() * len(rows) <= _pairs._PLACES


@given(st.lists(st.integers(0, 30), min_size=1, max_size=50), st.integers(1, 20))
def test_an_epoch_shows_every_pair_once(lengths, batch_size):
    sources = numbers(*lengths)
    targets = [np.array([i], np.int32) for i in range(len(lengths))]
    pairs = Pairs(sources, targets, batch_size, np.zeros(40, bool))
    shown = [pair for batch in pairs.epoch(np.random.default_rng(0)) for pair in batch]
    assert sorted(int(target[0]) for _, target in shown) == list(range(len(lengths)))
    assert all(len(source) == lengths[int(target[0])] for source, target in shown)


def test_like_lengths_share_a_batch():
    lengths = np.random.default_rng(0).permutation(64)
    pairs = Pairs(numbers(*lengths), numbers(*lengths), 8, np.zeros(70, bool))
    spans = [
        np.ptp([len(source) for source, _ in batch])
        for batch in pairs.epoch(np.random.default_rng(0))
    ]
    assert max(spans) == 7


def test_rare_tokens_are_unknown_half_of_the_time():
    rare = np.zeros(10, bool)
    rare[5] = True
    source = np.array([4, 5], np.int32)
    pairs = Pairs([source] * 400, [source] * 400, 16, rare)
    shown = np.array([s for batch in pairs.epoch(np.random.default_rng(0)) for s, _ in batch])
    assert set(shown[:, 0].tolist()) == {4}
    assert 0.4 < (shown[:, 1] == 1).mean() < 0.6
