"""ONNX models answer as the estimators do, by the runtime that most people use."""

import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import skgru
import skgru.sktime
from skgru.gru._model import CustomSpec, TrainedGRU
from skgru.persistence import to_onnx

onnxruntime = pytest.importorskip("onnxruntime")

ALL_POOLINGS = ("last", "mean", "max", "attention")
NETWORKS = {
    "default": {},
    "forwards": {"bidirectional": False, "pooling": "last"},
    "stacked": {"units": (5, 3), "pooling": ALL_POOLINGS},
    "single steps": {"patch_length": None, "patch_stride": None, "pooling": "attention"},
    "no embedding": {"embedding_units": None, "patch_length": 4, "patch_stride": 3},
    "context": {"context_length": 4, "patch_length": 3, "patch_stride": 3, "batch_norm": True},
}


def draw(n=24, missing=True, seed=0):
    """Series of unequal lengths, some with missing values and ends."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(6, 30, n)
    series = [rng.normal(3, 2, size=(length, 2)).astype(np.float32) for length in lengths]
    for one in series[::3] if missing else ():
        one[2, 0] = one[0, 1] = np.nan
        one[-2:] = np.nan
    return series


def run(estimator, series):
    """What the ONNX model answers; behind each series stands what must not be read."""
    session = onnxruntime.InferenceSession(
        to_onnx(estimator).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    values = np.full((len(series), max(map(len, series)), series[0].shape[1]), 1e9, np.float32)
    for row, one in zip(values, series):
        row[: len(one)] = one
    lengths = np.array([len(one) for one in series])
    return session.run(None, {"values": values, "lengths": lengths})


def small(cls, **parameters):
    return cls(**{"units": 4, "embedding_units": 5, "epochs": 2, "random_state": 0, **parameters})


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_classifier(network):
    series = draw()
    clf = small(skgru.GRUClassifier, **network).fit(series, np.arange(24) % 3)
    label, probabilities = run(clf, series)
    np.testing.assert_allclose(probabilities, clf.predict_proba(series), atol=1e-5)
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(label, clf.predict(series))


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_regressor(network):
    series = draw()
    reg = small(skgru.GRURegressor, **network).fit(series, [x[0, 0] for x in series])
    (prediction,) = run(reg, series)
    np.testing.assert_allclose(prediction, reg.predict(series), atol=1e-5)


@pytest.mark.parametrize("targets", ["one", "far from zero", "several"])
def test_targets_keep_shape_and_type(targets):
    series = draw(missing=False)
    y = np.linspace(0, 1, 24)
    y = {"one": y, "far from zero": y * 1e-3 + 1e5, "several": np.stack([y, -y * 1e3], 1)}[targets]
    reg = small(skgru.GRURegressor).fit(series, y)
    (prediction,) = run(reg, series)
    expected = reg.predict(series)
    assert prediction.dtype == expected.dtype
    assert prediction.shape == expected.shape
    np.testing.assert_allclose(prediction, expected, rtol=1e-5, atol=1e-5 * np.ptp(y))


@pytest.mark.parametrize(
    "labels", [["no", "yes", "ö"], [-1, 5, 7], [0.0, 2.0, 4.0], [False, True, False]]
)
def test_labels_keep_their_type(labels):
    series = draw()
    clf = small(skgru.GRUClassifier).fit(series, np.array(labels)[np.arange(24) % 3])
    label, _ = run(clf, series)
    assert label.tolist() == clf.predict(series).tolist()
    assert type(label.tolist()[0]) is type(labels[0])


@pytest.mark.parametrize("batch_norm", [True, False])
def test_tokens(batch_norm):
    rng = np.random.default_rng(0)
    texts = [rng.integers(7, size=(length, 1)) for length in rng.integers(1, 12, 20)]
    clf = small(skgru.GRUClassifier, vocabulary_size=7, batch_norm=batch_norm)
    clf.fit(texts, np.arange(20) % 2)
    session = onnxruntime.InferenceSession(to_onnx(clf).SerializeToString())
    values = np.zeros((20, 11, 1), np.float32)
    for row, one in zip(values, texts):
        row[: len(one)] = one
    lengths = np.array([len(one) for one in texts])
    _, probabilities = session.run(None, {"values": values, "lengths": lengths})
    np.testing.assert_allclose(probabilities, clf.predict_proba(texts), atol=1e-5)


def test_a_channel_far_from_zero_keeps_its_digits():
    rng = np.random.default_rng(0)
    X = (1e4 + rng.normal(size=(20, 9, 1))).astype(np.float32)
    reg = small(skgru.GRURegressor).fit(X, X[:, 0, 0] - 1e4)
    (prediction,) = run(reg, list(X))
    np.testing.assert_allclose(prediction, reg.predict(X), atol=1e-5)


def test_one_row_and_other_lengths():
    series = draw()
    clf = small(skgru.GRUClassifier).fit(series, np.arange(24) % 2)
    for one in [*draw(4, seed=1), series[0][:1], np.concatenate(series)]:
        np.testing.assert_allclose(run(clf, [one])[1], clf.predict_proba([one]), atol=1e-5)


def with_own_network(estimator):
    """A fitted estimator as a `network` of the user's own leaves it, without its training."""
    spec = CustomSpec(lambda n_timesteps, n_channels: None, 5, 1, 1)
    estimator.model_ = TrainedGRU(spec, ())
    return estimator


def test_what_has_no_graph_is_refused(monkeypatch):
    X = np.random.default_rng(0).normal(size=(8, 5))
    with pytest.raises(NotFittedError):
        to_onnx(skgru.GRUClassifier())
    with pytest.raises(TypeError, match="its `estimator_`"):
        to_onnx(skgru.sktime.GRUClassifier())
    with pytest.raises(TypeError, match="to_keras"):
        to_onnx(with_own_network(small(skgru.GRURegressor).fit(X, X[:, 0])))
    days = np.array(["2020-01-01", "2020-01-02"], "M8[D]")[np.arange(8) % 2]
    with pytest.raises(TypeError, match="text, numbers or truth values"):
        to_onnx(small(skgru.GRUClassifier).fit(X, days))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'skgru\[onnx\]'"):
        to_onnx(small(skgru.GRUClassifier).fit(X, X[:, 0] > 0))
