"""What operations in branches and loops compute of values outside, and so could before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import Block, Operation, SSAValue

from ...dialects.engine.assertion import AssertOp
from ...dialects.engine.base import EngineOp
from ...dialects.engine.constant import ConstantOp
from ...dialects.engine.data_sizes import SizeDefiningOp
from ...dialects.framework import FrameworkOp

LONGEST = 16
"""Operations that are followed."""


def invariant_chain(value: SSAValue, outer: Operation) -> list[Operation] | None:
    """
    The operations in regions of `outer` that a value is computed by, in order, of values before it.

    None where it depends on anything else, or on more than are worth following.
    """
    found: list[Operation] = []
    ahead, seen = [value], {value}
    while ahead:
        owner = ahead.pop().owner
        block = owner if isinstance(owner, Block) else owner.parent
        if block is outer.parent:
            continue
        if isinstance(owner, Block) or not _is_pure(owner) or len(found) == LONGEST:
            return None
        found.append(owner)
        ahead += [operand for operand in owner.operands if operand not in seen]
        seen.update(owner.operands)
    return _in_order(found)


def _is_pure(op: Operation) -> bool:
    computes = isinstance(op, EngineOp | ConstantOp)
    return computes and not isinstance(op, SizeDefiningOp | AssertOp)


def _in_order(ops: Sequence[Operation]) -> list[Operation]:
    """Each behind those whose results it reads; they were found from the last one on."""
    found: list[Operation] = []
    left = list(ops)
    while left:
        made = {result for op in left for result in op.results}
        ready = [op for op in left if made.isdisjoint(op.operands)]
        found += ready
        left = [op for op in left if op not in ready]
    return found


def chain_key(value: SSAValue, chain: Sequence[Operation]) -> tuple[object, ...]:
    """What two values have in common that are computed in the same way of the same values."""
    known: dict[SSAValue, object] = {}
    for op in chain:
        key = _key_of(op, known)
        known.update((result, (key, at)) for at, result in enumerate(op.results))
    return ("invariant", known.get(value, value))


def _key_of(op: Operation, known: Mapping[SSAValue, object]) -> object:
    """What an operation computes of values that are known by what stands for them."""
    operands = tuple(known.get(operand, operand) for operand in op.operands)
    attributes = tuple(sorted((name, str(attr)) for name, attr in op.properties.items()))
    types = tuple(str(result.type) for result in op.results)
    scalars: list[object] = []
    for block in (block for region in op.regions for block in region.blocks):
        inner = dict(known)
        inner.update((argument, ("argument", at)) for at, argument in enumerate(block.args))
        for at, scalar in enumerate(block.ops):
            scalars.append(_scalar_key(scalar, inner))
            inner.update((result, ("scalar", at)) for result in scalar.results)
    return op.name, attributes, types, tuple(scalars), operands


def _scalar_key(op: Operation, known: Mapping[SSAValue, object]) -> object:
    operands = tuple(known.get(operand, operand) for operand in op.operands)
    attributes = tuple(sorted((name, str(attr)) for name, attr in op.properties.items()))
    return op.name, attributes, tuple(str(r.type) for r in op.results), operands


def copied_before(value: SSAValue, chain: Sequence[Operation], outer: FrameworkOp) -> SSAValue:
    """The value, computed once more in front of `outer`."""
    block = outer.parent
    assert block is not None
    copies: dict[SSAValue, SSAValue] = {}
    for op in chain:
        block.insert_op_before(op.clone(copies), outer)
    return copies.get(value, value)
