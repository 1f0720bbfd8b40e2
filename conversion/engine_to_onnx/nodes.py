"""The ONNX nodes of a program, made one after the other: equal nodes and constants once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import onnx
from xdsl.ir import Attribute, Block, Operation, SSAValue

from ...dialects.engine.base import broadcast_extents, element_of, extents_of, names_of
from ...dialects.engine.constant import constant_of
from ...dialects.engine.weights import Array, ConstantAttr, WeightStore, dtype_of
from ...dialects.framework import dims_of, node_names, tensor_type
from ...dialects.framework import element_of as element_of_type
from ...dialects.onnx import OnnxOp, op_class
from ...errors import StepwellError
from ...runtime.size import Extent

Attributes = Mapping[str, Any]

DEFAULT_OPSET = 23
"""The newest opset whose operators are used without being asked for."""

SINCE = {
    "Attention": 23,
    "Gelu": 20,
    "GroupNormalization": 21,
    "RMSNormalization": 23,
    "RotaryEmbedding": 23,
    "Swish": 24,
}
"""The opsets that first have operators as they are used here, beyond what all have."""


class NoOnnxForm(StepwellError):
    """An operation has no form in ONNX; the text says why."""


class Nodes:
    """
    The nodes of one block.

    A node that is asked for twice is made once: all operators in use here give the same results
    for the same operands.
    """

    def __init__(
        self,
        store: WeightStore,
        block: Block,
        outer: Nodes | None = None,
        newest: int = DEFAULT_OPSET,
    ):
        self.store = store
        self.block = block
        self.outer = outer
        self.newest = newest if outer is None else outer.newest
        self._values: dict[SSAValue, SSAValue] = {}
        self._made: dict[object, Sequence[SSAValue]] = {}
        self._names: list[str] = []
        self._sizes: dict[str, SSAValue] = {}

    @property
    def main(self) -> Nodes:
        """Those of the outermost block, which has the constants."""
        nodes = self
        while nodes.outer is not None:
            nodes = nodes.outer
        return nodes

    def has(self, operator: str) -> bool:
        """Whether the opset that is allowed has an operator."""
        return SINCE.get(operator, 0) <= self.newest

    def begin(self, op: Operation) -> None:
        """What is made from now on stands for `op`."""
        self._names = names_of(op, "nodes")

    def bind(self, value: SSAValue, made: SSAValue) -> None:
        """A value of level 2 as one of ONNX."""
        self._values[value] = made
        if value.name_hint and not made.name_hint:
            made.name_hint = value.name_hint

    def say(self, name: str, made: SSAValue) -> None:
        """A name of sizes stands for a list of one `int64`."""
        self._sizes[name] = made

    def said(self, name: str) -> SSAValue | None:
        """What a name of sizes stands for, where the data says it."""
        nodes: Nodes | None = self
        while nodes is not None:
            if (found := nodes._sizes.get(name)) is not None:
                return found
            nodes = nodes.outer
        return None

    def add(self, op: OnnxOp) -> None:
        """Add a node that is made elsewhere."""
        if self._names:
            op.attributes["nodes"] = node_names(*self._names)
        self.block.add_op(op)

    def value(self, value: SSAValue) -> SSAValue:
        """What a value of level 2 is in ONNX."""
        nodes: Nodes | None = self
        while nodes is not None:
            if (found := nodes._values.get(value)) is not None:
                return found
            nodes = nodes.outer
        attr = constant_of(value)
        if attr is None:
            raise NoOnnxForm("it takes a value that has no form in ONNX")
        made = self.constant(attr, value.name_hint)
        self.main._values[value] = made
        return made

    def array(self, value: SSAValue) -> Array | None:
        """The numbers of a value of level 2 that is constant."""
        attr = constant_of(value)
        return None if attr is None else self.store.array(attr)

    def constant(self, value: Array | ConstantAttr, name: str | None = None) -> SSAValue:
        """A constant, which becomes an initializer."""
        attr = self.store.add(value, name or "constant") if isinstance(value, np.ndarray) else value
        main = self.main
        key = ("constant", attr)
        if key not in main._made:
            kind = op_class("Constant")
            assert kind is not None
            shape = attr.type.get_shape()
            op = kind.make([], [tensor_type(attr.type.get_element_type(), shape)], {"value": attr})
            first = main.block.first_op
            if first is None:
                main.block.add_op(op)
            else:
                main.block.insert_op_before(op, first)
            op.results[0].name_hint = name
            main._made[key] = op.results
        return main._made[key][0]

    def number(self, number: Any, element: Attribute) -> SSAValue:
        """A constant without dimensions."""
        return self.constant(np.array(number).astype(dtype_of(element)))

    def integers(self, numbers: Sequence[int]) -> SSAValue:
        """A list of `int64`, as operators take axes and shapes."""
        return self.constant(np.array(numbers, np.int64))

    def several(
        self,
        operator: str,
        operands: Sequence[SSAValue | None],
        types: Sequence[Attribute | None],
        attributes: Attributes | None = None,
    ) -> Sequence[SSAValue]:
        """The results of a node, those that are there."""
        given = {k: v for k, v in (attributes or {}).items() if v is not None}
        frozen = tuple(sorted((k, _frozen(v)) for k, v in given.items()))
        key = (operator, tuple(map(id, operands)), frozen, tuple(types))
        if (found := self._found(key)) is not None:
            return found
        kind = op_class(operator)
        if kind is None:
            raise NoOnnxForm(f"ONNX has no {operator}")
        op = kind.make(list(operands), list(types), given)
        self.add(op)
        self._made[key] = op.results
        return op.results

    def _found(self, key: object) -> Sequence[SSAValue] | None:
        nodes: Nodes | None = self
        while nodes is not None:
            if key in nodes._made:
                return nodes._made[key]
            nodes = nodes.outer
        return None

    def one(
        self,
        operator: str,
        operands: Sequence[SSAValue | None],
        element: Attribute,
        extents: Sequence[Extent],
        attributes: Attributes | None = None,
    ) -> SSAValue:
        """The only result of a node."""
        simpler = _simpler(operator, operands, extents, attributes or {})
        if simpler is not None:
            source, changed = simpler
            return (
                source
                if changed is None
                else self.one(operator, [source], element, extents, changed)
            )
        dims = [None if n == -1 else n for n in extents]
        return self.several(operator, operands, [tensor_type(element, dims)], attributes)[0]

    def like(
        self,
        operator: str,
        operands: Sequence[SSAValue | None],
        result: SSAValue,
        attributes: Attributes | None = None,
    ) -> SSAValue:
        """The only result of a node, of the type of a value of level 2."""
        return self.one(operator, operands, element_of(result), extents_of(result), attributes)

    def each(
        self,
        operator: str,
        *operands: SSAValue,
        gives: Attribute | None = None,
        attributes: Attributes | None = None,
    ) -> SSAValue:
        """A node that computes element by element, on operands that are broadcast."""
        shape = broadcast_extents(*map(sizes, operands))
        return self.one(operator, operands, gives or element(operands[0]), shape, attributes)


def sizes(value: SSAValue) -> tuple[Extent, ...]:
    """The sizes of a value of ONNX, -1 where nothing says one."""
    dims = dims_of(value.type)
    assert dims is not None, "what is made here has a rank"
    return tuple(-1 if n is None else n for n in dims)


def element(value: SSAValue) -> Attribute:
    """The element type of a value of ONNX."""
    found = element_of_type(value.type)
    assert found is not None, "what is made here is a tensor"
    return found


def _simpler(
    operator: str,
    operands: Sequence[SSAValue | None],
    extents: Sequence[Extent],
    attributes: Attributes,
) -> tuple[SSAValue, Attributes | None] | None:
    """
    A node as a value that is there, or as the same operator, with other attributes, of another one.

    Transposes behind each other are one, and what is undone was not done.
    """
    before = None if operands[0] is None else operands[0].owner
    if not isinstance(before, OnnxOp):
        return None
    source = before.operands[0] if before.operands else None
    if source is None:
        return None
    match operator, before.name:
        case "Transpose", "onnx.Transpose":
            order = cast("list[int]", before.attribute("perm"))
            perm = [order[axis] for axis in cast("list[int]", attributes["perm"])]
            return source, None if perm == sorted(perm) else {"perm": perm}
        case "Reshape", "onnx.Squeeze" | "onnx.Reshape":
            same = -1 not in extents and sizes(source) == tuple(extents)
            return (source, None) if same else None
        case "Cast", "onnx.Cast":
            # A position as an integer of another width and back.
            position = isinstance(source.owner, OnnxOp) and source.owner.name in _POSITIONS
            whole = position and attributes["to"] == onnx.TensorProto.INT64
            return (source, None) if whole else None
        case "Concat", "onnx.Split":
            whole = tuple(before.results) == tuple(operands)
            same = before.attribute("axis") == attributes["axis"]
            return (source, None) if whole and same else None
        case _:
            return None


_POSITIONS = ("onnx.ArgMax", "onnx.ArgMin")


def _frozen(value: Any) -> object:
    return tuple(cast("Sequence[object]", value)) if isinstance(value, list | tuple) else value
