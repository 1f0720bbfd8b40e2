"""
The whole numbers that a program computes with: sizes by name, and what the data decides.

A file says every symbolic integer as an expression over the names in the sizes of the inputs and
over names of its own for what the data decides (`u0`). The former need no operations: they are
`framework.size`. The latter are followed through the nodes that compute them, as tensors of rank 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from xdsl.dialects.builtin import TensorType, f64, i1, i64
from xdsl.ir import Attribute, SSAValue

from ...dialects.framework.size import SizeOp
from ...runtime.size import Extent, Size, substituted
from .program import Argument, Graph, Node

_ARITHMETIC = {
    "_operator.add": "aten.add.Tensor",
    "_operator.sub": "aten.sub.Tensor",
    "_operator.mul": "aten.mul.Tensor",
    "_operator.floordiv": "aten.floor_divide.default",
    "_operator.mod": "aten.remainder.Tensor",
    "_operator.truediv": "aten.div.Tensor",
    "_operator.pow": "aten.pow.Tensor_Tensor",
    "_operator.neg": "aten.neg.default",
    "_operator.abs": "aten.abs.default",
    "_operator.eq": "aten.eq.Tensor",
    "_operator.ne": "aten.ne.Tensor",
    "_operator.lt": "aten.lt.Tensor",
    "_operator.le": "aten.le.Tensor",
    "_operator.gt": "aten.gt.Tensor",
    "_operator.ge": "aten.ge.Tensor",
    "_operator.and_": "aten.logical_and.default",
    "_operator.or_": "aten.logical_or.default",
    "_operator.not_": "aten.logical_not.default",
    "torch.sym_not": "aten.logical_not.default",
    "torch.sym_max": "aten.maximum.default",
    "torch.sym_min": "aten.minimum.default",
    "torch.sym_ite": "aten.where.self",
    "torch.sym_float": "",
    "torch.sym_int": "",
    "math.trunc": "",
    "math.floor": "aten.floor.default",
    "math.ceil": "aten.ceil.default",
    "builtins.round": "aten.round.default",
    "torch._sym_sqrt": "aten.sqrt.default",
}
"""Operators on symbolic numbers as those on tensors of rank 0; an empty one changes the type."""

_RELATIONS: Mapping[str, Callable[[Extent, Extent], str]] = {
    "_operator.eq": lambda a, b: f"{a} = {b}",
    "_operator.le": lambda a, b: f"{a} <= {b}",
    "_operator.lt": lambda a, b: f"{a + 1} <= {b}",
    "_operator.ge": lambda a, b: f"{b} <= {a}",
    "_operator.gt": lambda a, b: f"{b + 1} <= {a}",
}
"""Comparisons as what must hold of two sizes."""

_FORMALS = {
    "aten.where.self": ("condition", "self", "other"),
    "aten.pow.Tensor_Tensor": ("self", "exponent"),
}

_TYPES: dict[str, Attribute] = {"sym_int": i64, "sym_float": f64, "sym_bool": i1}

_SYMBOLIC = frozenset(
    f"{kind}{number}{many}"
    for kind in ("", "sym_")
    for number in ("int", "float", "bool")
    for many in ("", "s")
)

CHECKS = frozenset(
    (
        *("_assert_async", "_assert_scalar", "_assert_tensor_metadata", "_assert_async.msg"),
        *("sym_constrain_range", "sym_constrain_range_for_size", "_functional_sym_constrain_range"),
        *("_functional_sym_constrain_range_for_size", "_functional_assert_async"),
        *("_functional_assert_scalar", "_print", "_make_dep_token"),
    )
)
"""Operators that check what a program relies on, and compute nothing."""


def is_symbolic(node: Node) -> bool:
    """Whether a node gives nothing but symbolic numbers."""
    return bool(node.outputs) and all(output.kind in _TYPES for output in node.outputs)


def base_name(node: Node) -> str:
    """The name of an operator without namespace and overload: `slice` of `aten.slice.Tensor`."""
    parts = node.operator.split(".")
    return parts[1] if len(parts) > 2 else node.operator


def needed_symbols(graph: Graph) -> frozenset[str]:
    """The symbolic numbers that something is computed with, checks left out."""
    needed = {name for output in graph.outputs if output.kind in _TYPES for name in output.names}
    for node in reversed(graph.nodes):
        if base_name(node) in CHECKS:
            continue
        if is_symbolic(node) and not any(output.value in needed for output in node.outputs):
            continue
        for _, argument in node.inputs:
            needed.update(argument.names if argument.kind in _SYMBOLIC else ())
    return frozenset(needed)


@dataclass
class Symbols:
    """The symbolic numbers of a graph, or of one within it."""

    graph: Graph
    sizes: Mapping[str, Extent]
    """What the names in sizes of inputs stand for: themselves, or numbers that were given."""
    add: Callable[[SizeOp], None]
    """Appends an operation to the block."""
    outer: Symbols | None = None
    values: dict[str, SSAValue] = field(default_factory=dict[str, SSAValue])
    """Those that the data decides, as tensors of rank 0."""
    _made: dict[Extent, SSAValue] = field(default_factory=dict[Extent, SSAValue])
    _defined: set[str] = field(default_factory=set[str])
    """Names for what the data decides that were defined."""

    def resolved(self, size: Extent | None) -> Extent | None:
        """A size of the file with what was given in place of names."""
        return None if size is None else substituted(size, self.sizes)

    def size(self, name: str) -> Extent | None:
        """A symbolic integer over the names of inputs; None for one that the data decides."""
        at: Symbols | None = self
        while at is not None and name not in at.graph.sizes:
            at = at.outer
        size = None if at is None else self.resolved(at.graph.sizes[name])
        if isinstance(size, Size) and not all(map(self._is_given, size.names)):
            return None
        return size

    def checks_of(self, symbol: str) -> list[str]:
        """
        What the graph checks of a name for what the data decides, as `2 <= u0`: what compares it
        with numbers, with sizes of inputs and with such names that were defined before.
        """
        self._defined.add(symbol)
        return [text for names, text in self._checks if symbol in names <= self._defined]

    @cached_property
    def _checks(self) -> list[tuple[frozenset[str], str]]:
        """What the graph checks, each with the names in it that are not of inputs."""
        compared = {o.value: n for n in self.graph.nodes for o in n.outputs if o.kind == "sym_bool"}
        found: list[tuple[frozenset[str], str]] = []
        for node in self.graph.nodes:
            of = node.inputs[0][1] if base_name(node) == "_assert_scalar" and node.inputs else None
            comparison = None if of is None else compared.get(of.value)
            relation = None if comparison is None else _RELATIONS.get(comparison.target)
            if comparison is None or relation is None:
                continue
            sides = [self._side(argument) for _, argument in comparison.inputs]
            if len(sides) != 2 or sides[0] is None or sides[1] is None:
                continue
            names = {n for s in sides if isinstance(s, Size) for n in s.names}
            data = frozenset(name for name in names if not self._is_given(name))
            found.append((data, relation(sides[0], sides[1])))
        return found

    def _side(self, argument: Argument) -> Extent | None:
        """A number of a comparison as a size."""
        value: object = argument.value
        if isinstance(value, str):
            return self.resolved(self.graph.sizes.get(value))
        return value if type(value) is int else None

    def _is_given(self, name: str) -> bool:
        return name in self.sizes or any(
            isinstance(size, Size) and name in size.names for size in self.sizes.values()
        )

    def number(self, name: str) -> int | SSAValue:
        """
        A symbolic number: an integer where it is one by now, else a value.

        Raises:
            ValueError: for one that nothing computes.
        """
        size = self.size(name)
        if isinstance(size, int):
            return size
        if size is not None:
            return self._size_value(size)
        at: Symbols | None = self
        while at is not None:
            if name in at.values:
                return at.values[name]
            at = at.outer
        raise ValueError(f"needs the number '{name}', which nothing here computes")

    def _size_value(self, size: Extent) -> SSAValue:
        at: Symbols | None = self
        while at is not None:
            if size in at._made:
                return at._made[size]
            at = at.outer
        made = SizeOp(size)
        self.add(made)
        self._made[size] = made.res
        return made.res


def computed(node: Node) -> tuple[str, Sequence[str]] | None:
    """
    The operator on tensors that a node of symbolic numbers stands for, and what its operands are
    called; None for a node of another kind. An empty operator changes the type alone.
    """
    operator = _ARITHMETIC.get(node.target)
    if operator is None:
        return None
    return operator, _FORMALS.get(operator, ("self", "other"))


def type_of_symbol(kind: str) -> TensorType:
    """The type of a symbolic number as a value."""
    return TensorType(_TYPES[kind], [])
