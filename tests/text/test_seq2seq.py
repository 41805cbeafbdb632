import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator

from skgru import GRUSeq2Seq
from skgru.text._seq2seq_training import Seq2SeqEngine

SMALL = {"units": 8, "epochs": 3, "random_state": 0}
X = ["ein", "zwei", "drei", "vier"] * 9
Y = ["one", "two", "three", "four"] * 9

with warnings.catch_warnings():
    # What is left of the suite where the input is neither a table nor a panel.
    warnings.simplefilter("ignore", SkipTestWarning)
    CHECKS = list(estimator_checks_generator(GRUSeq2Seq(**SMALL)))


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=lambda x: getattr(x, "__name__", ""))
def test_sklearn_check(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def numbers():
    return GRUSeq2Seq(units=32, random_state=0).fit(X, Y)


def test_it_learns_what_it_has_not_seen(reverser):
    unseen = ["dcba", "aabbcc", "", "cab", "ddddd"]
    assert reverser.predict(unseen).tolist() == [x[::-1].upper() for x in unseen]
    assert reverser.score(unseen, [x[::-1].upper() for x in unseen]) == 1
    assert reverser.n_iter_ == len(reverser.loss_curve_) == 15
    assert reverser.loss_curve_[-1] < 0.05 < reverser.loss_curve_[0]
    assert reverser.source_tokens_.tolist() == ["", "\ufffd", *"abcd"]
    assert reverser.target_tokens_.tolist() == ["", "\ufffd", *"ABCD"]


def test_one_string_is_one_source(reverser):
    assert reverser.predict("abc").tolist() == ["CBA"]


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series, lambda t: iter(list(t))])
def test_collections(reverser, kind):
    assert reverser.predict(kind(["ab", "dc"])).tolist() == ["BA", "CD"]


def test_company_changes_no_prediction(reverser):
    sources = ["abcd", "a", "", "dcbadc" * 3, "☃b"]
    alone = [reverser.predict(source)[0] for source in sources]
    assert reverser.predict(sources).tolist() == alone
    targets = ["DCBA", "B", "", "D", "BAB"]
    np.testing.assert_allclose(
        reverser.score_samples(sources, targets),
        [reverser.score_samples([x], [y])[0] for x, y in zip(sources, targets, strict=True)],
        atol=1e-4,
    )


def test_suggestions(reverser):
    reverser = pickle.loads(pickle.dumps(reverser)).set_params(length_penalty=0)
    (found,) = reverser.suggest(["abc"], k=7)
    texts, logs = zip(*found, strict=True)
    assert texts[0] == "CBA"
    assert len(set(texts)) == len(texts) == 7
    assert list(logs) == sorted(logs, reverse=True)
    np.testing.assert_allclose(logs, reverser.score_samples(["abc"] * 7, texts), atol=1e-4)
    assert logs[0] > np.log(0.9)


def test_score(reverser):
    assert reverser.score(["ab", "cd"], ["BA", "no"]) == 0.5
    assert reverser.score(["ab", "cd"], ["BA", "no"], sample_weight=[3, 1]) == 0.75


def test_alignment(reverser):
    alignment = reverser.align("abcd")
    assert alignment.source == [*"abcd", ""]
    assert alignment.target == [*"DCBA", ""]
    assert alignment.weights.shape == (5, 5)
    np.testing.assert_allclose(alignment.weights.sum(axis=1), 1, rtol=1e-5)
    given_target = reverser.align("abcd", "DC")
    np.testing.assert_allclose(given_target.weights[:2], alignment.weights[:2], atol=1e-5)
    with pytest.raises(TypeError, match="`source` must be one string"):
        reverser.align(["abcd"])


def test_without_attention():
    model = GRUSeq2Seq(units=24, attention=False, random_state=0).fit(X, Y)
    assert model.score(X, Y) == 1
    with pytest.raises(ValueError, match="attention=False"):
        model.align("ein")


@pytest.mark.parametrize("options", [{"n_layers": 2}, {"dropout": 0.2}, {"label_smoothing": 0.1}])
def test_options_learn_as_well(options):
    model = GRUSeq2Seq(units=24, epochs=80, batch_size=9, random_state=0, **options)
    assert model.fit(X, Y).score(X, Y) == 1


def test_words():
    sources = ["the red cat", "a red dog", "the dog", "a cat"] * 5
    targets = ["le chat rouge", "un chien rouge", "le chien", "un chat"] * 5
    model = GRUSeq2Seq("word", units=24, random_state=0).fit(sources, targets)
    assert model.score(sources, targets) == 1
    assert "rouge" in model.target_tokens_
    assert model.align("a red dog").source == ["a", "red", "dog", ""]


def test_a_level_for_each_side():
    model = GRUSeq2Seq(("word", "char"), units=24, random_state=0).fit(X, Y)
    assert model.score(X, Y) == 1
    assert "drei" in model.source_tokens_
    assert "t" in model.target_tokens_


