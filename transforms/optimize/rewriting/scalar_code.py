"""Scalar regions: the numbers in them, inlining, and the arguments of a fused region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, FloatAttr, IndexType, IntegerAttr, IntegerType
from xdsl.ir import Attribute, Block, BlockArgument, Operation, OpResult, Region, SSAValue

from ....dialects.engine import MapOp
from ....dialects.engine.base import YieldOp, element_of, scalar_type, yielded_values
from ....dialects.engine.weights import dtype_of


@dataclass
class RegionBuilder:
    """A scalar region being built; equal operands share one argument."""

    block: Block = field(default_factory=Block)
    operands: list[SSAValue] = field(default_factory=list[SSAValue])
    _arguments: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])

    def leading(self, element: Attribute) -> SSAValue:
        """An argument of an element type that stands for the accumulator, and no operand."""
        return self.block.insert_arg(scalar_type(element), len(self.block.args))

    def argument(self, operand: SSAValue) -> SSAValue:
        """The argument that stands for an element of `operand`, added when it is new."""
        found = self._arguments.get(operand)
        if found is None:
            found = self.block.insert_arg(scalar_type(element_of(operand)), len(self.block.args))
            found.name_hint = operand.name_hint
            self._arguments[operand] = found
            self.operands.append(operand)
        return found

    def add(self, op: Operation) -> SSAValue:
        """Append an operation with one result."""
        self.block.add_op(op)
        return op.results[0]

    def inline(self, region: Region, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        """Copy the code of `region`, applied to `arguments`; gives what it yields."""
        values: dict[SSAValue, SSAValue] = dict(zip(region.block.args, arguments, strict=True))
        for op in region.block.ops:
            if isinstance(op, YieldOp):
                return [values[v] for v in op.values]
            clone = clone_with(op, values)
            self.block.add_op(clone)
            values.update(zip(op.results, clone.results, strict=True))
        return []

    def finish(self, *values: SSAValue) -> Region:
        """Close the region with a yield of `values`."""
        self.block.add_op(YieldOp(*values))
        return Region(self.block)


def number_of(value: SSAValue) -> float | int | None:
    """The number of a scalar that `arith.constant` defines, None for any other."""
    if isinstance(value, OpResult) and isinstance(value.op, arith.ConstantOp):
        attr = value.op.value
        if isinstance(attr, FloatAttr | IntegerAttr):
            return attr.value.data
    return None


def scalar_constant(number: float, type_: Attribute) -> arith.ConstantOp:
    """`arith.constant` of a scalar type, rounded to it; unsigned integers keep their bits."""
    dtype = dtype_of(type_)
    if isinstance(type_, AnyFloat):
        with np.errstate(over="ignore"):
            rounded = float(np.asarray(number, dtype))
        return arith.ConstantOp(FloatAttr(rounded, type_))
    bits = 1 if dtype == np.bool_ else dtype.itemsize * 8
    value = int(number)
    if bits > 1 and value >= 1 << (bits - 1):
        value -= 1 << bits
    kind = cast("IntegerType | IndexType", type_)
    return arith.ConstantOp(IntegerAttr(value, kind))


def clone_with(op: Operation, values: Mapping[SSAValue, SSAValue]) -> Operation:
    """A copy of an operation without regions, its operands replaced through `values`."""
    clone = type(op).create(
        operands=[values.get(v, v) for v in op.operands],
        result_types=[r.type for r in op.results],
        properties=dict(op.properties),
        attributes=dict(op.attributes),
    )
    for old, new in zip(op.results, clone.results, strict=True):
        new.name_hint = old.name_hint
    return clone


def operand_behind(op: MapOp, value: SSAValue) -> SSAValue | None:
    """The tensor whose element a scalar of a map's region is, None for a computed scalar."""
    if isinstance(value, BlockArgument) and value.block is op.body.block:
        return op.inputs[value.index]
    return None


def with_operand_for(op: MapOp, scalar: SSAValue, operand: SSAValue) -> MapOp:
    """The map in which `operand` takes the place of a scalar of the region."""
    builder = RegionBuilder()
    values: dict[SSAValue, SSAValue] = {scalar: builder.argument(operand)}
    yielded = yielded_values(op.body)
    # Only what is still needed, in the order in which it is first: operands behind `scalar` may
    # be gone.
    pending = list(reversed(yielded))
    while pending:
        value = pending[-1]
        if value in values:
            pending.pop()
        elif isinstance(value, OpResult):
            missing = [v for v in value.op.operands if v not in values]
            pending.extend(reversed(missing))
            if not missing:
                values[value] = builder.add(clone_with(value.op, values))
        else:
            tensor = operand_behind(op, value)
            assert tensor is not None
            values[value] = builder.argument(tensor)
    region = builder.finish(*(values[v] for v in yielded))
    return MapOp(builder.operands, region, op.results[0].type)
