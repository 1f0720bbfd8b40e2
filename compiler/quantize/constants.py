"""Constants and nodes that are added to a module of the `onnx` dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from ...dialects.engine.weights import WeightStore
from ...dialects.framework import node_names, tensor_type
from ...dialects.onnx import op_class


class Additions:
    """New constants and nodes of one block; equal constants are one."""

    def __init__(self, block: Block, store: WeightStore):
        self.block = block
        self.store = store
        self._made: dict[Attribute, SSAValue] = {}

    def constant(self, array: npt.NDArray[Any], name: str | None = None) -> SSAValue:
        """A constant at the beginning of the block."""
        attribute = self.store.add(np.asarray(array, order="C"), name or "constant")
        found = self._made.get(attribute)
        if found is None:
            kind = op_class("Constant")
            assert kind is not None
            type_ = tensor_type(attribute.type.get_element_type(), attribute.type.get_shape())
            op = kind.make([], [type_], {"value": attribute})
            first = self.block.first_op
            assert first is not None, "a function ends in a return"
            self.block.insert_op_before(op, first)
            found = self._made[attribute] = op.results[0]
            found.name_hint = name
        return found

    def node(
        self,
        operator: str,
        operands: Sequence[SSAValue | None],
        types: Sequence[Attribute],
        place: SSAValue | Operation,
        attributes: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> Sequence[OpResult]:
        """The results of a new node, behind what makes a value or before an operation."""
        kind = op_class(operator)
        assert kind is not None, operator
        op = kind.make(list(operands), list(types), dict(attributes or {}))
        if name:
            op.attributes["nodes"] = node_names(name)
        if isinstance(place, Operation):
            self.block.insert_op_before(op, place)
        elif isinstance(place, OpResult):
            self.block.insert_op_after(op, place.op)
        else:
            self._behind_constants(op)
        return op.results

    def _behind_constants(self, op: Operation) -> None:
        for other in self.block.ops:
            if other.name != "onnx.Constant":
                self.block.insert_op_before(op, other)
                return
