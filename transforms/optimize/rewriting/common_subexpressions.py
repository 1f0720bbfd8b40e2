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

from ....dialects.engine import IfOp, LoopOp, ReferenceOp
from ....dialects.engine.base import EngineOp
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from .provenance import Provenance

Key = tuple[object, ...]

MERGE = "merge-equal-operations"
"""What stands in the provenance for merging, which is no rule."""


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


def merge_equal_operations(block: Block, provenance: Provenance) -> int:
    """Merge equal operations of a block and of the regions in it; gives how many disappeared."""
    return _merge(block, {}, provenance)


def merge_equal_contractions(block: Block, provenance: Provenance) -> int:
    """
    Merge equal contractions of a block that nothing has been fused into; gives how many
    disappeared.

    This comes before any rewrite: later, two equal products with different readers have different
    epilogues. Equal maps are left, as each may be computed where it is read.
    """
    known: dict[Key, Operation] = {}
    merged = 0
    for op in list(block.ops):
        if isinstance(op, ContractionOp) and not op.regions:
            operands = tuple(constant_of(v) or v for v in op.operands)
            first = known.setdefault((*_kind(op), operands), op)
            if first is not op:
                _replace(op, first, provenance)
                merged += 1
    return merged


def _replace(op: Operation, first: Operation, provenance: Provenance) -> None:
    for old, new in zip(op.results, first.results, strict=True):
        old.replace_all_uses_with(new)
    if isinstance(op, EngineOp):
        provenance.carry([op], [first], MERGE)
    provenance.forget(op)
    op.detach()
    op.erase()


def _merge(
    block: Block, known: dict[Key, Operation], provenance: Provenance, nested: bool = False
) -> int:
    """`known` holds operations of enclosing blocks whose results are visible here, if `nested`."""
    merged = 0
    added: list[Key] = []
    for op in list(block.ops):
        if op.regions:
            merged += _merge_inside(op, known, provenance)
        if (
            not op.results
            or not is_side_effect_free(op)
            or isinstance(op, IfOp | LoopOp | ReferenceOp)
        ):
            continue
        key = operation_key(op)
        # One look: hashing a key walks all attributes of the operation.
        first = known.setdefault(key, op)
        if first is not op:
            _replace(op, first, provenance)
            merged += 1
        elif nested:
            added.append(key)
    # What was computed in a nested block is not visible outside.
    for key in added:
        del known[key]
    return merged


def _merge_inside(op: Operation, known: dict[Key, Operation], provenance: Provenance) -> int:
    if isinstance(op, ReferenceOp):
        return 0
    # A scalar region sees nothing from outside of it.
    nested = isinstance(op, IfOp | LoopOp)
    return sum(
        _merge(inner, known if nested else {}, provenance, nested)
        for region in op.regions
        for inner in region.blocks
    )
