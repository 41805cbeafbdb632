"""Log-mel frames -> a waveform."""

from __future__ import annotations

import numpy as np

from skgru.speech._spectra import Analysis

LOUDNESS = 0.1  # root mean square of a waveform
MOMENTUM = 0.99  # of the search for phases, as Perraudin et al. (2013) recommend


def waveform(frames: np.ndarray, analysis: Analysis, n_iter: int, seed: int) -> np.ndarray:
    """A waveform whose mel bands are these.

    The power at each frequency is the least-squares solution without negative values; the phases
    are found by the fast Griffin-Lim algorithm.

    Parameters
    ----------
    frames : ndarray, shape (n_frames, n_mels)
        Natural logarithms of power.
    analysis : Analysis
        How such frames are made.
    n_iter : int
    seed : int
        Of the first phases.

    Returns
    -------
    ndarray of float32, shape (max(1, n_frames - 1) * hop,)
        Within [-1, 1].

    Raises
    ------
    ImportError
        Without librosa; the message has the command that installs it.
    """
    try:
        from librosa import griffinlim
        from librosa.util import nnls
    except ImportError as error:
        raise ImportError(
            "Waveforms need librosa: pip install 'skgru[speech]', or pip install librosa"
        ) from error

    n_fft = 2 * (len(analysis.filters) - 1)
    n_samples = max(1, len(frames) - 1) * analysis.hop
    missing = max(0, 1 + -(-n_fft // analysis.hop) - len(frames))  # of a spectrum's length
    frames = np.pad(frames, ((0, missing), (0, 0)), mode="edge")
    power = nnls(analysis.filters.T, np.exp(frames.T.astype(np.float64)))
    wave = griffinlim(
        np.sqrt(power),
        n_iter=n_iter,
        hop_length=analysis.hop,
        win_length=len(analysis.window),
        n_fft=n_fft,
        momentum=MOMENTUM,
        random_state=seed,
    )[:n_samples]
    loudness = np.sqrt(np.mean(wave**2))
    if loudness > 0:
        wave = wave * (LOUDNESS / loudness)
    return (wave / max(1.0, np.abs(wave).max())).astype(np.float32)
