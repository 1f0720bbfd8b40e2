"""
What ends in a rounding to an integer, where the last bit of a number may make a whole quantum.

A rewrite of class `rounding` moves a number by a unit in its last place, which nobody sees until
the number is rounded to an integer: then a quantised network gives another code, a mask another
row. So what computes a number that, element by element, comes to such a rounding is left as the
model has it. The walk goes from a value forward through scalar operations, maps, epilogues, data
movement and maxima, in and out of regions, from trip to trip of loops. It ends at sums (contractions, norms, softmax, means),
whose order the standard leaves open, and at comparisons, whose results are mostly continuous
(`x > 0 ? x : 0.1 x`). What is run by reference or a plug-in's counts as rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import AnyFloat, VectorType
from xdsl.ir import Attribute, Block, Operation, SSAValue, Use
from xdsl.traits import IsTerminator

from .base import EngineOp, YieldOp
from .contraction import ContractionOp
from .control import IfOp, ReferenceOp
from .elementwise import MapOp
from .loop import LoopOp
from .movement import MovementOp
from .opaque import is_opaque
from .reduction import PoolOp, ReduceOp

KEEPS_ROUNDINGS = "keeps_roundings"
"""
Unit attribute of an operation whose result is rounded to integers further on: no product and sum in
its region become one instruction, which rounds once.
"""

ROUNDINGS = frozenset[type[Operation]](
    (
        *(math.FloorOp, math.CeilOp, math.RoundEvenOp, math.RoundOp, math.TruncOp),
        *(arith.FPToSIOp, arith.FPToUIOp),
        # The bits of a float: what comes of it has eight bits or fewer.
        arith.BitcastOp,
    )
)
"""Scalar operations whose results jump."""

REACH = 512
"""Values looked at; a value that leads to more than these counts as rounded."""

_SELECTING = ("max", "min")


def rounds(ops: Iterable[Operation]) -> bool:
    """Whether any operation is a rounding to an integer, or may hold one."""
    return any(type(op) in ROUNDINGS or _is_unknown(op) for op in ops)


def feeds_rounding(value: SSAValue) -> bool:
    """Whether a scalar of a region, or a tensor, comes to a rounding element by element."""
    seen: set[SSAValue] = {value}
    ahead = [value]
    while ahead:
        for use in ahead.pop().uses:
            if _rounds_at(use):
                return True
            for found in _elements_of(use):
                if found not in seen and _is_float(found.type):
                    seen.add(found)
                    ahead.append(found)
        if len(seen) > REACH:
            return True
    return False


def sum_of(op: ContractionOp) -> SSAValue:
    """The sums of products: what the epilogue reads, the result where there is none."""
    region = op.epilogue_region
    return op.results[0] if region is None else region.block.args[0]


def feeds_rounding_in(block: Block, *, result: bool) -> frozenset[SSAValue]:
    """
    The results in a scalar region that come to a rounding in it; with `result`, also those that
    come to what the region yields.
    """
    found: set[SSAValue] = set()
    for op in reversed(block.ops):
        jumps = type(op) in ROUNDINGS or (result and op.has_trait(IsTerminator))
        continuous = not isinstance(op, arith.CmpfOp | YieldOp)
        if jumps or (continuous and any(r in found for r in op.results)):
            found.update(v for v in op.operands if _is_float(v.type))
    return frozenset(found)


def _is_float(type_: Attribute) -> bool:
    element = type_.element_type if isinstance(type_, VectorType) else type_
    element = getattr(element, "element_type", element)
    return isinstance(element, AnyFloat)


def _is_unknown(op: Operation) -> bool:
    """What is not looked into: reference operations and those of plug-ins."""
    return isinstance(op, ReferenceOp) or (
        isinstance(op, EngineOp) and not type(op).__module__.startswith(__package__ or "")
    )


def _rounds_at(use: Use) -> bool:
    op = use.operation
    if isinstance(op, arith.BitcastOp):
        return not _is_float(op.results[0].type)
    return type(op) in ROUNDINGS or _is_unknown(op)


def _elements_of(use: Use) -> Iterator[SSAValue]:
    """The values whose elements are computed from elements of what is used there."""
    op = use.operation
    if isinstance(op, YieldOp):
        yield from _yielded_to(op, use.index)
    elif isinstance(op, LoopOp):
        yield from _taken_by(op, op.operands[use.index])
    elif isinstance(op, MapOp):
        yield op.body.block.args[use.index]
    elif isinstance(op, ContractionOp):
        extra = use.index - op.DATA_OPERANDS
        if extra >= 0 and op.epilogue_region is not None:
            yield op.epilogue_region.block.args[1 + extra]
    elif isinstance(op, ReduceOp):
        if op.kind.data in _SELECTING:
            yield from op.results if op.body is None else [op.body.block.args[use.index]]
    elif isinstance(op, PoolOp):
        if op.kind.data in _SELECTING:
            yield from op.results
    elif isinstance(op, MovementOp):
        yield from (r for r in op.results if not is_opaque(r))
    elif _is_scalar(op) and not isinstance(op, arith.CmpfOp):
        yield from op.results


def _is_scalar(op: Operation) -> bool:
    return not isinstance(op, EngineOp) and not op.regions and not op.has_trait(IsTerminator)


def _taken_by(op: LoopOp, value: SSAValue) -> Iterator[SSAValue]:
    """What an operand of a loop becomes in it, and behind it where no trip is made."""
    for number, init in enumerate(op.inits):
        if init is value:
            yield op.carried[number]
            yield op.res[number]
    yield from (s for s, whole in zip(op.slices, op.scanned, strict=True) if whole is value)


def _yielded_by(op: LoopOp, value: SSAValue) -> Iterator[SSAValue]:
    for number, following in enumerate(op.next_values):
        if following is value:
            yield op.carried[number]
            yield op.res[number]
    yield from (s for s, row in zip(op.stacked, op.rows, strict=True) if row is value)


def _yielded_to(op: YieldOp, index: int) -> Iterator[SSAValue]:
    parent = op.parent_op()
    if isinstance(parent, IfOp):
        yield parent.results[index]
    if isinstance(parent, LoopOp):
        yield from _yielded_by(parent, op.values[index])
    if isinstance(parent, ReduceOp) and parent.kind.data not in _SELECTING:
        return
    if isinstance(parent, MapOp | ContractionOp | ReduceOp):
        yield parent.results[index]
