"""`save` and `load`."""

from __future__ import annotations

import json
import os
from typing import Any

import skgru
from skgru._archive import read_arrays, read_header, write_archive
from skgru._atomic import replacing
from skgru.persistence import _registry
from skgru.persistence._values import Reader, Writer

FORMAT = "skgru"
FORMAT_VERSION = 1


def save(estimator, path) -> Any:
    """Write an estimator to a file that holds no code.

    The file appears whole or not at all: it is written under another name in the same folder, which
    needs room for both, and then takes the place of what was there.

    Parameters
    ----------
    estimator : estimator
        Any of `skgru` and `skgru.sktime`, fitted or not.
    path : str or path-like
        Any name. Under ``.safetensors`` other programs know what to make of its arrays.

    Raises
    ------
    TypeError
        If the estimator is of another class, or holds something that is no number, text or array:
        a `network` of the user's own, a tokenizer, a language model that is none of skgru's.
    OSError
        If the file cannot be written; what was there stays as it was.

    See Also
    --------
    load : Read it again.

    Notes
    -----
    Kept are parameters and everything that `fit` has learnt. Callbacks and requests for metadata
    are not, nor is the optimiser's state between two calls of `partial_fit`. A process that is
    killed while it writes leaves its unfinished file behind, whose name begins with a dot.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from pathlib import Path
    >>> from skgru import GRURegressor
    >>> from skgru.persistence import load, save
    >>> X = np.random.default_rng(0).normal(size=(30, 8))
    >>> reg = GRURegressor(units=4, epochs=2, random_state=0).fit(X, X.max(axis=1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(reg, Path(folder) / "peaks.safetensors")
    ...     again = load(Path(folder) / "peaks.safetensors")
    >>> bool((again.predict(X) == reg.predict(X)).all())
    True
    """
    name = _registry.class_name(type(estimator))
    if name is None:
        raise TypeError(
            f"save takes an estimator of skgru itself ({', '.join(sorted(_registry.CLASSES))}); "
            f"got {type(estimator).__name__}. Pipelines and the like can be written by skops or "
            "joblib."
        )
    writer = Writer()
    node = writer.estimator(estimator)
    Reader(writer.arrays).estimator(node)  # nothing is written that could not be loaded
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "skgru_version": skgru.__version__,
        "class": name,
        "estimator": json.dumps(node, separators=(",", ":"), allow_nan=False),
    }
    with replacing(path) as file:
        write_archive(file, metadata, writer.arrays)


def load(path) -> Any:
    """Read an estimator from a file of `save`, without running anything that the file holds.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    estimator
        Equal to the one that was saved: its predictions are the same to the last bit, and it can be
        fitted again, or on.

    Raises
    ------
    ValueError
        If the file is none of `save`, is damaged or cut short, or of a newer format. Sizes are
        checked before memory is taken: never more than a small multiple of the file's size.
    OSError
        If the file cannot be read.

    See Also
    --------
    save : Write one.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skgru import GRUClassifier
    >>> from skgru.persistence import load, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(GRUClassifier(units=8), Path(folder) / "model")
    ...     load(Path(folder) / "model")
    GRUClassifier(units=8)
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            text, header = read_header(file, size)
            metadata = header["__metadata__"]
            if metadata.get("format") != FORMAT:
                raise ValueError("it was not written by skgru.persistence.save")
            _refuse_newer(metadata)
            arrays = read_arrays(file, size, text, header)
            node = json.loads(metadata["estimator"])
            if node["estimator"] != metadata["class"]:
                raise ValueError("its class is told in two ways")
            return Reader(arrays).estimator(node)
        except _DAMAGE as error:
            reason = error.args[0] if type(error) is ValueError else repr(error)
            raise ValueError(f"{os.fspath(path)!r} cannot be loaded: {reason}.") from error


# What reading nonsense may raise, wherever it is noticed.
_DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    AssertionError,
)


def _refuse_newer(metadata: dict[str, str]) -> None:
    version = metadata.get("format_version", "")
    if version.isdecimal() and int(version) > FORMAT_VERSION:
        raise ValueError(
            f"it is of format {version}, written by skgru {metadata.get('skgru_version')}, and "
            f"skgru {skgru.__version__} reads formats up to {FORMAT_VERSION}: update skgru"
        )
    if version != str(FORMAT_VERSION):
        raise ValueError(f"its format {version!r} is unknown")
