"""Which engine "auto" takes, with and without an accelerator that only pretends."""

import numpy as np
import pytest

import skgru
from skgru.gru import _accelerator


@pytest.fixture(autouse=True)
def _forget():
    _accelerator.available.cache_clear()
    yield
    _accelerator.available.cache_clear()


def test_without_plugins_jax_is_not_asked(monkeypatch):
    monkeypatch.setattr(_accelerator, "entry_points", lambda group: [])
    monkeypatch.setitem(__import__("sys").modules, "jax", None)  # importing it would raise
    assert not _accelerator.available()


@pytest.mark.parametrize(("platform", "answer"), [("gpu", True), ("cpu", False)])
def test_with_plugins_jax_decides(monkeypatch, platform, answer):
    jax = pytest.importorskip("jax")
    if skgru_backend() != "jax":
        pytest.skip("Keras runs on another backend here")
    monkeypatch.setattr(_accelerator, "entry_points", lambda group: ["a plugin"])
    monkeypatch.setattr(jax, "default_backend", lambda: platform)
    assert _accelerator.available() is answer


@pytest.mark.parametrize("answer", [True, False])
def test_auto_follows_the_accelerator(monkeypatch, answer):
    from skgru.gru import _epoch, _native

    taken = []
    for module, name in ((_native, "NumbaEngine"), (_epoch, "KerasEngine")):
        engine = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _n=name, _e=engine: taken.append(_n) or _e(*a))
    monkeypatch.setattr(_accelerator, "available", lambda: answer)
    X = np.random.default_rng(0).normal(size=(12, 8))
    skgru.GRUClassifier(units=4, epochs=1, random_state=0).fit(X, X[:, 0] > 0)
    assert taken == ["KerasEngine" if answer else "NumbaEngine"]


def skgru_backend():
    from skgru.gru._backend import backend_name

    return backend_name
