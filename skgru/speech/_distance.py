"""How far apart two recordings are whose timing differs: mel-cepstral distortion."""

from __future__ import annotations

import numpy as np
from scipy import fft

COEFFICIENTS = 12  # the first but for the one that is the loudness
DECIBELS = 10 / np.log(10) * np.sqrt(2)


def distortion(a: np.ndarray, b: np.ndarray) -> float:
    """Mean distance in decibels along the best alignment, by dynamic time warping.

    Parameters
    ----------
    a, b : ndarray, shape (n_frames, n_mels)
        Natural logarithms of power.

    Raises
    ------
    ImportError
        Without librosa; the message has the command that installs it.
    """
    try:
        from librosa.sequence import dtw
    except ImportError as error:
        raise ImportError(
            "Time warping needs librosa: pip install 'skgru[speech]', or pip install librosa"
        ) from error

    # Half: a cepstrum is that of an amplitude's logarithm.
    first, second = (
        fft.dct(0.5 * frames.astype(np.float64), norm="ortho", axis=1)[:, 1 : COEFFICIENTS + 1]
        for frames in (a, b)
    )
    scale = np.sqrt(2 / a.shape[1])  # to the customary sum of cosines
    cost = np.linalg.norm(first[:, None] - second, axis=2) * scale * DECIBELS
    path = dtw(C=cost)[1]
    return float(cost[path[:, 0], path[:, 1]].mean())
