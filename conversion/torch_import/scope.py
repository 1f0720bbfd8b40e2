"""
The values of a graph while its operations are appended to a block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import node_names, tensor_type
from ...dialects.torch import Given, constant, make, torch_name_of
from ...dialects.torch.codes import element_type_of_code
from ...runtime.size import Extent, Size
from ..name_hint import name_hint
from ..problems import Problems
from .aliases import Tensor
from .program import Argument, Graph, Node, TensorMeta
from .symbols import Symbols

_STRIDED = 7
_MEMORY_FORMATS = {1: "contiguous", 2: "channels_last", 3: "channels_last_3d", 4: "preserve"}


class MissingError(Exception):
    """A value that could not be built, which has been said."""


@dataclass
class Surroundings:
    """What the graphs of one program have in common."""

    store: WeightStore
    problems: Problems
    sizes: Mapping[str, Extent]
    """What the names in the sizes of the inputs stand for."""
    ranges: Mapping[str, tuple[int, int | None]] = field(
        default_factory=dict[str, "tuple[int, int | None]"]
    )
    """From where to where the sizes by name go, as far as the program says."""


@dataclass
class GraphScope:
    """One graph of a program, or one within it, and the block that it becomes."""

    around: Surroundings
    graph: Graph
    block: Block
    symbols: Symbols
    outer: GraphScope | None = None
    tensors: dict[str, Tensor | None] = field(default_factory=dict[str, "Tensor | None"])
    """Tensors by name; None for one that could not be built."""
    node: Node | None = None
    """The one at work."""

    @classmethod
    def of(
        cls, around: Surroundings, graph: Graph, block: Block, outer: GraphScope | None = None
    ) -> GraphScope:
        """A graph whose operations go to `block`."""
        own = Symbols(graph, around.sizes, block.add_op, None if outer is None else outer.symbols)
        node = None if outer is None else outer.node
        return cls(around, graph, block, own, outer, node=node)

    def tensor(self, name: str) -> Tensor:
        """
        A tensor by name.

        Raises:
            MissingError: for one that could not be built.
            ValueError: for one that nothing gives.
        """
        at: GraphScope | None = self
        while at is not None:
            if name in at.tensors:
                found = at.tensors[name]
                if found is None:
                    raise MissingError
                return found
            at = at.outer
        raise ValueError(f"needs '{name}', which no node before it gives")

    @cached_property
    def names_in_sizes(self) -> frozenset[str]:
        """The names in the sizes of the graph's tensors."""
        sizes = (size for meta in self.graph.tensors.values() for size in meta.sizes)
        return frozenset(name for size in sizes if isinstance(size, Size) for name in size.names)

    def bind(self, name: str, value: SSAValue) -> None:
        """Let a tensor of the graph be a value with memory of its own."""
        value.name_hint = name_hint(name)
        self.tensors[name] = Tensor.new(value, self.graph.tensors[name])

    def type_of(self, name: str) -> TensorType | None:
        """The type of a tensor of the graph; None for one that the program has no use for."""
        meta = self.graph.tensors.get(name)
        return None if meta is None else self.type_of_meta(meta)

    def type_of_meta(self, meta: TensorMeta) -> TensorType:
        """
        The type that a program says.

        Raises:
            ValueError: for one that the IR has not.
        """
        row = element_type_of_code(meta.dtype)
        if row is None:
            raise ValueError(f"has a tensor with elements of code {meta.dtype}, which is unknown")
        if not meta.is_strided:
            raise ValueError("has a tensor that is not dense, which is not supported")
        found = tensor_type(row.ir, map(self.symbols.resolved, meta.sizes))
        assert isinstance(found, TensorType)
        return found

    def emit(
        self, operator: str, arguments: Mapping[str, Given], types: Sequence[Attribute | None]
    ) -> Sequence[SSAValue]:
        """Append an operation for the node at work; its results that are there."""
        assert self.node is not None
        op = make(operator, arguments, types, [self.node.label])
        self.block.add_op(op)
        return op.results

    def append(self, op: Operation) -> None:
        """Append an operation that is no operator of torch's for the node at work."""
        assert self.node is not None
        op.attributes["nodes"] = node_names(self.node.label)
        self.block.add_op(op)

    def constant(self, array: Any, name: str) -> SSAValue:
        """A constant by its numbers."""
        op = constant(self.around.store.add(np.asarray(array), name))
        op.results[0].name_hint = name_hint(name)
        self.block.add_op(op)
        return op.results[0]

    def given(self, argument: Argument) -> Given:
        """
        An argument of a node as the dialect takes it.

        Raises:
            MissingError: for a tensor that could not be built.
            ValueError: for a kind that is not supported.
        """
        read = _GIVEN.get(argument.kind)
        if read is None:
            raise ValueError(
                f"has an argument of the kind '{argument.kind}', which is not supported"
            )
        return read(self, argument.value)

    def symbol(self, value: float | str) -> int | float | SSAValue:
        """A number of the file, or one by name."""
        return self.symbols.number(value) if isinstance(value, str) else value

    def number(self, argument: Argument) -> SSAValue:
        """
        A number as a tensor of rank 0.

        Raises:
            ValueError: for an argument that is no number.
        """
        found: object = argument.value
        if argument.kind.startswith("sym_"):
            number = self.symbol(argument.value)
            if isinstance(number, SSAValue):
                return number
            found = number
        if not isinstance(found, bool | int | float):
            raise ValueError(f"computes with {found!r}, which is no number")
        return self.constant(np.array(found), "number")

    def outputs(self) -> list[SSAValue | None]:
        """The values of the graph's outputs; None for one that is none, or could not be built."""
        return [self.output(argument) for argument in self.graph.outputs]

    def output(self, argument: Argument) -> SSAValue | None:
        """
        The value of an output of the graph; numbers with a point are f32, as torch makes them.

        Raises:
            ValueError: for one that is no tensor and no number.
        """
        try:
            if argument.kind == "tensor":
                return self.tensor(argument.value).value
            if argument.kind == "float":
                return self.constant(np.float32(argument.value), "output")
            if argument.kind in ("int", "bool", "sym_int", "sym_bool", "sym_float"):
                return self.number(argument)
        except MissingError:
            return None
        if argument.kind == "none":
            return None
        raise ValueError(f"is of the kind '{argument.kind}', which is no tensor and no number")


