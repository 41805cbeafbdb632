import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skgru import GRUClassifier, LogMel

RATE = 8000


@parametrize_with_checks([LogMel(rate=RATE), LogMel(kind="mfcc", deltas=1, stack=2)])
def test_sklearn_check(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def tones():
    """Forty tones of unequal length that rise or fall."""
    rng = np.random.default_rng(0)
    recordings, labels = [], np.tile(["rises", "falls"], 20)
    for label in labels:
        n_samples = rng.integers(1600, 3200)
        low, high = rng.uniform(300, 500), rng.uniform(900, 1500)
        ends = (low, high) if label == "rises" else (high, low)
        phase = 2 * np.pi * np.cumsum(np.linspace(*ends, n_samples)) / RATE
        recordings.append(np.sin(phase) + 0.05 * rng.normal(size=n_samples))
    return recordings, labels


def test_a_pipeline_tells_rising_from_falling(tones):
    X, y = tones
    pipeline = make_pipeline(LogMel(rate=RATE), GRUClassifier(units=8, epochs=8, random_state=0))
    pipeline.fit(X[:30], y[:30])
    assert pipeline.score(X[30:], y[30:]) >= 0.9
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.predict_proba(X[30:]), pipeline.predict_proba(X[30:]))


def test_a_grid_searches_frames_and_network_together(tones):
    X, y = tones
    pipeline = make_pipeline(LogMel(rate=RATE), GRUClassifier(units=4, epochs=1, random_state=0))
    grid = {"logmel__n_mels": [15, 20], "logmel__kind": ["mel", "mfcc"]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert search.best_estimator_[-1].n_channels_in_ in (13, 15, 20)


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_threads_do_not_change_a_frame(tones, n_jobs):
    alone = LogMel(rate=RATE).transform(tones[0])
    together = LogMel(rate=RATE, n_jobs=n_jobs).transform(tones[0])
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


@pytest.mark.parametrize(
    "parameters",
    [{}, {"kind": "mfcc"}, {"deltas": 2}, {"stack": 3, "n_mels": 4}, {"deltas": 1, "stack": 2}],
    ids=str,
)
def test_every_column_has_a_name(parameters):
    log_mel = LogMel(rate=RATE, **parameters)
    names = log_mel.get_feature_names_out()
    assert log_mel.transform([np.ones(1000)])[0].shape[1] == len(names) == len(set(names))


def test_names_say_what_a_column_is():
    log_mel = LogMel(rate=RATE, kind="mfcc", n_mfcc=2, deltas=1, stack=2)
    assert log_mel.get_feature_names_out()[[0, 3, 4]].tolist() == [
        "mfcc0_frame0",
        "mfcc1_delta1_frame0",
        "mfcc0_frame1",
    ]


def test_one_table_sets_the_samples_of_the_next():
    log_mel = LogMel(rate=RATE).fit(np.ones((3, 500)))
    with pytest.raises(ValueError, match="X has 400 features, but LogMel is expecting 500"):
        log_mel.transform(np.ones((3, 400)))
    assert len(log_mel.transform([np.ones(400)])) == 1
    assert not hasattr(log_mel.fit([np.ones(400)]), "n_features_in_")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rate": 0}, "'rate' parameter of LogMel must be a number in"),
        ({"kind": "spectrum"}, "'mel' or 'mfcc'. Got 'spectrum'"),
        ({"deltas": 3}, "must be 0, 1 or 2. Got 3"),
        ({"deltas": True}, "must be 0, 1 or 2. Got True"),
        ({"n_jobs": 0}, "'n_jobs'"),
        ({"window": 25}, "seconds"),
        ({"window": 1e-5}, "window=1e-05 seconds are 0 samples at rate=8000"),
        ({"hop": 1e-5}, "hop=1e-05 seconds are 0 samples"),
        ({"fmax": 5000}, "fmin < fmax <= rate / 2 is needed.*fmax=5000"),
        ({"fmin": 4000}, "fmin < fmax"),
        ({"kind": "mfcc", "n_mfcc": 41}, "n_mfcc=41 coefficients need as many bands; n_mels=40"),
        ({"n_mels": 200}, "too narrow for this window.*smaller n_mels"),
    ],
    ids=str,
)
def test_what_breaks_a_rule_is_refused(parameters, message):
    log_mel = clone(LogMel(**{"rate": RATE, **parameters}))
    with pytest.raises(ValueError, match=message):
        log_mel.fit([np.ones(1000)])


def test_without_librosa_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['librosa'] = None; from skgru import LogMel; "
        "LogMel().transform([[0.0, 1.0]])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: LogMel needs librosa: pip install 'skgru[speech]'" in run.stderr


def test_only_the_bands_of_librosa_are_loaded():
    code = (
        "import sys, numpy as np; from skgru import LogMel; LogMel(deltas=1).transform([[0.0, 1]]);"
        "sys.exit('librosa.core.spectrum' in sys.modules or 'librosa.feature' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
