"""Each case is a fresh interpreter: a backend is chosen once in a process."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skgru.gru import _backend

ROOT = Path(_backend.__file__).parents[2]

# The same few updates on any backend, without dropout.
TRAIN = """
import json, sys
import numpy as np
from skgru.gru import _backend, _initial
from skgru.gru._epoch import KerasEngine, custom_outputs
from skgru.gru._model import CustomSpec, GRUSpec, OptimizerSettings, TrainingSet

rng = np.random.default_rng(0)
spec = GRUSpec(1, 2, (6,), pooling=("last", "max"))
values = rng.normal(size=(48, 7, 1)).astype("float32")
targets = (values.sum(axis=(1, 2)) > 0).astype("int32")
data = TrainingSet(values, np.full(48, 7, "int32"), targets, np.ones(48, "float32"))
settings = OptimizerSettings(weight_decay=0.01, clipnorm=1.0, label_smoothing=0.05)

def losses(spec, weights, settings):
    engine = KerasEngine(spec, weights, data, settings, 0)
    order = rng.permutation(48).reshape(6, 8).astype("int32")
    rates = np.full(6, 0.02, "float32")
    return [engine.run_epoch(order, rates) for _ in range(8)], engine.weights

found, _ = losses(spec, _initial.draw(spec, np.random.default_rng(1)), settings)

def network(n_timesteps, n_channels):
    layers = _backend.keras.layers
    return _backend.keras.Sequential([layers.Conv1D(4, 3), layers.BatchNormalization()])

custom = CustomSpec(network, 7, 1, 2, ("max",))
noisy = OptimizerSettings(dropout=0.1)
theirs, weights = losses(custom, None, noisy)
again, _ = losses(custom, None, noisy)
outputs = custom_outputs(custom, weights, values, data.n_steps)
print(json.dumps({
    "backend": _backend.backend_name,
    "loaded": [name for name in ("jax", "tensorflow", "torch") if name in sys.modules],
    "losses": found,
    "custom": theirs,
    "repeatable": bool(theirs[0] == again[0]) or bool((order := 0)),
    "accuracy": float((outputs.argmax(axis=1) == targets).mean()),
}))
"""


def installed(package):
    return pytest.mark.skipif(
        importlib.util.find_spec(package) is None, reason=f"{package} is not installed"
    )


def run(code, tmp_path, **environment):
    """What a fresh interpreter prints, as JSON; Keras' configuration lies in `tmp_path`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KERAS")}
    kept |= {"KERAS_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def on_jax(tmp_path_factory):
    return run(TRAIN, tmp_path_factory.mktemp("keras"))


def test_jax_is_the_default(on_jax):
    assert on_jax["backend"] == "jax"
    assert "torch" not in on_jax["loaded"]
    assert on_jax["losses"][-1] < 0.75 * on_jax["losses"][0]
    assert on_jax["accuracy"] > 0.7


@pytest.mark.parametrize(
    ("backend", "before"),
    [
        pytest.param("torch", "", marks=installed("torch")),
        pytest.param("tensorflow", "import keras\n", marks=installed("tensorflow")),
    ],
    ids=["KERAS_BACKEND=torch", "tensorflow imported"],
)
def test_the_backend_of_the_user_trains_to_the_same_losses(backend, before, tmp_path, on_jax):
    """TensorFlow is what an imported Keras uses by itself, torch is asked for."""
    environment = {} if before else {"KERAS_BACKEND": backend}
    found = run(before + TRAIN, tmp_path, **environment)
    assert found["backend"] == backend
    assert found["losses"] == pytest.approx(on_jax["losses"], rel=1e-4)
    assert found["custom"][-1] < found["custom"][0]
    assert found["accuracy"] > 0.7


@pytest.mark.parametrize("backend", [pytest.param("torch", marks=installed("torch"))])
def test_jax_is_not_imported_for_another_backend(backend, tmp_path):
    code = """
import json, sys
from skgru.gru import _backend, _epoch
print(json.dumps([_backend.backend_name, "skgru.gru._compiled" in sys.modules]))
"""
    assert run(code, tmp_path, KERAS_BACKEND=backend) == [backend, False]


@pytest.mark.parametrize(
    ("config", "chooses"),
    [
        (None, False),
        ("not JSON", False),
        (_backend._WRITTEN_BY_KERAS, False),
        ({"floatx": "float32"}, False),
        (_backend._WRITTEN_BY_KERAS | {"backend": "torch"}, True),
        ({"backend": "tensorflow"}, True),
    ],
    ids=["no file", "broken", "untouched", "no backend", "torch", "tensorflow"],
)
def test_a_configuration_counts_if_somebody_has_touched_it(config, chooses, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if config is not None:
        text = config if isinstance(config, str) else json.dumps(config)
        (tmp_path / "keras.json").write_text(text)
    assert _backend._config_chooses() is chooses


def test_keras_still_writes_the_configuration_that_we_take_for_untouched(tmp_path, on_jax):
    run("import json, keras; print(json.dumps(0))", tmp_path, KERAS_BACKEND="jax")
    written = json.loads((tmp_path / "keras.json").read_text())
    assert written == _backend._WRITTEN_BY_KERAS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_is_refused_where_jax_has_started_and_only_there(tmp_path):
    code = """
import json, os, warnings
from skgru.gru import _backend, _network
from skgru.gru._model import GRUSpec

warnings.simplefilter("ignore")  # JAX warns of every fork

def in_child():
    read, write = os.pipe()
    if not os.fork():
        try:
            _network.build(GRUSpec(1, 2, (2,)), 3, ragged=False, fused=True)
            os.write(write, b"built")
        except RuntimeError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.wait()
    return os.read(read, 1000).decode()

before = in_child()
_network.build(GRUSpec(1, 2, (2,)), 3, ragged=False, fused=True)
print(json.dumps([before, in_child()]))
"""
    before, after = run(code, tmp_path)
    assert before == "built"
    assert "was forked" in after
    assert "spawn" in after
