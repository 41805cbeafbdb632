"""What a synthesizer's network reads: each token repeated for as long as it lasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PLACES = 5  # hats over the length of a token that say how far it has got
FADE = 5.0  # steps over which the beginning and the end of an utterance are felt


@dataclass(frozen=True)
class Lines:
    """What there is to be said, and by how many.

    Attributes
    ----------
    n_tokens, n_speakers : int
    """

    n_tokens: int
    n_speakers: int

    @property
    def width(self) -> int:
        """Numbers that describe a step."""
        return 3 * self.n_tokens + self.n_speakers + PLACES + 5

    def describe(self, labels: np.ndarray, lasts: np.ndarray, speaker: int) -> np.ndarray:
        """Every step of an utterance.

        Parameters
        ----------
        labels, lasts : ndarray of int, shape (L,)
            Token numbers, and the steps of each.
        speaker : int

        Returns
        -------
        ndarray of float32, shape (sum of lasts, width)
            The token, the one before, the one after and the speaker, one-hot; then how far the
            token has got, how long it is, how far the utterance has got, how long it is, and how
            near its ends are.
        """
        token = np.repeat(np.arange(len(labels)), lasts)
        step = np.arange(len(token))
        out = np.zeros((len(token), self.width), np.float32)
        neighbours = np.concatenate([[-1], labels, [-1]])
        for k, shift in enumerate((1, 0, 2)):  # the token itself, the one before, the one after
            number = neighbours[token + shift]
            there = number >= 0
            out[step[there], k * self.n_tokens + number[there]] = 1
        out[:, 3 * self.n_tokens + speaker] = 1
        within = (step - (np.cumsum(lasts) - lasts)[token] + 0.5) / lasts[token]
        hats = 1 - np.abs(within[:, np.newaxis] - np.linspace(0, 1, PLACES)) * (PLACES - 1)
        rest = out[:, 3 * self.n_tokens + self.n_speakers :]
        rest[:, :PLACES] = np.maximum(0, hats)
        rest[:, PLACES] = np.log(lasts[token])
        rest[:, PLACES + 1] = (step + 0.5) / len(step)
        rest[:, PLACES + 2] = np.log(len(step))
        rest[:, PLACES + 3] = np.exp(-step / FADE)
        rest[:, PLACES + 4] = np.exp(-step[::-1] / FADE)
        return out
