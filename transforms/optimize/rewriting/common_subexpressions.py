"""
Equal operations computed once.

Two operations are equal when class, operands, properties, result types and regions are; names
and provenance do not count. Control flow and reference operations are never merged: what they run
may be large, or give another answer each time. Source: Click, "Global Code Motion / Global Value
Numbering", 1995.
"""

from __future__ import annotations

from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.traits import is_side_effect_free

from ....dialects.engine import IfOp, ReferenceOp, WhileOp
from ....dialects.engine.base import EngineOp, carry_provenance

Key = tuple[object, ...]


def region_key(region: Region) -> Key:
    """A hashable identity of a single-block region: values are numbered in order."""
    if not region.blocks:
        return ()
    numbers: dict[SSAValue, int] = {}
    for argument in region.block.args:
        numbers[argument] = len(numbers)
    rows: list[object] = [tuple(a.type for a in region.block.args)]
    for op in region.block.ops:
        operands = tuple(numbers.get(v, v) for v in op.operands)
        for result in op.results:
            numbers[result] = len(numbers)
        rows.append((*_kind(op), operands, tuple(region_key(r) for r in op.regions)))
    return tuple(rows)


def _kind(op: Operation) -> Key:
    properties: tuple[tuple[str, Attribute], ...] = tuple(sorted(op.properties.items()))
    return (type(op), properties, tuple(r.type for r in op.results))


def operation_key(op: Operation) -> Key:
    """A hashable identity of an operation."""
    return (*_kind(op), tuple(op.operands), tuple(region_key(r) for r in op.regions))


def merge_equal_operations(block: Block, outer: dict[Key, Operation] | None = None) -> int:
    """
    Merge equal operations of a block and of the regions in it; gives how many disappeared.

    `outer` holds operations of enclosing blocks whose results are visible here.
    """
    known = dict(outer or {})
    merged = 0
    for op in list(block.ops):
        if op.regions:
            merged += _merge_inside(op, known)
        if (
            not op.results
            or not is_side_effect_free(op)
            or isinstance(op, IfOp | WhileOp | ReferenceOp)
        ):
            continue
        first = known.setdefault(operation_key(op), op)
        if first is op:
            continue
        for old, new in zip(op.results, first.results, strict=True):
            old.replace_all_uses_with(new)
        if isinstance(op, EngineOp):
            carry_provenance([op], [first], "merge-equal-operations")
        op.detach()
        op.erase()
        merged += 1
    return merged


def _merge_inside(op: Operation, known: dict[Key, Operation]) -> int:
    if isinstance(op, ReferenceOp):
        return 0
    # A scalar region sees nothing from outside of it.
    visible = known if isinstance(op, IfOp | WhileOp) else None
    return sum(
        merge_equal_operations(inner, visible) for region in op.regions for inner in region.blocks
    )
