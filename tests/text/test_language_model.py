import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

import skgru
from skgru import GRULanguageModel

SMALL = {"units": 8, "epochs": 5, "random_state": 0}
TEXT = "the cat sat on the mat. " * 20


with warnings.catch_warnings():
    # What is left of the suite where the input is neither a table nor a panel.
    warnings.simplefilter("ignore", SkipTestWarning)
    CHECKS = list(estimator_checks_generator(GRULanguageModel(**SMALL)))


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=lambda x: getattr(x, "__name__", ""))
def test_sklearn_check(estimator, check):
    check(estimator)


def test_it_learns_a_sentence(cat):
    assert cat.generate("the cat", n=16, temperature=0) == " sat on the mat."
    assert cat.predict(["the c", "on th"]).tolist() == ["a", "e"]
    assert cat.predict("the c").tolist() == ["a"]
    assert cat.loss_curve_[-1] < 0.1 < cat.loss_curve_[0]
    assert cat.n_iter_ == len(cat.loss_curve_)
    assert cat.classes_.tolist() == ["", "\ufffd", *sorted(set(TEXT))]
    assert cat.vocabulary_["."] == cat.classes_.tolist().index(".")


def test_probabilities(cat):
    probabilities = cat.predict_proba(["the c", "", "zebra 🙂"])
    assert probabilities.shape == (3, len(cat.classes_))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert probabilities[0, cat.vocabulary_["a"]] > 0.9


def test_suggestions(cat):
    ((best, probability), *others), _ = cat.suggest(["the c", "on"], k=3)
    assert best == "a"
    assert probability == pytest.approx(cat.predict_proba("the c").max(), rel=1e-6)
    assert len(others) == 2
    assert all(p <= probability for _, p in others)
    assert "\ufffd" not in dict(cat.suggest("x", k=100)[0])


@pytest.mark.parametrize("name", ["cat", "documents"])
def test_score_is_the_chain_rule(name, request):
    model = request.getfixturevalue(name)
    texts = ["You are here, the cat.", "", "on the mat"]
    split = model._vocabulary.splitter.split
    total, n_tokens = 0.0, 0
    for text, found in zip(texts, model.score_samples(texts), strict=True):
        tokens = split(text)
        place, prefixes = 0, []
        for token in tokens:
            place = text.index(token, place)
            prefixes.append(text[:place])
            place += len(token)
        chain = sum(
            np.log(float(model.predict_proba(prefix)[0, model.vocabulary_.get(token, 1)]))
            for prefix, token in zip(prefixes, tokens, strict=True)
        )
        assert found == pytest.approx(chain, rel=1e-6, abs=1e-5)  # a sum in float32
        total, n_tokens = total + chain, n_tokens + len(tokens)
    assert model.score(texts) == pytest.approx(total / n_tokens, abs=1e-6)
    assert model.perplexity(texts) == pytest.approx(np.exp(-total / n_tokens), rel=1e-5)


def test_scoring_nothing(cat):
    assert cat.score_samples("").tolist() == [0]
    with pytest.raises(ValueError, match="all documents in X are empty"):
        cat.score(["", ""])
    with pytest.raises(ValueError, match="at least one document"):
        cat.predict_proba([])


def test_vectors(cat):
    vectors = cat.transform(["the cat", "", "sat"])
    assert vectors.shape == (3, 64)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[1, :32], vectors[1, 32:])
    assert len(cat.get_feature_names_out()) == 64


@pytest.mark.parametrize(
    "text", ["x", "hello, brave world!", "🙂🙂", "e\u0301", "שלום עולם", "a\0b\0", "\n", "\ud800"]
)
def test_tiny_texts(text):
    model = GRULanguageModel(units=16, random_state=0).fit(text)
    assert model.generate(n=len(text), temperature=0) == text
    assert np.isfinite(model.score("never seen ☃"))


def test_one_word():
    model = GRULanguageModel("word", units=8, random_state=0).fit(["word"] * 5)
    assert model.predict("").tolist() == ["word"]
    assert model.predict("word").tolist() == [""]
    assert model.generate() == "word"


