"""Text and arrays in one file, in the layout of safetensors.

8 bytes: the length of the header, little-endian. The header: JSON, which gives each array its
element type, shape and place, and under ``__metadata__`` holds text. Then the arrays, without gaps.
Sizes are compared with that of the file before anything is allocated.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from io import BufferedReader
    from typing import BinaryIO

LARGEST_HEADER = 100_000_000  # bytes, as in safetensors
_MOST_AXES = 8
_NO_DIGEST = "0" * 64

# Names of safetensors -> NumPy's.
_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
_NAMES = {np.dtype(kind): name for name, kind in _TYPES.items()}


class _Place(NamedTuple):
    """Where an array lies: name, element type, shape and bytes from the end of the header."""

    name: str
    kind: np.dtype
    shape: tuple[int, ...]
    start: int
    stop: int


def holds(kind: np.dtype) -> bool:
    """Whether arrays of this element type can be written."""
    return kind.newbyteorder("<") in _NAMES


def write_archive(file: BinaryIO, metadata: dict[str, str], arrays: dict[str, np.ndarray]) -> None:
    """Write all, with a checksum in the metadata.

    Parameters
    ----------
    file : binary file
    metadata : dict of str
    arrays : dict of ndarray
        In any layout; `holds` their types.
    """
    entries, buffers, at = {}, [], 0
    # The largest elements first: all of them are then aligned.
    for name in sorted(arrays, key=lambda name: -arrays[name].itemsize):
        array = arrays[name]
        kind = array.dtype.newbyteorder("<")
        buffers.append(np.ascontiguousarray(array, kind).reshape(-1).view(np.uint8).data)
        stop = at + array.nbytes
        entries[name] = {
            "dtype": _NAMES[kind],
            "shape": list(array.shape),
            "data_offsets": [at, stop],
        }
        at = stop
    header = _dump({"__metadata__": {**metadata, "sha256": _NO_DIGEST}, **entries})
    digest = hashlib.sha256(header)
    for buffer in buffers:
        digest.update(buffer)
    header = header.replace(_quoted(_NO_DIGEST), _quoted(digest.hexdigest()), 1)
    file.write(len(header).to_bytes(8, "little"))
    file.write(header)
    for buffer in buffers:
        file.write(buffer)


def _dump(header: dict) -> bytes:
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    if len(text) > LARGEST_HEADER:
        raise ValueError(
            f"The names, labels and settings of a file must fit into {LARGEST_HEADER:,} bytes; "
            f"these take {len(text):,}. Use joblib."
        )
    return text + b" " * (-len(text) % 8)


def _quoted(digest: str) -> bytes:
    return f'"sha256":"{digest}"'.encode("ascii")


def read_header(file: BufferedReader, size: int) -> tuple[bytes, dict]:
    """The header of a file of `size` bytes, as it stands and parsed.

    Raises
    ------
    ValueError
        If there is none.
    """
    length = int.from_bytes(file.read(8), "little")
    if size < 10 or length > min(size - 8, LARGEST_HEADER):
        raise ValueError(f"its first 8 bytes tell of a header that {size} bytes cannot hold")
    text = file.read(length)
    try:
        header = json.loads(text.decode("ascii"), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its header is no JSON ({error})") from None
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its header has no __metadata__")
    return text, header


def read_arrays(
    file: BufferedReader, size: int, text: bytes, header: dict
) -> dict[str, np.ndarray]:
    """The arrays after a header, in memory of their own.

    Raises
    ------
    ValueError
        If sizes, types or the checksum do not agree.
    """
    places = _places(header, size - 8 - len(text))
    claimed = header["__metadata__"].get("sha256", "")
    digest = hashlib.sha256(text.replace(_quoted(claimed), _quoted(_NO_DIGEST), 1))
    arrays = {}
    for place in places:
        flat = np.empty(place.stop - place.start, np.uint8)
        if file.readinto(flat.data) != len(flat):
            raise ValueError("it ends too early")
        digest.update(flat.data)
        if place.kind.kind == "b" and (flat > 1).any():
            raise ValueError(f"{place.name} holds bytes that are no truth values")
        arrays[place.name] = flat.view(place.kind).reshape(place.shape)
    if digest.hexdigest() != claimed:
        raise ValueError("its checksum does not match: some of its bytes have changed")
    native = ((name, a.astype(a.dtype.newbyteorder("="), copy=False)) for name, a in arrays.items())
    return dict(native)


def _places(header: dict, n_bytes: int) -> list[_Place]:
    """All arrays in the order of the file, if they fill its `n_bytes` without gap or overlap."""
    places = [_place(name, entry) for name, entry in header.items() if name != "__metadata__"]
    places.sort(key=lambda place: (place.start, place.stop))
    at = 0
    for place in places:
        if place.start != at:
            raise ValueError(f"{place.name} does not begin where the array before it ends")
        at = place.stop
    if at != n_bytes:
        raise ValueError(f"its arrays take {at} bytes, and there are {n_bytes}")
    return places


def _place(name: str, entry) -> _Place:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"the entry of {name} is not {{dtype, shape, data_offsets}}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not _are_sizes(shape) or len(shape) > _MOST_AXES or not _are_sizes(offsets):
        raise ValueError(f"{name} has the shape {shape} at {offsets}")
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in _TYPES:
        raise ValueError(f"{name} has the unknown element type {entry['dtype']!r}")
    kind = np.dtype(_TYPES[entry["dtype"]])
    if len(offsets) != 2 or offsets[1] - offsets[0] != math.prod(shape) * kind.itemsize:
        raise ValueError(f"{name} of shape {shape} does not fit its place {offsets}")
    return _Place(name, kind, tuple(shape), *offsets)


def _are_sizes(values) -> bool:
    return isinstance(values, list) and all(type(v) is int and 0 <= v < 2**63 for v in values)


def _without_repetition(pairs: list[tuple]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found
