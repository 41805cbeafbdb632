"""Small models, trained once."""

import pytest

from skgru import GRULanguageModel

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
        "word", units=16, n_layers=2, embedding_dim=12, tied=True, epochs=60, random_state=0
    )
    return model.fit(texts)
