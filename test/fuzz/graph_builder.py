"""
A graph of ONNX that grows by one node at a time, each of which is computed as it is added.

So shapes and numbers are known: what would overflow, be empty by accident, or take long is not
added.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

Array = npt.NDArray[Any]

OPSET = 23
IR_VERSION = 11
LARGEST = 100.0
"""Floats beyond it are not added: sums of products of them would say little."""
MOST_ELEMENTS = 4096
SIZES = (1, 1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 33)

FLOATS = ("float32", "float64", "float16")
INTEGERS = ("int64", "int32", "int8", "uint8", "int16", "uint16", "uint32", "uint64")


class UnsuitableError(Exception):
    """A node that does not fit the values there are."""


@dataclass(frozen=True, eq=False)
class Value:
    """A value of the graph, and what it holds for the inputs of the case."""

    name: str
    array: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def rank(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> str:
        return self.array.dtype.name


class GraphBuilder:
    """The graph so far; all choices come from `rng`."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.numbers = np.random.default_rng(rng.getrandbits(32))
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[Value] = []
        self.initializers: list[Value] = []
        self.values: list[Value] = []
        """What nodes may read."""
        self._count = 0

    def name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def maybe(self, chance: float = 0.5) -> bool:
        return self.rng.random() < chance

    def random_array(self, dtype: str, shape: Sequence[int]) -> Array:
        """Normal numbers, or small integers, or booleans."""
        if dtype == "bool":
            return self.numbers.integers(0, 2, shape).astype(np.bool_)
        if dtype.startswith("uint"):
            return self.numbers.integers(0, 10, shape).astype(dtype)
        if dtype.startswith("int"):
            return self.numbers.integers(-9, 10, shape).astype(dtype)
        return np.asarray(self.numbers.standard_normal(shape)).astype(dtype)

    def input(self, dtype: str, shape: Sequence[int]) -> Value:
        value = Value(self.name("x"), self.random_array(dtype, shape))
        self.inputs.append(value)
        self.values.append(value)
        return value

    def constant(self, array: Array) -> Value:
        value = Value(self.name("c"), array)
        self.initializers.append(value)
        return value

    def parameter(self, dtype: str, shape: Sequence[int], *, offset: float = 0.0) -> Value:
        """Weights: an initialiser, now and then an input."""
        array = self.random_array(dtype, shape)
        if offset:
            array = (np.abs(array) * 0.3 + offset).astype(dtype)
        if self.maybe(0.15):
            value = Value(self.name("x"), array)
            self.inputs.append(value)
            return value
        return self.constant(array)

    def integers(self, *numbers: int) -> Value:
        return self.constant(np.array(numbers, np.int64))

    def pick(
        self,
        dtypes: Collection[str] = FLOATS,
        ranks: Collection[int] = range(7),
        fits: Callable[[Value], bool] = lambda _: True,
    ) -> Value:
        """A value of one of the types and ranks, a late one more likely."""
        found = [v for v in self.values if v.dtype in dtypes and v.rank in ranks and fits(v)]
        if not found:
            raise UnsuitableError
        return found[-1] if self.maybe(0.4) else self.rng.choice(found)

    def add(
        self,
        op: str,
        inputs: Sequence[Value | None],
        outputs: int = 1,
        *,
        hidden: bool = False,
        **attributes: Any,
    ) -> list[Value]:
        """
        The outputs of a node; `hidden` ones are not for others.

        Raises `UnsuitableError` where the reference cannot compute it or numbers get too large.
        """
        names = ["" if value is None else value.name for value in inputs]
        results = [self.name("v") for _ in range(outputs)]
        node = helper.make_node(op, names, results, name=self.name(f"{op}_"), **attributes)
        arrays = _computed(node, {v.name: v.array for v in inputs if v is not None})
        if len(arrays) != outputs or not all(map(_suitable, arrays)):
            raise UnsuitableError
        made = [Value(name, array) for name, array in zip(results, arrays, strict=True)]
        self.nodes.append(node)
        if not hidden:
            self.values += made
        return made

    def forget(self, value: Value) -> None:
        """Take back the node that was added last, whose only output is `value`."""
        assert list(self.nodes[-1].output) == [value.name]
        self.nodes.pop()
        self.values.remove(value)

    def one(self, op: str, *inputs: Value | None, **attributes: Any) -> Value:
        """The only output of a node."""
        return self.add(op, inputs, **attributes)[0]

    def model(self) -> onnx.ModelProto:
        """The graph as a model: what nobody reads is an output, and some that are read."""
        read = {name for node in self.nodes for name in node.input}
        made = [v for v in self.values if v not in self.inputs]
        outputs = [v for v in made if v.name not in read or self.maybe(0.12)]
        known = {name for node in self.nodes for name in node.output}
        outputs = [v for v in outputs if v.name in known]
        self.rng.shuffle(outputs)
        used = [v for v in self.inputs if v.name in read]
        graph = helper.make_graph(
            self.nodes,
            "random",
            [_typed(v) for v in used],
            [_typed(v) for v in outputs],
            [numpy_helper.from_array(v.array, v.name) for v in self.initializers if v.name in read],
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )


def _typed(value: Value) -> onnx.ValueInfoProto:
    dtype = helper.np_dtype_to_tensor_dtype(value.array.dtype)
    return helper.make_tensor_value_info(value.name, dtype, value.shape)


def _computed(node: onnx.NodeProto, feeds: dict[str, Array]) -> list[Array]:
    """The outputs of a node by `onnx.reference`."""
    given = [_typed(Value(name, array)) for name, array in feeds.items()]
    results = [onnx.ValueInfoProto(name=name) for name in node.output]
    graph = helper.make_graph([node], "node", given, results)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
    try:
        with np.errstate(all="ignore"):
            found = ReferenceEvaluator(model).run(None, feeds)
    except Exception as error:  # whatever the reference raises, the node is not added
        raise UnsuitableError from error
    return [np.asarray(array) for array in found]


def _suitable(array: Array) -> bool:
    if array.size > MOST_ELEMENTS or array.ndim > 6 or array.dtype == object:
        return False
    if array.dtype.kind != "f":
        return True
    wide = array.astype(np.float64)
    return bool(np.isfinite(wide).all()) and float(np.abs(wide).max(initial=0.0)) <= LARGEST
