import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skgru.speech import _frames, _masking


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 250), min_size=1, max_size=4), st.integers(1, 45), st.integers(0, 99)
)
def test_what_is_hidden(lengths, n_channels, seed):
    frames = _frames.read([np.ones((length, n_channels)) for length in lengths])
    out = np.full_like(frames.values, np.nan)
    _masking.hide(frames, np.random.default_rng(seed), out)
    for start, stop in zip(frames.bounds[:-1], frames.bounds[1:], strict=True):
        hidden = out[start:stop] == 0
        assert (hidden | (out[start:stop] == 1)).all()
        band, stretch = hidden.all(axis=0), hidden.all(axis=1)
        # Everything hidden is part of a band or of a stretch.
        assert (hidden == (band[np.newaxis, :] | stretch[:, np.newaxis])).all()
        if not stretch.all():
            assert band.sum() <= 0.2 * n_channels
        n_stretches = -(-(stop - start) // _masking.EVERY)
        assert stretch.sum() <= n_stretches * _masking.STRETCH


def test_every_place_is_hidden_at_times():
    frames = _frames.read([np.ones((50, 10))])
    rng, out, seen = np.random.default_rng(0), np.empty((50, 10), np.float32), np.zeros((50, 10))
    for _ in range(300):
        _masking.hide(frames, rng, out)
        seen += out == 0
    assert (seen > 0).all()
    assert 0.05 < seen.mean() / 300 < 0.3
