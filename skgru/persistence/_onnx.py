"""A fitted classifier or regressor as an ONNX graph, from its NumPy weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

import skgru
from skgru.gru._classifier import GRUClassifier
from skgru.gru._model import GRUSpec
from skgru.gru._regressor import GRURegressor
from skgru.persistence import _onnx_network, _onnx_series
from skgru.persistence._onnx_graph import OPSET, Graph, import_onnx


def to_onnx(estimator) -> Any:
    """The trained network as an ONNX model, which answers as the estimator does.

    Parameters
    ----------
    estimator : skgru.GRUClassifier or skgru.GRURegressor
        Fitted, without a `network` of your own. Those of `skgru.sktime` hold one as `estimator_`.

    Returns
    -------
    onnx.ModelProto
        Inputs: ``values``, float32 of shape (batch, steps, channels), in which NaN is missing, and
        ``lengths``, int64 of shape (batch,), the steps of each series; what follows them is not
        read. Outputs of a classifier: ``label`` (batch,) and ``probabilities``, float32 of shape
        (batch, n_classes). Output of a regressor: ``prediction``, with the shape and type of
        `predict`.

    Raises
    ------
    ImportError
        Without the packages of ``pip install 'skgru[onnx]'``.
    NotFittedError
        Before `fit`.
    TypeError
        For another estimator, a `network` of the user's own, or labels that ONNX has no type for.

    Notes
    -----
    Scaling, filling of missing values, patches and everything else is a part of the graph, which
    uses operators of ONNX' opset 17. A series without any observed value, which the estimator
    refuses, is answered as if it were one step at the channels' means. Where steps are tokens, each
    must be a number below `vocabulary_size`.

    Examples
    --------
    >>> import numpy as np
    >>> import onnxruntime
    >>> from skgru import GRUClassifier
    >>> from skgru.persistence import to_onnx
    >>> X = np.random.default_rng(0).normal(size=(30, 8)).astype("float32")
    >>> clf = GRUClassifier(units=4, epochs=2, random_state=0).fit(X, X[:, 0] > 0)
    >>> session = onnxruntime.InferenceSession(to_onnx(clf).SerializeToString())
    >>> inputs = {"values": X[:, :, None], "lengths": np.full(30, 8)}
    >>> label, probabilities = session.run(None, inputs)
    >>> bool(np.allclose(probabilities, clf.predict_proba(X), atol=1e-5))
    True
    """
    if type(estimator) not in (GRUClassifier, GRURegressor):
        raise TypeError(
            "to_onnx takes a skgru.GRUClassifier or skgru.GRURegressor (of an estimator of "
            f"skgru.sktime, its `estimator_`); got {type(estimator).__name__}."
        )
    check_is_fitted(estimator)
    spec, weights = estimator.model_.spec, estimator.model_.weights
    if not isinstance(spec, GRUSpec):
        raise TypeError(
            "to_onnx knows the networks of skgru; this estimator has a `network` of its own. Take "
            "`to_keras()` and convert that with the tools of Keras."
        )
    onnx = import_onnx()
    graph = Graph()
    values, n_steps = _onnx_series.read(graph, spec, estimator._scaling)
    named = {w.name: weight for w, weight in zip(spec.weight_shapes(), weights)}
    raw = _onnx_network.answer(graph, spec, named, values, n_steps)
    is_classifier = isinstance(estimator, GRUClassifier)
    outputs = (_classes if is_classifier else _targets)(graph, estimator, raw)
    inputs = [
        graph.declare("values", "float32", ["batch", "steps", spec.n_channels]),
        graph.declare("lengths", "int64", ["batch"]),
    ]
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes, type(estimator).__name__, inputs, outputs, graph.constants
        ),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="skgru",
        producer_version=skgru.__version__,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _classes(graph: Graph, estimator, raw: str) -> list:
    """Labels and probabilities, from logits (B, K)."""
    classes = estimator.classes_
    if classes.dtype == object and all(type(label) in (bool, int) for label in classes):
        classes = np.array(classes.tolist())
    if classes.dtype.kind in "OU" and all(isinstance(label, str) for label in classes):
        kind, table = "str", classes.astype(object)
    elif classes.dtype.kind in "biuf":
        kind = {"b": "bool", "f": "float64"}.get(classes.dtype.kind, "int64")
        table = classes.astype(kind)
    else:
        raise TypeError(
            f"ONNX has labels that are text, numbers or truth values; these are {classes.dtype}."
        )
    best = graph.add("ArgMax", raw, axis=1, keepdims=0)
    graph.add("Gather", graph.constant("classes", table), best, axis=0, name="label")
    graph.add("Softmax", raw, axis=1, name="probabilities")
    return [
        graph.declare("label", kind, ["batch"]),
        graph.declare("probabilities", "float32", ["batch", len(classes)]),
    ]


def _targets(graph: Graph, estimator, raw: str) -> list:
    """Targets in their own unit, from scaled ones (B, K)."""
    center, scale = estimator._target_scaling
    y = graph.add("Mul", graph.cast(raw, "float64"), graph.constant("target/scale", scale))
    y = graph.add("Add", y, graph.constant("target/center", center))
    if not estimator._flat_y:
        graph.add("Identity", y, name="prediction")
        return [graph.declare("prediction", "float64", ["batch", len(center)])]
    kind = estimator._answer_dtype.name
    y = graph.add("Squeeze", y, graph.integers(1))
    graph.cast(y, kind, name="prediction")
    return [graph.declare("prediction", kind, ["batch"])]
