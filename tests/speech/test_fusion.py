import pickle
from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV

from skgru import GRULanguageModel, GRUTranscriber


class Bigrams(BaseEstimator):
    """A language model in which a letter never follows itself."""

    classes_ = np.array(["", "a", "b", "c"], object)

    def predict_proba(self, prefixes):
        p = np.full((len(prefixes), 4), 0.25)
        for row, prefix in zip(p, prefixes, strict=True):
            if prefix:
                row["abc".index(prefix[-1]) + 1] = 0
        return p / p.sum(axis=1, keepdims=True)


def with_beam(fitted, **parameters):
    """The same fitted model with another decoder."""
    return pickle.loads(pickle.dumps(fitted)).set_params(decoder="beam", **parameters)


def test_a_language_model_forbids(fitted, unseen):
    free = with_beam(fitted).predict(unseen[0])
    bound = with_beam(fitted, language_model=Bigrams(), language_model_weight=50).predict(unseen[0])
    assert any(a == b for t in free for a, b in pairwise(t))
    assert not any(a == b for t in bound for a, b in pairwise(t))


def test_skgru_s_own_language_model(fitted, training, unseen):
    prior = GRULanguageModel(units=8, epochs=2, random_state=0).fit(training[1])
    model = with_beam(fitted, language_model=prior, beam_width=4, language_model_weight=0.2)
    assert model.score(unseen[0][:8], unseen[1][:8]) > 0.9


def test_a_language_model_of_other_tokens(fitted, unseen):
    prior = Bigrams()
    prior.classes_ = np.array(["", "x", "y", "z"], object)
    with pytest.raises(ValueError, match="no token 'a'"):
        with_beam(fitted, language_model=prior).predict(unseen[0])


def test_a_language_model_that_is_not_fitted(fitted, unseen):
    with pytest.raises(ValueError, match="FrozenEstimator"):
        with_beam(fitted, language_model=GRULanguageModel()).predict(unseen[0])


def test_a_frozen_language_model_stays_fitted(training, small):
    prior = FrozenEstimator(GRULanguageModel(units=4, epochs=1).fit(training[1][:20]))
    model = GRUTranscriber(**(small | {"epochs": 1}), decoder="beam", language_model=prior)
    search = GridSearchCV(model, {"language_model_weight": [0.0, 0.1]}, cv=2, error_score="raise")
    X, y = training[0][:20], training[1][:20]
    assert search.fit(X, y).best_score_ <= 1
