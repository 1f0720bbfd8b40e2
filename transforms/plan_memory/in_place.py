"""Operations that write over what they read: whether they may, and chains of them into outputs."""

from __future__ import annotations

from xdsl.ir import Operation, SSAValue

from ...dialects.engine import LoopOp, RelayoutOp
from ...dialects.engine.base import EngineOp, dense_stride_extents_of
from ...runtime.size import NeedsNumber
from .order import Order, home_of
from .place import Place


def overwrites(here: SSAValue, following: SSAValue, writes: Operation, order: Order) -> bool:
    """
    Whether `following` may be written where `here` lies: nothing reads `here` once `writes` begins.

    `writes` itself may, if it computes `following` and works in place.
    """
    readers = _readers(here, order)
    last = max((until for _, until, _ in readers), default=-1)
    begins = _begins_to_write(writes, order)
    if last != order.at[writes] or begins != last:
        return last < begins
    now = [(reader, direct) for reader, until, direct in readers if until == last]
    if not isinstance(writes, EngineOp) or following is not writes.results[0]:
        return False
    numbers = [n for n, v in enumerate(writes.operands) if v is here]
    return (
        now == [(writes, True)]
        and following.type == here.type
        and len(numbers) == 1
        and numbers[0] in writes.may_overwrite()
    )


def _begins_to_write(writes: Operation, order: Order) -> int:
    """
    When the result of an operation begins to be written: before it runs where what it views, or
    takes parts from, may be computed straight to where it belongs.
    """
    begins, ahead, seen = order.at[writes], [writes], {writes}
    while ahead:
        op = ahead.pop()
        if not isinstance(op, EngineOp) or not _takes_places(op):
            continue
        for operand in op.operands:
            owner = operand.owner
            if isinstance(owner, Operation) and owner.parent is writes.parent and owner not in seen:
                seen.add(owner)
                begins = min(begins, order.at[owner])
                ahead.append(owner)
    return begins


def _takes_places(op: EngineOp) -> bool:
    """Whether an operand of an operation may lie within its result."""
    if op.IS_VIEW:
        return True
    try:
        return bool(op.absorbed_parts(dense_stride_extents_of(op.results[0])))
    except NeedsNumber:
        return True


def _readers(value: SSAValue, order: Order) -> list[tuple[Operation, int, bool]]:
    """What reads a value, or a view of it: (operation, until when, whether it reads it itself)."""
    found: list[tuple[Operation, int, bool]] = []
    home = home_of(value)
    ahead, seen = [value], {value}
    while ahead:
        at = ahead.pop()
        for use in at.uses:
            op = use.operation
            until = order.read_until(op, home)
            if isinstance(op, LoopOp) and at in op.scanned:
                until = order.end_of(op)
            found.append((op, until, at is value))
            if isinstance(op, EngineOp) and op.IS_VIEW and op.results[0] not in seen:
                seen.add(op.results[0])
                ahead.append(op.results[0])
    return found


def chain_into_output(
    given: RelayoutOp, order: Order, places: dict[SSAValue, Place]
) -> list[SSAValue]:
    """
    The values from that of `given` to an output, each of which may be written over the one before.

    Empty where there is none, as where something else lies in the output while they are computed.
    """
    chain: list[SSAValue] = [given.res[0]]
    while True:
        following = _written_over(chain[-1], order)
        if following is None:
            return []
        home = places.get(following)
        chain.append(following)
        if home is not None:
            break
    whole = isinstance(home.root, int) and home == Place(
        home.root, 0, dense_stride_extents_of(following)
    )
    return chain if whole else []


def _written_over(value: SSAValue, order: Order) -> SSAValue | None:
    """What is computed in place of `value`, by the last operation that reads it."""
    for use in value.uses:
        op = use.operation
        if not isinstance(op, EngineOp) or not op.results or op.parent is not order.top:
            continue
        if use.index in op.may_overwrite() and overwrites(value, op.results[0], op, order):
            return op.results[0]
    return None
