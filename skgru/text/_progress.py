"""How training shows where it is, and what the model writes by then."""

from __future__ import annotations

import sys

from skgru._status_line import StatusLine


class Progress:
    """Share done, loss and speed of a running fit.

    On a terminal and in a notebook one line is rewritten in place, elsewhere each epoch prints one.

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
        self._line = StatusLine(self._verbose == 1)

    def show(self, epoch: int, piece: int, loss: float) -> None:
        """Report after a piece, both counted from 1; `loss` is the epoch's so far."""
        line = self._line
        due = piece == self._n_pieces or (line.live and line.rested > 0.1)
        if not self._verbose or not due:
            return
        text = (
            f"{self._title}  epoch {epoch:>{len(str(self._epochs))}}/{self._epochs}"
            f"  loss {loss:.4f}  {line.elapsed:.1f} s"
        )
        line.show(text, ((epoch - 1) + piece / self._n_pieces) / self._epochs)

    def show_sample(self, text: str) -> None:
        """What the model writes by now."""
        sys.stdout.write(f"    {text!r}\n")

    def end(self, epochs: int, reason: str) -> None:
        """Say why the training ends before its time, in which epoch."""
        if self._verbose and reason == "max_time":
            of = f"{epochs} of {self._epochs}"
            self._line.tell(f"{self._title}  max_time ends the training in epoch {of}")

    def close(self) -> None:
        """End the line that was rewritten in place."""
        self._line.close()
