"""Waveforms -> logarithms of the power in mel bands, or their cepstral coefficients."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import fft, signal

from skgru._memory import require_memory

DELTA_FRAMES = 9  # over which a change is estimated
BLOCK = 2048  # frames whose spectra are in memory at once: an hour of sound has 360,000
TINY = 1e-10  # power of a recording that is silent throughout


@dataclass(frozen=True)
class Analysis:
    """How a waveform becomes frames.

    Attributes
    ----------
    window : ndarray of float32, shape (n_window,)
        What each piece of the waveform is multiplied with.
    hop : int
        Samples from one piece to the next.
    filters : ndarray of float32, shape (n_fft // 2 + 1, n_mels)
        Weights of the frequencies in each band.
    floor : float
        Smallest power that is told from silence, as a share of the recording's largest.
    n_mfcc : int
        Cepstral coefficients; 0 for the bands themselves.
    remove_mean : bool
        Whether to subtract each recording's mean over its frames.
    deltas : int
        Orders of change to add: 0, 1 or 2.
    stack : int
        Frames that become one.
    """

    window: np.ndarray
    hop: int
    filters: np.ndarray
    floor: float
    n_mfcc: int
    remove_mean: bool
    deltas: int
    stack: int


def mel_filters(rate: float, n_fft: int, n_mels: int, fmin: float, fmax: float) -> np.ndarray:
    """Triangles on Slaney's mel scale, each of area 1: float32 (n_fft // 2 + 1, n_mels).

    Raises
    ------
    ImportError
        Without librosa; the message has the command that installs it.
    ValueError
        If a band lies between two frequencies of the transform.
    """
    try:
        from librosa.filters import mel
    except ImportError as error:
        raise ImportError(
            "LogMel needs librosa: pip install 'skgru[speech]', or pip install librosa"
        ) from error
    narrow = (
        f"n_mels={n_mels} bands between {fmin} and {fmax} Hz are too narrow for this window: {{}} "
        f"none of the frequencies, {rate / n_fft:.3g} Hz apart. Choose a smaller n_mels or a "
        "longer window."
    )
    if n_mels > n_fft + 2:  # each frequency is in two bands at the most
        raise ValueError(narrow.format("some hold"))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Empty filters")  # an error below
        filters = mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
    empty = np.flatnonzero(filters.max(axis=1) == 0)
    if len(empty):
        raise ValueError(narrow.format(f"band {empty[0]} holds"))
    return np.ascontiguousarray(filters.T)


def frames(wave: np.ndarray, analysis: Analysis) -> np.ndarray:
    """Features of one recording: float32 (n_samples,) -> (n_frames, n_features)."""
    bands = _log_power(wave, analysis)
    if analysis.n_mfcc:
        bands = fft.dct(bands, type=2, norm="ortho", axis=1)[:, : analysis.n_mfcc]
    if analysis.remove_mean:
        bands = bands - bands.mean(axis=0)
    changes = [
        signal.savgol_filter(
            bands, DELTA_FRAMES, polyorder=order, deriv=order, axis=0, mode="nearest"
        )
        for order in range(1, analysis.deltas + 1)
    ]
    return stack(np.hstack([bands, *changes]).astype(np.float32), analysis.stack)


def _log_power(wave: np.ndarray, analysis: Analysis) -> np.ndarray:
    """Log of the power in each band: (n_samples,) -> (n_frames, n_mels), one frame every hop.

    The first window is centred on the first sample, as in librosa.
    """
    wave = wave - wave.mean()
    n_window = len(analysis.window)
    n_frames = 1 + len(wave) // analysis.hop
    before = (n_window + 1) // 2
    after = max(0, (n_frames - 1) * analysis.hop + n_window - before - len(wave))
    padded = np.pad(wave, (before, after))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, n_window)[:: analysis.hop][:n_frames]
    bands = np.concatenate(
        [_power(pieces[start : start + BLOCK], analysis) for start in range(0, n_frames, BLOCK)]
    )
    return np.log(np.maximum(bands, max(bands.max() * analysis.floor, TINY)))


def _power(pieces: np.ndarray, analysis: Analysis) -> np.ndarray:
    """Power in each band: pieces of a waveform (n_frames, n_window) -> (n_frames, n_mels)."""
    n_fft = 2 * (len(analysis.filters) - 1)
    spectrum = fft.rfft(pieces * analysis.window, n=n_fft, axis=1)
    return np.abs(spectrum) ** 2 @ analysis.filters


def stack(features: np.ndarray, size: int) -> np.ndarray:
    """`size` frames side by side, the last one repeated where some are missing."""
    if size == 1:
        return features
    missing = -len(features) % size
    require_memory(
        4 * (len(features) + missing) * features.shape[1],
        f"{size} frames side by side",
        "lower stack",
    )
    features = np.pad(features, ((0, missing), (0, 0)), mode="edge")
    return features.reshape(len(features) // size, -1)
