"""Offsets in place of the places of a memory plan, once all sizes are numbers."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import FunctionType, MemRefType, TensorType, i8
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue
from xdsl.rewriter import Rewriter

from ..dialects.engine.base import extents_of, stride_extents_of
from ..dialects.engine.plan import PLAN, PlanAttr, smallest_arena
from ..dialects.engine.view import ViewOp, offset_attr
from ..errors import CompileError
from ..runtime.size import Size
from .interface import OUTPUT_DIGESTS


def bind_plan(function: FuncOp, plan: PlanAttr, *, keeps_decided: bool = False) -> None:
    """
    Give views of the arena offsets, and the arena its bytes, where no name is left in `function`.

    The structure with the smallest arena is taken. A view without elements begins where its place
    or its base does. The digests of outputs were of the sizes by name, and are dropped. With
    `keeps_decided`, names that the data decides may be left, and places of segments stay: a
    function that is run so can find them, but machine code wants the plan.

    Raises:
        CompileError: when the function has no arena for its plan.
    """
    function.attributes.pop(OUTPUT_DIGESTS, None)
    segments = plan.segments if keeps_decided else [0] * len(plan.places)
    sizes = [0 if later else size for size, later in zip(plan.sizes, segments, strict=True)]
    if any(isinstance(n, Size) for n in sizes):
        return
    if not keeps_decided and any(map(_is_open, _values(function))):
        return
    block = function.body.blocks[0]
    if not block.args or not isinstance(block.args[0].type, MemRefType):
        raise CompileError("the function has a plan, but no arena as its first argument")
    _, offsets, size = smallest_arena(PlanAttr.of(sizes, plan.structures), {})
    for op in function.walk():
        if isinstance(op, ViewOp):
            if op.place is not None and segments[op.place.value.data]:
                continue
            offset = 0 if 0 in extents_of(op.res) else op.byte_extent
            if op.place is not None:
                offset += offsets[op.place.value.data]
                del op.properties["place"]
            op.properties["offset"] = offset_attr(offset)
    Rewriter.replace_value_with_new_type(block.args[0], MemRefType(i8, [size]))
    function.properties["function_type"] = FunctionType.from_lists(
        [argument.type for argument in block.args], function.function_type.outputs.data
    )
    if not any(segments):
        del function.attributes[PLAN]


def _values(function: FuncOp) -> Iterator[SSAValue]:
    for block in function.body.blocks:
        yield from block.args
    for op in function.walk():
        yield from op.results


def _is_open(value: SSAValue) -> bool:
    """Whether a size or a stride of a value is not a number."""
    if not isinstance(value.type, TensorType | MemRefType):
        return False
    extents = extents_of(value)
    sized = -1 not in extents and isinstance(value.type, MemRefType)
    return any(
        isinstance(n, Size) for n in (*extents, *(stride_extents_of(value) if sized else ()))
    )
