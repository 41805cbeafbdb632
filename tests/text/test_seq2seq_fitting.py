from contextlib import nullcontext

import numpy as np
import pytest

from skgru.text._pairs import Pairs
from skgru.text._progress import Progress
from skgru.text._schedule import Schedule
from skgru.text._seq2seq_fitting import Stopping, train


class Engine:
    """Counts updates in the place of parameters."""

    def __init__(self, loss=1.0):
        self.parameters, self.rates, self._loss = np.zeros(1), [], loss

    def threads(self):
        return nullcontext()

    def update(self, pairs, rate):
        self.parameters += 1
        self.rates.append(rate)
        return self._loss * sum(len(target) + 1 for _, target in pairs)


def run(engine, epochs, stopping=None, constant=False):
    sides = [[np.full(3, 2, np.int32)] * 10 for _ in "xy"]
    pairs = Pairs(*sides, 4, np.zeros(3, bool))
    schedule = Schedule(epochs, 3, 0.1, constant)
    progress = Progress("", epochs, len(pairs), 0)
    return train(engine, pairs, schedule, np.random.default_rng(0), progress, stopping)


def test_rates_rise_and_fall():
    engine = Engine()
    parameters, history = run(engine, 20)
    assert len(engine.rates) == parameters == 60
    assert engine.rates[0] < engine.rates[6] > engine.rates[-1]
    assert 0 < engine.rates[-1] < 0.002
    assert history.losses == [1.0] * 20
    assert history.scores == []
    constant = Engine()
    run(constant, 2, constant=True)
    assert set(constant.rates) == {0.1}


def test_the_best_parameters_come_back():
    score = {3: 1.0, 6: 3.0, 9: 2.0, 12: 2.5}
    parameters, history = run(Engine(), 20, Stopping(lambda p: score[int(p[0])], 2))
    assert parameters == 6
    assert history.scores == [1.0, 3.0, 2.0, 2.5]


def test_divergence():
    with pytest.raises(ValueError, match="diverged in epoch 1: the loss is nan"):
        run(Engine(np.nan), 2)
