"""Labels of speakers <-> numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ONLY = ""  # the speaker where nobody is named


@dataclass(frozen=True)
class Speakers:
    """Whom a synthesizer has heard.

    Attributes
    ----------
    labels : ndarray, shape (n_speakers,)
        In order.
    default : int
        Number of the one with most recordings, the first of these where several have.
    """

    labels: np.ndarray
    default: int

    def encode(self, speakers, n_texts: int) -> np.ndarray:
        """The speaker's number for each text; one label is for all of them, None the default.

        Raises
        ------
        ValueError
            If there are more or fewer labels than texts, or an unknown one.
        """
        if speakers is None:
            return np.full(n_texts, self.default)
        given = _read(speakers, n_texts)
        numbers = {label: i for i, label in enumerate(self.labels.tolist())}
        unknown = [label for label in given.tolist() if label not in numbers]
        if unknown:
            raise ValueError(
                f"No recording in fit was by speaker {unknown[0]!r}. Known speakers: "
                f"{', '.join(map(repr, list(numbers)[:20]))}{' …' if len(numbers) > 20 else ''}."
            )
        return np.array([numbers[label] for label in given.tolist()], dtype=np.intp)


def learn(speakers, n_recordings: int) -> tuple[Speakers, np.ndarray]:
    """The speakers of some recordings, and the number of each recording's."""
    if speakers is None:
        return Speakers(np.array([ONLY]), 0), np.zeros(n_recordings, np.intp)
    try:
        labels, numbers = np.unique(_read(speakers, n_recordings), return_inverse=True)
    except TypeError as error:
        raise TypeError(
            f"speakers must be labels of one kind that can be sorted: {error}. Name all of them."
        ) from None
    return Speakers(labels, int(np.bincount(numbers).argmax())), numbers


def _read(speakers, n: int) -> np.ndarray:
    labels = np.asarray(speakers)
    if labels.ndim == 0:
        return np.repeat(labels, n)
    if labels.shape != (n,):
        raise ValueError(
            f"speakers must be one label, or one for each text; got the shape {labels.shape} "
            f"for {n} text(s)."
        )
    return labels
