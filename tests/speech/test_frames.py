import numpy as np
import pytest

from skgru import GRUTranscriber
from skgru.speech import _frames


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


def test_other_channels_than_in_fit(fitted):
    with pytest.raises(ValueError, match="fitted on 4, recording 0 has 5"):
        fitted.predict([np.zeros((9, 5))])


def test_frames_of_three_dimensions(fitted, unseen):
    X = np.stack([frames[:5] for frames in unseen[0]])
    assert len(fitted.predict(X)) == len(X)


def test_a_constant_channel(training, small):
    X, y = training
    model = GRUTranscriber(**(small | {"epochs": 1}))
    model.fit([np.column_stack([frames, np.full(len(frames), 1e6)]) for frames in X], y)
    assert np.isfinite(model.loss_curve_[0])


def test_scaling_is_that_of_all_frames_together():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(100, 3, size=(n, 2)) for n in (5, 17, 1)]
    frames = _frames.read(arrays)
    center, scale = _frames.learn_scaling(frames, np.array([0, 2]))
    chosen = np.concatenate([arrays[0], arrays[2]])
    np.testing.assert_allclose(center, chosen.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(scale, chosen.std(axis=0), rtol=1e-4)


def test_the_user_s_frames_stay_as_they_are(training, small):
    X, y = training
    before = [frames.copy() for frames in X]
    GRUTranscriber(**(small | {"epochs": 1})).fit(X, y).predict(X)
    for frames, same in zip(X, before, strict=True):
        np.testing.assert_array_equal(frames, same)
