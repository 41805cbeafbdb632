"""How training shows where it is, and what the model writes by then."""

from __future__ import annotations

import sys
import time


class Progress:
    """Share done, loss and speed of a running fit.

    On a terminal one line is rewritten in place, elsewhere each epoch prints one.

    Parameters
    ----------
    title : str
    epochs, n_pieces : int
    verbose : int
        0 is silent.
    """

    def __init__(self, title: str, epochs: int, n_pieces: int, verbose: int):
        self._title = title
        self._epochs = epochs
        self._n_pieces = n_pieces
        self._verbose = int(verbose)
        self._live = self._verbose == 1 and sys.stdout.isatty()
        self._started = time.monotonic()
        self._shown = 0.0

    def show(self, epoch: int, piece: int, loss: float) -> None:
        """Report after a piece, both counted from 1; `loss` is the epoch's so far."""
        now = time.monotonic()
        last = piece == self._n_pieces
        if not self._verbose or not (last or (self._live and now - self._shown > 0.1)):
            return
        self._shown = now
        text = (
            f"{self._title}  epoch {epoch:>{len(str(self._epochs))}}/{self._epochs}"
            f"  loss {loss:.4f}  {now - self._started:.1f} s"
        )
        if self._live:
            done = round(20 * ((epoch - 1) + piece / self._n_pieces) / self._epochs)
            text = f"\r{text}  [{'#' * done}{'.' * (20 - done)}]"
        sys.stdout.write(text + ("" if self._live else "\n"))
        sys.stdout.flush()

    def show_sample(self, text: str) -> None:
        """What the model writes by now."""
        sys.stdout.write(f"    {text!r}\n")

    def close(self) -> None:
        """End the line that was rewritten in place."""
        if self._live and self._shown:
            sys.stdout.write("\n")
