"""Every public class of an installed skgru fits, answers and comes back from a file.

Run by `make package` where no source tree is in sight.
"""

import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas as pd

import skgru
import skgru.sktime as panel
from skgru.persistence import load, save

RNG = np.random.default_rng(0)
SERIES = RNG.normal(size=(30, 8))
HIGH = SERIES.mean(axis=1) > 0
MONTHS = pd.Series(
    10 + np.arange(36) % 12 + RNG.normal(size=36),
    index=pd.period_range("2020-01", periods=36, freq="M"),
)
WORDS, PAIRED = ["ein", "zwei", "drei"] * 6, ["one", "two", "three"] * 6
TONES = [np.repeat(np.eye(2), 4, axis=0)] * 6
WAVES = [np.sin(np.arange(1600)), np.cos(np.arange(900))]
TINY = {"units": 4, "epochs": 2, "random_state": 0}


def fitted():
    """Each public class, fitted -> what it answers to what it has seen."""
    array, horizon = SERIES[:, None, :], [1, 2, 3]
    yield skgru.GRUClassifier(**TINY).fit(SERIES, HIGH), lambda model: model.predict_proba(SERIES)
    yield skgru.GRURegressor(**TINY).fit(SERIES, SERIES[:, 0]), lambda model: model.predict(SERIES)
    yield panel.GRUClassifier(**TINY).fit(array, HIGH), lambda model: model.predict_proba(array)
    yield panel.GRURegressor(**TINY).fit(array, SERIES[:, 0]), lambda model: model.predict(array)
    yield panel.GRUForecaster(**TINY).fit(MONTHS, fh=horizon), lambda model: model.predict(horizon)
    yield skgru.ETSForecaster(sp=12).fit(MONTHS), lambda model: model.predict(horizon)
    yield (
        skgru.GRULanguageModel(**TINY).fit("the cat sat on the mat. " * 9),
        lambda model: model.predict(["the c", "on th"]),
    )
    yield skgru.GRUSeq2Seq(**TINY).fit(WORDS, PAIRED), lambda model: model.predict(WORDS[:3])
    yield skgru.GRUTranscriber(**TINY).fit(TONES, ["ab"] * 6), lambda model: model.predict(TONES)
    yield (
        skgru.GRUSynthesizer(**TINY, n_mels=16).fit(["ab", "ba"] * 3, [WAVES[0]] * 6),
        lambda model: np.concatenate(model.predict(["ab"])),
    )
    yield (
        skgru.SequenceVectorizer(min_df=1).fit(WORDS),
        lambda model: np.concatenate(model.transform(WORDS)),
    )
    yield skgru.LogMel(rate=8000).fit(WAVES), lambda model: np.concatenate(model.transform(WAVES))
    yield (
        skgru.SpeechAugmenter(rate=8000, random_state=0),
        lambda model: np.concatenate(model.fit_resample(WAVES, ["sine", "cosine"])[0]),
    )


def check_installation():
    """The files are those of the wheel, and nothing but skgru's own folder came along."""
    package = Path(skgru.__file__).parent
    assert package.parent == Path(distribution("skgru").locate_file("")), package
    assert sys.prefix in str(package), f"{package} is not in {sys.prefix}"
    assert (package / "py.typed").exists()


def main():
    """Fit, answer, save, load, answer again."""
    check_installation()
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        for number, (model, answer) in enumerate(fitted()):
            path = Path(folder) / str(number)
            save(model, path)
            np.testing.assert_array_equal(answer(load(path)), answer(model))
            seen.add(type(model))
    public = {
        getattr(module, name)
        for module in (skgru, panel)
        for name in module.__all__
        if name[0].isupper()
    }
    assert seen == public, f"not covered: {public - seen}"
    print(f"skgru {skgru.__version__}: {len(seen)} classes, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
