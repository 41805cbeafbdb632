import numpy as np
import pytest

from skgru.text._seq2seq_model import Seq2SeqSpec, draw
from skgru.text._seq2seq_training import Seq2SeqEngine, Settings

PLAIN = Settings(clipnorm=0.0)


def build(n_layers=1, attention=True, tied=False, settings=PLAIN, n_pairs=20):
    spec = Seq2SeqSpec(7, 9, 5, 12, n_layers, attention, tied)
    rng = np.random.default_rng(0)
    parameters = draw(spec, np.ones(9), rng)
    parameters += rng.normal(scale=0.1, size=parameters.shape).astype(np.float32)
    sides = [
        [rng.integers(2, n, k).astype(np.int32) for k in rng.integers(0, 8, n_pairs)]
        for n in (7, 9)
    ]
    engine = Seq2SeqEngine(spec, parameters, 64, settings, [0])
    return spec, engine, list(zip(*sides, strict=True))


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize(("attention", "tied"), [(True, False), (False, False), (True, True)])
def test_the_gradient_agrees_with_finite_differences(n_layers, attention, tied):
    spec, engine, pairs = build(n_layers, attention, tied, Settings(label_smoothing=0.1))
    n_tokens = sum(len(target) + 1 for _, target in pairs)

    def mean_loss(parameters):
        engine.parameters[:] = parameters
        return engine.differentiate(pairs)[0] / n_tokens

    start = engine.parameters.copy()
    gradient = spec.view(engine.differentiate(pairs)[1].copy())
    rng = np.random.default_rng(2)
    for name in spec.shapes:  # each array by itself: a small one must not hide behind a large one
        direction = np.zeros_like(start)
        own, found = getattr(spec.view(direction), name), getattr(gradient, name)
        if not own.size:
            continue
        own[:] = rng.normal(size=own.shape)
        # Towards the gradient as well, or the slope would drown in float32's rounding.
        own += found * np.linalg.norm(own) / np.linalg.norm(found)
        direction /= np.linalg.norm(direction)
        step = 5e-3
        ends = [mean_loss(start + sign * step * direction) for sign in (1, -1)]
        slope = (ends[0] - ends[1]) / 2 / step
        np.testing.assert_allclose((found * own).sum(), slope, rtol=2e-3, atol=2e-5, err_msg=name)


def test_shards_add_up():
    (_, parts, pairs), (_, whole, _) = build(n_pairs=70), build(n_pairs=70)
    whole._shards = whole._shards[:1]
    one, gradient = whole.differentiate(pairs)
    two, added = parts.differentiate(pairs)
    assert len(parts._shards) == 2
    assert one == pytest.approx(two, rel=1e-5)
    np.testing.assert_allclose(added, gradient, atol=1e-6)


def test_threads_change_no_bit():
    settings = Settings(dropout=0.2)
    (_, one, pairs), (_, two, _) = (build(2, settings=settings, n_pairs=64) for _ in "12")
    for _ in range(3):
        one.update(pairs, 0.01)
    with two.threads():
        for _ in range(3):
            two.update(pairs, 0.01)
    np.testing.assert_array_equal(one.parameters, two.parameters)


def test_dropout_changes_what_is_learnt_from():
    _, engine, pairs = build(2, settings=Settings(dropout=0.5))
    assert engine.differentiate(pairs)[0] != engine.differentiate(pairs)[0]


def test_a_pair_of_nothing():
    _, engine, _ = build()
    nothing = np.empty(0, np.int32)
    losses = [engine.update([(nothing, nothing)], 0.1) for _ in range(20)]
    assert losses[-1] < 0.1 < losses[0]


def test_updates_lower_the_loss():
    _, engine, pairs = build()
    losses = [engine.update(pairs, 0.01) for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]
