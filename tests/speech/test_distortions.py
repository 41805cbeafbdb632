"""Distortions as `SpeechAugmenter` draws them, one at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skgru import SpeechAugmenter
from skgru.speech import _distortions

RATE = 8000
OFF = {
    "speed": 0,
    "vocal_tract": 0,
    "snr": None,
    "gain": 0,
    "time_mask": 0,
    "frequency_mask": 0,
}


def tone(frequency, n_samples=8000):
    return np.sin(2 * np.pi * frequency * np.arange(n_samples) / RATE).astype(np.float32)


def variants(wave, n_variants=8, **effects):
    augmenter = SpeechAugmenter(
        rate=RATE, n_variants=n_variants, random_state=0, **{**OFF, **effects}
    )
    return augmenter.fit_resample([wave], [0])[0][1:]


def pitch(wave):
    """Frequency of the strongest part, in Hz."""
    return np.abs(np.fft.rfft(wave)).argmax() * RATE / len(wave)


def vowel(formant, fundamental=125, n_samples=8000):
    """Harmonics under one resonance."""
    frequencies = np.arange(fundamental, RATE / 2, fundamental)
    sizes = np.exp(-(((frequencies - formant) / 300) ** 2))
    return sum(size * tone(f, n_samples) for size, f in zip(sizes, frequencies))


def centre(wave):
    """Mean frequency of the power, in Hz."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    return (power * np.fft.rfftfreq(len(wave), 1 / RATE)).sum() / power.sum()


def test_without_effects_a_variant_is_the_recording():
    np.testing.assert_allclose(variants(tone(440), 1)[0], tone(440), atol=1e-5)


def test_speed_changes_length_and_pitch_together():
    lengths = set()
    for wave in variants(tone(1000), speed=0.2):
        lengths.add(len(wave))
        assert 8000 / 1.2 - 1 <= len(wave) <= 8000 / 0.8 + 1
        assert pitch(wave) == pytest.approx(1000 * 8000 / len(wave), rel=0.01)
    assert len(lengths) == 8


@pytest.mark.parametrize("factor", [0.85, 1.15])
def test_vocal_tract_moves_the_formant_and_not_the_pitch(factor):
    wave = vowel(1200)
    warped = _distortions.warp_vocal_tract(wave, factor, RATE)
    assert len(warped) == len(wave)
    assert centre(warped) == pytest.approx(1200 * factor, rel=0.05)
    power = np.abs(np.fft.rfft(warped))
    harmonics = power[125:2500:125]
    assert harmonics.max() > 50 * np.median(power[:2500])  # still harmonics of 125 Hz


def test_noise_has_the_ratio_asked_for():
    signal = tone(440)
    for wave in variants(signal, snr=(10, 10)):
        ratio = np.mean(signal**2) / np.mean((wave - signal) ** 2)
        assert 10 * np.log10(ratio) == pytest.approx(10, abs=0.01)


def test_noise_on_silence_is_silence():
    assert not variants(np.zeros(500), 1, snr=(5, 5))[0].any()


def test_gain_stays_in_its_range():
    ratios = [np.abs(wave).max() for wave in variants(tone(440), gain=6)]
    assert 0.5 < min(ratios) < 1 < max(ratios) < 2


def test_time_mask_silences_one_stretch():
    for wave in variants(np.ones(1000), time_mask=0.3):
        silent = np.flatnonzero(np.abs(wave) < 0.5)
        assert 0 <= len(silent) <= 300
        assert not len(silent) or np.ptp(silent) == len(silent) - 1


def test_frequency_mask_takes_one_band_out():
    impulse = np.zeros(2000)
    impulse[0] = 1
    for wave in variants(impulse, frequency_mask=0.3):
        gone = np.flatnonzero(np.abs(np.fft.rfft(wave)) < 0.5)
        assert 0 <= len(gone) <= 301
        assert not len(gone) or np.ptp(gone) == len(gone) - 1


@settings(max_examples=25, deadline=None)
@given(n_samples=st.integers(1, 600), seed=st.integers(0, 9), scale=st.floats(1e-4, 1e4))
def test_any_recording_has_finite_variants(n_samples, seed, scale):
    wave = scale * np.random.default_rng(seed).normal(size=n_samples)
    masks = {"time_mask": 0.2, "frequency_mask": 0.2}
    augmenter = SpeechAugmenter(rate=RATE, n_variants=3, random_state=seed, **masks)
    for variant in augmenter.fit_resample([wave], [0])[0]:
        assert variant.dtype == np.float32
        assert len(variant) >= 1
        assert np.isfinite(variant).all()
