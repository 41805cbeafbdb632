import numpy as np
import pytest

from skgru.text import _generation, _reading
from skgru.text._model import LanguageSpec, draw
from skgru.text._tokens import END, UNKNOWN


def build(n_tokens, tied):
    spec = LanguageSpec(n_tokens, embedding_units=5, units=12, n_layers=2, tied=tied)
    rng = np.random.default_rng(0)
    parameters = draw(spec, np.ones(n_tokens), rng)
    parameters += rng.normal(scale=0.3, size=parameters.shape).astype(np.float32)
    return spec, spec.view(parameters)


def write(spec, weights, n, temperature=0.0, top_k=None):
    start = _reading.read(spec, weights, [np.array([2, 3], np.int32)]).states[0]
    allowed = _generation.forbid(spec.n_tokens, END)
    choice = _generation.Choice(temperature, top_k or spec.n_tokens, 1.0, allowed)
    rng = np.random.RandomState(0)
    return np.concatenate(list(_generation.continue_from(spec, weights, start, choice, n, rng)))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("n_tokens", [9, 4200])
def test_greedy_writing_follows_the_probabilities(n_tokens, tied):
    spec, weights = build(n_tokens, tied)
    tokens = write(spec, weights, 20)
    text = [2, 3]
    for token in tokens:
        reading = _reading.read(spec, weights, [np.array(text, np.int32)])
        probabilities = _reading.probabilities(weights, reading.states[:, -1])[0]
        probabilities[[END, UNKNOWN]] = 0
        assert probabilities[token] == pytest.approx(probabilities.max(), rel=1e-4)
        text.append(token)


def test_what_is_forbidden_is_not_written():
    spec, weights = build(9, False)
    assert not np.isin(write(spec, weights, 500, temperature=3.0), [END, UNKNOWN]).any()


@pytest.mark.parametrize("n", [0, 1, 16, 17])
def test_length(n):
    spec, weights = build(9, False)
    blocks = list(
        _generation.continue_from(
            *(spec, weights, np.zeros((2, 12), np.float32)),
            *(
                _generation.Choice(1.0, 9, 1.0, np.zeros(9, np.float32)),
                n,
                np.random.RandomState(0),
            ),
        )
    )
    assert sum(map(len, blocks)) == n
