"""Sizes that shapes are rounded up to."""

from skgru.gru import _buckets


def test_buckets_hold_what_they_must():
    for n in range(1, 200):
        assert n <= _buckets.close_above(n) <= max(n, 1.125 * n + 1)
        assert n <= _buckets.length_bucket(n) <= 1.5 * n
    assert _buckets.row_bucket(800, 80) == _buckets.row_bucket(533, 80) == 1024
    assert _buckets.row_bucket(1000, 1 << 20) <= 1125
