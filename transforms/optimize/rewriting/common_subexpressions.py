"""
Equal operations computed once.

Two operations are equal when class, operands, properties, result types and regions are; names
and provenance do not count, nor does the order of operands of what commutes: `x + y` is `y + x`, in
one map or in two whose operands are exchanged. Control flow and reference operations are never
merged: what they run may be large, or give another answer each time. Source: Click, "Global Code
Motion / Global Value Numbering", 1995.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from xdsl.dialects import arith
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.traits import is_side_effect_free

from ....dialects.engine import IfOp, LoopOp, MapOp, ReferenceOp
from ....dialects.engine.base import EngineOp
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from .provenance import Provenance

Key = tuple[Hashable, ...]
_Known = dict[Key, Operation | dict[Key, Operation]]
"""By what is seen at a glance: the one operation there is, or all that share it by their keys."""

COMMUTATIVE: frozenset[type[Operation]] = frozenset(
    (
        *(arith.AddfOp, arith.MulfOp, arith.MaximumfOp, arith.MinimumfOp),
        *(arith.AddiOp, arith.MuliOp, arith.AndIOp, arith.OrIOp, arith.XOrIOp),
        *(arith.MaxSIOp, arith.MinSIOp, arith.MaxUIOp, arith.MinUIOp),
    )
)
"""Scalar operations whose operands may be exchanged."""

MERGE = "merge-equal-operations"
"""What stands in the provenance for merging, which is no rule."""


def region_key(region: Region, operands: Sequence[Hashable] | None = None) -> Key:
    """
    A hashable identity of a single-block region: values are numbered in order.

    With `operands`, arguments are known by what they stand for instead of by their numbers, so
    that the order in which operands stand does not matter.
    """
    if not region.blocks:
        return ()
    numbers: dict[SSAValue, Hashable] = {}
    for argument in region.block.args:
        numbers[argument] = len(numbers) if operands is None else operands[argument.index]
    rows: list[Hashable] = []
    if operands is None:
        rows.append(tuple(a.type for a in region.block.args))
    for op in region.block.ops:
        parts = [numbers.get(v, v) for v in op.operands]
        if len(parts) == 2 and type(op) in COMMUTATIVE and parts[0] != parts[1]:
            # Any order will do that two equal regions share. Without `operands` all are numbers,
            # whose hashes are the same in every process: keys name constants of artifacts.
            parts.sort(key=hash)
        for result in op.results:
            numbers[result] = -2 - len(numbers)
        rows.append((*_kind(op), tuple(parts), tuple(region_key(r) for r in op.regions)))
    return tuple(rows)


def _kind(op: Operation) -> Key:
    properties: tuple[tuple[str, Attribute], ...] = tuple(sorted(op.properties.items()))
    return (type(op), properties, tuple(r.type for r in op.results))


def operation_key(op: Operation, operands: Sequence[Hashable] | None = None) -> Key:
    """A hashable identity of an operation, whose `operands` may be known by something else."""
    known: Sequence[Hashable] = op.operands if operands is None else operands
    if isinstance(op, MapOp) and op.results:
        results = tuple(r.type for r in op.results)
        return (MapOp, results, frozenset(known), region_key(op.body, known))
    return (*_kind(op), tuple(known), tuple(region_key(r) for r in op.regions))


def merge_equal_operations(block: Block, provenance: Provenance) -> int:
    """Merge equal operations of a block and of the regions in it; gives how many disappeared."""
    return _merge(block, {}, provenance)


def merge_equal_contractions(block: Block, provenance: Provenance) -> int:
    """
    Merge equal contractions of a block that nothing has been fused into; gives how many
    disappeared.

    This comes before any rewrite: later, two equal products with different readers have different
    epilogues. What they read is equal, too, where equal maps, pads and views compute it from the
    same values; such are left, as each may be computed where it is read.
    """
    ops = list(block.ops)
    contractions: dict[tuple[type[Operation], Attribute, str], int] = {}
    for op in ops:
        if isinstance(op, ContractionOp) and op.results:
            alike = _alike(op)
            contractions[alike] = contractions.get(alike, 0) + 1
    if all(count == 1 for count in contractions.values()):
        return 0
    numbers: dict[SSAValue, Hashable] = {}
    known: dict[Key, tuple[Operation, int]] = {}
    merged = 0
    for op in ops:
        if not op.results:
            continue
        constant = constant_of(op.results[0])
        if constant is not None:
            numbers[op.results[0]] = constant
            continue
        if isinstance(op, ContractionOp) and contractions[_alike(op)] == 1:
            continue
        opaque = isinstance(op, IfOp | LoopOp | ReferenceOp) or not is_side_effect_free(op)
        if opaque or (op.regions and not isinstance(op, MapOp)):
            continue
        operands = [numbers.get(v, v) for v in op.operands]
        first, number = known.setdefault(operation_key(op, operands), (op, len(known)))
        for place, result in enumerate(op.results):
            numbers[result] = ("v", number, place)
        if isinstance(op, ContractionOp) and first is not op:
            _replace(op, first, provenance)
            merged += 1
    return merged


def _alike(op: ContractionOp) -> tuple[type[Operation], Attribute, str]:
    """What equal contractions share, at a glance."""
    weight = constant_of(op.operands[1])
    return type(op), op.results[0].type, "" if weight is None else str(hash(weight))


def _replace(op: Operation, first: Operation, provenance: Provenance) -> None:
    for old, new in zip(op.results, first.results, strict=True):
        old.replace_all_uses_with(new)
    if isinstance(op, EngineOp):
        provenance.carry([op], [first], MERGE)
    provenance.forget(op)
    op.detach()
    op.erase()


def _merge(block: Block, known: _Known, provenance: Provenance, nested: bool = False) -> int:
    """`known` holds operations of enclosing blocks whose results are visible here, if `nested`."""
    merged = 0
    added: list[tuple[Key, Key | None]] = []
    for op in list(block.ops):
        if op.regions:
            merged += _merge_inside(op, known, provenance)
        if not op.results or isinstance(op, IfOp | LoopOp | ReferenceOp):
            continue
        glance = _glance(op)
        alike = known.get(glance)
        if alike is None:
            known[glance] = op
            if nested:
                added.append((glance, None))
            continue
        if not is_side_effect_free(op):
            continue
        if isinstance(alike, Operation):
            alike = known[glance] = {operation_key(alike): alike}
        # One look: hashing a key walks all attributes of the operation.
        key = operation_key(op)
        first = alike.setdefault(key, op)
        if first is not op:
            _replace(op, first, provenance)
            merged += 1
        elif nested:
            added.append((glance, key))
    # What was computed in a nested block is not visible outside.
    for glance, key in reversed(added):
        _forget(known, glance, key)
    return merged


def _forget(known: _Known, glance: Key, key: Key | None) -> None:
    alike = known[glance]
    if key is None:
        del known[glance]
    elif isinstance(alike, dict):
        del alike[key]


def _glance(op: Operation) -> Key:
    """What equal operations share, at a glance: all that one without operands is."""
    operands = op.operands
    if not operands:
        return operation_key(op)
    return type(op), (frozenset(operands) if isinstance(op, MapOp) else tuple(operands))


def _merge_inside(op: Operation, known: _Known, provenance: Provenance) -> int:
    if isinstance(op, ReferenceOp):
        return 0
    # A scalar region sees nothing from outside of it.
    nested = isinstance(op, IfOp | LoopOp)
    return sum(
        _merge(inner, known if nested else {}, provenance, nested)
        for region in op.regions
        for inner in region.blocks
    )
