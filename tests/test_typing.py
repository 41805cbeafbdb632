"""A user's program that names every public class passes mypy in its strictest setting."""

import subprocess
import sys
from pathlib import Path

import pytest

import skgru
import skgru.persistence
import skgru.sktime

PROGRAM = '''
"""What a user may write."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skgru import (
    ETSForecaster,
    GRUClassifier,
    GRULanguageModel,
    GRURegressor,
    GRUSeq2Seq,
    GRUSynthesizer,
    GRUTranscriber,
    LogMel,
    SequenceVectorizer,
    SpeechAugmenter,
    __version__,
    make_text_scorer,
)
from skgru.persistence import load, save, to_onnx
from skgru.sktime import GRUClassifier as PanelClassifier
from skgru.sktime import GRUForecaster
from skgru.sktime import GRURegressor as PanelRegressor

Array = NDArray[Any]


def classify(X: Array, y: Array) -> Array:
    clf: GRUClassifier = GRUClassifier(units=8, epochs=2, random_state=0).fit(X, y)
    clf.partial_fit(X, y, classes=[0, 1])
    classes: Array = clf.predict(X)
    hidden: Array = clf.transform(X)
    wrong: str = clf.predict(X)  # type: ignore[assignment]  # types are known
    scores: list[Array] = [clf.predict_proba(X), clf.predict_log_proba(X), clf.decision_function(X)]
    clf.stream()
    clf.to_keras()
    save(clf, "model")
    to_onnx(load("model"))
    return np.concatenate([classes, hidden, *scores])


def regress(X: Array, y: Array) -> Array:
    reg: GRURegressor = GRURegressor(units=8).fit(X, y).partial_fit(X, y)
    answer: Array = reg.predict(X)
    return answer


def forecast(y: Array) -> str:
    ets = ETSForecaster(sp=12)
    ets.fit(y).predict([1, 2])
    ets.simulate(12, n_simulations=10)
    ets.predict_residuals()
    ets.refit(y)
    GRUForecaster(horizon=12).fit(y).predict([1, 2])
    text: str = ets.summary()
    return text + __version__


def panels(X: Array, y: Array) -> None:
    PanelClassifier(units=8).fit(X, y).predict(X)
    PanelRegressor(units=8).fit(X, y).predict(X)


def write(texts: list[str]) -> list[str]:
    model: GRULanguageModel = GRULanguageModel(units=8).fit(texts).partial_fit(texts)
    following: Array = model.predict(texts)
    likelihoods: Array = model.score_samples(texts)
    story: str = model.generate("once", n=9)
    wrong: int = model.generate("once", n=9)  # type: ignore[assignment]  # types are known
    return [story, *following, str(likelihoods)]


def translate(X: list[str], y: list[str]) -> float:
    model: GRUSeq2Seq = GRUSeq2Seq(units=8).fit(X, y)
    answer: Array = model.predict(X)
    model.suggest(X, k=2)
    model.align(X[0])
    vectorizer: SequenceVectorizer = SequenceVectorizer().fit(X)
    vectorizer.transform(X)
    make_text_scorer("chrf")(model, X, y)
    score: float = model.score(X, y) + len(answer)
    return score


def listen(waves: list[Array], texts: list[str]) -> list[str]:
    mel: LogMel = LogMel(rate=8000).fit(waves)
    varied, said = SpeechAugmenter(rate=8000).fit_resample(waves, texts)
    model: GRUTranscriber = GRUTranscriber(units=8).fit(mel.transform(varied), said)
    heard: list[str] = model.predict(mel.transform(waves))
    voice: GRUSynthesizer = GRUSynthesizer(rate=8000).fit(texts, waves, ["me"] * len(texts))
    spoken: list[Array] = voice.predict(texts, ["me"] * len(texts))
    return [*heard, str(len(spoken))]
'''

# A user's own settings. mypy silences what it finds in an installed skgru, but not in one that is
# installed from its sources, as here.
SETTINGS = """
[mypy]
strict = true
[mypy-sklearn.*,sktime.*]
ignore_missing_imports = true
[mypy-skgru.*]
follow_imports = silent
"""


def test_the_program_names_every_public_name():
    modules = [skgru, skgru.persistence, skgru.sktime]
    assert all(name in PROGRAM for module in modules for name in module.__all__)


def test_a_users_program_is_strictly_typed(tmp_path):
    pytest.importorskip("mypy", reason="mypy is in the extra `lint`")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    (tmp_path / "mypy.ini").write_text(SETTINGS)
    environment = {"MYPYPATH": str(Path(skgru.__file__).parents[1])}
    command = [sys.executable, "-m", "mypy", "--config-file=mypy.ini", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
