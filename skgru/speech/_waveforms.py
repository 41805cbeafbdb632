"""Recordings as users hand them over -> mono waveforms between -1 and 1."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_array, validate_data

MOST_CHANNELS = 8  # more is an array whose axes are the other way round
LOUDEST = 1e15  # power beyond is none that float32 holds

# Zero and full scale of whole numbers, as WAV files have them. 64 bits are no sample format.
PCM = {"uint8": (128, 128), "int16": (0, 2**15), "int32": (0, 2**31)}


def read(estimator, X, *, reset: bool) -> list[np.ndarray]:
    """Check recordings and bring them into one form.

    A table, one recording a row, sets ``n_features_in_`` on `reset`; later tables must match.

    Parameters
    ----------
    estimator : LogMel
    X : array-like of shape (n_recordings, n_samples), or list of array-like
        A list may hold recordings of unequal length, (n_samples,) or (n_samples, n_channels) each.
    reset : bool
        Whether `estimator` is being fitted.

    Returns
    -------
    list of ndarray of float32, shape (n_samples,)
        The mean of the channels. Integers of 8, 16 and 32 bits are divided by their full scale.

    Raises
    ------
    TypeError
        If `X` is sparse.
    ValueError
        If there is no recording, or one is empty, not numeric, not finite or of another shape.
    """
    if is_list(X):
        if reset:
            estimator.__dict__.pop("n_features_in_", None)
            estimator.__dict__.pop("feature_names_in_", None)
    else:
        _refuse_loose_samples(X)
        X = validate_data(estimator, X, reset=reset, dtype=None, ensure_all_finite=False)
    return [_mono(item, i) for i, item in enumerate(X)]


def is_list(X) -> bool:
    """Whether `X` holds recordings each by itself; a table, or what is wrong, is none."""
    if getattr(X, "ndim", 1) != 1:
        return X.ndim == 3
    if isinstance(X, list | tuple) or getattr(getattr(X, "dtype", None), "kind", "") == "O":
        arrays = all(isinstance(item, np.ndarray) and item.ndim for item in X)
        return len(X) > 0 and (arrays or _is_ragged(X))
    return False


def _is_ragged(X) -> bool:
    """Whether plain lists differ in length."""
    return all(map(np.iterable, X)) and len({len(item) for item in X}) > 1


def _refuse_loose_samples(X) -> None:
    """Raise where a list of recordings has something else among them."""
    if isinstance(X, list | tuple) and any(map(np.iterable, X)):
        for i, item in enumerate(X):
            if not np.iterable(item):
                raise ValueError(
                    "Each recording needs the shape (n_samples,) or (n_samples, n_channels); "
                    f"recording {i} of X is {item!r}. Drop it."
                )


def _mono(recording, i: int) -> np.ndarray:
    """One recording as float32 (n_samples,)."""
    wave = np.asarray(recording)
    if not wave.size:
        raise ValueError(
            f"Each recording needs at least 1 sample; recording {i} has 0 sample(s) "
            f"(shape={wave.shape}) while a minimum of 1 is required. Drop it."
        )
    if wave.ndim > 2 or (wave.ndim == 2 and wave.shape[1] > MOST_CHANNELS):
        raise ValueError(
            "Each recording needs the shape (n_samples,) or (n_samples, n_channels) with at most "
            f"{MOST_CHANNELS} channels; recording {i} has the shape {wave.shape}. Transpose it if "
            "its channels come first."
        )
    if wave.dtype.kind in "mM":  # scikit-learn would count nanoseconds
        raise ValueError(f"Recordings hold numbers; recording {i} of X holds {wave.dtype}.")
    zero, full = PCM.get(wave.dtype.name, (0, 1))
    if wave.dtype.char not in "df":
        wave = check_array(
            wave, ensure_2d=False, dtype=np.float64, ensure_all_finite=False, input_name="X"
        )
    if wave.ndim == 2:
        wave = wave.mean(axis=1)
    if full != 1:
        wave = (wave - zero) / full
    _refuse_not_finite(wave, i)
    if np.abs(wave).max() > LOUDEST:
        raise ValueError(
            f"Samples of a recording lie between -1 and 1; recording {i} of X reaches "
            f"{np.abs(wave).max():.3g}. Divide it by its full scale."
        )
    return wave.astype(np.float32)


def _refuse_not_finite(wave: np.ndarray, i: int) -> None:
    finite = np.isfinite(wave)
    if not finite.all():
        place = int(finite.argmin())
        what = "NaN" if np.isnan(wave[place]) else "infinity"
        raise ValueError(
            f"Recording {i} of X contains {what}, first at sample {place}. Cut such samples out, "
            "or set them to 0."
        )
