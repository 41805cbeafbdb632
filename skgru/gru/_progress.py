"""How training shows where it is."""

from __future__ import annotations

from skgru._status_line import StatusLine

LINES = 10  # of a log, where the display cannot be rewritten in place


class Progress:
    """Epoch, loss and score of a running fit: one line rewritten in place, or a short log.

    Parameters
    ----------
    title : str
    epochs : int
    verbose : int
        0 is silent, 1 shows the progress, 2 and more prints a line an epoch.
    """

    def __init__(self, title: str, epochs: int, verbose: int):
        self._title = title
        self._epochs = epochs
        self._verbose = int(verbose)
        self._line = StatusLine(self._verbose == 1)

    def show(self, epoch: int, loss: float, score: float | None) -> None:
        """Report the state after an epoch, counted from 1."""
        if not self._due(epoch):
            return
        n_digits = len(str(self._epochs))
        text = f"{self._title}  epoch {epoch:>{n_digits}}/{self._epochs}  loss {loss:.4f}"
        if score is not None:
            text += f"  validation score {score:.4f}"
        self._line.show(f"{text}  {self._line.elapsed:.1f} s", epoch / self._epochs)

    def _due(self, epoch: int) -> bool:
        if not self._verbose:
            return False
        if epoch == self._epochs or self._verbose > 1:
            return True
        if self._line.live:
            return self._line.rested >= 0.1
        return epoch == 1 or not epoch % max(1, self._epochs // LINES)

    def end(self, epochs: int, reason: str) -> None:
        """Say why the training ends before its time, after which epoch."""
        if self._verbose and reason == "max_time":
            of = f"{epochs} of {self._epochs} epochs"
            self._line.tell(f"{self._title}  max_time ends the training after {of}")

    def close(self) -> None:
        """End the line that was rewritten in place."""
        self._line.close()
