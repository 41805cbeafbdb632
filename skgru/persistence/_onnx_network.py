"""The network itself as ONNX: dense layers, GRU layers, poolings and output.

Shapes: B rows, S patches, D directions, H units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skgru.gru._embedding import Dense, fold

if TYPE_CHECKING:
    from skgru.gru._model import GRUSpec
    from skgru.persistence._onnx_graph import Graph


def answer(graph: Graph, spec: GRUSpec, weights: dict, patches: str, n_steps: str) -> str:
    """Patches (B, S, p C), of which (B,) are a row's own -> raw outputs (B, K)."""
    own = _own_places(graph, patches, n_steps)
    x = _embed(graph, spec, weights, patches, own)
    x = graph.add("Transpose", x, perm=[1, 0, 2])
    lengths = graph.cast(n_steps, "int32")
    for layer in range(len(spec.units)):
        states, last = _read(graph, spec, weights, layer, x, lengths)
        # (S, D, B, H) -> (S, B, D H)
        x = graph.add("Transpose", states, perm=[0, 2, 1, 3])
        x = graph.add("Reshape", x, graph.integers(0, 0, -1))
    states = graph.add("Transpose", x, perm=[1, 0, 2])
    parts = [_pool(graph, name, weights, states, last, own, n_steps) for name in spec.pooling]
    pooled = graph.add("Concat", *parts, axis=1)
    return _dense(graph, "output", pooled, weights["output/kernel"], weights["output/bias"])


def _own_places(graph: Graph, patches: str, n_steps: str) -> str:
    """Which patches are a row's own: truth values (B, S, 1)."""
    places = graph.count(graph.size(patches, 1))
    places = graph.add("Unsqueeze", places, graph.integers(0, 2))
    return graph.add("Less", places, graph.add("Unsqueeze", n_steps, graph.integers(1, 2)))


def _dense(graph: Graph, name: str, x: str, kernel: np.ndarray, bias: np.ndarray) -> str:
    product = graph.add("MatMul", x, graph.constant(f"{name}/kernel", kernel))
    return graph.add("Add", product, graph.constant(f"{name}/bias", bias))


def _embed(graph: Graph, spec: GRUSpec, weights: dict, patches: str, own: str) -> str:
    """What the first GRU layer reads: (B, S, width)."""
    if not spec.embedding_units:
        return patches
    if spec.n_tokens:
        first = _look_up(graph, spec, weights, patches)
    else:
        first = _relu_layer(graph, "embedding", weights, patches)
    if not spec.context_length:
        return first
    first = graph.add("Where", own, first, graph.real(0.0))
    length, before = spec.context_length, spec.context_length // 2
    pads = graph.integers(0, before, 0, 0, length - 1 - before, 0)
    around = graph.add("Pad", first, pads, graph.real(0.0), mode="constant")
    places = graph.add("Unsqueeze", graph.count(graph.size(first, 1)), graph.integers(1))
    places = graph.add("Add", places, graph.constant("context", np.arange(length)[np.newaxis]))
    windows = graph.add("Gather", around, places, axis=1)
    windows = graph.add("Reshape", windows, graph.integers(0, 0, length * spec.embedding_units))
    return graph.add("Add", first, _relu_layer(graph, "context", weights, windows))


def _look_up(graph: Graph, spec: GRUSpec, weights: dict, numbers: str) -> str:
    """The vectors of tokens: (B, S, 1) -> (B, S, width)."""
    table = weights["embedding/table"]
    layer = _folded(weights, "embedding", table, np.zeros(spec.embedding_units, np.float32))
    tokens = graph.cast(graph.add("Squeeze", numbers, graph.integers(2)), "int64")
    name = graph.constant("embedding/table", np.maximum(layer.kernel + layer.bias, 0))
    return graph.add("Gather", name, tokens, axis=0)


def _relu_layer(graph: Graph, name: str, weights: dict, x: str) -> str:
    layer = _folded(weights, name, weights[f"{name}/kernel"], weights[f"{name}/bias"])
    return graph.add("Relu", _dense(graph, name, x, layer.kernel, layer.bias))


def _folded(weights: dict, name: str, kernel: np.ndarray, bias: np.ndarray) -> Dense:
    """The layer with its normalisation as a part of kernel and bias."""
    parts = (f"{name}/{part}" for part in ("gamma", "beta", "mean", "variance"))
    return fold(Dense(kernel, bias, *(weights[part] for part in parts if part in weights)))


def _read(graph: Graph, spec: GRUSpec, weights: dict, layer: int, x: str, lengths: str):
    """All states (S, D, B, H) and those after each direction's last step (D, B, H).

    ONNX has Keras' gates in Keras' order, its arrays the other way round.
    """
    names = [f"gru_{layer}/{way}" for way in ("forward", "backward")[: spec.n_directions]]
    arrays = {
        "W": [weights[f"{name}/kernel"].T for name in names],
        "R": [weights[f"{name}/recurrent_kernel"].T for name in names],
        "B": [weights[f"{name}/bias"].reshape(-1) for name in names],
    }
    given = [graph.constant(f"gru_{layer}/{key}", np.stack(a)) for key, a in arrays.items()]
    return graph.add(
        "GRU",
        *(x, *given, lengths),
        n_outputs=2,
        hidden_size=spec.units[layer],
        direction="bidirectional" if spec.bidirectional else "forward",
        linear_before_reset=1,
    )


def _pool(graph: Graph, name: str, weights: dict, states: str, last: str, own: str, n_steps: str):
    """States (B, S, D H) as one vector (B, D H)."""
    if name == "last":
        joined = graph.add("Transpose", last, perm=[1, 0, 2])
        return graph.add("Reshape", joined, graph.integers(0, -1))
    if name == "max":
        kept = graph.add("Where", own, states, graph.real(float("-inf")))
        return graph.add("ReduceMax", kept, axes=[1], keepdims=0)
    if name == "mean":
        total = graph.add("Where", own, states, graph.real(0.0))
        total = graph.add("ReduceSum", total, graph.integers(1), keepdims=0)
        n = graph.add("Unsqueeze", graph.cast(n_steps, "float32"), graph.integers(1))
        return graph.add("Div", total, n)
    kernel = graph.constant("attention/kernel", weights["attention/kernel"])
    scores = graph.add("MatMul", states, kernel)
    scores = graph.add("Where", own, scores, graph.real(float("-inf")))
    weighted = graph.add("Mul", states, graph.add("Softmax", scores, axis=1))
    return graph.add("ReduceSum", weighted, graph.integers(1), keepdims=0)
