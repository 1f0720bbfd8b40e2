"""What operations cost, as they declare it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypedDict

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Operation

from ...dialects.engine import ConstantOp, ReferenceOp
from ...dialects.engine.base import EngineOp
from ...runtime.size import NeedsNumber


class Cost(NamedTuple):
    """How many operations, bytes that they read and write, and floating-point operations."""

    operations: int = 0
    bytes: int = 0
    flops: int = 0

    def plus(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(*(a + b for a, b in zip(self, other, strict=True)))


class CostAnswer(TypedDict):
    """A cost before and after."""

    operations: list[int]
    bytes: list[int]
    flops: list[int]


NOTHING = Cost()


def cost_of(op: Operation) -> Cost:
    """
    The cost of an operation of the engine; constants cost nothing, views move nothing. What its
    reference semantics run, or sizes by name decide, has no bytes and no FLOPs that are known.
    """
    if not isinstance(op, EngineOp) or isinstance(op, ConstantOp):
        return NOTHING
    values = (*op.operands, *op.results)
    is_open = any(isinstance(v.type, TensorType) and -1 in v.type.get_shape() for v in values)
    if op.IS_VIEW or is_open or isinstance(op, ReferenceOp):
        return Cost(1)
    try:
        moved, flops = op.bytes_read() + op.bytes_written(), op.flops()
    except NeedsNumber:
        return Cost(1)
    return Cost(1, moved, flops)


def total(costs: Iterable[Cost]) -> Cost:
    """The sum of costs."""
    found = NOTHING
    for cost in costs:
        found = found.plus(cost)
    return found


def module_cost(module: ModuleOp) -> Cost:
    """The cost of all operations of a module, those in branches and loops once."""
    return total(map(cost_of, module.walk()))


def cost_answer(before: Cost, after: Cost) -> CostAnswer:
    """Both as an answer has them."""
    return CostAnswer(
        operations=[before.operations, after.operations],
        bytes=[before.bytes, after.bytes],
        flops=[before.flops, after.flops],
    )
