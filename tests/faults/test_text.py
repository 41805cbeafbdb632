"""What the classes for text make of faulty input: a clear error or the right answer."""

import copy
import pickle
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from skgru import GRULanguageModel, GRUSeq2Seq, SequenceVectorizer, make_text_scorer

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
        ({"ab"}, TypeError, "Make a list"),
        ({"a": "b"}, TypeError, "Make a list"),
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


# ---------------------------------------------------------------------- documents as sequences


def sequences(X, **parameters):
    """Token numbers of documents that are learnt from."""
    vectorizer = SequenceVectorizer(**{"min_df": 1, **parameters})
    return [sequence.ravel().tolist() for sequence in vectorizer.fit_transform(X)]


NO_DOCUMENTS = [
    (None, "None"),
    ("one text", "put it into a list"),
    (b"bytes", "."),
    ([], "has none"),
    (3, "3"),
    ([b"bytes"], "Decode it first"),
    (["a", None], "document 1 is None"),
    (["a", np.nan], "document 1 is nan"),
    ([1, 2], "document 0 is 1"),
    ([["a"], ["b"]], "document 0"),
    (np.array([["a", "b"]]), "one-dimensional"),
    (pd.DataFrame({"a": ["b"]}), "one-dimensional"),
    ({"ab"}, "Make a list"),
    ({"a": "b"}, "Make a list"),
]


@pytest.mark.parametrize(("X", "message"), NO_DOCUMENTS, ids=repr)
def test_documents_that_are_refused(X, message):
    vectorizer = SequenceVectorizer()
    with pytest.raises((ValueError, TypeError), match=message):
        vectorizer.fit(X)
    with pytest.raises(NotFittedError):
        vectorizer.transform(["a"])
    if message != "has none":
        with pytest.raises((ValueError, TypeError), match=message):
            SequenceVectorizer(min_df=1).fit(["a b"]).transform(X)


@pytest.mark.parametrize(
    "make",
    [list, tuple, np.array, lambda d: np.array(d, object), iter, pd.Series]
    + [lambda d: pd.Series(d, index=[5, 3])],
)
def test_every_collection_of_documents_is_read_alike(make):
    assert sequences(make(["b a", "b"])) == [[3, 2], [3]]


@pytest.mark.parametrize(
    "documents",
    [["", ""], ["a", ""], ["🙂 a", "é e\u0301"], ["a\0 b"], ["a\ud800"], ["\r\n a \t b"], ["A a"]],
    ids=repr,
)
@pytest.mark.parametrize("level", ["word", "char"])
def test_odd_documents_become_sequences(documents, level):
    found = sequences(documents, level=level)
    assert all(len(one) > 0 for one in found)
    vectorizer = SequenceVectorizer(level, min_df=1, lowercase=False).fit(documents)
    again = vectorizer.inverse_transform(vectorizer.transform(documents))
    if level == "char":
        assert again == documents


def test_unknown_tokens_and_rare_ones_have_a_number():
    vectorizer = SequenceVectorizer(min_df=5).fit(["a", "b"])
    assert [one.ravel().tolist() for one in vectorizer.transform(["a zebra", ""])] == [[1, 1], [0]]


@pytest.mark.parametrize(
    "numbers", [[-1], [99], [1.5], [np.nan], ["a"], [None], [[2, -1]]], ids=repr
)
def test_numbers_of_no_token_are_refused(numbers):
    vectorizer = SequenceVectorizer(min_df=1).fit(["a b", "b c"])
    with pytest.raises(ValueError, match="whole numbers in \\[0, 5\\)"):
        vectorizer.inverse_transform([[2], numbers])
    assert vectorizer.inverse_transform([[2], []]) == ["a", ""]


@pytest.mark.parametrize(
    ("name", "value"),
    [("level", v) for v in ("sentence", None, 3)]
    + [("lowercase", "yes"), ("min_df", 0), ("min_df", 0.5), ("min_df", "few")]
    + [(name, v) for name in ("max_vocabulary", "max_length") for v in (0, -1, 2.5, "all")],
    ids=repr,
)
def test_a_wrong_parameter_of_a_vectorizer_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        sequences(["a b"], **{name: value})


@pytest.mark.parametrize("how", ["pickle", "deepcopy", "clone"])
def test_copies_of_a_vectorizer(how):
    vectorizer = SequenceVectorizer(min_df=1).fit(["a b", "b"])
    again = {
        "pickle": lambda: pickle.loads(pickle.dumps(vectorizer)),
        "deepcopy": lambda: copy.deepcopy(vectorizer),
        "clone": lambda: clone(vectorizer).fit(["a b", "b"]),
    }[how]()
    assert [one.tolist() for one in again.transform(["b a"])] == [[[3], [2]]]
    with pytest.raises((ValueError, TypeError)):
        again.fit(None)
    assert [one.tolist() for one in again.transform(["b a"])] == [[[3], [2]]]


# ---------------------------------------------------------------------- pairs

PAIRS = ["one two", "two one", "one", "two"] * 4


@pytest.fixture(scope="module")
def translator():
    return GRUSeq2Seq(**SMALL).fit(PAIRS, PAIRS)


