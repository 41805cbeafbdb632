"""One small fitted estimator of each class that files hold, and what to ask of it."""

import inspect
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import skgru
import skgru.sktime

SMALL = {"units": 3, "embedding_units": 4, "epochs": 1, "random_state": 0}


def months(n=30):
    rng = np.random.default_rng(1)
    index = pd.period_range("2020-01", periods=n, freq="M")
    return pd.Series(rng.normal(size=n).cumsum() + 50, index=index, name="sales")


def panel_of_shops(n):
    """A panel of n short series."""
    rng = np.random.default_rng(2)
    times = pd.period_range("2020Q1", periods=10, freq="Q")
    index = pd.MultiIndex.from_product([range(n), times], names=["shop", "quarter"])
    return pd.DataFrame({"sales": rng.normal(size=10 * n).cumsum() + 500}, index)


def fit_all():
    rng = np.random.default_rng(0)
    X, text = rng.normal(size=(16, 9)), "so many words, so little time. so what?"
    label, panel, y = np.where(X[:, 0] > 0, "ö", "no"), X[:, np.newaxis], months()
    vectorizer = skgru.SequenceVectorizer(min_df=1).fit([text, "few words"])
    forecaster = skgru.sktime.GRUForecaster(units=3, embedding_units=4, epochs=1)
    packed = skgru.ETSForecaster(sp=4, bagging=2, random_state=0).fit(
        panel_of_shops(100), fh=[1, 3]
    )
    sources, targets = ["ein", "zwei"] * 5, ["one", "two"] * 5
    translator = skgru.GRUSeq2Seq(units=4, embedding_units=3, epochs=1, random_state=0)
    frames, waves = rng.normal(size=(6, 12, 4)), rng.normal(size=(3, 900))
    transcriber = skgru.GRUTranscriber(**SMALL).fit(frames, ["ab", "b"] * 3)
    synthesizer = skgru.GRUSynthesizer(
        8000, units=3, embedding_units=4, epochs=1, alignment_epochs=1, n_phase_iter=1
    )
    synthesizer.fit(["ab", "b", "ab"], waves, [1, 2, 1])
    augmenter = skgru.SpeechAugmenter(rate=8000, random_state=0)
    augmenter.fit_resample(waves, [0, 1, 2])
    return {
        "packed": (packed, None),
        "skgru.ETSForecaster": (skgru.ETSForecaster().fit(y, fh=[1, 3]), None),
        "skgru.GRUClassifier": (skgru.GRUClassifier(**SMALL).fit(X, label), X),
        "skgru.GRULanguageModel": (skgru.GRULanguageModel("word", units=4).fit(text), ["so"]),
        "skgru.GRURegressor": (skgru.GRURegressor(**SMALL).fit(X, X[:, :2]), X),
        "skgru.GRUSeq2Seq": (translator.fit(sources, targets), ["zwei", "drei"]),
        "skgru.GRUSynthesizer": (synthesizer, ["abb"]),
        "skgru.GRUTranscriber": (transcriber, frames),
        "skgru.LogMel": (skgru.LogMel(rate=8000, n_mels=8).fit(waves), waves),
        "skgru.SequenceVectorizer": (vectorizer, ["little more"]),
        "skgru.SpeechAugmenter": (augmenter, waves),
        "skgru.sktime.GRUClassifier": (
            skgru.sktime.GRUClassifier(**SMALL).fit(panel, label),
            panel,
        ),
        "skgru.sktime.GRUForecaster": (forecaster.fit(y, fh=[1, 3]), None),
        "skgru.sktime.GRURegressor": (
            skgru.sktime.GRURegressor(**SMALL).fit(panel, X[:, 1]),
            panel,
        ),
    }


def needs_no_y(method):
    y = inspect.signature(method).parameters.get("y")
    return y is None or y.default is not inspect.Parameter.empty


@pytest.fixture(scope="session")
def shops():
    return panel_of_shops


@pytest.fixture(scope="session")
def estimators():
    """Public path, or "packed" -> estimator, `ask`, which gives all answers, and its input."""

    def ask(estimator, X):
        names = ("predict", "predict_proba", "predict_interval", "transform", "score_samples")
        no_input = X is None
        found = {}
        for name in names:
            if name == "predict_proba" and no_input:  # a distribution
                continue
            if hasattr(estimator, name) and needs_no_y(getattr(estimator, name)):
                found[name] = getattr(estimator, name)(*(() if no_input else (X,)))
        if hasattr(estimator, "fit_resample"):
            waves, found["origins"] = estimator.fit_resample(X, range(len(X)))
            found["waves"] = np.concatenate(waves)
        return found

    return {
        name: SimpleNamespace(estimator=estimator, ask=lambda e, X=X: ask(e, X), X=X)
        for name, (estimator, X) in fit_all().items()
    }
