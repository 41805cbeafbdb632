"""A stream's answers are those to the series so far."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from skgru import GRUClassifier, GRURegressor
from skgru.gru._model import CustomSpec, TrainedGRU

ALL_POOLINGS = ("last", "mean", "max", "attention")


def fitted(cls=GRUClassifier, y=None, **parameters):
    rng = np.random.default_rng(0)
    series = [rng.normal(5, 2, size=(length, 2)) for length in rng.integers(4, 20, 12)]
    small = {"units": 3, "embedding_units": 4, "epochs": 1, "random_state": 0}
    estimator = cls(**{**small, "bidirectional": False, "patch_length": 3, **parameters})
    return estimator.fit(series, np.arange(12) % 3 if y is None else y)


def answer(estimator, series):
    ask = getattr(estimator, "predict_proba", estimator.predict)
    return ask([series])[0]


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_each_answer_is_that_of_the_prefix(data):
    length = data.draw(st.integers(1, 5), label="patch_length")
    estimator = fitted(
        units=data.draw(st.sampled_from([3, (2, 4)]), label="units"),
        pooling=data.draw(st.permutations(ALL_POOLINGS).map(lambda p: tuple(p[:2]))),
        patch_length=length if length < 5 else 4,
        patch_stride=data.draw(st.integers(1, min(length, 4)), label="patch_stride"),
        embedding_units=data.draw(st.sampled_from([None, 4]), label="embedding_units"),
        context_length=data.draw(st.sampled_from([None, 1, 2, 3, 4, 5]), label="context_length"),
    )
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    series = rng.normal(5, 2, size=(18, 2))
    series[rng.random(18) < 0.15] = np.nan
    series[rng.random((18, 2)) < 0.15] = np.nan
    stream = estimator.stream()
    for n, step in enumerate(series, 1):
        found = stream.push(step)
        assert stream.n_steps == n
        if np.isnan(series[:n]).all():
            assert found is None
        else:
            np.testing.assert_allclose(found, answer(estimator, series[:n]), atol=1e-6)


@pytest.mark.parametrize("y", [np.linspace(0, 9, 12), np.ones((12, 2)), 1e6 + np.arange(12) / 9])
def test_regression(y):
    estimator = fitted(GRURegressor, y)
    series = np.random.default_rng(1).normal(5, 2, size=(10, 2))
    stream = estimator.stream()
    for n, step in enumerate(series, 1):
        expected = answer(estimator, series[:n])
        np.testing.assert_allclose(stream.push(step), expected, rtol=1e-6, atol=1e-6)


def test_tokens():
    rng = np.random.default_rng(0)
    texts = [rng.integers(7, size=(length, 1)) for length in rng.integers(2, 12, 12)]
    clf = GRUClassifier(3, bidirectional=False, vocabulary_size=7, epochs=1, random_state=0)
    stream = clf.fit(texts, np.arange(12) % 2).stream()
    for n in range(1, 9):
        found = stream.push(n % 7)
        expected = answer(clf, np.arange(1, n + 1)[:, None] % 7)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    for wrong in (7, -1, 0.5, np.nan):
        with pytest.raises(ValueError, match=r"whole number in \[0, 7\)"):
            stream.push(wrong)


def test_single_numbers_and_several_steps_at_once():
    X = np.random.default_rng(0).normal(size=(10, 12))
    estimator = GRUClassifier(4, bidirectional=False, epochs=1, random_state=0)
    estimator.fit(X, X[:, 0] > 0)
    one, other = estimator.stream(), estimator.stream()
    answers = [one.push(value) for value in X[0]]
    assert (other.push(X[0, :7, None]) == answers[6]).all()
    assert (other.push(X[0, 7:, None]) == answers[-1]).all()


def test_a_state_goes_on_elsewhere():
    estimator = fitted()
    series = np.random.default_rng(1).normal(5, 2, size=(14, 2))
    stream = estimator.stream()
    stream.push(series[:8])
    state = pickle.loads(pickle.dumps(stream.state))
    copied = copy.deepcopy(stream)
    expected = stream.push(series[8:])
    again = pickle.loads(pickle.dumps(estimator)).stream(state)
    assert (again.push(series[8:]) == expected).all()
    assert (copied.push(series[8:]) == expected).all()
    assert (estimator.stream(state).push(series[8:]) == expected).all(), "a state is not used up"


def test_what_is_remembered_does_not_grow():
    stream = fitted().stream()
    sizes = []
    for step in np.random.default_rng(0).normal(size=(300, 2)):
        stream.push(step)
        sizes.append(len(pickle.dumps(stream.state)))
    assert max(sizes[30:]) <= max(sizes[:30]) + 50


def test_a_stream_keeps_the_network_it_began_with():
    estimator = fitted()
    series = np.random.default_rng(1).normal(5, 2, size=(9, 2))
    expected = answer(estimator, series)
    stream = estimator.stream()
    stream.push(series[:4])
    estimator.set_params(random_state=1).fit([series, series + 1], [0, 1])
    np.testing.assert_allclose(stream.push(series[4:]), expected, atol=1e-6)


def test_a_wrong_step_changes_nothing():
    estimator = fitted()
    stream = estimator.stream()
    series = np.random.default_rng(1).normal(5, 2, size=(6, 2))
    stream.push(series[:5])
    for wrong, said in [
        (1.0, "needs the shape"),
        ([1.0, 2.0, 3.0], "needs the shape"),
        (np.zeros((1, 2, 2)), "needs the shape"),
        ([np.inf, 0], "infinity"),
    ]:
        with pytest.raises(ValueError, match=said):
            stream.push(wrong)
    np.testing.assert_allclose(stream.push(series[5]), answer(estimator, series), atol=1e-6)


def with_own_network(estimator):
    """A fitted estimator as a `network` of the user's own leaves it, without its training."""
    spec = CustomSpec(lambda n_timesteps, n_channels: None, 5, 1, 1)
    estimator.model_ = TrainedGRU(spec, ())
    return estimator


def test_networks_that_do_not_read_forwards_alone_are_refused():
    with pytest.raises(NotFittedError):
        GRUClassifier().stream()
    with pytest.raises(ValueError, match="bidirectional=True"):
        fitted(bidirectional=True).stream()
    with pytest.raises(ValueError, match="`network` of your own"):
        with_own_network(fitted()).stream()
    with pytest.raises(ValueError, match="none of a stream of this network"):
        fitted().stream(fitted(units=5).stream().state)
    with pytest.raises(ValueError, match="none of a stream of this network"):
        fitted().stream("state")
