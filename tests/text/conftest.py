"""Small models, trained once."""

import numpy as np
import pytest

from skgru import GRULanguageModel, GRUSeq2Seq

SENTENCE = "the cat sat on the mat. "


@pytest.fixture(scope="session")
def cat():
    """A model that knows one sentence by heart."""
    return GRULanguageModel(units=32, random_state=0).fit(SENTENCE * 20)


@pytest.fixture(scope="session")
def documents():
    """A word model of documents, with two layers and a tied output."""
    texts = ["I am here (not there).", "You are here, too!", "We are there; you are not."] * 10
    model = GRULanguageModel(
        "word", units=16, n_layers=2, embedding_units=12, tied=True, epochs=60, random_state=0
    )
    return model.fit(texts)


@pytest.fixture(scope="session")
def reverser():
    """A model that writes words backwards, in capitals."""
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("abcd"), rng.integers(0, 7))) for _ in range(600)]
    y = [x[::-1].upper() for x in X]
    return GRUSeq2Seq(units=48, epochs=15, random_state=0).fit(X, y)
