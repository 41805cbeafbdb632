import numpy as np
import pytest

from skgru import GRULanguageModel
from skgru.text import _training


def interrupt(monkeypatch, after):
    """Ctrl-C in an update after so many."""
    update, done = _training.LanguageEngine.update, []

    def press(self, piece, rate):
        if len(done) == after:
            raise KeyboardInterrupt
        done.append(rate)
        return update(self, piece, rate)

    monkeypatch.setattr(_training.LanguageEngine, "update", press)


TEXT = "the cat sat on the mat. " * 40
MODEL = {"units": 8, "epochs": 3, "batch_size": 2, "sequence_length": 64, "random_state": 0}


def test_interruption_keeps_what_was_learnt(monkeypatch):
    whole = GRULanguageModel(**MODEL).fit(TEXT)
    per_epoch = 8
    assert whole.n_iter_ == len(whole.loss_curve_) == 3
    interrupt(monkeypatch, per_epoch + 2)
    with pytest.warns(UserWarning, match="interrupted by user in epoch 2 of 3"):
        model = GRULanguageModel(**MODEL).fit(TEXT)
    assert model.n_iter_ == 2
    assert model.loss_curve_[0] == whole.loss_curve_[0]
    assert np.isfinite(model.score(TEXT))


def test_interruption_before_the_first_update(monkeypatch, cat):
    interrupt(monkeypatch, 0)
    model = GRULanguageModel(**MODEL)
    with pytest.raises(KeyboardInterrupt):
        model.fit(TEXT)
    assert "model_" not in vars(model)


def test_divergence_leaves_the_estimator_as_it_was():
    model = GRULanguageModel(**MODEL).fit(TEXT)
    before = model.score(TEXT)
    model.set_params(learning_rate=1e38, clipnorm=None)
    with pytest.raises(ValueError, match="diverged in epoch 1"):
        model.fit(TEXT)
    assert model.score(TEXT) == before
