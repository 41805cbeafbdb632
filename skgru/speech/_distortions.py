"""What may happen to a recording without changing what is said: functions of one waveform.

Each takes and returns float32 (n_samples,).
"""

from __future__ import annotations

import numpy as np
from scipy import fft, ndimage, signal

PIECE = 0.032  # seconds that the spectrum is warped in at a time
SMOOTH = 150.0  # Hz, over which a spectrum is smoothed to tell formants from harmonics
WIDEST = 100.0  # standard deviation of that in frequencies, where there are next to none
MOST = 3.0  # natural logarithm of the largest gain
TINY = 1e-6  # magnitude that is silence
KNEE = 0.6  # share of the band that the whole warp applies to; above, it bends back to the end


def change_speed(wave: np.ndarray, factor: float) -> np.ndarray:
    """Play faster (`factor` > 1) or slower; pitch and formants follow."""
    n_samples = max(1, round(len(wave) / factor))
    return signal.resample(wave, n_samples).astype(np.float32)


def warp_vocal_tract(wave: np.ndarray, factor: float, rate: float) -> np.ndarray:
    """Scale the formants by `factor`, as a shorter vocal tract does; pitch and time stay.

    The warp is piecewise linear as in Jaitly & Hinton (2013), of the smooth spectrum alone: pieces
    of the waveform are filtered by the ratio of the warped one to what it was.
    """
    n_piece = 2 * max(1, round(PIECE * rate / 2))
    if len(wave) < n_piece:
        return wave
    pieces = {"nperseg": n_piece, "noverlap": n_piece - max(1, n_piece // 4)}
    spectrum = signal.stft(wave, **pieces)[2]
    smooth = ndimage.gaussian_filter1d(
        np.log(np.abs(spectrum) + TINY), min(SMOOTH / (rate / n_piece), WIDEST), axis=0
    )
    place = np.linspace(0, 1, len(spectrum))
    knee = KNEE / max(factor, 1)
    source = np.interp(place, [0, knee * factor, 1], [0, knee, 1]) * (len(spectrum) - 1)
    low = np.minimum(source.astype(np.intp), len(spectrum) - 2)
    share = (source - low)[:, np.newaxis]
    warped = smooth[low] * (1 - share) + smooth[low + 1] * share
    spectrum *= np.exp(np.clip(warped - smooth, -MOST, MOST))
    return signal.istft(spectrum, **pieces)[1][: len(wave)].astype(np.float32)


def add_noise(wave: np.ndarray, snr: float, tilt: float, rng: np.random.Generator) -> np.ndarray:
    """Add noise `snr` decibels under the signal; its power falls with frequency to the `tilt`."""
    spectrum = fft.rfft(rng.normal(size=len(wave)))
    spectrum *= np.arange(1, len(spectrum) + 1) ** (-tilt / 2)
    noise = fft.irfft(spectrum, n=len(wave))
    power = np.mean(noise**2)
    share = np.sqrt(np.mean(wave.astype(float) ** 2) / power / 10 ** (snr / 10)) if power else 0.0
    return (wave + share * noise).astype(np.float32)


def change_gain(wave: np.ndarray, decibels: float) -> np.ndarray:
    return (wave * 10 ** (decibels / 20)).astype(np.float32)


def mask_time(wave: np.ndarray, start: float, share: float) -> np.ndarray:
    """Silence a stretch; `start` and `share` are fractions of the whole."""
    first = round(start * len(wave))
    masked = wave.copy()
    masked[first : first + round(share * len(wave))] = 0
    return masked


def mask_frequency(wave: np.ndarray, start: float, share: float) -> np.ndarray:
    """Take a band out; `start` and `share` are fractions of half the sampling rate."""
    spectrum = fft.rfft(wave)
    first = round(start * len(spectrum))
    spectrum[first : first + round(share * len(spectrum))] = 0
    return fft.irfft(spectrum, n=len(wave)).astype(np.float32)
