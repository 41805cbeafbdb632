"""The state of a fit in a file, from which the same fit goes on if it was cut off.

The file is named after what decides the fit: its class, parameters and data. So it is found again,
in any process, and many fits can share a folder.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
import warnings
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import skgru
from skgru._archive import read_arrays, read_header, write_archive
from skgru._atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL = 10.0  # seconds from one writing to the next, at least
FORMAT = "skgru checkpoint"
FINISHED = ("epochs", "early_stopping")  # why a training ends with which none goes on
LAYOUT = 1  # of the states that trainings write: those of another one are not found

# Parameters that say nothing about the network that comes of a fit.
_DAMAGED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
_BESIDE = ("checkpoint_dir", "engine", "max_time", "verbose", "warm_start")


class Checkpoint:
    """A file for the state of one fit.

    A state is a dictionary of arrays, plain values, and lists and dictionaries of these.

    Parameters
    ----------
    path : Path or None
        None keeps nothing, and nothing is there.
    """

    def __init__(self, path: Path | None = None):
        self._path = path
        self._written = time.monotonic()
        self._state: dict | None = None

    @property
    def active(self) -> bool:
        """Whether anything is kept."""
        return self._path is not None

    @property
    def due(self) -> bool:
        """Whether it is time to write again."""
        return self.active and time.monotonic() - self._written >= INTERVAL

    def resume(self, restore: Callable[[dict], None]) -> None:
        """Hand the state that was written last to `restore`, if there is one.

        Raises
        ------
        ValueError
            If the file is damaged, or `restore` cannot take what it says.
        """
        if self._path is None:
            return
        try:
            with open(self._path, "rb") as file:
                state = _read(file, self._path.stem)
            restore(state)
        except FileNotFoundError:
            return
        except _DAMAGED as error:
            raise ValueError(
                f"The checkpoint {os.fspath(self._path)!r} is damaged: {error}. Remove this file "
                "to have the training start anew."
            ) from error

    def keep(self, state: Callable[[], dict]) -> None:
        """Take note of a state, and write it if that is due.

        What it holds must not change afterwards.
        """
        if self.active:
            self._state = state()
            if self.due:
                self.write()

    def write(self) -> None:
        """Write the state that was kept last, unless it stands there already."""
        if self._path is None or self._state is None:
            return
        arrays: dict[str, np.ndarray] = {}
        text = json.dumps(_take_out(self._state, arrays), separators=(",", ":"))
        metadata = {"format": FORMAT, "skgru_version": skgru.__version__}
        metadata |= {"name": self._path.stem, "state": text}
        try:
            with replacing(self._path) as file:
                write_archive(file, metadata, arrays)
        except OSError as error:  # hours of training are worth more than their copy
            warnings.warn(
                f"The checkpoint {os.fspath(self._path)!r} could not be written ({error}); the "
                "training goes on.",
                stacklevel=2,
            )
        self._written, self._state = time.monotonic(), None


NOWHERE = Checkpoint()


def copy_into(own: np.ndarray, value: np.ndarray) -> None:
    """Take numbers from a checkpoint into an array of their shape; what is no number is refused."""
    if value.shape != own.shape or value.dtype != own.dtype or not np.isfinite(value).all():
        raise ValueError(f"it lacks {own.size} finite numbers of the network")
    own[:] = value


def check_curve(values: list[float], what: str, fewest: int = 0) -> list[float]:
    """What came after each epoch, from a checkpoint: finite numbers."""
    if len(values) < fewest or not all(map(math.isfinite, values)):
        raise ValueError(f"its {what} are none")
    return list(values)


def find_checkpoint(estimator, engine: str, *data, without: tuple[str, ...] = ()) -> Checkpoint:
    """The checkpoint of a fit in the estimator's `checkpoint_dir`, which is made if need be.

    Parameters
    ----------
    estimator : estimator
        All of its parameters decide the fit, except those of `without` and those that never do.
    engine : str
        What trains.
    *data
        What is trained on: arrays, plain values, and lists of these.
    without : tuple of str

    Raises
    ------
    ValueError
        If the fit could not be repeated, or a parameter has no value that can be written down.
    """
    if estimator.checkpoint_dir is None:
        return NOWHERE
    name = type(estimator).__name__
    values = estimator.get_params(deep=False)
    if not isinstance(values["random_state"], Integral):
        raise ValueError(
            f"A fit that goes on from a checkpoint must be one that can be repeated. Set the "
            f"'random_state' parameter of {name} to a whole number, or checkpoint_dir=None. Got "
            f"random_state={values['random_state']!r}."
        )
    digest = hashlib.sha256()
    _feed(digest, (name, skgru.__version__, LAYOUT, engine), "")
    for parameter in sorted(values.keys() - {*_BESIDE, *without}):
        _feed(digest, parameter, parameter)
        _feed(digest, values[parameter], f"the {parameter!r} parameter of {name}")
    _feed(digest, data, "the data")
    folder = Path(estimator.checkpoint_dir).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"The 'checkpoint_dir' parameter of {name} must be a folder, or a path where one can "
            f"be made. Got {estimator.checkpoint_dir!r}: {error}."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(
            f"The 'checkpoint_dir' parameter of {name} must be a folder that can be written to. "
            f"Got {estimator.checkpoint_dir!r}."
        )
    return Checkpoint(folder / f"{name}-{digest.hexdigest()[:32]}.checkpoint")


def _feed(digest, value, where: str) -> None:
    """Add a value to a digest, so that no two values add the same."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        _add(digest, f"{value.dtype.str}{value.shape}")
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
    elif isinstance(value, list | tuple | np.ndarray):
        _add(digest, f"list {len(value)}")
        for item in value:
            _feed(digest, item, where)
    elif isinstance(value, dict):
        _add(digest, f"dict {len(value)}")
        for key, item in sorted(value.items(), key=repr):
            _feed(digest, key, where)
            _feed(digest, item, where)
    elif value is None or isinstance(value, bool | int | float | str | bytes):
        _add(digest, f"{type(value).__name__} {value!r}")
    else:
        raise ValueError(
            f"With `checkpoint_dir`, {where} must be made of numbers and text, by which a fit is "
            f"known again; it holds a {type(value).__name__}. Set checkpoint_dir=None."
        )


def _add(digest, text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    digest.update(len(data).to_bytes(8, "little") + data)


def _take_out(value, arrays: dict[str, np.ndarray]) -> Any:
    """A state for JSON; its arrays go to `arrays`, and their names take their places."""
    if isinstance(value, np.ndarray):
        name = str(len(arrays))
        arrays[name] = value
        return {"$array": name}
    if isinstance(value, dict):
        return {key: _take_out(item, arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_take_out(item, arrays) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _put_back(value, arrays: dict[str, np.ndarray]) -> Any:
    """The state that `_take_out` took apart, tuples as lists."""
    if isinstance(value, list):
        return [_put_back(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "$array" in value:
        return arrays[value["$array"]]
    return {key: _put_back(item, arrays) for key, item in value.items()}


def _read(file, name: str) -> dict:
    size = os.fstat(file.fileno()).st_size
    text, header = read_header(file, size)
    metadata = header["__metadata__"]
    if metadata.get("format") != FORMAT or metadata.get("name") != name:
        raise ValueError("it is the checkpoint of no such fit")
    arrays = read_arrays(file, size, text, header)
    return _put_back(json.loads(metadata["state"]), arrays)
