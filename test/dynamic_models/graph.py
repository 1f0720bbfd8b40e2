"""Writes the graph of a small ONNX model node by node, as an exporter does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto, helper, numpy_helper

from stepwell.runtime.size import evaluated
from stepwell.runtime.size_text import parse_size

Array = npt.NDArray[Any]
Dims = Sequence[int | str]
Sizes = Mapping[str, int]
Draw = Callable[[np.random.Generator, tuple[int, ...], Sizes], Array]
"""The values of an input of this shape; the numbers of the names come with it."""

IR_VERSION = 10


def normal(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
    """Normal numbers."""
    return rng.standard_normal(shape)


def ones(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
    """A mask that hides nothing."""
    return np.ones(shape)


def below(limit: int) -> Draw:
    """Integers from 0 to `limit` - 1."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
        return rng.integers(0, limit, shape)

    return draw


def always(value: Any) -> Draw:
    """The same value everywhere."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...], sizes: Sizes) -> Array:
        return np.full(shape, value)

    return draw


class Graph:
    """
    A graph in the making.

    `graph.MatMul(x, w, axis=1)` adds a node of that operator and gives the name of its result.
    Operands are names of values, None for one that is left out, or numbers and arrays, which become
    constants; a whole number is an int64, any other a float of the graph's type. `several` adds a
    node with more results. Attributes that are graphs are other `Graph`s, which see all values of
    this one.
    """

    def __init__(
        self,
        name: str,
        *,
        opset: int = 17,
        seed: int = 0,
        dtype: npt.DTypeLike = np.float32,
        domains: Mapping[str, int] | None = None,
    ):
        self.name = name
        self.dtype = np.dtype(dtype)
        self.draws: dict[str, tuple[Draw, Dims, np.dtype[Any]]] = {}
        self._opset = opset
        self._domains = dict(domains or {})
        self._rng = np.random.default_rng(seed)
        self._nodes: list[NodeProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []
        self._weights: list[Any] = []
        self._count: list[int] = [0]

    def input(self, name: str, dims: Dims, draw: Draw = normal, dtype: Any = None) -> str:
        """An input, of the graph's type where no other is said."""
        kind = np.dtype(self.dtype if dtype is None else dtype)
        element = helper.np_dtype_to_tensor_dtype(kind)
        self._inputs.append(helper.make_tensor_value_info(name, element, list(dims)))
        self.draws[name] = (draw, dims, kind)
        return name

    def weight(self, *shape: int, scale: float | None = None) -> str:
        """Random numbers of a size that keeps the variance of what they are multiplied with."""
        spread = (shape[0] if len(shape) == 2 else np.prod(shape[1:])) or 1
        factor = 1 / np.sqrt(spread) if scale is None else scale
        return self.constant(self._rng.standard_normal(shape) * factor, self.dtype)

    def constant(self, value: Any, dtype: Any = None) -> str:
        """An initializer."""
        array = np.asarray(value)
        if dtype is not None:
            array = array.astype(dtype)
        elif array.dtype.kind == "f" and not isinstance(value, np.ndarray | np.generic):
            array = array.astype(self.dtype)
        name = self._new("const")
        self._weights.append(numpy_helper.from_array(array, name))
        return name

    def output(self, value: str, name: str, dtype: Any = None) -> None:
        """An output under a name of its own, of the graph's type where no other is said."""
        element = helper.np_dtype_to_tensor_dtype(np.dtype(self.dtype if dtype is None else dtype))
        self._nodes.append(helper.make_node("Identity", [value], [name], name=f"/{name}"))
        self._outputs.append(helper.make_tensor_value_info(name, element, None))

    def several(self, count: int, operator: str, *operands: Any, **attributes: Any) -> list[str]:
        """A node with `count` results."""
        results = [self._new(operator.lower()) for _ in range(count)]
        self._add(operator, operands, results, attributes)
        return results

    def __getattr__(self, operator: str) -> Callable[..., str]:
        if not operator[0].isupper():
            raise AttributeError(operator)
        return lambda *operands, **attributes: self.several(1, operator, *operands, **attributes)[0]

    def inner(self, name: str) -> Graph:
        """A graph for a branch or a body, which sees the values of this one."""
        graph = Graph(name, opset=self._opset, dtype=self.dtype)
        graph._count, graph._rng = self._count, self._rng
        return graph

    def dim(self, value: str, axis: int) -> str:
        """One size of a value as a scalar, as exporters by tracing ask for it."""
        return self.Gather(self.Shape(value), np.int64(axis), axis=0)

    def shape(self, *parts: int | str) -> str:
        """Scalars and numbers, joined to a shape."""
        pieces = [
            self.constant([part], np.int64) if isinstance(part, int) else self.Unsqueeze(part, [0])
            for part in parts
        ]
        return self.Concat(*pieces, axis=0)

    def proto(self) -> GraphProto:
        """The graph of a branch or a body."""
        return helper.make_graph(self._nodes, self.name, self._inputs, self._outputs, self._weights)

    def model(self) -> ModelProto:
        """The model as a file has it, without types of inner values."""
        opsets = [helper.make_opsetid("", self._opset)]
        opsets += [
            helper.make_opsetid(domain, version) for domain, version in self._domains.items()
        ]
        return helper.make_model(self.proto(), opset_imports=opsets, ir_version=IR_VERSION)

    def feeds(self, sizes: Sizes, seed: int = 0) -> dict[str, Array]:
        """Values for all inputs at these sizes."""
        rng = np.random.default_rng([seed, *sizes.values()])
        feeds: dict[str, Array] = {}
        for name, (draw, dims, dtype) in self.draws.items():
            shape = tuple(evaluated(parse_size(str(dim)), sizes) for dim in dims)
            feeds[name] = np.asarray(draw(rng, shape, sizes)).astype(dtype).reshape(shape)
        return feeds

    def _new(self, kind: str) -> str:
        self._count[0] += 1
        return f"{kind}_{self._count[0]}"

    def _add(
        self, operator: str, operands: Sequence[Any], results: list[str], given: dict[str, Any]
    ) -> None:
        names = [
            value if isinstance(value, str) else "" if value is None else self._number(value)
            for value in operands
        ]
        domain = given.pop("domain", "")
        attributes: dict[str, Any] = {
            key: value.proto() if isinstance(value, Graph) else value
            for key, value in given.items()
        }
        label = f"/{self.name}/{operator}_{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(operator, names, results, name=label, domain=domain, **attributes)
        )

    def _number(self, value: Any) -> str:
        return self.constant(value)
