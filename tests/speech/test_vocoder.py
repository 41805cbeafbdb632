import sys

import numpy as np
import pytest

from skgru import LogMel
from skgru.speech import _vocoder

pytest.importorskip("librosa", reason="frames and phases need the extra speech")


def test_frames_of_the_waveform_are_those_it_was_made_of():
    listen = LogMel(8000, window=0.032, hop=0.008, remove_mean=False, top_db=40)
    time = np.arange(4000) / 8000
    wave = np.sin(2 * np.pi * (400 * time + 600 * time**2)) * np.hanning(4000)
    (frames,) = listen.transform([wave])
    again = _vocoder.waveform(frames, listen._analysis(), 32, 0)
    assert len(again) == 62 * 64
    (heard,) = listen.transform([again])
    heard = heard - heard.max() + frames.max()
    loud = frames > frames.max() - 5
    assert np.abs(heard - frames)[loud].mean() < 0.4


def test_without_librosa(monkeypatch):
    analysis = LogMel(8000, window=0.032, hop=0.008)._analysis()
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(ImportError, match=r"pip install 'skgru\[speech\]'"):
        _vocoder.waveform(np.zeros((9, 40)), analysis, 2, 0)


def test_one_frame():
    listen = LogMel(8000, window=0.032, hop=0.008, remove_mean=False)
    assert _vocoder.waveform(np.zeros((1, 40)), listen._analysis(), 2, 0).shape == (64,)
