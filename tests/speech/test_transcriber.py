import pickle
import signal
import warnings
from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score

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


def test_it_learns_to_transcribe(fitted, unseen):
    X, y = unseen
    assert fitted.score(X, y) > 0.97
    assert sum(map(str.__eq__, fitted.predict(X), y)) > 35
    assert fitted.loss_curve_[-1] < 0.2 * fitted.loss_curve_[0]


def test_one_direction_learns_too(one_way, unseen):
    assert one_way.score(*unseen) > 0.95


def test_words_and_labels(training, unseen, small):
    X, y = training
    words = [" ".join({"a": "ah", "b": "bee", "c": "sea"}[c] for c in t) for t in y]
    labels = [np.array(["abc".index(c) * 10 for c in t]) for t in y]
    spoken = GRUTranscriber(**small, level="word").fit(X, words)
    numbered = GRUTranscriber(**small, level=None).fit(X, labels)
    assert spoken.classes_.tolist() == ["ah", "bee", "sea"]
    assert numbered.classes_.tolist() == [0, 10, 20]
    assert set(" ".join(spoken.predict(unseen[0])).split()) == {"ah", "bee", "sea"}
    # The same network either way: only the names of the tokens differ.
    numbers = {"ah": 0, "bee": 10, "sea": 20}
    expected = [[numbers[word] for word in t.split()] for t in spoken.predict(unseen[0])]
    assert numbered.predict(unseen[0]) == expected
    assert numbered.score(X, labels) == spoken.score(X, words)


