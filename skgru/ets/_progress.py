"""How a fit to many series shows where it is."""

from __future__ import annotations

from skgru._status_line import StatusLine

LINES = 10  # of a log, where the display cannot be rewritten in place


class Progress:
    """Series done: one line rewritten on a terminal or in a notebook, else a short log.

    Parameters
    ----------
    title : str
    n_series : int
    verbose : int
        0 is silent.
    """

    def __init__(self, title: str, n_series: int, verbose: int):
        self._title = title
        self._n_series = n_series
        self._verbose = int(verbose)
        self._n_shown = 0
        self._line = StatusLine(self._verbose > 0)

    def show(self, n_done: int) -> None:
        """Report how many series are fitted."""
        last, line = n_done >= self._n_series, self._line
        if line.live:
            due = last or min(line.rested, line.elapsed) >= 0.1
        else:
            due = last or n_done - self._n_shown >= self._n_series / LINES
        if not self._verbose or not due:
            return
        self._n_shown = n_done
        text = f"{self._title}  {n_done:,}/{self._n_series:,} series  {line.elapsed:.1f} s"
        line.show(text, n_done / self._n_series)
        if last:
            line.close()
