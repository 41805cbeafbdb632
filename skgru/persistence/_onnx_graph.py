"""ONNX nodes and constants, gathered one by one."""

from __future__ import annotations

import numpy as np

OPSET = 17


def import_onnx():
    """The package, or what to do without it."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError as error:
        raise ImportError(
            "to_onnx needs the package onnx: pip install 'skgru[onnx]', or pip install onnx"
        ) from error
    return onnx


class Graph:
    """Nodes in the order of their computation. Every result has a name, which others take.

    Attributes
    ----------
    nodes, constants : list
        Of ONNX.
    """

    def __init__(self):
        self._onnx = import_onnx()
        self.nodes: list = []
        self.constants: list = []
        self._known: set[str] = set()

    def add(self, operator: str, *inputs: str, name: str = "", n_outputs: int = 1, **attributes):
        """A node; the name of its output, or the names of several."""
        base = name or f"{operator}_{len(self.nodes)}"
        outputs = [base] if n_outputs == 1 else [f"{base}_{i}" for i in range(n_outputs)]
        self.nodes.append(self._onnx.helper.make_node(operator, inputs, outputs, **attributes))
        return base if n_outputs == 1 else outputs

    def constant(self, name: str, value) -> str:
        """A constant array under a name."""
        if name not in self._known:
            self._known.add(name)
            array = np.asarray(value, order="C")
            self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def integers(self, *values: int) -> str:
        """A constant vector of whole numbers."""
        return self.constant("int_" + "_".join(map(str, values)), np.array(values, np.int64))

    def integer(self, value: int) -> str:
        """A constant whole number."""
        return self.constant(f"int64_{value}", np.int64(value))

    def real(self, value: float, kind="float32") -> str:
        """A constant number."""
        return self.constant(f"{kind}_{value}", np.asarray(value, kind))

    def cast(self, x: str, kind: str, name: str = "") -> str:
        """Another element type."""
        return self.add("Cast", x, name=name, to=self._type(kind))

    def count(self, n: str) -> str:
        """0, 1, ..., n - 1."""
        return self.add("Range", self.integer(0), n, self.integer(1))

    def size(self, x: str, axis: int) -> str:
        """The length of an axis, a scalar."""
        return self.add("Gather", self.add("Shape", x), self.integer(axis), axis=0)

    def declare(self, name: str, kind: str, shape: list | None):
        """An input or output of the graph."""
        return self._onnx.helper.make_tensor_value_info(name, self._type(kind), shape)

    def subgraph(self, name: str, nodes: list, inputs: list, outputs: list):
        """The body of a loop."""
        return self._onnx.helper.make_graph(nodes, name, inputs, outputs)

    def node(self, operator: str, inputs: list, outputs: list, **attributes):
        """A node of such a body."""
        return self._onnx.helper.make_node(operator, inputs, outputs, **attributes)

    def _type(self, kind: str) -> int:
        types = self._onnx.TensorProto
        return {
            "bool": types.BOOL,
            "float32": types.FLOAT,
            "float64": types.DOUBLE,
            "int32": types.INT32,
            "int64": types.INT64,
            "str": types.STRING,
        }[kind]
