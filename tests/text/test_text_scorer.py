import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score

from skgru import GRUSeq2Seq, make_text_scorer

pytest.importorskip("sacrebleu")
pytest.importorskip("rouge_score")


class Parrot(BaseEstimator):
    """Writes what it reads."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.array(list(X), object)


TEXTS = ["the cat sat on the mat", "there is a dog in the house"]


@pytest.mark.parametrize(
    ("metric", "best"), [("bleu", 100), ("chrf", 100), ("rouge1", 1), ("rouge2", 1), ("rougeL", 1)]
)
def test_the_wanted_text_has_the_best_score(metric, best):
    scorer = make_text_scorer(metric)
    assert scorer(Parrot(), TEXTS, TEXTS) == pytest.approx(best)
    assert scorer(Parrot(), [t + " indeed" for t in TEXTS], TEXTS) < best
    again = pickle.loads(pickle.dumps(scorer))
    assert again(Parrot(), np.array(TEXTS), np.array(TEXTS)) == pytest.approx(best)


def test_rouge_by_hand():
    scorer = make_text_scorer("rougeL")
    # In order: "the mat"; 2 of 3 words written and of 6 wanted.
    assert scorer(Parrot(), ["the mat sat"], TEXTS[:1]) == pytest.approx(2 * 2 / (3 + 6))


def test_options_reach_the_library():
    X, y = ["The Cat sat on the mat"], TEXTS[:1]
    assert make_text_scorer("bleu")(Parrot(), X, y) < 100
    assert make_text_scorer("bleu", lowercase=True)(Parrot(), X, y) == pytest.approx(100)
    assert make_text_scorer("rouge1")(Parrot(), ["cats"], ["cat"]) == 0
    assert make_text_scorer("rouge1", use_stemmer=True)(Parrot(), ["cats"], ["cat"]) == 1


def test_unknown_metric():
    with pytest.raises(ValueError, match=r"one of 'bleu', 'chrf'.* Got 'meteor'"):
        make_text_scorer("meteor")


def test_missing_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sacrebleu", None)
    with pytest.raises(ImportError, match=r"pip install 'skgru\[text\]'"):
        make_text_scorer("chrf")


def test_in_a_search():
    X, y = ["ab", "ba", "abab", "bb"] * 6, ["AB", "BA", "ABAB", "BB"] * 6
    model = GRUSeq2Seq(epochs=60, batch_size=6, random_state=0)
    scorer = make_text_scorer("chrf")
    search = GridSearchCV(model, {"units": [1, 16]}, scoring=scorer, cv=2).fit(X, y)
    assert search.best_params_ == {"units": 16}
    assert search.best_score_ > 80
    scores = cross_val_score(model.set_params(units=16), X, y, scoring=scorer, cv=2)
    assert scores.mean() == pytest.approx(search.best_score_)
