from itertools import product

import numpy as np
import pytest

from skgru.text import _beam, _decoder, _layer, _seq2seq_reading
from skgru.text._beam import Search
from skgru.text._seq2seq_model import Seq2SeqSpec, draw

V = 5  # the end, the unknown one, and three more


@pytest.fixture(params=[(1, True), (2, True), (2, False)])
def weights(request):
    n_layers, attention = request.param
    spec = Seq2SeqSpec(6, V, 4, 8, n_layers, attention, tied=False)
    rng = np.random.default_rng(0)
    parameters = draw(spec, np.ones(V), rng)
    return spec.view(parameters + rng.normal(scale=0.5, size=len(parameters)).astype(np.float32))


def sources(n=9):
    rng = np.random.default_rng(1)
    return [rng.integers(2, 6, k).astype(np.int32) for k in rng.integers(0, 8, n)]


def limits(n, most):
    return np.full(n, most)


def test_a_wide_beam_finds_all_targets_in_order(weights):
    every = [np.array(t, np.int32) for n in range(4) for t in product(range(2, V), repeat=n)]
    for source in sources(3):
        (found,) = _beam.search(weights, [source], limits(1, 3), Search(64, 0.0))
        logs = _seq2seq_reading.log_likelihood(weights, [source] * len(every), every)
        order = np.argsort(-logs, kind="stable")
        assert len(found) == len(every)
        np.testing.assert_allclose([t.log_probability for t in found], logs[order], atol=2e-5)
        assert found[0].tokens.tolist() == every[order[0]].tolist()


def test_log_probabilities_are_those_of_the_pairs(weights):
    own = sources()
    for source, found in zip(own, _beam.search(weights, own, limits(9, 6), Search(3, 0.7))):
        assert 1 <= len(found) <= 3
        wanted = _seq2seq_reading.log_likelihood(
            weights, [source] * len(found), [t.tokens for t in found]
        )
        np.testing.assert_allclose([t.log_probability for t in found], wanted, atol=2e-5)
        scores = [t.score for t in found]
        assert scores == sorted(scores, reverse=True)
        for target in found:
            divisor = ((5 + len(target.tokens) + 1) / 6) ** 0.7
            assert target.score == pytest.approx(target.log_probability / divisor)


def test_a_beam_of_one_takes_the_likeliest_token(weights):
    own = sources()
    table = _layer.table(weights.target_embedding, _decoder.cell(weights, 0))
    for source, (found,) in zip(own, _beam.search(weights, own, limits(9, 5), Search(1, 0.0))):
        decoder, token = _beam.Decoder(weights, table, [source], 1), 0
        for wanted in [*found.tokens, 0][:5]:
            scores = decoder.step(np.array([[token]], np.int32))[0, 0]
            token = int(np.where(np.arange(V) == 1, -np.inf, scores).argmax())
            assert token == wanted


def test_company_changes_nothing(weights):
    own = sources()
    together = _beam.search(weights, own, limits(9, 6), Search(4, 0.0))
    for source, found in zip(own, together):
        (alone,) = _beam.search(weights, [source], limits(1, 6), Search(4, 0.0))
        assert [t.tokens.tolist() for t in alone] == [t.tokens.tolist() for t in found]


def test_blocks_change_nothing(weights, monkeypatch):
    own = sources()
    whole = _beam.search(weights, own, limits(9, 6), Search(2, 0.0))
    monkeypatch.setattr(_beam, "_ROWS", 4)
    parts = _beam.search(weights, own, limits(9, 6), Search(2, 0.0))
    assert [[t.tokens.tolist() for t in found] for found in whole] == [
        [t.tokens.tolist() for t in found] for found in parts
    ]


def test_every_source_has_a_limit_of_its_own(weights):
    own = sources(4)
    for i, found in enumerate(_beam.search(weights, own, np.arange(4), Search(2, 0.0))):
        assert all(len(target.tokens) <= i for target in found)


def test_no_sources(weights):
    assert _beam.search(weights, [], limits(0, 3), Search(2, 0.0)) == []
