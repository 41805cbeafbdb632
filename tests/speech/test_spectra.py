import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skgru import LogMel

RATE = 8000


def tone(frequency, n_samples=4000, rate=RATE):
    return np.sin(2 * np.pi * frequency * np.arange(n_samples) / rate)


def noise(n_samples, seed=0):
    return np.random.default_rng(seed).normal(size=n_samples)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 48000])
def test_bands_are_those_of_librosa(rate):
    wave = noise(rate // 3)
    wave -= wave.mean()
    ours = LogMel(rate=rate, remove_mean=False).transform([wave])[0]
    n_window = round(0.025 * rate)
    theirs = librosa.feature.melspectrogram(
        y=wave,
        sr=rate,
        n_fft=2 ** int(np.ceil(np.log2(n_window))),
        win_length=n_window,
        hop_length=round(0.01 * rate),
        n_mels=40,
        fmin=20,
        pad_mode="constant",
    )
    np.testing.assert_allclose(ours[2:-4], np.log(theirs.T)[2:-4], atol=0.02)
    assert len(ours) == theirs.shape[1]


def test_a_tone_is_loudest_in_its_band():
    frames = LogMel(rate=RATE, remove_mean=False).transform([tone(f) for f in (300, 1000, 3000)])
    bands = [int(np.median(x.argmax(axis=1))) for x in frames]
    centres = librosa.mel_frequencies(42, fmin=20, fmax=RATE / 2)[1:-1]
    np.testing.assert_allclose(centres[bands], [300, 1000, 3000], rtol=0.08)


@settings(max_examples=25, deadline=None)
@given(
    n_samples=st.integers(1, 3000),
    gain=st.floats(1e-3, 1e3),
    offset=st.floats(-0.5, 0.5),
    deltas=st.sampled_from([0, 1, 2]),
    stack=st.integers(1, 4),
)
def test_neither_gain_nor_offset_matters(n_samples, gain, offset, deltas, stack):
    wave = noise(n_samples, n_samples)
    log_mel = LogMel(rate=RATE, deltas=deltas, stack=stack)
    plain, changed = log_mel.transform([wave, gain * (wave + offset)])
    assert plain.shape == (-(-(1 + n_samples // 80) // stack), 40 * (1 + deltas) * stack)
    assert plain.dtype == np.float32
    assert np.isfinite(plain).all()
    np.testing.assert_allclose(changed, plain, atol=0.02)


def test_a_long_recording_is_read_in_parts():
    second = noise(8000)
    wave = np.tile(second - second.mean(), 50)
    frames = LogMel(rate=RATE, remove_mean=False, top_db=200).transform([wave, wave[: 8000 * 30]])
    assert len(frames[0]) == 5001
    np.testing.assert_allclose(frames[0][:2990], frames[1][:2990], atol=0.02)


def test_a_recording_is_read_as_if_alone():
    waves = [noise(500), tone(500, 1234), noise(80, 1)]
    log_mel = LogMel(rate=RATE, deltas=1)
    for wave, together in zip(waves, log_mel.transform(waves)):
        np.testing.assert_array_equal(log_mel.transform([wave])[0], together)


def test_mean_is_removed():
    frames = LogMel(rate=RATE).transform([tone(440)])[0]
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("wave", [np.zeros(800), np.full(800, 0.3), np.ones(1)], ids=len)
def test_silence_is_flat(wave):
    for remove_mean in (True, False):
        frames = LogMel(rate=RATE, remove_mean=remove_mean).transform([wave])[0]
        assert np.isfinite(frames).all()
        assert np.ptp(frames) == 0


def test_digital_silence_is_no_quieter_than_top_db():
    wave = np.concatenate([noise(2000), np.zeros(2000)])
    frames = LogMel(rate=RATE, top_db=30, remove_mean=False).transform([wave])[0]
    assert np.ptp(frames) == pytest.approx(3 * np.log(10), rel=1e-4)


def test_a_clipped_recording_is_read():
    assert np.isfinite(LogMel(rate=RATE).transform([np.clip(5 * tone(200), -1, 1)])[0]).all()


def test_coefficients_are_those_of_librosa():
    wave = noise(3000)
    bands = LogMel(rate=RATE, remove_mean=False).transform([wave])[0]
    ours = LogMel(rate=RATE, kind="mfcc", n_mfcc=20, remove_mean=False).transform([wave])[0]
    np.testing.assert_allclose(
        ours, librosa.feature.mfcc(S=bands.T, n_mfcc=20).T, rtol=1e-4, atol=1e-3
    )


def test_changes_are_those_of_librosa():
    wave = noise(3000)
    ours = LogMel(rate=RATE, deltas=2).transform([wave])[0]
    for order in (1, 2):
        theirs = librosa.feature.delta(ours[:, :40].T, order=order, mode="nearest").T
        np.testing.assert_allclose(ours[:, 40 * order : 40 * (order + 1)], theirs, atol=1e-4)


def test_frames_are_stacked():
    single = LogMel(rate=RATE).transform([noise(480)])[0]
    stacked = LogMel(rate=RATE, stack=3).transform([noise(480)])[0]
    assert stacked.shape == (3, 120)
    np.testing.assert_array_equal(stacked.reshape(9, 40)[:7], single)
    np.testing.assert_array_equal(stacked.reshape(9, 40)[7:], single[[6, 6]])
