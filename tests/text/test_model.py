import numpy as np
import pytest

from skgru.text._model import LanguageSpec, draw


@pytest.mark.parametrize("tied", [False, True])
def test_views_cover_the_vector(tied):
    spec = LanguageSpec(n_tokens=5, embedding_units=3, units=4, n_layers=2, tied=tied)
    vector = np.zeros(spec.n_parameters, np.float32)
    for array in spec.view(vector):
        array += 1
    assert vector.min() == 1
    assert vector.max() == (2 if tied else 1)  # the table is the embedding


def test_first_probabilities_are_about_the_frequencies():
    spec = LanguageSpec(n_tokens=3, embedding_units=8, units=16, n_layers=1, tied=False)
    weights = spec.view(draw(spec, np.array([1, 0, 7]), np.random.default_rng(0)))
    np.testing.assert_allclose(np.exp(weights.output_bias), np.array([1.5, 0.5, 7.5]) / 9.5, 1e-6)
    square = weights.recurrent[0, :, :16]
    np.testing.assert_allclose(square @ square.T, np.eye(16), atol=1e-5)
