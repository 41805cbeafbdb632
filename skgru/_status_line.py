"""A line of text about work that is under way."""

from __future__ import annotations

import shutil
import sys
import time

_WIDTH = 20  # of the bar


class StatusLine:
    """Rewritten in place, with a bar, on a terminal or in a notebook; elsewhere lines of a log.

    On a terminal it is never wider than the window, as a line that wraps cannot be rewritten. It
    is written in one piece, so lines of several threads never mix.

    Parameters
    ----------
    rewrite : bool
        Whether a line may be rewritten where that is possible.

    Attributes
    ----------
    live : bool
        Whether it is.
    """

    def __init__(self, rewrite: bool):
        self.live = rewrite and (sys.stdout.isatty() or _in_notebook())
        self._started = time.monotonic()
        self._shown = 0.0
        self._length = 0  # of what stands there

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self._started

    @property
    def rested(self) -> float:
        """Seconds since something was shown; many where nothing was."""
        return time.monotonic() - self._shown

    def show(self, text: str, share: float) -> None:
        """Write what is done, and of the whole which share."""
        self._shown = time.monotonic()
        if self.live:
            text = _with_bar(text, share)
            previous, self._length = self._length, len(text)
            text = "\r" + text.ljust(min(previous, _room()))
        else:
            text += "\n"
        sys.stdout.write(text)
        sys.stdout.flush()

    def tell(self, text: str) -> None:
        """Write a line that stays."""
        self.close()
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        self._shown, self._length = 0.0, 0

    def close(self) -> None:
        """End a line that was rewritten in place."""
        if self.live and self._shown:
            sys.stdout.write("\n")
            sys.stdout.flush()


def _in_notebook() -> bool:
    """Whether output goes to a notebook: no terminal to its kernel, though it heeds a return."""
    return type(sys.stdout).__module__ == "ipykernel.iostream"


def _room() -> int:
    """Characters in a line; a full one wraps on some terminals."""
    return 999 if _in_notebook() else shutil.get_terminal_size().columns - 1


def _with_bar(text: str, share: float) -> str:
    """The text and as much of a bar as there is room for."""
    room = _room()
    width = min(_WIDTH, room - len(text) - 4)
    if width < 3:
        return text[:room]
    done = round(width * share)
    return f"{text}  [{'#' * done}{'.' * (width - done)}]"
