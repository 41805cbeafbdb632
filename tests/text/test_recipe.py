import numpy as np
import pytest

from skgru.text import _recipe


@pytest.mark.parametrize(
    ("n_tokens", "rows"), [(1, 1), (20, 1), (10_000, 2), (80_000, 16), (10**7, 64)]
)
def test_little_text_makes_few_streams(n_tokens, rows):
    assert _recipe.batch_size("auto", n_tokens) == rows
    assert _recipe.batch_size(5, n_tokens) == 5


@pytest.mark.parametrize(("n_pieces", "epochs"), [(1, 200), (60, 20), (10_000, 4)])
def test_epochs(n_pieces, epochs):
    assert _recipe.epochs("auto", n_pieces) == epochs
    assert _recipe.epochs(3, n_pieces) == 3


def test_the_rate_rises_and_falls():
    rates = _recipe.rates(0.5, 1000)
    assert rates[0] == pytest.approx(0.005)
    assert 0.48 < rates.max() < 0.5
    assert rates[-1] < 1e-5
    assert (np.diff(rates[100:]) < 0).all()


def test_one_update():
    assert _recipe.rates(0.5, 1).tolist() == [0.5]