def _tensor(scope: GraphScope, name: str) -> Given:
    return scope.tensor(name).value


def _optional_tensor(scope: GraphScope, name: str | None) -> Given:
    return None if name is None else scope.tensor(name).value


def _tensors(scope: GraphScope, names: Sequence[str | None]) -> Given:
    return [None if name is None else scope.tensor(name).value for name in names]


def _itself(scope: GraphScope, value: Any) -> Given:
    del scope
    return value


def _symbols(scope: GraphScope, values: Sequence[float | str]) -> Given:
    return [scope.symbol(value) for value in values]


def _scalar_type(scope: GraphScope, code: int) -> Given:
    del scope
    row = element_type_of_code(code)
    name = None if row is None else torch_name_of(row)
    if name is None:
        raise ValueError(f"names an element type of code {code}, which is unknown")
    return name


def _layout(scope: GraphScope, code: int) -> Given:
    del scope
    return "strided" if code == _STRIDED else f"of code {code}"


def _memory_format(scope: GraphScope, code: int) -> Given:
    del scope
    return _MEMORY_FORMATS.get(code)


_GIVEN: dict[str, Callable[[GraphScope, Any], Given]] = {
    "none": _itself,
    "tensor": _tensor,
    "tensors": _tensors,
    "optional_tensor": _optional_tensor,
    "optional_tensors": _tensors,
    **dict.fromkeys(("int", "float", "bool", "string", "device"), _itself),
    **dict.fromkeys(("ints", "floats", "bools", "strings"), _itself),
    **dict.fromkeys(("sym_int", "sym_float", "sym_bool"), GraphScope.symbol),
    **dict.fromkeys(("sym_ints", "sym_floats", "sym_bools"), _symbols),
    "scalar_type": _scalar_type,
    "layout": _layout,
    "memory_format": _memory_format,
}
"""How an argument of each kind is given to the dialect."""