class Pieces:
    """A tokenizer of pairs of letters."""

    def encode(self, text):
        text += " " * (len(text) % 2)
        return [256 * ord(a) + ord(b) for a, b in zip(text[::2], text[1::2], strict=True)]

    def decode(self, numbers):
        return "".join(chr(n // 256) + chr(n % 256) for n in numbers).rstrip()


def test_a_tokenizer():
    model = GRUSeq2Seq(Pieces(), units=24, random_state=0).fit(X, Y)
    assert model.score(X, Y) == 1
    assert model.source_tokens_[:2].tolist() == [-2, -1]


def test_sentencepiece(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of SWIG, where Python is 3.12 or more
        sentencepiece = pytest.importorskip("sentencepiece")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(X + Y),
        model_prefix=str(tmp_path / "pieces"),
        vocab_size=20,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "pieces.model"))
    model = GRUSeq2Seq(pieces, units=24, random_state=0).fit(X, Y)
    assert model.score(X, Y) == 1
    assert pickle.loads(pickle.dumps(model)).score(X, Y) == 1


@pytest.mark.parametrize(
    "text", ["x", "", "hello, world!", "🙂🙂", "e\u0301", "שלום עולם", "a\0b\0", "\n", "\ud800"]
)
def test_one_pair(text):
    model = GRUSeq2Seq(units=16, random_state=0).fit([text], [text[::-1]])
    assert model.predict([text]).tolist() == [text[::-1]]
    assert np.isfinite(model.score_samples(["never seen ☃"], ["neither"])).all()


def test_empty_texts_are_texts():
    model = GRUSeq2Seq(units=16, random_state=0).fit(["", "a", "b"] * 4, ["nothing", "", "b"] * 4)
    assert model.predict(["", "a", "b"]).tolist() == ["nothing", "", "b"]


def test_equal_pairs():
    assert GRUSeq2Seq(**SMALL).fit(["ab"] * 50, ["cd"] * 50).predict(["ab"]).shape == (1,)


def test_a_very_long_source(reverser):
    (written,) = reverser.predict(["abcd" * 5000])
    assert isinstance(written, str)


def test_max_length(reverser):
    assert clone(reverser).max_length == "auto"
    short = pickle.loads(pickle.dumps(reverser)).set_params(max_length=2)
    assert all(len(text) <= 2 for text in short.predict(["abcdab", "a", ""]))
    assert short.set_params(max_length=0).predict(["abc"]).tolist() == [""]


def test_max_vocabulary():
    model = GRUSeq2Seq("word", max_vocabulary=2, **SMALL).fit(["a a b c"] * 3, ["a a b c"] * 3)
    assert len(model.source_tokens_) == len(model.target_tokens_) == 4
    assert "<unk>" not in model.predict(["a b c d"])[0]


def test_a_large_vocabulary_is_tied():
    words = [f"w{i}" for i in range(1100)]
    model = GRUSeq2Seq("word", units=8, epochs=1, random_state=0).fit(words, words)
    assert model.model_.spec.tied
    assert model.predict(["w3"]).shape == (1,)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), min_size=1, max_size=5))
def test_any_texts(pairs):
    sources, targets = map(list, zip(*pairs, strict=True))
    model = GRUSeq2Seq(units=4, epochs=1, random_state=0).fit(sources, targets)
    assert all(isinstance(text, str) for text in model.predict(sources))
    logs = model.score_samples(sources, targets)
    assert (np.isfinite(logs) & (logs < 0)).all()


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ((["a"], ["b", "c"]), ValueError, "1 sources in X and 2 targets in y"),
        (([], []), ValueError, "at least one pair"),
        ((["a", None], ["b", "c"]), TypeError, "in X must be a string; document 1 is None"),
        ((["a"], [b"b"]), TypeError, "in y must be a string; document 0 is b'b'.*Decode it"),
        ((["a"], [1]), TypeError, "in y must be a string; document 0 is 1"),
        ((["a"], None), TypeError, "y must be one string or a collection of strings. Got None"),
        ((np.array([["a"]]), ["b"]), ValueError, r"X must be.*shape \(1, 1\)"),
    ],
)
def test_what_is_no_pair(bad, error, message, numbers):
    model = pickle.loads(pickle.dumps(numbers))
    with pytest.raises(error, match=message):
        model.fit(*bad)
    assert model.predict(["zwei"]).tolist() == ["two"]  # as it was
    with pytest.raises(error, match=message):
        model.score_samples(*bad)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("level", "letters"),
        ("level", ("char",)),
        ("level", ("char", "letters")),
        ("units", 0),
        ("n_layers", 0),
        ("embedding_units", 1.5),
        ("attention", "dot"),
        ("beam_width", 0),
        ("length_penalty", -1),
        ("max_length", -1),
        ("max_vocabulary", 0),
        ("dropout", 1),
        ("epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("label_smoothing", 1),
        ("clipnorm", 0),
        ("early_stopping", "yes"),
        ("validation_fraction", 1),
        ("n_iter_no_change", 0),
        ("verbose", -1),
    ],
)
def test_parameters_out_of_range(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        GRUSeq2Seq(**{name: value}).fit(X, Y)


def test_parameters_of_writing_are_checked_when_writing(numbers):
    for name in ("beam_width", "length_penalty", "max_length"):
        model = pickle.loads(pickle.dumps(numbers)).set_params(**{name: -1})
        with pytest.raises(ValueError, match=f"'{name}' parameter of GRUSeq2Seq"):
            model.predict(X)
    with pytest.raises(ValueError, match="'k' parameter of suggest"):
        numbers.suggest(X, k=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.predict(X),
        lambda m: m.score(X, Y),
        lambda m: m.suggest(X),
        lambda m: m.align("ein"),
        lambda m: m.score_samples(X, Y),
    ],
)
def test_not_fitted(call):
    with pytest.raises(NotFittedError):
        call(GRUSeq2Seq())


