"""Write one small file for each class, and what each estimator answers, under a release's number.

    python tests/persistence/releases/write.py

Run it when a class has been added or a release is made: it writes what is not there yet, and never
again. `test_releases.py` loads the files for ever.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

import skgru
import skgru.sktime
from skgru.persistence import save

HERE = Path(__file__).parent


def series():
    """Input of the estimators, the same for ever: no random generator's stream is."""
    t = np.arange(12 * 10).reshape(12, 10)
    return np.sin(t * 0.37) + np.cos(t**2 * 0.11)


def months():
    """A monthly series of three years."""
    t = np.arange(36)
    index = pd.period_range("2020-01", periods=36, freq="M")
    return pd.Series(50 + t + 8 * np.sin(t * np.pi / 6) + np.cos(t**2), index=index, name="y")


def shops():
    """A panel of as many short series as are kept packed."""
    t = np.arange(100 * 9)
    index = pd.MultiIndex.from_product([range(100), range(9)], names=["shop", "quarter"])
    values = 50 + 4 * np.sin(t * np.pi) + 4 * (-1.0) ** t + np.cos(t**2)
    return pd.DataFrame({"y": values}, index)


def fitted():
    """Name of the file (class-variant) -> estimator, what is asked of it, X, and y if needed."""
    X, y = series(), months()
    label = np.where(X[:, 0] > 0, "up", "down")
    small = {"units": 3, "embedding_units": 4, "epochs": 2, "random_state": 0}
    panel = X[:, np.newaxis, :]
    classifier = skgru.GRUClassifier(**small).fit(X, label)
    regressor = skgru.GRURegressor(**{**small, "pooling": "attention"}).fit(X, X[:, :2])
    model = skgru.GRULanguageModel("word", units=4, epochs=2, random_state=0)
    model.fit("one two, two three. three one!")
    vectorizer = skgru.SequenceVectorizer(min_df=1).fit(["one two", "two three"])
    forecaster = skgru.ETSForecaster(sp=12, random_state=0).fit(y, fh=[1, 2, 3])
    packed = skgru.ETSForecaster(sp=2, search="select", bagging=2, random_state=0)
    panel_classifier = skgru.sktime.GRUClassifier(**small).fit(panel, label)
    panel_regressor = skgru.sktime.GRURegressor(**small).fit(panel, X[:, 0])
    source, target = ["ein", "zwei"] * 4, ["one", "two"] * 4
    translator = skgru.GRUSeq2Seq(units=4, embedding_units=3, epochs=2, random_state=0)
    frames = X[:6].reshape(6, 10, 1) + [0.0, 0.5]
    transcriber = skgru.GRUTranscriber(**small, frame_stacking=2).fit(frames, ["ab", "b"] * 3)
    waves = np.sin(np.arange(2 * 150).reshape(2, 150) ** 1.1).round(4)
    synthesizer = skgru.GRUSynthesizer(
        8000, n_mels=8, units=3, embedding_units=4, epochs=2, alignment_epochs=1, random_state=0
    )
    augmenter = skgru.SpeechAugmenter(
        8000, n_variants=1, speed=0, vocal_tract=0, snr=None, gain=0, random_state=0
    )
    augmenter.fit(waves)
    small_forecaster = skgru.sktime.GRUForecaster(units=3, embedding_units=4, epochs=2, sp=1)
    return {
        "GRUClassifier": (classifier, "predict_proba", X),
        "GRURegressor": (regressor, "predict", X),
        "GRULanguageModel": (model, "predict_proba", ["one", "two three"]),
        "GRUSeq2Seq": (translator.fit(source, target), "score_samples", ["drei"], ["two"]),
        "GRUSynthesizer": (
            synthesizer.fit(["ab", "b"], list(np.repeat(waves, 4, axis=1))),
            "predict_frames",
            ["ab"],
        ),
        "GRUTranscriber": (transcriber, "predict_proba", frames),
        "LogMel": (skgru.LogMel(8000, n_mels=4).fit(waves), "transform", waves),
        "SpeechAugmenter": (augmenter, "fit_resample", waves, [0, 1]),
        "SequenceVectorizer": (vectorizer, "transform", ["two four one"]),
        "ETSForecaster": (forecaster, "predict", None),
        "ETSForecaster-panel": (packed.fit(shops(), fh=[1]), "predict", None),
        "sktime.GRUClassifier": (panel_classifier, "predict_proba", panel),
        "sktime.GRURegressor": (panel_regressor, "predict", panel),
        "sktime.GRUForecaster": (small_forecaster.fit(y, fh=[1, 2, 3]), "predict", None),
    }


def main():
    """Write files and answers."""
    folder = HERE / skgru.__version__
    folder.mkdir(exist_ok=True)
    table = folder / "answers.json"
    answers = json.loads(table.read_text()) if table.exists() else {}
    for name, (estimator, method, X, *y) in fitted().items():
        if name in answers:
            continue
        save(estimator, folder / f"{name}.safetensors")
        given = getattr(estimator, method)(X, *y)
        given = np.asarray(given[0] if isinstance(given, tuple) else given, float)
        X = X.tolist() if isinstance(X, np.ndarray) else X
        answers[name] = {"method": method, "X": X, "y": y, "answer": given.tolist()}
    table.write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
