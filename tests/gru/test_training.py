"""The loop over epochs, with an engine that only pretends."""

import numpy as np
import pytest

from skgru.gru import _training

N_STEPS = np.full(10, 4)


class Pretender:
    """Gives the losses it was told to; its weights say how many epochs it ran."""

    whole_epochs = True

    def __init__(self, losses):
        self.losses = list(losses)
        self.orders, self.rates = [], []

    def run_epoch(self, order, rates):
        self.orders.append(order)
        self.rates.append(rates)
        loss = self.losses[len(self.orders) - 1]
        if loss is KeyboardInterrupt:
            raise KeyboardInterrupt
        return loss

    @property
    def weights(self):
        return (np.array([len(self.orders)]),)


def train(losses, **options):
    engine = Pretender(losses)
    schedule = _training.Schedule(len(losses), 4, 0.1, options.pop("decay", "constant"))
    weights, history = _training.train(
        engine, N_STEPS, schedule, np.random.default_rng(0), **options
    )
    return engine, weights[0][0], history


def test_cosine_falls_from_the_rate_to_zero():
    engine, _, _ = train([1.0] * 5, decay="cosine")
    rates = np.concatenate(engine.rates)
    assert len(rates) == 15
    np.testing.assert_allclose(rates, 0.05 * (1 + np.cos(np.pi * np.arange(15) / 15)), rtol=1e-5)
    np.testing.assert_allclose(np.concatenate(train([1.0] * 2)[0].rates), 0.1)


def test_each_epoch_has_an_order_of_its_own():
    engine, _, _ = train([1.0] * 2)
    assert (engine.orders[0] != engine.orders[1]).any()


def scores(values):
    return lambda weights: values[weights[0][0] - 1]


@pytest.mark.parametrize(
    ("values", "best", "epochs"),
    [
        ([0.1, 0.5, 0.4, 0.3, 0.9], 2, 4),  # two epochs of rest end it before the best
        ([0.1, 0.2, 0.3, 0.4, 0.5], 5, 5),
        ([0.5, 0.5001, 0.5002, 0.9, 0.9], 3, 3),  # gains below tol are rest, yet kept
    ],
)
def test_stopping_keeps_the_best_weights(values, best, epochs):
    stopping = _training.Stopping(scores(values), n_iter_no_change=2, tol=0.01)
    _, weights, history = train([1.0] * 5, stopping=stopping)
    assert weights == best
    assert history.validation_score == values[:epochs]
    assert len(history.loss) == epochs


def test_a_watcher_may_end_it():
    _, weights, history = train([3.0, 2.0, 1.0], after_epoch=lambda epoch, history: epoch == 2)
    assert weights == 2
    assert history.loss == [3.0, 2.0]


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_divergence_names_the_epoch(loss):
    with pytest.raises(ValueError, match="diverged in epoch 2"):
        train([1.0, loss])


def test_interruption_keeps_what_was_reached():
    with pytest.warns(UserWarning, match="after 1 of 3 epochs"):
        _, _, history = train([1.0, KeyboardInterrupt, 1.0])
    assert history.loss == [1.0]
    with pytest.raises(KeyboardInterrupt):
        train([KeyboardInterrupt])