def test_probabilities(fitted, unseen):
    X, _ = unseen
    probabilities = fitted.predict_proba(X)
    for p, frames, transcript in zip(probabilities, X, fitted.predict(X), strict=True):
        assert p.shape == (-(-len(frames) // 2), 4)
        assert p.dtype == np.float32
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
        path = p.argmax(axis=1)
        starts = np.flatnonzero((path != 3) & (path != np.append(3, path[:-1])))
        assert "".join(fitted.classes_[path[starts]]) == transcript


def test_steps_stand_for_their_frames(fitted):
    frames = np.zeros((60, 4))
    frames[30:36, 1] = 1
    p = fitted.predict_proba([frames])[0][:, 1]
    assert 13 <= p.argmax() <= 19


def test_a_recording_is_transcribed_as_if_alone(fitted, unseen):
    X, _ = unseen
    together = fitted.predict_proba(X)
    for frames, p in zip(X, together, strict=True):
        np.testing.assert_array_equal(fitted.predict_proba([frames])[0], p)


def with_beam(fitted, **parameters):
    """The same fitted model with another decoder."""
    return pickle.loads(pickle.dumps(fitted)).set_params(decoder="beam", **parameters)


@pytest.mark.parametrize("width", [1, 8])
def test_a_beam_is_not_worse(fitted, unseen, width):
    assert with_beam(fitted, beam_width=width).score(*unseen) >= fitted.score(*unseen) - 0.02


def test_a_language_model_forbids(fitted, unseen):
    free = with_beam(fitted).predict(unseen[0])
    bound = with_beam(fitted, language_model=Bigrams(), language_model_weight=50).predict(unseen[0])
    assert any(a == b for t in free for a, b in pairwise(t))
    assert not any(a == b for t in bound for a, b in pairwise(t))


def test_skgru_s_own_language_model(fitted, training, unseen):
    prior = GRULanguageModel(units=8, epochs=2, random_state=0).fit(training[1])
    model = with_beam(fitted, language_model=prior, beam_width=4, language_model_weight=0.2)
    assert model.score(unseen[0][:8], unseen[1][:8]) > 0.9


def test_a_bonus_makes_transcripts_longer(fitted, unseen):
    lengths = [
        sum(map(len, with_beam(fitted, length_bonus=bonus).predict(unseen[0])))
        for bonus in (-20, 0, 20)
    ]
    assert lengths[0] < lengths[1] < lengths[2]


def test_the_seed_decides(training, fitted, small):
    X, y = training
    again = GRUTranscriber(**small).fit(X, y)
    other = GRUTranscriber(**(small | {"random_state": 1})).fit(X, y)
    for a, b in zip(fitted.model_.weights, again.model_.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert again.loss_curve_ == fitted.loss_curve_ != other.loss_curve_


def test_units_of_the_channels_do_not_matter(training, unseen, fitted, small):
    X, y = training
    scales, shifts = np.array([1e3, 1e-4, 7.0, 1.0]), np.array([1e5, 0, -3.0, 2.0])
    other = GRUTranscriber(**small).fit([frames * scales + shifts for frames in X], y)
    assert other.loss_curve_[0] == pytest.approx(fitted.loss_curve_[0], rel=0.05)
    assert other.score([frames * scales + shifts for frames in unseen[0]], unseen[1]) > 0.95


def test_a_constant_channel(training, small):
    X, y = training
    model = GRUTranscriber(**(small | {"epochs": 1}))
    model.fit([np.column_stack([frames, np.full(len(frames), 1e6)]) for frames in X], y)
    assert np.isfinite(model.loss_curve_[0])


def test_pickle(fitted, unseen):
    copy = pickle.loads(pickle.dumps(fitted))
    assert copy.predict(unseen[0]) == fitted.predict(unseen[0])


def test_model_selection(training, small):
    X, y = training
    model = GRUTranscriber(**(small | {"epochs": 1}))
    assert cross_val_score(model, X, y, cv=2).shape == (2,)
    search = GridSearchCV(model, {"frame_stacking": [1, 2]}, cv=2).fit(X, y)
    assert isinstance(search.predict(X[:1])[0], str)


def test_early_stopping(training, small):
    X, y = training
    model = GRUTranscriber(
        **(small | {"epochs": 60}), early_stopping=True, n_iter_no_change=4, validation_fraction=0.2
    ).fit(X, y)
    assert model.n_iter_ == len(model.validation_score_curve_) < 60
    assert max(model.validation_score_curve_) > 0.9


def test_interruption_keeps_what_was_learnt(training, small, monkeypatch):
    from skgru.speech import _training

    epochs = []

    def interrupt(engine, order, rates):
        epochs.append(1)
        if len(epochs) == 3:
            signal.raise_signal(signal.SIGINT)
        return run(engine, order, rates)

    run = _training.CTCEngine.run_epoch
    monkeypatch.setattr(_training.CTCEngine, "run_epoch", interrupt)
    with pytest.warns(UserWarning, match="interrupted by user after 2 of 12"):
        model = GRUTranscriber(**small).fit(*training)
    assert model.n_iter_ == 2
    assert isinstance(model.predict(training[0][:1])[0], str)


def test_a_failed_fit_changes_nothing(fitted, training):
    copy = pickle.loads(pickle.dumps(fitted))
    before = dict(vars(copy))
    with pytest.raises(ValueError, match="rows"):
        copy.fit(training[0], ["abcabcabcabcabcabc" * 3] * len(training[1]))
    assert vars(copy) == before


def test_labels_may_be_anything_that_sorts(training, small):
    X, y = training
    pairs = [[("note", c) for c in t] for t in y]
    model = GRUTranscriber(**(small | {"epochs": 1}), level=None).fit(X[:20], pairs[:20])
    assert model.classes_.tolist() == [("note", c) for c in "abc"]
    model.set_params(decoder="beam", length_bonus=20)
    assert model.predict(X[:1])[0][0] in model.classes_.tolist()


def test_empty_transcripts_and_short_recordings(training, small):
    X, y = training
    silent = np.zeros((3, 4))
    model = GRUTranscriber(**(small | {"epochs": 1})).fit([*X, silent, silent[:1]], [*y, "", "a"])
    assert [len(p) for p in model.predict_proba([silent, silent[:1]])] == [2, 1]


def test_verbose(training, small, capsys):
    GRUTranscriber(**(small | {"epochs": 2}), verbose=2).fit(training[0][:20], training[1][:20])
    assert capsys.readouterr().out.count("GRUTranscriber  epoch") == 2


def test_before_fit(unseen):
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(GRUTranscriber(), method)(unseen[0])
    with pytest.raises(NotFittedError):
        GRUTranscriber().stream()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"units": 0}, "'units' parameter of GRUTranscriber must be a whole number >= 1"),
        ({"frame_stacking": 1.5}, "'frame_stacking'"),
        ({"decoder": "best"}, "'decoder' parameter of GRUTranscriber must be 'greedy' or 'beam'"),
        ({"level": "phone"}, "'level'"),
        ({"dropout": 1}, "'dropout'"),
        ({"decoder": "beam", "language_model": 3}, "classes_ and predict_proba"),
        ({"language_model": Bigrams()}, "Set decoder='beam'"),
    ],
)
def test_parameters(training, parameters, words):
    with pytest.raises(ValueError, match=words):
        GRUTranscriber(**parameters).fit(*training)


