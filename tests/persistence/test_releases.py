"""Files of every release load, and answer as they did then."""

import json
from pathlib import Path

import numpy as np
import pytest

from skgru.persistence import load, save
from skgru.persistence._registry import CLASSES

RELEASES = Path(__file__).parent / "releases"
FILES = sorted(RELEASES.glob("*/*.safetensors"))


def test_each_class_has_a_file():
    classes = {file.stem.partition("-")[0] for file in FILES}
    assert classes == {name.removeprefix("skgru.") for name in CLASSES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_answers_are_those_of_the_release(file):
    stored = json.loads((file.parent / "answers.json").read_text())[file.stem]
    X = stored["X"]
    X = np.array(X) if X and not isinstance(X[0], str) else X
    answer = getattr(load(file), stored["method"])(X, *stored.get("y", []))
    answer = answer[0] if isinstance(answer, tuple) else answer
    np.testing.assert_allclose(np.asarray(answer, float), stored["answer"], rtol=1e-5, atol=1e-6)


def test_what_a_release_did_not_know_has_its_default(tmp_path):
    old = load(RELEASES / "0.1.0" / "GRUClassifier.safetensors")
    assert old.max_time is old.checkpoint_dir is None
    assert not hasattr(old, "stop_reason_")
    save(old, tmp_path / "again")
    assert not hasattr(load(tmp_path / "again"), "stop_reason_")
    forecaster = load(RELEASES / "0.1.0" / "sktime.GRUForecaster.safetensors")
    assert forecaster.model_.stop_reason == "epochs"
