import numpy as np
import pytest

from skgru.text import _encoder, _pairs
from skgru.text._dropout import Dropout
from skgru.text._scratch import Scratch
from skgru.text._seq2seq_model import Seq2SeqSpec, draw


@pytest.fixture(params=[1, 2])
def weights(request):
    spec = Seq2SeqSpec(9, 5, 4, 7, request.param, attention=True, tied=False)
    return spec.view(draw(spec, np.ones(5), np.random.default_rng(0)))


def sources(*lengths):
    rng = np.random.default_rng(1)
    return [rng.integers(2, 9, n).astype(np.int32) for n in lengths]


def read(weights, documents):
    return _encoder.run(weights, *_pairs.fill_up(documents), Dropout(), Scratch())


def test_what_fills_up_changes_nothing(weights):
    documents = sources(6, 0, 3, 9)
    together = read(weights, documents)
    for i, document in enumerate(documents):
        alone = read(weights, [document])
        n = len(document) + 1
        np.testing.assert_allclose(together.memory[:n, i], alone.memory[:, 0], atol=1e-6)
        np.testing.assert_allclose(together.finals[:, i], alone.finals[:, 0], atol=1e-6)


def test_either_direction_ends_where_the_other_begins(weights):
    encoding = read(weights, sources(6, 2))
    n_units = weights.encoder_recurrent.shape[2]
    for i, n in enumerate(encoding.lengths):
        np.testing.assert_array_equal(
            encoding.finals[-1, i],
            [*encoding.memory[n - 1, i, :n_units], *encoding.memory[0, i, n_units:]],
        )


def test_every_state_knows_the_whole_source(weights):
    (document,) = sources(6)
    before = read(weights, [document]).memory
    for changed in (0, 5):
        other = document.copy()
        other[changed] = 2 if document[changed] != 2 else 3
        moved = np.abs(read(weights, [other]).memory - before).max(axis=(1, 2))
        assert (moved[:6] > 0).all()
