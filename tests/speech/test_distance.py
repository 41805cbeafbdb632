import sys

import numpy as np
import pytest

from skgru.speech import _distance

pytest.importorskip("librosa", reason="dynamic time warping needs the extra speech")


def test_timing_and_loudness_do_not_count():
    frames = np.random.default_rng(0).normal(size=(12, 20)).astype(np.float32)
    assert _distance.distortion(frames, np.repeat(frames, 2, axis=0) + 3) == pytest.approx(
        0, abs=1e-4
    )


def test_without_librosa(monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa.sequence", None)
    with pytest.raises(ImportError, match=r"pip install 'skgru\[speech\]'"):
        _distance.distortion(np.zeros((2, 20)), np.zeros((2, 20)))


def test_by_hand():
    """One cepstral coefficient that differs by 1: ``10 / ln 10 * sqrt(2)`` decibels."""
    n_mels = 20
    wave = np.cos(np.pi / n_mels * (np.arange(n_mels) + 0.5) * 3)  # the sum of cosines, c_3 = 1
    a, b = np.zeros((1, n_mels)), 2 * wave[np.newaxis]  # the power's logarithm
    assert _distance.distortion(a, b) == pytest.approx(10 / np.log(10) * np.sqrt(2))
