"""How a fit to many series shows where it is."""

from __future__ import annotations

import sys
import time

LINES = 10  # of a log, where the display cannot be rewritten in place


class Progress:
    """Series done: one line rewritten on a terminal, else a short log.

    Parameters
    ----------
    title : str
    n_series : int
    verbose : int
        0 is silent.
    """

    def __init__(self, title: str, n_series: int, verbose: int):
        self.title = title
        self.n_series = n_series
        self.verbose = int(verbose)
        self.started = time.monotonic()
        self.shown = self.started
        self.n_shown = 0
        self.live = self.verbose > 0 and sys.stdout.isatty()

    def show(self, n_done: int) -> None:
        """Report how many series are fitted."""
        now, last = time.monotonic(), n_done >= self.n_series
        if self.live:
            due = last or now - self.shown >= 0.1
        else:
            due = last or n_done - self.n_shown >= self.n_series / LINES
        if not self.verbose or not due:
            return
        self.shown, self.n_shown = now, n_done
        text = f"{self.title}  {n_done:,}/{self.n_series:,} series  {now - self.started:.1f} s"
        if self.live:
            filled = round(20 * n_done / self.n_series)
            text = f"\r{text}  [{'#' * filled}{'.' * (20 - filled)}]"
        print(text, end="\n" if last or not self.live else "", flush=True)