@pytest.mark.parametrize(("X", "message"), NO_DOCUMENTS[4:], ids=repr)
@pytest.mark.parametrize("side", ["X", "y"])
def test_pairs_that_are_refused(side, X, message):
    model = GRUSeq2Seq(**SMALL)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(*((X, PAIRS) if side == "X" else (PAIRS, X)))
    with pytest.raises(NotFittedError):
        model.predict(["one"])


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (PAIRS, PAIRS[:3], "16 sources in X and 3 targets"),
        ([], [], "at least one pair"),
        (PAIRS, None, "None"),
        (None, PAIRS, "None"),
    ],
    ids=["short", "none", "no targets", "no sources"],
)
def test_sides_that_do_not_match(X, y, message, translator):
    again = copy.deepcopy(translator)
    with pytest.raises((ValueError, TypeError), match=message):
        again.fit(X, y)
    assert again.predict(PAIRS[:4]).tolist() == translator.predict(PAIRS[:4]).tolist()
    with pytest.raises((ValueError, TypeError)):
        again.score(X, y)


ODD_PAIRS = {
    "one pair": (["a"], ["b"]),
    "an empty source": (["", *PAIRS], ["a", *PAIRS]),
    "an empty target": (["a", *PAIRS], ["", *PAIRS]),
    "empty sources": ([""] * 8, PAIRS[:8]),
    "empty targets": (PAIRS[:8], [""] * 8),
    "emoji": (["🙂🙃"] * 8, ["é e\u0301"] * 8),
    "control characters": (["a\0b\tc\r\n"] * 8, ["\0"] * 8),
    "a long source": (["a" * 300, *PAIRS], ["b", *PAIRS]),
    "series of pandas": (pd.Series(PAIRS, index=range(4, 20)), pd.Series(PAIRS)),
    "arrays": (np.array(PAIRS), np.array(PAIRS, object)),
}


@pytest.mark.parametrize("kind", ODD_PAIRS)
@pytest.mark.parametrize("level", ["char", "word"])
def test_odd_pairs_are_learnt(kind, level):
    X, y = ODD_PAIRS[kind]
    model = GRUSeq2Seq(level=level, **SMALL).fit(X, y)
    found = model.predict(X)
    assert len(found) == len(X)
    assert all(isinstance(one, str) for one in found)
    assert np.isfinite(model.score_samples(X, y)).all()


@pytest.mark.parametrize("text", ["", "zebra", "🙂", "\0", "one " * 200])
def test_sources_not_seen_are_answered(text, translator):
    assert isinstance(translator.predict([text])[0], str)
    assert np.isfinite(translator.score_samples([text], ["one"])).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [("level", "s"), ("units", 0), ("units", True), ("n_layers", 0), ("embedding_units", 0)]
    + [("attention", "yes"), ("dropout", 1), ("beam_width", 0), ("beam_width", 2.5)]
    + [("length_penalty", -1), ("length_penalty", np.nan), ("max_length", -1), ("epochs", 0)]
    + [("batch_size", 0), ("learning_rate", np.inf), ("clipnorm", -1), ("early_stopping", "yes")]
    + [("validation_fraction", 1), ("n_iter_no_change", 0), ("max_vocabulary", 0)],
    ids=repr,
)
def test_a_wrong_parameter_of_a_translator_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        GRUSeq2Seq(**{**SMALL, name: value}).fit(PAIRS, PAIRS)


@pytest.mark.parametrize("how", ["pickle", "deepcopy", "clone"])
def test_copies_of_a_translator(how, translator):
    again = {
        "pickle": lambda: pickle.loads(pickle.dumps(translator)),
        "deepcopy": lambda: copy.deepcopy(translator),
        "clone": lambda: clone(translator).fit(PAIRS, PAIRS),
    }[how]()
    np.testing.assert_array_equal(
        again.score_samples(PAIRS, PAIRS), translator.score_samples(PAIRS, PAIRS)
    )


# ---------------------------------------------------------------------- metrics


class Parrot(BaseEstimator):
    """Answers what it is asked, and something more."""

    def __init__(self, more=0):
        self.more = more

    def predict(self, X):
        return list(X) + ["more"] * self.more


@pytest.mark.parametrize("metric", ["chrf", "bleu", "rouge1", "rouge2", "rougeL"])
def test_metrics_of_odd_texts(metric):
    pytest.importorskip("sacrebleu" if metric in ("chrf", "bleu") else "rouge_score")
    score = make_text_scorer(metric)
    for texts in (["the cat sat on the mat"], ["the cat sat on it"] * 3, ["", "a b c d e"]):
        assert np.isfinite(score(Parrot(), texts, texts))
    assert np.isfinite(score(Parrot(), ["🙂", "\0", ""], ["", "שלום", "a"]))
    for X, y, model in (
        (["a"], ["a", "b"], Parrot()),
        (["a", "b"], ["a"], Parrot()),
        (["a"], ["a"], Parrot(1)),
        ([], [], Parrot()),
    ):
        with pytest.raises(ValueError, match="pair by pair"):
            score(model, X, y)
    with pytest.raises(TypeError, match="Every document in y"):
        score(Parrot(), ["a"], [None])


@pytest.mark.parametrize("metric", ["wer", "", None, 3, "ROUGE1"], ids=repr)
def test_a_metric_that_there_is_not(metric):
    with pytest.raises(ValueError, match="'metric' parameter must be one of"):
        make_text_scorer(metric)
