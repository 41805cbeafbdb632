"""What comes before the network, as ONNX: scaling, missing values, padding and patches.

Shapes: B rows, T steps, C channels, S patches of p steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skgru.gru._scaling import LARGEST

if TYPE_CHECKING:
    from skgru.gru._model import GRUSpec
    from skgru.gru._scaling import Scaling
    from skgru.persistence._onnx_graph import Graph


def read(graph: Graph, spec: GRUSpec, scaling: Scaling) -> tuple[str, str]:
    """Inputs ``values``, ``lengths`` -> patches (B, S, p C) and how many are a row's own (B,)."""
    values, lengths = _own_steps(graph)
    n_steps = _patch_counts(graph, spec, lengths)
    x = _scale(graph, scaling, values)
    longest = graph.size("values", 1)
    n_patches = _patch_counts(graph, spec, longest)
    x = _continue(graph, _extend(graph, spec, x, longest, n_patches))
    return _cut(graph, spec, x, n_patches), n_steps


def _own_steps(graph: Graph) -> tuple[str, str]:
    """Values with NaN past each row's length, and lengths up to the last observed step."""
    steps = graph.count(graph.size("values", 1))
    lengths = graph.add("Unsqueeze", "lengths", graph.integers(1))
    inside = graph.add("Less", graph.add("Unsqueeze", steps, graph.integers(0)), lengths)
    values = graph.add(
        "Where",
        graph.add("Unsqueeze", inside, graph.integers(2)),
        "values",
        graph.constant("nan", np.float32("nan")),
    )
    missing = graph.cast(graph.add("IsNaN", values), "int32")
    missing = graph.add("ReduceMin", missing, axes=[2], keepdims=0)
    observed = graph.add("Sub", graph.constant("int32_1", np.int32(1)), missing)
    after = graph.add("Add", steps, graph.integer(1))
    ends = graph.add("Mul", graph.cast(observed, "int64"), after)
    last = graph.add("ReduceMax", ends, axes=[1], keepdims=0)
    return values, graph.add("Max", last, graph.integer(1))


def _scale(graph: Graph, scaling: Scaling, values: str) -> str:
    """In double precision, as the estimator does, for channels far from zero."""
    x = graph.add("Sub", graph.cast(values, "float64"), graph.constant("center", scaling.center))
    x = graph.add("Div", x, graph.constant("scale", scaling.scale))
    low, high = (graph.real(bound, "float64") for bound in (-LARGEST, LARGEST))
    return graph.cast(graph.add("Clip", x, low, high), "float32")


def _patch_counts(graph: Graph, spec: GRUSpec, lengths: str) -> str:
    """As `GRUSpec.n_patches`."""
    over = graph.add("Sub", lengths, graph.integer(spec.patch_length))
    over = graph.add("Max", over, graph.integer(0))
    over = graph.add("Add", over, graph.integer(spec.patch_stride - 1))
    hops = graph.add("Div", over, graph.integer(spec.patch_stride))
    return graph.add("Add", hops, graph.integer(1))


def _extend(graph: Graph, spec: GRUSpec, x: str, longest: str, n_patches: str) -> str:
    """NaN up to the end of the last patch."""
    if spec.patch_length == 1:
        return x
    reach = graph.add("Sub", n_patches, graph.integer(1))
    reach = graph.add("Mul", reach, graph.integer(spec.patch_stride))
    reach = graph.add("Add", reach, graph.integer(spec.patch_length))
    behind = graph.add("Sub", reach, longest)
    behind = graph.add("Unsqueeze", behind, graph.integers(0))
    pads = graph.add("Concat", graph.integers(0, 0, 0, 0), behind, graph.integers(0), axis=0)
    return graph.add("Pad", x, pads, graph.constant("nan", np.float32("nan")), mode="constant")


def _continue(graph: Graph, x: str) -> str:
    """Each NaN as the last value before it in its channel, or 0 where there is none: (B, T, C)."""
    step = graph.add("Gather", x, graph.integer(0), axis=1)
    zeros = graph.add("ConstantOfShape", graph.add("Shape", step))
    body = graph.subgraph(
        "continue",
        [
            graph.node("IsNaN", ["now"], ["missing"]),
            graph.node("Where", ["missing", "before", "now"], ["after"]),
            graph.node("Identity", ["after"], ["kept"]),
        ],
        [graph.declare("before", "float32", None), graph.declare("now", "float32", None)],
        [graph.declare("after", "float32", None), graph.declare("kept", "float32", None)],
    )
    _, kept = graph.add(
        "Scan",
        *(zeros, x),
        n_outputs=2,
        body=body,
        num_scan_inputs=1,
        scan_input_axes=[1],
        scan_output_axes=[1],
    )
    return kept


def _cut(graph: Graph, spec: GRUSpec, x: str, n_patches: str) -> str:
    """Windows of consecutive steps: (B, T, C) -> (B, S, p C)."""
    if spec.patch_length == 1:
        return x
    starts = graph.add("Mul", graph.count(n_patches), graph.integer(spec.patch_stride))
    starts = graph.add("Unsqueeze", starts, graph.integers(1))
    within = graph.constant("within", np.arange(spec.patch_length)[np.newaxis])
    patches = graph.add("Gather", x, graph.add("Add", starts, within), axis=1)
    return graph.add("Reshape", patches, graph.integers(0, 0, spec.patch_width))
