import pickle
import signal
import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

from skgru import GRUTranscriber


def test_it_learns_to_transcribe(fitted, unseen):
    X, y = unseen
    assert fitted.score(X, y) > 0.97
    assert sum(map(str.__eq__, fitted.predict(X), y)) > 35
    assert fitted.loss_curve_[-1] < 0.2 * fitted.loss_curve_[0]


def test_one_direction_learns_too(one_way, unseen):
    assert one_way.score(*unseen) > 0.95


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


def test_nothing_to_score(fitted, unseen):
    with pytest.raises(ValueError, match="all transcripts are empty"):
        fitted.score(unseen[0][:2], ["", ""])


def test_no_warning_in_normal_use(training, small):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GRUTranscriber(**(small | {"epochs": 1})).fit(*training).predict(training[0])
