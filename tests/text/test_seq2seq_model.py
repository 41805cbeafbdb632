import numpy as np
import pytest

from skgru.text._seq2seq_model import Seq2SeqSpec, draw


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("attention", [False, True])
def test_the_vector_holds_every_array_once(tied, attention):
    spec = Seq2SeqSpec(7, 9, 5, 11, 2, attention, tied)
    vector = np.arange(spec.n_parameters, dtype=np.float32)
    weights = spec.view(vector)
    found = np.concatenate([getattr(weights, name).ravel() for name in spec.shapes])
    np.testing.assert_array_equal(found, vector)
    assert all(np.shares_memory(array, vector) for array in weights if array.size)
    assert (weights.table is weights.target_embedding) == tied
    assert weights.keys.size == (12 * 11 if attention else 0)


def test_first_weights():
    spec = Seq2SeqSpec(7, 4, 5, 8, 1, attention=True, tied=False)
    weights = spec.view(draw(spec, np.array([5, 0, 20, 10]), np.random.default_rng(0)))
    assert (weights.source_embedding[1] == 0).all()  # an unknown token says nothing
    shares = np.exp(weights.output_bias)
    np.testing.assert_allclose(shares, np.array([5.5, 0.5, 20.5, 10.5]) / 37, rtol=1e-5)
    for kernel in (weights.encoder_recurrent[0, 0][:, :4], weights.decoder_recurrent[0][:, 8:16]):
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(len(kernel)), atol=1e-5)
