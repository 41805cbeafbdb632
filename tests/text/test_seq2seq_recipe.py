import numpy as np
import pytest

from skgru.text import _seq2seq_recipe as _recipe


@pytest.mark.parametrize(("n_pairs", "rows"), [(1, 1), (15, 1), (160, 10), (1024, 64), (10**6, 64)])
def test_batch_size(n_pairs, rows):
    assert _recipe.batch_size("auto", n_pairs) == rows
    assert _recipe.batch_size(3, n_pairs) == min(3, n_pairs)


def test_epochs():
    assert _recipe.epochs(7, 1) == 7
    assert _recipe.epochs("auto", 1) == 200
    assert _recipe.epochs("auto", 10**6) == 10
    few, many = _recipe.epochs("auto", 20), _recipe.epochs("auto", 70)
    assert 10 < many < few < 200


def test_limits_grow_with_sources_longer_than_known():
    short, known, twice = _recipe.limits(np.array([0, 9, 19]), 9, 20)
    assert short == known == 40
    assert twice == 70
