"""SpeechAugmenter."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing, check_consistent_length, check_random_state

from skgru._memory import require_memory
from skgru._versioned import Versioned
from skgru.gru._parameters import POSITIVE, RATE, Rule, apply, number, whole
from skgru.speech import _distortions, _waveforms

MOST_GAIN = 400.0  # decibels: float32 holds more of no recording
MOST_TILT = 2.0  # of the noise: from white, where it is 0, to brown


def _is_range(value) -> bool:
    if value is None:
        return True
    _, is_decibel = number(-200, 200)
    pair = isinstance(value, tuple | list) and len(value) == 2
    return pair and all(map(is_decibel, value)) and value[0] <= value[1]


HALF = number(0, 0.5)
RULES: dict[str, Rule] = {
    "rate": POSITIVE,
    "n_variants": whole(0),
    "speed": HALF,
    "vocal_tract": HALF,
    "snr": ("None or a pair of decibels, the lower one first", _is_range),
    "gain": number(0, MOST_GAIN),
    "time_mask": RATE,
    "frequency_mask": RATE,
}


class SpeechAugmenter(Versioned, BaseEstimator):
    """Add variants of recordings to train on: other voices, noise, gaps.

    A network that has heard each word from few people takes their voices for the word. Each variant
    is a recording that was played faster or slower, as from a longer or shorter vocal tract, with
    noise, louder or softer and, where asked for, with a stretch of time and a band of frequencies
    missing; all by random amounts.

    Adding rows is no transformation, so this is a sampler, as imbalanced-learn has them: it works
    in fitting alone. In an ``imblearn.pipeline.Pipeline``, before the step that makes frames, it
    augments what each split of a search trains on and nothing else. Without imbalanced-learn, call
    `fit_resample` on the training part.

    Parameters
    ----------
    rate : float, default=16000
        Samples a second of the recordings, in Hz.
    n_variants : int, default=4
        Variants of each recording to add.
    speed : float in [0, 0.5], default=0.15
        Largest change of the speed, as a share of it; pitch and formants change with it [1]_.
    vocal_tract : float in [0, 0.5], default=0.15
        Largest change of the formants' frequencies, as a share of them, at the same pitch [2]_.
    snr : (float, float) or None, default=(5.0, 40.0)
        Range of the signal-to-noise ratio in decibels. The noise's colour is drawn as well, from
        white to brown. None adds no noise.
    gain : float in [0, 400], default=6.0
        Largest change of the level in decibels.
    time_mask : float in [0, 1), default=0.0
        Largest share of the recording that is silenced, in one stretch [3]_.
    frequency_mask : float in [0, 1), default=0.0
        Largest share of the band up to half the rate that is taken out, in one piece [3]_.
    random_state : int, RandomState instance or None, default=None
        The only source of randomness.

    Attributes
    ----------
    sample_indices_ : ndarray of int, shape (n_recordings * (1 + n_variants),)
        Which recording each row comes from: to repeat groups or weights.
    n_features_in_ : int
        Samples of each recording, where they came as a two-dimensional array.
    feature_names_in_ : ndarray of str, shape (`n_features_in_`,)
        Column names, where `X` was a frame that has them.

    See Also
    --------
    LogMel : Frames of the recordings.

    References
    ----------
    .. [1] Ko, T., Peddinti, V., Povey, D. & Khudanpur, S. (2015). Audio augmentation for speech
       recognition. Interspeech.
    .. [2] Jaitly, N. & Hinton, G. E. (2013). Vocal tract length perturbation (VTLP) improves speech
       recognition. ICML workshop on deep learning for audio, speech and language.
    .. [3] Park, D. S. et al. (2019). SpecAugment: a simple data augmentation method for automatic
       speech recognition. Interspeech.

    Examples
    --------
    >>> import numpy as np
    >>> from skgru import SpeechAugmenter
    >>> recordings = [np.sin(np.arange(1600)), np.cos(np.arange(900))]
    >>> augmenter = SpeechAugmenter(rate=8000, n_variants=2, random_state=0)
    >>> X, y = augmenter.fit_resample(recordings, ["sine", "cosine"])
    >>> len(X), y
    (6, ['sine', 'cosine', 'sine', 'sine', 'cosine', 'cosine'])
    """

    def __init__(
        self,
        rate=16000,
        *,
        n_variants=4,
        speed=0.15,
        vocal_tract=0.15,
        snr=(5.0, 40.0),
        gain=6.0,
        time_mask=0.0,
        frequency_mask=0.0,
        random_state=None,
    ) -> None:
        self.rate = rate
        self.n_variants = n_variants
        self.speed = speed
        self.vocal_tract = vocal_tract
        self.snr = snr
        self.gain = gain
        self.time_mask = time_mask
        self.frequency_mask = frequency_mask
        self.random_state = random_state

    def fit(self, X, y=None) -> Self:
        """Check the parameters and the recordings; nothing is learnt.

        Parameters
        ----------
        X : array-like or list of array-like
            Recordings, in the form that `fit_resample` takes.
        y : None
            Ignored.

        Returns
        -------
        SpeechAugmenter
            The sampler itself.
        """
        apply(RULES, self)
        _waveforms.read(self, X, reset=True)
        return self

    def fit_resample(self, X, y) -> tuple[list[np.ndarray], list]:
        """Recordings and labels, then those of the variants.

        Parameters
        ----------
        X : array-like or list of array-like
            Recordings: (n_recordings, n_samples), or a list of (n_samples,) or
            (n_samples, n_channels) arrays of unequal lengths.
        y : array-like or list of length n_recordings
            A label of any kind for each.

        Returns
        -------
        X_resampled : list of ndarray of float32, shape (n_samples,)
            The recordings as they came, of one channel, and the variants of the first one, of the
            second one and so on.
        y_resampled : list or ndarray
            Their labels.

        Raises
        ------
        ValueError
            If a parameter or a recording breaks a rule, or `X` and `y` differ in length.
        """
        apply(RULES, self)
        waves = _waveforms.read(self, X, reset=True)
        if y is None:
            raise TypeError("y must hold a label for each recording, to be repeated; got None.")
        check_consistent_length(waves, y)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        rng = np.random.default_rng(seed)
        number = np.arange(len(waves))
        require_memory(
            4 * self.n_variants * sum(map(len, waves)) / (1 + self.speed),
            f"{self.n_variants} variants of each recording",
            "lower n_variants",
        )
        origin = np.repeat(number, self.n_variants)
        variants = [self._vary(waves[i], rng) for i in origin]
        self.sample_indices_ = np.concatenate([number, origin])
        return waves + variants, _safe_indexing(y, self.sample_indices_)

    def _vary(self, wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One variant of a recording, float32 (n_samples,)."""
        speed, tract = 1 + rng.uniform(-1, 1, 2) * (self.speed, self.vocal_tract)
        wave = _distortions.change_speed(wave, speed)
        if self.vocal_tract:
            wave = _distortions.warp_vocal_tract(wave, tract, self.rate)
        wave = _distortions.mask_time(wave, *_draw_part(self.time_mask, rng))
        wave = _distortions.mask_frequency(wave, *_draw_part(self.frequency_mask, rng))
        if self.snr is not None:  # after the masks, so that it fills them
            tilt = rng.uniform(0, MOST_TILT)
            wave = _distortions.add_noise(wave, rng.uniform(*self.snr), tilt, rng)
        return _distortions.change_gain(wave, rng.uniform(-self.gain, self.gain))


def _draw_part(most: float, rng: np.random.Generator) -> tuple[float, float]:
    """Start and size of a random part of 1 that is no larger than `most`."""
    share = rng.uniform(0, most)
    return rng.uniform(0, 1 - share), share
