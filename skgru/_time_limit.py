"""Time that a training may take, and what a schedule makes of it."""

from __future__ import annotations

import time

# The clock, in seconds; tests put another one here.
now = time.monotonic

# Share of the time in which a schedule goes to its end: `benchmarks/bench_max_time.py`.
COOL_DOWN = 0.2


class TimeLimit:
    """The clock of one fit, which starts when it is made.

    Parameters
    ----------
    seconds : float or None
        None sets no limit.
    hurries : bool
        Whether a schedule for which the time will not do is gone through faster at the end. A
        training that another call goes on with keeps to its schedule.

    Attributes
    ----------
    hurries : bool
        Whether that may happen at all.
    """

    def __init__(self, seconds: float | None, hurries: bool = True):
        self._end = None if seconds is None else now() + seconds
        self.hurries = hurries and seconds is not None
        self._began: float | None = None
        self._measured_from: tuple[float, int] | None = None
        self._reached = 0.0

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self._end is not None and now() >= self._end

    @property
    def left(self) -> float | None:
        """Seconds that remain, a moment at the least; None without a limit."""
        return None if self._end is None else max(self._end - now(), 1e-9)

    def part(self, n: int) -> TimeLimit:
        """The clock of the first of n trainings that share what is left, from now on."""
        return TimeLimit(None if self.left is None else self.left / n, self.hurries)

    def place(self, done: int, planned: int) -> float:
        """Where in a schedule of `planned` parts the next one stands, when `done` are behind it.

        That is after them. But if in the last part of the time, `COOL_DOWN`, the speed measured so
        far is not enough for the rest of them, the schedule is gone through to its end in the time
        that is left [1]_. It never goes back.

        References
        ----------
        .. [1] Hägele, A. et al. (2024). Scaling laws and compute-optimal training beyond fixed
           training durations. NeurIPS. (A cooldown from wherever training is.)
        """
        if self._end is None or not self.hurries:
            return done
        time = now()
        if self._began is None:
            self._began = time
        elif self._measured_from is None:  # the first part may have had something to compile
            self._measured_from = time, done
        else:
            (since, behind), left = self._measured_from, self._end - time
            gone = 1 - left / (self._end - self._began)
            is_short = left * (done - behind) < (planned - done) * (time - since)
            cooled = min((gone - 1) / COOL_DOWN + 1, 1.0)
            if cooled > 0 and is_short:
                self._reached = max(self._reached, done + cooled * (planned - done))
        return max(done, self._reached)


UNLIMITED = TimeLimit(None)
