import numpy as np

from skgru.speech import _durations


def learn():
    """Token 0 lasts 4 steps, token 1 lasts 9; speaker 1 takes half again as long."""
    rng = np.random.default_rng(0)
    labels = [rng.integers(0, 2, 4) for _ in range(300)]
    speakers = np.arange(300) % 2
    lasts = [np.array([4, 9])[own] * (2 + who) // 2 for own, who in zip(labels, speakers)]
    return _durations.learn(labels, lasts, speakers)


def test_tokens_and_speakers():
    model = learn()
    assert model.predict(np.array([0, 1, 1, 0]), 0, 1.0).tolist() == [4, 9, 9, 4]
    slower = model.predict(np.array([0, 1, 1, 0]), 1, 1.0)
    np.testing.assert_allclose(slower, [6, 13, 13, 6], atol=1)


def test_rounding_does_not_add_up():
    lasts = learn().predict(np.zeros(40, int), 0, 3.0)
    assert abs(lasts.sum() - 40 * 4 / 3) < 2


def test_no_token_is_left_out():
    assert learn().predict(np.array([0, 1]), 0, 50.0).tolist() == [1, 1]


def test_what_was_never_met_adds_nothing():
    model = learn()
    assert abs(int(model.predict(np.array([7]), 5, 1.0)[0]) - np.exp(model.mean)) <= 3
