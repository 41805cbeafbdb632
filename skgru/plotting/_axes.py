"""Axes to draw into, and times that matplotlib can place."""

from __future__ import annotations


def make(n: int, ax=None, sharex: bool = False):
    """The given Axes as a list of n, or new ones, one below the other.

    Raises
    ------
    ImportError
        Without matplotlib; the message has the command that installs it.
    ValueError
        For another number of Axes.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Plotting needs matplotlib: pip install 'skgru[plot]', or pip install matplotlib."
        ) from error
    if ax is None:
        _, made = plt.subplots(
            n, 1, sharex=sharex, figsize=(8, 1.2 + 1.9 * n), layout="constrained", squeeze=False
        )
        return list(made[:, 0])
    axes = [ax] if not hasattr(ax, "__len__") else list(getattr(ax, "ravel", lambda: ax)())
    if len(axes) != n:
        raise ValueError(f"This display draws into {n} Axes; got {len(axes)}.")
    return axes


def shorten_dates(ax):
    """Label an axis of dates by what changes from one to the next, so that labels keep apart."""
    from matplotlib.dates import AutoDateFormatter, ConciseDateFormatter

    if isinstance(ax.xaxis.get_major_formatter(), AutoDateFormatter):
        locator = ax.xaxis.get_major_locator()
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=locator.tz))


def times(index):
    """Periods as their first instants; any other index as it is."""
    return index.to_timestamp() if hasattr(index, "to_timestamp") else index
