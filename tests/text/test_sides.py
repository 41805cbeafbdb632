import numpy as np
import pytest

from skgru.text import _sides


@pytest.mark.parametrize("n_pairs", [1, 2, 30])
@pytest.mark.parametrize("share", [0.01, 0.4])
def test_pairs_held_out_stay_pairs(n_pairs, share):
    sources = [np.array([i]) for i in range(n_pairs)]
    numbers = sources, [-source for source in sources]
    rng = np.random.default_rng(0)
    if n_pairs == 1:
        with pytest.raises(ValueError, match="holds 1 of 1 pairs out"):
            _sides.hold_out(numbers, share, rng)
        return
    kept, held = _sides.hold_out(numbers, share, rng)
    assert len(held[0]) == max(1, round(share * n_pairs))
    assert sorted(int(a[0]) for a in kept[0] + held[0]) == list(range(n_pairs))
    for sources, targets in (kept, held):
        assert [int(a[0]) for a in sources] == [-int(a[0]) for a in targets]


def test_rare_are_source_tokens_that_occur_once():
    sources = ["the cat", "the dog"] + ["the"] * 100
    vocabularies = _sides.learn("word", sources, sources, None)
    rare = vocabularies.source.classes[vocabularies.find_rare(102)]
    assert sorted(rare) == ["cat", "dog"]
    assert not vocabularies.find_rare(99).any()
    assert not _sides.learn("char", sources, sources, None).find_rare(102).any()


def test_each_side_has_its_level():
    vocabularies = _sides.learn(("word", "char"), ["one two"], ["ab"], None)
    (source,), (target,) = vocabularies.encode(["two one"], ["ba?"])
    assert source.tolist() == [3, 2]
    assert target.tolist() == [3, 2, 1]
