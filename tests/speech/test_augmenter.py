import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skgru import GRUClassifier, LogMel, SpeechAugmenter

RATE = 8000


@pytest.fixture
def recordings():
    rng = np.random.default_rng(0)
    return [rng.normal(size=n) for n in (900, 1600, 700)]


def augmenter(**parameters):
    return SpeechAugmenter(**{"rate": RATE, "random_state": 0, **parameters})


def test_variants_follow_the_recordings(recordings):
    sampler = augmenter(n_variants=2)
    X, y = sampler.fit_resample(recordings, ["a", "b", "c"])
    assert sampler.sample_indices_.tolist() == [0, 1, 2, 0, 0, 1, 1, 2, 2]
    assert y == list("abcaabbcc")
    for wave, original in zip(X, recordings):
        np.testing.assert_array_equal(wave, original.astype(np.float32))
    for wave, row in zip(X[3:], sampler.sample_indices_[3:]):
        assert 1 / 1.16 < len(wave) / len(recordings[row]) < 1 / 0.84


def test_a_seed_decides_everything(recordings):
    X, _ = augmenter().fit_resample(recordings, [0, 1, 2])
    again, _ = clone(augmenter()).fit_resample(recordings, [0, 1, 2])
    other, _ = augmenter(random_state=1).fit_resample(recordings, [0, 1, 2])
    assert all(np.array_equal(a, b) for a, b in zip(X, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(X[3:], other[3:], strict=True))


def test_the_users_recordings_are_left_alone(recordings):
    before = pickle.dumps(recordings)
    augmenter().fit_resample(recordings, [0, 1, 2])
    assert pickle.dumps(recordings) == before


@pytest.mark.parametrize("y", [np.array([1, 2, 3]), [[1], [1, 2], []], ["a", "b", "c"]], ids=str)
def test_labels_keep_their_form(recordings, y):
    _, labels = augmenter(n_variants=1).fit_resample(recordings, y)
    assert type(labels) is type(y)
    assert list(labels) == [*y, *y]


def test_whole_numbers_tables_and_stereo(recordings):
    table = (1000 * np.stack([wave[:700] for wave in recordings])).astype(np.int16)
    X, _ = augmenter(n_variants=1).fit_resample(table, [0, 1, 2])
    np.testing.assert_allclose(X[1], table[1] / 2**15, rtol=1e-6)
    stereo, _ = augmenter(n_variants=1).fit_resample(np.stack([table, table], axis=2), [0, 1, 2])
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(X, stereo, strict=True))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_variants": -1}, "'n_variants' parameter of SpeechAugmenter must be a whole number"),
        ({"speed": 0.6}, "'speed'.*0.5"),
        ({"vocal_tract": -0.1}, "'vocal_tract'"),
        ({"snr": 10}, "None or a pair of decibels, the lower one first. Got 10"),
        ({"snr": (20, 10)}, "the lower one first"),
        ({"snr": (np.nan, 10)}, "the lower one first"),
        ({"gain": -1}, "'gain'"),
        ({"time_mask": 1}, "'time_mask'"),
    ],
    ids=str,
)
def test_what_breaks_a_rule_is_refused(recordings, parameters, message):
    with pytest.raises(ValueError, match=message):
        augmenter(**parameters).fit_resample(recordings, [0, 1, 2])
    with pytest.raises(ValueError, match=message):
        augmenter(**parameters).fit(recordings)


def test_labels_must_be_as_many_as_recordings(recordings):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        augmenter().fit_resample(recordings, [0, 1])


def test_a_pipeline_of_imbalanced_learn_augments_in_fit_alone(recordings):
    make_pipeline = pytest.importorskip("imblearn.pipeline").make_pipeline
    gru = GRUClassifier(units=4, epochs=1, random_state=0)
    pipeline = make_pipeline(augmenter(n_variants=1), LogMel(rate=RATE, n_mels=8), gru)
    pipeline.fit(recordings, [0, 1, 0])
    X, y = augmenter(n_variants=1).fit_resample(recordings, np.array([0, 1, 0]))
    gru.fit(LogMel(rate=RATE, n_mels=8).transform(X), y)
    frames = LogMel(rate=RATE, n_mels=8).transform(recordings)
    np.testing.assert_array_equal(pipeline.predict_proba(recordings), gru.predict_proba(frames))
