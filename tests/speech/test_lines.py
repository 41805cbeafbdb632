import numpy as np

from skgru.speech._lines import PLACES, Lines


def test_every_step_of_an_utterance():
    lines = Lines(n_tokens=3, n_speakers=2)
    steps = lines.describe(np.array([2, 0]), np.array([1, 3]), 1)
    assert steps.shape == (4, lines.width)
    own, before, after, speaker = np.split(steps[:, :11], [3, 6, 9], axis=1)
    assert own.argmax(axis=1).tolist() == [2, 0, 0, 0]
    assert before.sum(axis=1).tolist() == [0, 1, 1, 1]
    assert before[1:].argmax(axis=1).tolist() == [2, 2, 2]
    assert after.sum(axis=1).tolist() == [1, 0, 0, 0]
    assert after[0].argmax() == 0
    assert speaker.tolist() == [[0, 1]] * 4
    places = steps[:, 11 : 11 + PLACES]
    np.testing.assert_allclose(places.sum(axis=1), 1, rtol=1e-6)
    within = places @ np.linspace(0, 1, PLACES)
    np.testing.assert_allclose(within, [1 / 2, 1 / 6, 3 / 6, 5 / 6], rtol=1e-5)
    np.testing.assert_allclose(steps[:, -2], steps[::-1, -1])
