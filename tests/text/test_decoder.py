import numpy as np
import pytest

from skgru.text import _decoder, _encoder, _pairs
from skgru.text._dropout import Dropout
from skgru.text._scratch import Scratch
from skgru.text._seq2seq_model import Seq2SeqSpec, draw


@pytest.fixture(params=[(1, True), (2, True), (2, False)])
def weights(request):
    n_layers, attention = request.param
    spec = Seq2SeqSpec(9, 7, 4, 10, n_layers, attention, tied=False)
    return spec.view(draw(spec, np.ones(7), np.random.default_rng(0)))


def decode(weights, sources, targets):
    batch = _pairs.batch(sources, targets)
    means = Dropout(), Scratch()
    encoding = _encoder.run(weights, batch.sources, batch.source_lengths, *means)
    return _decoder.run(weights, encoding, batch.inputs, batch.target_lengths, *means)


def texts(top, *lengths):
    rng = np.random.default_rng(len(lengths))
    return [rng.integers(2, top, n).astype(np.int32) for n in lengths]


def test_what_fills_up_changes_nothing(weights):
    sources, targets = texts(9, 4, 0, 7), texts(7, 2, 5, 0)
    together = decode(weights, sources, targets).mixed
    alone = [decode(weights, [s], [t]).mixed for s, t in zip(sources, targets, strict=True)]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-6)


def test_nothing_is_known_of_what_comes_later(weights):
    (source,), (target,) = texts(9, 5), texts(7, 6)
    other = target.copy()
    other[3] = 2 if target[3] != 2 else 3
    one, two = (decode(weights, [source], [t]).mixed for t in (target, other))
    np.testing.assert_array_equal(one[:4], two[:4])
    assert (np.abs(one[4:] - two[4:]).max(axis=1) > 0).all()


def test_the_source_reaches_every_place(weights):
    (source,), (target,) = texts(9, 5), texts(7, 3)
    other = source[::-1].copy()
    one, two = (decode(weights, [s], [target]).mixed for s in (source, other))
    assert (np.abs(one - two).max(axis=1) > 0).all()
