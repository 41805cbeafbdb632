"""A line of text about work that is under way."""

from __future__ import annotations

import sys
import time

_WIDTH = 20  # of the bar


class StatusLine:
    """Rewritten in place, with a bar, on a terminal; elsewhere one line of a log after another.

    Parameters
    ----------
    rewrite : bool
        Whether a terminal's line may be rewritten.

    Attributes
    ----------
    live : bool
        Whether it is.
    """

    def __init__(self, rewrite: bool):
        self.live = rewrite and sys.stdout.isatty()
        self._started = time.monotonic()
        self._shown = 0.0

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
            done = round(_WIDTH * share)
            text = f"\r{text}  [{'#' * done}{'.' * (_WIDTH - done)}]"
        sys.stdout.write(text + ("" if self.live else "\n"))
        sys.stdout.flush()

    def close(self) -> None:
        """End a line that was rewritten in place."""
        if self.live and self._shown:
            sys.stdout.write("\n")
            sys.stdout.flush()
