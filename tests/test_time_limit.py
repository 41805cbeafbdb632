"""Fits that may take so long and no longer."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import skgru
from skgru import _time_limit
from skgru._time_limit import TimeLimit
from skgru.gru import _adam
from skgru.gru._schedule import Pace, Schedule

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 20))
LABELS = X[:, :10].sum(axis=1) > 0
FRAMES, WAVES = RNG.normal(size=(6, 12, 4)), RNG.normal(size=(4, 900))
SMALL = {"units": 3, "embedding_units": 4, "epochs": 3, "random_state": 0}

# What each class learns from in no time.
DATA = {
    "GRUClassifier": (X, LABELS),
    "GRURegressor": (X, X[:, 0]),
    "GRULanguageModel": ("the cat sat on the mat. " * 10,),
    "GRUSeq2Seq": (["ein", "zwei"] * 8, ["one", "two"] * 8),
    "GRUTranscriber": (FRAMES, ["ab", "b"] * 3),
    "GRUSynthesizer": (["ab", "b"] * 2, WAVES),
}


class Clock:
    """Stands still unless it is moved."""

    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(_time_limit, "now", clock)
    return clock


def run(seconds, planned, lasts, hurries=True):
    """The places of updates that last so long, until the time is up."""
    clock, places = Clock(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_time_limit, "now", clock)
        limit = TimeLimit(seconds, hurries)
        for done in range(planned):
            places.append(limit.place(done, planned))
            clock.time += lasts[done % len(lasts)]
            if limit.over:
                break
    return places


# ---------------------------------------------------------------------- the schedule


@pytest.mark.parametrize("seconds", [None, 100.5, 1e9])
def test_enough_time_changes_nothing(seconds):
    assert run(seconds, 100, [1.0]) == list(range(100))


def test_a_first_update_that_compiles_is_no_measure():
    assert run(200.0, 100, [90.0] + [1.0] * 99) == list(range(100))


def test_too_little_time_takes_the_schedule_to_its_end():
    places = run(20.0, 100, [1.0])
    assert places[:16] == list(range(16))
    np.testing.assert_allclose(places[16:], [16, 17 + 83 / 4, 18 + 82 / 2, 19 + 81 * 3 / 4])


def test_a_training_that_another_goes_on_with_does_not_hurry():
    assert run(20.0, 100, [1.0], hurries=False) == list(range(20))


@given(
    seconds=st.floats(1e-9, 1e9),
    planned=st.integers(1, 60),
    lasts=st.lists(st.floats(1e-6, 1e6), min_size=1),
)
def test_a_schedule_never_goes_back(seconds, planned, lasts):
    places = run(seconds, planned, lasts)
    assert places == sorted(places)
    assert all(done <= place <= planned for done, place in enumerate(places))


def test_parts_share_what_is_left(clock):
    limit = TimeLimit(10.0)
    clock.time += 4.0
    assert limit.part(3).left == pytest.approx(2.0)
    assert TimeLimit(None).part(3).left is None
    clock.time += 10.0
    assert limit.over
    assert limit.left > 0


def test_rates_reach_zero_with_the_time(clock):
    schedule, limit, rates = Schedule(10, 1, 1.0, "cosine"), TimeLimit(55.0), []
    while not limit.over:
        pace = Pace(schedule, limit, len(rates) // 10, 10, at_once=False)
        for rate in pace.rates():
            rates.append(rate)
            clock.time += 1.0
    assert pace.cut
    assert len(rates) == 55
    done = np.arange(55)
    places = done + np.clip((done - 44) / 11, 0, 1) * (100 - done)  # the last fifth to its end
    np.testing.assert_allclose(rates, 0.5 * (1 + np.cos(np.pi * places / 100)), atol=1e-6)
    assert rates[-1] < 0.01


def test_an_epoch_at_once_is_not_left(clock):
    schedule, limit = Schedule(100, 1, 1.0, "cosine"), TimeLimit(100.0)
    first = []
    for epoch in range(10):
        rates = Pace(schedule, limit, epoch, 10, at_once=True).rates()
        assert len(rates) == 10
        first.append(rates[0])
        clock.time += 10.0
    assert limit.over
    assert first[8] > 0.97  # when the last fifth begins
    assert first[9] == pytest.approx(0.5 * (1 + np.cos(np.pi * (0.09 + 0.91 / 2))))


# ---------------------------------------------------------------------- estimators


def fit(name, **parameters):
    """An estimator of the class, fitted to little."""
    return getattr(skgru, name)(**{**SMALL, **parameters}).fit(*DATA[name])


def arrays(estimator):
    model = estimator.model_
    return [model.parameters] if hasattr(model, "parameters") else model.weights


@pytest.mark.parametrize("name", DATA)
def test_no_time_is_time_for_one_update(name, capsys, monkeypatch):
    updates, step = [], _adam.step
    monkeypatch.setattr(_adam, "step", lambda *a: updates.append(1) or step(*a))
    estimator = fit(name, max_time=1e-9, verbose=1)
    assert len(updates) == (2 if name == "GRUSynthesizer" else 1)  # two trainings
    assert estimator.stop_reason_ == "max_time"
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 1
    assert "max_time ends the training " in capsys.readouterr().out


@pytest.mark.parametrize("name", DATA)
def test_much_time_is_no_limit(name):
    limited, free = fit(name, max_time=1e9), fit(name)
    assert limited.stop_reason_ == free.stop_reason_ == "epochs"
    assert limited.loss_curve_ == free.loss_curve_
    assert all(map(np.array_equal, arrays(limited), arrays(free)))


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("value", [0, -1.0, np.nan, np.inf, "1", True])
def test_a_time_that_is_none_is_refused(name, value):
    with pytest.raises(ValueError, match="'max_time' parameter"):
        fit(name, max_time=value)


@pytest.mark.parametrize("name", ["GRUClassifier", "GRUSeq2Seq", "GRUTranscriber"])
def test_what_was_cut_is_scored(name):
    estimator = fit(name, max_time=1e-9, early_stopping=True)
    assert len(estimator.validation_score_curve_) == 1


@pytest.mark.parametrize("name", ["GRUClassifier", "GRUSeq2Seq"])
def test_scores_may_be_the_reason(name):
    many = {"epochs": 50, "learning_rate": 1.0, "early_stopping": True, "n_iter_no_change": 1}
    assert fit(name, **many).stop_reason_ == "early_stopping"


def test_each_part_of_a_stream_has_the_time():
    estimator = skgru.GRUClassifier(**SMALL, max_time=1e-9)
    for _ in range(2):
        estimator.partial_fit(X, LABELS)
    assert estimator.n_iter_ == 2
    assert estimator.stop_reason_ == "max_time"


def test_reads_on_within_the_time():
    model = skgru.GRULanguageModel(**SMALL, max_time=1e-9).fit(*DATA["GRULanguageModel"])
    model.set_params(max_time=None).partial_fit(*DATA["GRULanguageModel"])
    assert model.n_iter_ == 2
    assert model.stop_reason_ == "epochs"


def test_every_long_fit_may_be_limited():
    for name in ("GRUClassifier", "GRURegressor", "GRUForecaster"):
        cls = getattr(__import__("skgru.sktime", fromlist=[name]), name)
        assert inspect.signature(cls).parameters["max_time"].default is None


def test_networks_of_a_forecaster_share_the_time():
    import pandas as pd

    from skgru.sktime import GRUForecaster

    index = pd.period_range("2020-01", periods=60, freq="M")
    y = pd.Series(RNG.normal(size=60).cumsum(), index=index)
    small = {"units": 3, "embedding_units": 4, "epochs": 3, "n_estimators": 2, "random_state": 0}

    def fit_to(**parameters):
        return GRUForecaster(**small, **parameters).fit(y, fh=[1, 2])

    short, much, free = fit_to(max_time=1e-9), fit_to(max_time=1e9), fit_to()
    assert short.model_.stop_reason == "max_time"
    assert len(short.model_.loss_curve) == 1
    assert free.model_.stop_reason in ("epochs", "early_stopping")
    assert much.predict().equals(free.predict())
    with pytest.raises(ValueError, match="max_time"):
        fit_to(max_time=-1)
