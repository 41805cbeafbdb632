"""Recordings of beeps, and models that know them."""

import numpy as np
import pytest

from skgru import GRUTranscriber

SMALL = {
    "units": 16,
    "embedding_units": 16,
    "frame_stacking": 2,
    "epochs": 12,
    "learning_rate": 0.01,
    "random_state": 0,
}


def beeps(n, seed, longest=5):
    """Recordings in which channel k sounds for letter k of "abc", and what they spell."""
    rng = np.random.default_rng(seed)
    recordings, transcripts = [], []
    for _ in range(n):
        letters = rng.integers(0, 3, rng.integers(1, longest + 1))
        pieces = [np.zeros((rng.integers(1, 5), 4))]
        for letter in letters:
            tone = np.zeros((rng.integers(4, 8), 4))
            tone[:, letter] = 1
            pieces += [tone, np.zeros((rng.integers(2, 6), 4))]
        frames = np.concatenate(pieces)
        recordings.append(frames + 0.15 * rng.normal(size=frames.shape))
        transcripts.append("".join("abc"[letter] for letter in letters))
    return recordings, transcripts


@pytest.fixture(scope="session")
def training():
    return beeps(160, 0)


@pytest.fixture(scope="session")
def unseen():
    return beeps(40, 1)


@pytest.fixture(scope="session")
def fitted(training):
    return GRUTranscriber(**SMALL).fit(*training)


@pytest.fixture(scope="session")
def one_way(training):
    """A model that can transcribe a stream."""
    return GRUTranscriber(**SMALL, bidirectional=False, n_layers=2).fit(*training)


@pytest.fixture
def small():
    return dict(SMALL)
