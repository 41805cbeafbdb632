import numpy as np
import pytest

from skgru.text import _training
from skgru.text._model import LanguageSpec, draw
from skgru.text._streams import Piece, Streams
from skgru.text._training import LanguageEngine, Settings

N_TOKENS = 7
PLAIN = Settings()


def build(spec, n_rows=33, settings=PLAIN, n_steps=4):
    rng = np.random.default_rng(0)
    parameters = draw(spec, np.ones(spec.n_tokens), rng)
    parameters += rng.normal(scale=0.05, size=parameters.shape).astype(np.float32)
    documents = [rng.integers(2, spec.n_tokens, 9).astype(np.int32) for _ in range(40)]
    streams = Streams(documents, n_rows, n_steps, np.zeros(spec.n_tokens, bool))
    engine = LanguageEngine(spec, parameters, streams.n_rows, streams.longest, settings, [0])
    return engine, list(streams.epoch(rng))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("n_layers", [1, 2])
def test_the_gradient_agrees_with_finite_differences(tied, n_layers):
    spec = LanguageSpec(N_TOKENS, 5, 36, n_layers, tied)
    engine, (piece, *_) = build(spec)
    first = np.random.default_rng(1).normal(size=(n_layers, 33, 36)).astype(np.float32)

    def mean_loss(parameters):
        engine.parameters[:] = parameters
        engine._shards[0].states[:, 0] = first
        return engine.differentiate(piece)[0] / piece.targets.size

    start = engine.parameters.copy()
    mean_loss(start)
    gradient = spec.view(engine._shards[0].gradient.copy())
    rng = np.random.default_rng(2)
    for name in spec.shapes:  # each array by itself: a small one must not hide behind a large one
        direction = np.zeros_like(start)
        own = getattr(spec.view(direction), name)
        own[:] = rng.normal(size=own.shape)
        if not own.size:
            continue
        # Towards the gradient as well, or the slope would drown in float32's rounding.
        own += (
            getattr(gradient, name) * np.linalg.norm(own) / np.linalg.norm(getattr(gradient, name))
        )
        direction /= np.linalg.norm(direction)
        step = 5e-3
        slope = (
            (mean_loss(start + step * direction) - mean_loss(start - step * direction)) / 2 / step
        )
        expected = (getattr(gradient, name) * getattr(spec.view(direction), name)).sum()
        np.testing.assert_allclose(expected, slope, rtol=2e-3, atol=2e-5, err_msg=name)


def test_shards_add_up():
    spec = LanguageSpec(N_TOKENS, 5, 8, 2, True)
    (whole, pieces), (parts, _) = build(spec, 30), build(spec, 30)
    parts._shards = [
        _training._Shard(spec, 15, pieces[0].tokens.shape[0], Settings(), [i]) for i in range(2)
    ]
    parts._cuts = [15]
    for piece in pieces:
        one, gradient = whole.differentiate(piece)
        two, added = parts.differentiate(piece)
        assert one == pytest.approx(two, rel=1e-5)
        np.testing.assert_allclose(added, gradient, atol=1e-6)


def test_threads_change_no_bit():
    spec = LanguageSpec(N_TOKENS, 5, 8, 1, False)
    settings = Settings(dropout=0.2, recurrent_dropout=0.1)
    (one, pieces), (two, _) = build(spec, 64, settings), build(spec, 64, settings)
    assert len(one._shards) == 2
    for piece in pieces:
        one.update(piece, 0.01)
    with two.threads():
        for piece in pieces:
            two.update(piece, 0.01)
    np.testing.assert_array_equal(one.parameters, two.parameters)


def test_the_state_is_carried_from_piece_to_piece():
    spec = LanguageSpec(N_TOKENS, 5, 8, 2, False)
    engine, pieces = build(spec, 4, n_steps=6)
    once = LanguageEngine(spec, engine.parameters, 4, 1000, Settings(), [0])
    whole = Piece(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))
    loss = sum(engine.differentiate(piece)[0] for piece in pieces)
    assert loss == pytest.approx(once.differentiate(whole)[0], rel=1e-6)
    engine.forget()
    assert sum(engine.differentiate(piece)[0] for piece in pieces) == pytest.approx(loss, rel=1e-9)


def test_dropout_changes_what_is_learnt_from():
    spec = LanguageSpec(N_TOKENS, 5, 8, 2, False)
    for settings in (Settings(dropout=0.5), Settings(recurrent_dropout=0.5)):
        engine, (piece, *_) = build(spec, 4, settings)
        losses = []
        for _ in range(2):
            engine.forget()
            losses.append(engine.differentiate(piece)[0])
        assert losses[0] != losses[1]


def test_dropped_recurrent_weights_have_no_gradient():
    spec = LanguageSpec(N_TOKENS, 5, 8, 1, False)
    engine, (piece, *_) = build(spec, 4, Settings(recurrent_dropout=0.5))
    recurrent = spec.view(engine.differentiate(piece)[1]).recurrent
    assert 0.3 < (recurrent == 0).mean() < 0.7


def test_updates_lower_the_loss():
    spec = LanguageSpec(N_TOKENS, 5, 16, 1, True)
    engine, pieces = build(spec, 4)
    losses = []
    for _ in range(30):
        engine.forget()
        losses.append(sum(engine.update(piece, 0.01) for piece in pieces))
    assert losses[-1] < 0.8 * losses[0]
