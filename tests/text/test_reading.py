import numpy as np
import pytest

from skgru.text import _reading
from skgru.text._model import LanguageSpec, draw


@pytest.fixture(params=[False, True])
def model(request):
    spec = LanguageSpec(n_tokens=6, embedding_units=5, units=12, n_layers=2, tied=request.param)
    rng = np.random.default_rng(0)
    parameters = draw(spec, np.ones(6), rng)
    parameters += rng.normal(scale=0.2, size=parameters.shape).astype(np.float32)
    return spec, spec.view(parameters)


def draw_documents(*lengths):
    rng = np.random.default_rng(1)
    return [rng.integers(2, 6, length).astype(np.int32) for length in lengths]


def test_documents_are_read_as_if_alone(model):
    documents = draw_documents(3, 200, 0, 64, 63, 65, 128, 5)
    together = _reading.read(*model, documents, likelihood=True)
    for i, document in enumerate(documents):
        alone = _reading.read(*model, [document], likelihood=True)
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], many[i], rtol=1e-5, atol=1e-5)


def test_more_documents_than_a_block(model):
    documents = draw_documents(*range(150))
    together = _reading.read(*model, documents)
    alone = _reading.read(*model, documents[70:71])
    np.testing.assert_allclose(together.states[70], alone.states[0], atol=1e-5)


def test_likelihood_is_the_product_of_probabilities(model):
    (document,) = draw_documents(70)
    found = _reading.read(*model, [document], likelihood=True).log_likelihood[0]
    prefixes = _reading.read(*model, [document[:i] for i in range(70)])
    probabilities = _reading.probabilities(model[1], prefixes.states[:, -1])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    wanted = np.log(probabilities[np.arange(70), document].astype(float)).sum()
    assert found / 70 == pytest.approx(wanted / 70, abs=1e-6)


def test_means_are_those_of_the_states(model):
    (document,) = draw_documents(70)
    prefixes = _reading.read(*model, [document[:i] for i in range(71)])
    mean = _reading.read(*model, [document]).means[0]
    np.testing.assert_allclose(mean, prefixes.states[:, -1].mean(axis=0), atol=1e-6)
