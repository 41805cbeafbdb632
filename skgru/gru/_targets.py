"""Labels, real targets and weights as users give them <-> the numbers that a loss reads."""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    assert_all_finite,
    check_array,
    column_or_1d,
)


def read_weights(sample_weight, n_samples: int) -> np.ndarray:
    """Sample weights as float64; a row of weight zero takes no part in a fit."""
    weights = _check_sample_weight(
        sample_weight, np.empty((n_samples, 1)), dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError(
            "Sample weights must contain at least one non-zero number; all "
            f"{n_samples} weights are zero."
        )
    return weights


def read_labels(y, n_samples: int) -> np.ndarray:
    """Class labels, one-dimensional."""
    _refuse_none(y)
    if isinstance(y, list | tuple):  # among words, NumPy would make a word of NaN
        _refuse_missing(y)
    y = column_or_1d(y, warn=True)
    _refuse_missing(y)
    check_classification_targets(y)
    _check_length(y, n_samples)
    return y


def _refuse_missing(y: np.ndarray | list | tuple) -> None:
    """Refuse NaN, None, NA and infinity, which are no labels."""
    if isinstance(y, np.ndarray) and y.dtype != object:
        assert_all_finite(y, input_name="y")
        return
    missing = [i for i, label in enumerate(y) if _is_missing(label)]
    if missing:
        raise ValueError(
            f"Input y contains NaN or None: {len(missing)} of {len(y)} labels are missing, the "
            f"first at row {missing[0]}. Drop these rows from X and y."
        )


def _is_missing(label) -> bool:
    if label is None or type(label).__name__ in ("NAType", "NaTType"):  # pandas' own
        return True
    return isinstance(label, Real) and bool(label != label)


def require_strata(classes: np.ndarray, codes: np.ndarray, n_held: int) -> None:
    """Refuse to hold out `n_held` rows by class where a class cannot be on both sides."""
    counts = np.bincount(codes, minlength=len(classes))
    if rare := classes[counts == 1].tolist():
        raise ValueError(
            "early_stopping holds out rows of every class, which takes two different rows of each; "
            f"{rare[:10]} came with one. Give more rows, leave these classes out, or set "
            "early_stopping=False."
        )
    n_classes, n_rows = np.count_nonzero(counts), len(codes)
    if min(n_held, n_rows - n_held) < n_classes:
        raise ValueError(
            f"early_stopping holds out {n_held} of {n_rows} different rows and trains on the rest; "
            f"with {n_classes} classes, each part needs {n_classes} rows at least. Set another "
            "validation_fraction, or early_stopping=False."
        )


def encode(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Index of each label among the sorted `classes`."""
    codes = np.searchsorted(classes, y)
    known = classes[np.minimum(codes, len(classes) - 1)] == y
    if not known.all():
        unseen = sorted(set(np.asarray(y)[~known].tolist()), key=str)
        raise ValueError(
            f"y holds labels that are not among the classes {classes.tolist()}: {unseen[:10]}. "
            "Name every class in `classes` at the first call of partial_fit."
        )
    return codes.astype(np.int32)


def weigh_classes(
    class_weight, classes: np.ndarray, codes: np.ndarray, sample_weight: np.ndarray
) -> np.ndarray:
    """Sample weights times the weight of each row's class."""
    if class_weight is None:
        return sample_weight
    if isinstance(class_weight, str) and class_weight == "balanced":
        # As if each row stood there as often as its weight says.
        counts = np.bincount(codes, weights=sample_weight, minlength=len(classes))
        share = np.divide(
            counts.sum(), len(classes) * counts, out=np.zeros(len(classes)), where=counts > 0
        )
    else:
        share = compute_class_weight(class_weight, classes=classes, y=classes[codes])
    return sample_weight * share[codes]


def read_values(y, n_samples: int, estimator) -> np.ndarray:
    """Real targets as float64, of shape (n_samples,) or (n_samples, n_outputs)."""
    _refuse_none(y)
    y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y", estimator=estimator)
    _check_length(y, n_samples)
    return y


def _check_length(y: np.ndarray, n_samples: int) -> None:
    if len(y) != n_samples:
        raise ValueError(
            f"X and y need the same number of samples; X has {n_samples}, y has {len(y)}."
        )


def _refuse_none(y) -> None:
    if y is None:
        raise ValueError(
            "This estimator requires y to be passed, but the target y is None. Give one target for "
            "each sample."
        )