def test_random_state():
    one, two = (GRUSeq2Seq(dropout=0.1, **SMALL).fit(X, Y) for _ in "12")
    np.testing.assert_array_equal(one.model_.parameters, two.model_.parameters)
    other = clone(one).set_params(random_state=1).fit(X, Y)
    assert (other.model_.parameters != one.model_.parameters).any()


def test_numpy_generator_is_left_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    GRUSeq2Seq(**SMALL).fit(X, Y).predict(X)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_partial_fit():
    model = GRUSeq2Seq(units=24, batch_size=9, random_state=0)
    for _ in range(60):
        model.partial_fit(X, Y)
    assert model.n_iter_ == 60
    assert model.score(X, Y) == 1
    assert model.partial_fit(["fünf"], ["five"]).target_tokens_.tolist() == [
        *("", "\ufffd"),
        *sorted(set("".join(Y))),
    ]
    with pytest.raises(ValueError, match="fitted sizes"):
        model.set_params(units=4).partial_fit(X, Y)


def test_early_stopping_keeps_the_best():
    rng = np.random.default_rng(0)
    noise = ["".join(rng.choice(list("ab"), 5)) for _ in range(60)]
    model = GRUSeq2Seq(
        units=16, epochs=100, early_stopping=True, n_iter_no_change=3, random_state=0
    ).fit(noise, noise[::-1])
    scores = model.validation_score_curve_
    assert len(scores) == model.n_iter_ == int(np.argmax(scores)) + 4 < 100
    assert GRUSeq2Seq(**SMALL).fit(X, Y).validation_score_curve_ is None
    with pytest.raises(ValueError, match="leaves none to train on"):
        GRUSeq2Seq(early_stopping=True, **SMALL).fit(["a"], ["b"])


def interrupt_after(monkeypatch, n_updates):
    update, seen = Seq2SeqEngine.update, []

    def interrupted(self, *arguments):
        if len(seen) == n_updates:
            raise KeyboardInterrupt
        seen.append(1)
        return update(self, *arguments)

    monkeypatch.setattr(Seq2SeqEngine, "update", interrupted)


def test_an_interruption_keeps_what_was_learnt(monkeypatch):
    interrupt_after(monkeypatch, 25)
    with pytest.warns(UserWarning, match="interrupted by user in epoch 2 of 3") as caught:
        model = GRUSeq2Seq(**SMALL).fit(X, Y)
    assert caught[0].filename == __file__
    assert model.n_iter_ == 2
    assert model.predict(X).shape == (len(X),)


def test_an_interruption_before_anything_is_none_of_ours(monkeypatch):
    interrupt_after(monkeypatch, 0)
    model = GRUSeq2Seq(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert not hasattr(model, "model_")


def test_divergence(numbers):
    model = pickle.loads(pickle.dumps(numbers)).set_params(learning_rate=1e38, clipnorm=None)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="Training diverged"):
        model.fit(X, Y)
    assert model.predict(["drei"]).tolist() == ["three"]


def test_progress(capsys):
    GRUSeq2Seq(verbose=1, **SMALL).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[-1].startswith("GRUSeq2Seq  epoch 3/3  loss ")


def test_pickle(numbers):
    again = pickle.loads(pickle.dumps(numbers))
    assert again.predict(X).tolist() == numbers.predict(X).tolist()
    assert "_moments" not in again.__dict__


def test_grid_search():
    model = GRUSeq2Seq(epochs=80, batch_size=9, random_state=0)
    search = GridSearchCV(model, {"units": [1, 16]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"units": 16}
    assert cross_val_score(model.set_params(units=16), np.array(X), np.array(Y), cv=2).min() > 0.9


def test_parameters_are_kept_as_given():
    model = GRUSeq2Seq(("word", "char"), units=7)
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == "GRUSeq2Seq(level=('word', 'char'), units=7)"
