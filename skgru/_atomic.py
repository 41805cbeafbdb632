"""A file that is written as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when all of it is on the disk.

    Until then it has a hidden name in the same folder, so that a full disk or a killed process
    leaves what was there before. A link is followed.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"A file is needed to save to; {target} is a folder.")
    if target.exists() and not target.is_file():
        raise OSError(
            f"A file is needed to save to; {target} is a pipe or a device, and would give way to "
            "one. Save to a file, and copy that."
        )
    # A character takes up to four bytes, and a name of most systems 255.
    aside = target.with_name(f".{target.name[:50]}.{secrets.token_hex(8)}.tmp")
    try:
        with open(aside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, aside)
        os.replace(aside, target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _keep_name(target.parent)


def _keep_name(folder: Path) -> None:
    """Have the folder's list of names on the disk too, where the system can."""
    if os.name != "posix":
        return
    with suppress(OSError):  # some file systems and folders refuse it, and the file itself is safe
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
