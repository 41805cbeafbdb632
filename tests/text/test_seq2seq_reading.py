import numpy as np

from skgru.text import _seq2seq_reading
from skgru.text._seq2seq_model import Seq2SeqSpec, draw

SPEC = Seq2SeqSpec(6, 5, 4, 8, 1, attention=True, tied=False)
WEIGHTS = SPEC.view(draw(SPEC, np.ones(5), np.random.default_rng(0)))


def texts(n, top):
    rng = np.random.default_rng(1)
    return [rng.integers(2, top, k).astype(np.int32) for k in rng.integers(0, 9, n)]


def test_every_pair_is_scored_as_if_alone(monkeypatch):
    sources, targets = texts(10, 6), texts(10, 5)
    together = _seq2seq_reading.log_likelihood(WEIGHTS, sources, targets)
    alone = [
        _seq2seq_reading.log_likelihood(WEIGHTS, [s], [t])[0]
        for s, t in zip(sources, targets, strict=True)
    ]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    monkeypatch.setattr(_seq2seq_reading, "_ROWS", 3)
    parts = _seq2seq_reading.log_likelihood(WEIGHTS, sources, targets)
    np.testing.assert_allclose(parts, together, atol=1e-5)


def test_probabilities_of_all_followers_add_up():
    (source,), begun = texts(1, 6), np.array([2, 3], np.int32)
    ends = [np.append(begun, token).astype(np.int32) for token in range(1, 5)]
    logs = _seq2seq_reading.log_likelihood(WEIGHTS, [source] * 5, [begun, *ends])
    # What goes on is likelier than what goes on and ends at once, so they are less than all.
    assert np.exp(logs).sum() < np.exp(_prefix(source, begun))


def _prefix(source, begun):
    """Logarithm of the probability that a target begins so, by the chain rule."""
    total = 0.0
    for place in range(len(begun)):
        decoding = _seq2seq_reading._read(WEIGHTS, [source], [begun])[1]
        scores = decoding.mixed[place] @ WEIGHTS.table.T + WEIGHTS.output_bias
        total += scores[begun[place]] - np.log(np.exp(scores).sum())
    return total


def test_shares():
    (source,), (target,) = texts(1, 6), texts(1, 5)
    shares = _seq2seq_reading.shares(WEIGHTS, source, target)
    assert shares.shape == (len(target) + 1, len(source) + 1)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
