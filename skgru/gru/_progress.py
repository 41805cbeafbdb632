"""How training shows where it is."""

from __future__ import annotations

import sys
import time

LINES = 10  # of a log, where the display cannot be rewritten in place


class Progress:
    """Epoch, loss and score of a running fit: one line rewritten on a terminal, else a short log.

    Parameters
    ----------
    title : str
    epochs : int
    verbose : int
        0 is silent, 1 shows the progress, 2 and more prints a line an epoch.
    """

    def __init__(self, title: str, epochs: int, verbose: int):
        self.title = title
        self.epochs = epochs
        self.verbose = int(verbose)
        self.started = time.monotonic()
        self.shown = 0.0
        self.live = self.verbose == 1 and sys.stdout.isatty()

    def show(self, epoch: int, loss: float, score: float | None) -> None:
        """Report the state after an epoch, counted from 1."""
        if not self.verbose:
            return
        now = time.monotonic()
        last = epoch == self.epochs
        if self.live and not last and now - self.shown < 0.1:
            return
        every = max(1, self.epochs // LINES)
        if not self.live and self.verbose == 1 and not last and epoch % every and epoch != 1:
            return
        self.shown = now
        text = (
            f"{self.title}  epoch {epoch:>{len(str(self.epochs))}}/{self.epochs}  loss {loss:.4f}"
        )
        if score is not None:
            text += f"  validation score {score:.4f}"
        text += f"  {now - self.started:.1f} s"
        if self.live:
            done = round(20 * epoch / self.epochs)
            text = f"\r{text}  [{'#' * done}{'.' * (20 - done)}]"
        print(text, end="" if self.live else "\n", flush=True)

    def close(self) -> None:
        """End the line that was rewritten in place."""
        if self.live and self.shown:
            print(flush=True)