@pytest.mark.parametrize("nothing", ["", [], ["", ""], "   "])
def test_no_text(nothing):
    level = "word" if nothing == "   " else "char"
    with pytest.raises(ValueError, match="there is no token"):
        GRULanguageModel(level).fit(nothing)


def test_unknown_words_are_learnt_from_rare_ones():
    rng = np.random.default_rng(0)
    names = ["".join(rng.choice(list("abcdefgh"), 8)) for _ in range(400)]
    text = " ".join(f"my name is {name} ." for name in names)
    model = GRULanguageModel("word", units=16, epochs=6, random_state=0).fit(text)
    unknown = model.predict_proba(["my name is", "my name"])[:, 1]
    assert unknown[0] > 0.3 > 0.01 > unknown[1]
    assert model.predict("my name is zyxwvu").tolist() == ["."]


def test_max_vocabulary():
    model = GRULanguageModel(max_vocabulary=3, **SMALL).fit(TEXT)
    assert len(model.classes_) == 5
    assert "\ufffd" not in model.generate(n=200)


def test_random_state():
    one, two = (
        GRULanguageModel(dropout=0.1, recurrent_dropout=0.1, **SMALL).fit(TEXT) for _ in "12"
    )
    np.testing.assert_array_equal(one.model_.parameters, two.model_.parameters)
    assert one.generate() == two.generate() != one.generate(random_state=1)
    other = clone(one).set_params(random_state=1).fit(TEXT)
    assert (other.model_.parameters != one.model_.parameters).any()


def test_numpy_generator_is_left_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    GRULanguageModel(**SMALL).fit(TEXT).generate()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_partial_fit():
    stream = GRULanguageModel(units=16, random_state=0)
    for _ in range(30):
        stream = stream.partial_fit(TEXT)
    assert stream.n_iter_ == 30
    assert stream.loss_curve_[-1] < 0.2 * stream.loss_curve_[0]
    assert stream.partial_fit("zebra").classes_.tolist() == ["", "\ufffd", *sorted(set(TEXT))]
    with pytest.raises(ValueError, match="fitted sizes"):
        stream.set_params(units=4).partial_fit(TEXT)


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.predict("a"),
        lambda m: m.score("a"),
        lambda m: m.transform("a"),
        lambda m: m.generate(),
        lambda m: m.stream(),
        lambda m: m.suggest("a"),
        lambda m: m.get_feature_names_out(),
    ],
)
def test_not_fitted(call):
    with pytest.raises(NotFittedError):
        call(GRULanguageModel())


def test_pickle(cat):
    again = pickle.loads(pickle.dumps(cat))
    np.testing.assert_array_equal(again.predict_proba("the"), cat.predict_proba("the"))
    assert again.generate("the", random_state=3) == cat.generate("the", random_state=3)


def test_pickle_of_another_version(cat, monkeypatch):
    data = pickle.dumps(cat)
    monkeypatch.setattr(skgru, "__version__", "99")
    with pytest.warns(InconsistentVersionWarning, match="skgru 99"):
        pickle.loads(data)


def test_grid_search():
    texts = [f"the {animal} sat on the mat." for animal in ("cat", "dog", "cow", "hen")] * 3
    search = GridSearchCV(GRULanguageModel(**SMALL), {"units": [1, 12]}, cv=3).fit(texts)
    assert search.best_params_ == {"units": 12}
    assert search.score(texts) == search.best_estimator_.score(texts)


def test_features_for_a_classifier():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(letters), 20)) for letters in ["abc", "xyz"] * 20]
    labels = np.tile([0, 1], 20)
    pipeline = make_pipeline(GRULanguageModel(**SMALL), LogisticRegression(max_iter=1000))
    assert pipeline.fit(texts[:20], labels[:20]).score(texts[20:], labels[20:]) == 1


def test_parameters_are_kept_as_given():
    model = GRULanguageModel("word", units=7)
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == "GRULanguageModel(level='word', units=7)"
