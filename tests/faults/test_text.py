"""What GRULanguageModel and SequenceVectorizer make of faulty input."""

import copy
import pickle
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skgru import GRULanguageModel

SMALL = {"units": 8, "embedding_units": 4, "epochs": 2, "random_state": 0}
TEXT = "the cat sat on the mat and the dog sat on the rug. " * 8


@pytest.fixture(scope="module")
def model():
    return GRULanguageModel(**SMALL).fit(TEXT)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("", ValueError, "no token"),
        ([], ValueError, "no token|at least one"),
        (["", ""], ValueError, "no token"),
        (None, TypeError, "None"),
        (5, TypeError, "5"),
        (b"bytes", TypeError, "Decode it first"),
        ([b"bytes"], TypeError, "Decode it first"),
        (["a", None], TypeError, "document 1 is None"),
        (["a", 3.5], TypeError, "document 1 is 3.5"),
        ([["a"], ["b"]], TypeError, "document 0"),
        (np.array([["a", "b"]]), ValueError, "one-dimensional"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_text_that_is_refused(method, X, error, message):
    model = GRULanguageModel(**SMALL)
    with pytest.raises(error, match=message):
        getattr(model, method)(X)
    with pytest.raises(NotFittedError):
        model.predict("a")


ODD = {
    "one character": "a",
    "one document of one": ["a"],
    "one character often": "a" * 300,
    "an empty document among others": ["ab", "", "ba"],
    "emoji": "🙂🙃👩‍👩‍👧‍👦" * 20,
    "combining marks": unicodedata.normalize("NFD", "éàü ") * 20,
    "right to left": "שלום עולם. " * 20,
    "control characters": "a\0b\tc\r\nd\x1b" * 20,
    "a lone surrogate": "a\ud800b" * 20,
    "line ends of all kinds": "a\r\nb\nc\rd\u2028" * 20,
    "very long words": "a" * 500 + " " + "b" * 500,
    "every character once": "".join(map(chr, range(32, 400))),
    "a generator": (word for word in TEXT.split()),
    "an array": np.array(TEXT.split()),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("level", ["char", "word"])
def test_odd_text_is_read_and_written(kind, level):
    documents = ODD[kind]
    if not isinstance(documents, str):
        documents = ODD[kind] = list(documents)
    model = GRULanguageModel(level, **SMALL).fit(documents)
    probabilities = model.predict_proba([""])
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert np.isfinite(model.score_samples(documents)).all()
    assert isinstance(model.generate(n=20), str)


@pytest.mark.parametrize("text", ["", "zebra", "🙂", "\0", "שלום", "the cat 42"])
def test_characters_not_seen_are_unknown_and_finite(text, model):
    assert np.isfinite(model.score_samples([text])).all()
    assert np.isfinite(model.predict_proba([text])).all()
    assert isinstance(model.generate(text, 5), str)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"n": -1}, ValueError),
        ({"n": 2.5}, ValueError),
        ({"n": "many"}, ValueError),
        ({"temperature": -1}, ValueError),
        ({"temperature": np.nan}, ValueError),
        ({"temperature": np.inf}, ValueError),
        ({"temperature": None}, ValueError),
        ({"top_k": 0}, ValueError),
        ({"top_k": 1.5}, ValueError),
        ({"top_p": 0}, ValueError),
        ({"top_p": 1.1}, ValueError),
        ({"stop": ""}, ValueError),
        ({"stop": 3}, ValueError),
        ({"prefix": None}, TypeError),
        ({"prefix": ["a"]}, TypeError),
        ({"prefix": b"a"}, TypeError),
        ({"random_state": "seed"}, ValueError),
    ],
    ids=repr,
)
def test_what_generate_refuses(arguments, error, model):
    with pytest.raises((error, TypeError)):
        model.generate(**arguments)
    with pytest.raises((error, TypeError)):
        list(model.stream(**arguments))


def test_extreme_choices(model):
    assert model.generate("the", 0) == ""
    assert model.generate("the", 9, temperature=0) == model.generate("the", 9, top_k=1)
    assert isinstance(model.generate("the", 20, temperature=1e-30), str)
    assert isinstance(model.generate("the", 20, temperature=1e30), str)
    assert isinstance(model.generate("the", 20, top_k=10**9, top_p=1.0), str)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("level", "sentence"),
        ("level", None),
        ("level", 3),
        ("units", 0),
        ("units", "many"),
        ("n_layers", 0),
        ("embedding_units", 0),
        ("tied", "yes"),
        ("max_vocabulary", 0),
        ("dropout", 1),
        ("dropout", np.nan),
        ("recurrent_dropout", -1),
        ("epochs", 0),
        ("epochs", "long"),
        ("batch_size", 0),
        ("sequence_length", 0),
        ("learning_rate", 0),
        ("learning_rate", np.inf),
        ("clipnorm", -1),
        ("verbose", -1),
    ],
    ids=repr,
)
def test_a_wrong_parameter_is_named_at_fit(name, value):
    with pytest.raises(ValueError, match=name):
        GRULanguageModel(**{**SMALL, name: value}).fit(TEXT)


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "score", "score_samples", "perplexity", "transform"]
)
def test_before_fit(method):
    with pytest.raises(NotFittedError):
        getattr(GRULanguageModel(), method)(TEXT)
    with pytest.raises(NotFittedError):
        GRULanguageModel().generate()


def test_a_failed_refit_leaves_the_model(model):
    again = copy.deepcopy(model)
    for wrong in ("", None):
        with pytest.raises((ValueError, TypeError)):
            again.fit(wrong)
    with pytest.raises(ValueError, match="epochs"):
        again.set_params(epochs=-1).fit(TEXT)
    assert again.score(TEXT) == model.score(TEXT)


@pytest.mark.parametrize("how", ["pickle", "deepcopy", "clone"])
def test_copies(how, model):
    again = {
        "pickle": lambda: pickle.loads(pickle.dumps(model)),
        "deepcopy": lambda: copy.deepcopy(model),
        "clone": lambda: clone(model).fit(TEXT),
    }[how]()
    assert again.score(TEXT) == model.score(TEXT)
    assert again.generate("the", 30, random_state=1) == model.generate("the", 30, random_state=1)


def test_threads_read_and_write_at_once(model):
    expected = model.generate("the", 40, random_state=3)

    def work(_):
        return model.generate("the", 40, random_state=3), model.score(TEXT)

    with ThreadPoolExecutor(4) as pool:  # hands on what a thread raises
        found = list(pool.map(work, range(4)))
    assert set(found) == {(expected, model.score(TEXT))}


def test_documents_do_not_depend_on_their_neighbours(model):
    documents = ["the cat", "", "a much longer document about the rug and the mat", "x"]
    together = model.score_samples(documents)
    alone = [model.score_samples([document])[0] for document in documents]
    np.testing.assert_allclose(together, alone, atol=1e-4)
