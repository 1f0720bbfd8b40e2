"""
Equal operations computed once.

Two operations are equal when class, operands, properties, result types and regions are; names
and provenance do not count. Source: Click, "Global Code Motion / Global Value Numbering", 1995.
"""

from __future__ import annotations

from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.traits import is_side_effect_free

from ...dialects.engine import HostOp, IfOp, WhileOp
from ...dialects.engine.base import carry_provenance


def region_key(region: Region) -> tuple[object, ...]:
    """A hashable identity of a single-block region: values are numbered in order."""
    if not region.blocks:
        return ()
    numbers: dict[SSAValue, int] = {}
    for argument in region.block.args:
        numbers[argument] = len(numbers)
    rows: list[object] = [tuple(a.type for a in region.block.args)]
    for op in region.block.ops:
        operands = tuple(numbers.get(v, id(v)) for v in op.operands)
        for result in op.results:
            numbers[result] = len(numbers)
        rows.append(
            (
                type(op),
                operands,
                tuple(sorted(op.properties.items())),
                tuple(r.type for r in op.results),
                tuple(region_key(r) for r in op.regions),
            )
        )
    return tuple(rows)


def operation_key(op: Operation) -> tuple[object, ...]:
    """A hashable identity of an operation."""
    properties: tuple[tuple[str, Attribute], ...] = tuple(sorted(op.properties.items()))
    return (
        type(op),
        tuple(op.operands),
        properties,
        tuple(r.type for r in op.results),
        tuple(region_key(r) for r in op.regions),
    )


def merge_equal_operations(block: Block) -> int:
    """Merge equal operations of one block; gives how many disappeared."""
    known: dict[tuple[object, ...], Operation] = {}
    merged = 0
    for op in list(block.ops):
        if not op.results or not is_side_effect_free(op) or isinstance(op, IfOp | WhileOp | HostOp):
            continue
        key = operation_key(op)
        first = known.setdefault(key, op)
        if first is op:
            continue
        for old, new in zip(op.results, first.results, strict=True):
            old.replace_all_uses_with(new)
        carry_provenance([op], [first], "merge-equal-operations")
        op.detach()
        op.erase()
        merged += 1
    return merged