def test_crowded_transcripts_are_named(training):
    X, y = [frames[:8] for frames in training[0][:6]], ["a", "aa", "aab", "abcabc", "", "aaaa"]
    with pytest.raises(
        ValueError, match=r"rows \[1, 2, 3, 5\] there .* Row 1 needs 3 steps .* has 2"
    ):
        GRUTranscriber(frame_stacking=4).fit(X, y)


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ("abc", TypeError, "X must be a list"),
        ([], ValueError, "at least one recording"),
        (np.zeros((5, 4)), ValueError, r"recording 0 has the shape \(4,\)"),
        ([np.zeros((5, 4)), np.zeros((0, 4))], ValueError, r"recording 1 has the shape \(0, 4\)"),
        ([np.zeros((5, 4)), np.zeros((5, 3))], ValueError, "recording 0 has 4, recording 1 has 3"),
        ([np.full((5, 4), np.nan)], ValueError, "recording 0 is not at frame 0, channel 0"),
        ([np.full((5, 4), 1e300)], ValueError, "finite in float32"),
        ([[["a"]]], ValueError, "of real numbers"),
    ],
)
def test_recordings(X, error, words):
    with pytest.raises(error, match=words):
        GRUTranscriber(level="char").fit(X, ["a"] * len(X))


@pytest.mark.parametrize(
    ("y", "level", "error", "words"),
    [
        ("ab", "char", TypeError, "Got one string"),
        (["a"], "char", ValueError, "X has 2 recordings, and y 1 transcripts"),
        ([[1], [2]], "char", TypeError, "Set level=None"),
        (["a", "b"], None, TypeError, "Set level='char' or 'word'"),
        ([1, 2], None, TypeError, "transcript 0 is a int"),
        (["", ""], "char", ValueError, "there is none"),
        ([["a"], [1]], None, TypeError, "of one kind that can be sorted"),
    ],
)
def test_transcripts(y, level, error, words):
    X = [np.ones((9, 2)), np.ones((9, 2))]
    with pytest.raises(error, match=words):
        GRUTranscriber(level=level, frame_stacking=1).fit(X, y)


def test_other_channels_than_in_fit(fitted):
    with pytest.raises(ValueError, match="fitted on 4, recording 0 has 5"):
        fitted.predict([np.zeros((9, 5))])


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


def test_nothing_to_score(fitted, unseen):
    with pytest.raises(ValueError, match="all transcripts are empty"):
        fitted.score(unseen[0][:2], ["", ""])


def test_frames_of_three_dimensions(fitted, unseen):
    X = np.stack([frames[:5] for frames in unseen[0]])
    assert len(fitted.predict(X)) == len(X)


def test_no_warning_in_normal_use(training, small):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GRUTranscriber(**(small | {"epochs": 1})).fit(*training).predict(training[0])
