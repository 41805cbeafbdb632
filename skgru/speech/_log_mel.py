"""LogMel."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from joblib import Parallel, delayed
from scipy import signal
from sklearn.base import BaseEstimator, TransformerMixin

from skgru._memory import require_memory
from skgru._versioned import Versioned
from skgru.gru._parameters import (
    FLAG,
    NOT_NEGATIVE,
    POSITIVE,
    Rule,
    apply,
    either,
    number,
    one_of,
    whole,
)
from skgru.speech import _spectra, _waveforms

_words, _holds = number(0, 1, open_low=True)
SECONDS: Rule = (f"{_words}, in seconds", _holds)

RULES: dict[str, Rule] = {
    "rate": POSITIVE,
    "kind": one_of("mel", "mfcc"),
    "n_mels": whole(1),
    "n_mfcc": whole(1),
    "window": SECONDS,
    "hop": SECONDS,
    "fmin": NOT_NEGATIVE,
    "fmax": either(POSITIVE, one_of(None)),
    "top_db": POSITIVE,
    "remove_mean": FLAG,
    "deltas": (
        "0, 1 or 2",
        lambda value: isinstance(value, int | np.integer) and str(value) in ("0", "1", "2"),
    ),
    "stack": whole(1),
    "n_jobs": either(
        one_of(None), ("a whole number but 0", lambda v: isinstance(v, int) and v != 0)
    ),
}


# A list of arrays is no table: without this, scikit-learn would offer to make a frame of it.
class LogMel(Versioned, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Turn recordings of sound into sequences of log-mel spectra.

    Every hop, a short window of the waveform becomes one frame: the logarithm of its power in bands
    that are as wide as the ear tells apart, the mel scale. Frames are what networks that listen to
    speech commonly read, and what `GRUClassifier` takes as they come.

    Parameters
    ----------
    rate : float, default=16000
        Samples a second of the recordings, in Hz. It must be theirs: nothing is resampled.
    kind : {"mel", "mfcc"}, default="mel"
        What a frame holds: the log power of each band, or its cosine transform [1]_, the mel
        frequency cepstral coefficients.
    n_mels : int, default=40
        Bands between `fmin` and `fmax`.
    n_mfcc : int, default=13
        Coefficients kept of the transform, the first ones; read with ``kind="mfcc"``.
    window : float, default=0.025
        Length of the (Hann) window in seconds.
    hop : float, default=0.010
        Seconds from one window to the next.
    fmin : float, default=20.0
        Lower end of the lowest band in Hz.
    fmax : float or None, default=None
        Upper end of the highest band in Hz; None is half the rate.
    top_db : float, default=80.0
        Power that lies more than so many decibels under the largest of its recording is taken to
        lie there: digital silence is no different from a quiet room.
    remove_mean : bool, default=True
        Subtract from each column its mean over the recording (cepstral mean subtraction [2]_). What
        is left does not depend on how loud it was recorded, and little on the microphone.
    deltas : {0, 1, 2}, default=0
        Orders of change from frame to frame to add, each as many columns again: slopes, and then
        curvatures, of polynomials fitted to nine frames.
    stack : int, default=1
        Consecutive frames that become one long one. A network then reads shorter sequences.
    n_jobs : int or None, default=None
        Threads that work on recordings; None is one, -1 as many as there are cores.

    Attributes
    ----------
    n_features_in_ : int
        Samples of each recording, where they came as a two-dimensional array.
    feature_names_in_ : ndarray of str, shape (`n_features_in_`,)
        Column names, where `X` was a frame that has them.

    See Also
    --------
    GRUClassifier : Reads the frames.

    Notes
    -----
    Whole numbers of 8 (unsigned), 16 and 32 bits are read as in WAV files: divided by their full
    scale. Floats are taken as they are. Channels are averaged, and a constant offset is removed.

    The first window is centred on the first sample, so that a recording has
    ``1 + n_samples // hop`` frames, as in librosa. The bands are librosa's, on Slaney's scale [3]_;
    the logarithm is natural.

    Nothing is learnt: a recording's frames depend on no other one, and `transform` needs no `fit`.

    References
    ----------
    .. [1] Davis, S. & Mermelstein, P. (1980). Comparison of parametric representations for
       monosyllabic word recognition in continuously spoken sentences. IEEE Transactions on
       Acoustics, Speech, and Signal Processing 28 (4).
    .. [2] Furui, S. (1981). Cepstral analysis technique for automatic speaker verification. IEEE
       Transactions on Acoustics, Speech, and Signal Processing 29 (2).
    .. [3] McFee, B. et al. (2015). librosa: Audio and music signal analysis in Python. SciPy.

    Examples
    --------
    Two tones, one of 0.2 and one of 0.3 seconds:

    >>> import numpy as np
    >>> from skgru import LogMel
    >>> time = np.arange(2400) / 8000
    >>> recordings = [np.sin(2000 * time[:1600]), np.sin(6000 * time)]
    >>> [frames.shape for frames in LogMel(rate=8000).transform(recordings)]
    [(21, 40), (31, 40)]
    """

    def __init__(
        self,
        rate=16000,
        *,
        kind="mel",
        n_mels=40,
        n_mfcc=13,
        window=0.025,
        hop=0.010,
        fmin=20.0,
        fmax=None,
        top_db=80.0,
        remove_mean=True,
        deltas=0,
        stack=1,
        n_jobs=None,
    ) -> None:
        self.rate = rate
        self.kind = kind
        self.n_mels = n_mels
        self.n_mfcc = n_mfcc
        self.window = window
        self.hop = hop
        self.fmin = fmin
        self.fmax = fmax
        self.top_db = top_db
        self.remove_mean = remove_mean
        self.deltas = deltas
        self.stack = stack
        self.n_jobs = n_jobs

    def fit(self, X, y=None) -> Self:
        """Check the parameters and the recordings; nothing is learnt.

        Parameters
        ----------
        X : array-like or list of array-like
            Recordings, in the form that `transform` takes.
        y : None
            Ignored.

        Returns
        -------
        LogMel
            The transformer itself.

        Raises
        ------
        ImportError
            Without librosa.
        ValueError
            If a parameter or a recording breaks a rule.
        """
        self._analysis()
        _waveforms.read(self, X, reset=True)
        return self

    def transform(self, X) -> list[np.ndarray] | np.ndarray:
        """The frames of each recording.

        Parameters
        ----------
        X : array-like or list of array-like
            Recordings: (n_recordings, n_samples), or a list of (n_samples,) or
            (n_samples, n_channels) arrays of unequal lengths.

        Returns
        -------
        list of ndarray of float32, shape (n_frames, n_features)
            One array a recording, a frame every `hop` seconds. For a two-dimensional `X`, whose
            recordings are of one length, one array of shape (n_recordings, n_frames, n_features).

        Raises
        ------
        ImportError
            Without librosa.
        ValueError
            If a parameter or a recording breaks a rule.
        """
        analysis = self._analysis()
        waves = _waveforms.read(self, X, reset=False)
        if self.n_jobs in (None, 1):
            features = [_spectra.frames(wave, analysis) for wave in waves]
        else:
            n_jobs = min(self.n_jobs, len(waves))
            parallel = Parallel(n_jobs=n_jobs, prefer="threads", batch_size=64)
            features = parallel(delayed(_spectra.frames)(wave, analysis) for wave in waves)
        return features if _waveforms.is_list(X) else np.stack(features)

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Name the columns of a frame.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of object, shape (n_features,)
            ``"mel0"`` and on, or ``"mfcc0"``; then ``"mel0_delta1"`` and on; with `stack`, each of
            them with ``"_frame0"`` and on behind it.
        """
        apply(RULES, self)
        size = self.n_mels if self.kind == "mel" else self.n_mfcc
        names = [f"{self.kind}{i}" for i in range(size)]
        names += [f"{name}_delta{k}" for k in range(1, self.deltas + 1) for name in names[:size]]
        if self.stack > 1:
            names = [f"{name}_frame{i}" for i in range(self.stack) for name in names]
        return np.array(names, dtype=object)

    def _analysis(self) -> _spectra.Analysis:
        """What the parameters ask for, checked."""
        apply(RULES, self)
        n_window, hop = round(self.window * self.rate), round(self.hop * self.rate)
        for name, samples, least in (("window", n_window, 2), ("hop", hop, 1)):
            if samples < least:
                raise ValueError(
                    f"{name}={getattr(self, name)} seconds are {samples} samples at rate="
                    f"{self.rate}; at least {least} needed. `window` and `hop` are in seconds."
                )
        fmax = self.rate / 2 if self.fmax is None else self.fmax
        if not self.fmin < fmax <= self.rate / 2:
            raise ValueError(
                "fmin < fmax <= rate / 2 is needed, all in Hz; got "
                f"fmin={self.fmin}, fmax={self.fmax}, rate={self.rate}."
            )
        if self.kind == "mfcc" and self.n_mfcc > self.n_mels:
            raise ValueError(
                f"n_mfcc={self.n_mfcc} coefficients need as many bands; n_mels={self.n_mels}."
            )
        require_memory(8 * n_window, f"A window of {n_window} samples", "lower rate or window")
        window = signal.get_window("hann", n_window).astype(np.float32)
        n_fft = 2 ** math.ceil(math.log2(n_window))
        return _spectra.Analysis(
            window=window,
            hop=hop,
            filters=_spectra.mel_filters(self.rate, n_fft, self.n_mels, self.fmin, fmax),
            floor=10 ** (-self.top_db / 10),
            n_mfcc=self.n_mfcc if self.kind == "mfcc" else 0,
            remove_mean=self.remove_mean,
            deltas=self.deltas,
            stack=self.stack,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
