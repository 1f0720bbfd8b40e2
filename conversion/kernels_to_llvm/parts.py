"""
A long `@main` as several functions, `main.0`, `main.1` and so on.

LLVM's code generator takes more than twice the time for a function of twice the calls, because the
addresses that they share live all the way through it. For calls with three operands it measured
(microseconds a call, Zen 4):

    calls     one function    functions of 512
     1,400        151               105
    14,000      1,029               104

Each part gets the arguments of `@main`, and makes the constants and views that it uses anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llvmlite import ir
from xdsl.dialects import arith, func, memref
from xdsl.ir import Block, Operation, SSAValue

from ...runtime.abi import ARENA_AT, ERROR_STATUS, SIZE_TABLE
from .emitter import FunctionEmitter
from .entry import return_if_failed

LONGEST = 4096
"""Operations of a function that stays one."""

PART = 1024
"""Operations of a part: a call comes with about one view of its own."""

_MADE_ANEW = (arith.ConstantOp, arith.IndexCastOp, memref.ViewOp, memref.ReinterpretCastOp)
"""Operations that cost next to nothing and give the same wherever they stand; so do loads from the
table of sizes, where an entry is written once, before it is read."""


def parts_of(function: func.FuncOp) -> list[list[Operation]]:
    """The operations of a function, part by part; one part if it is short or cannot be cut."""
    ops = list(function.body.block.ops)
    if len(ops) <= LONGEST or function.function_type.outputs.data:
        return [ops]
    places = {op: at for at, op in enumerate(ops)}
    table = _table_of(function)
    parts: list[list[Operation]] = [[]]
    needed_until = 0
    for at, op in enumerate(ops):
        if len(parts[-1]) >= PART and at > needed_until and at < len(ops) - 1:
            parts.append([])
        parts[-1].append(op)
        if not isinstance(op, _MADE_ANEW) and not _loads_from(op, table):
            users = (use.operation for result in op.results for use in result.uses)
            needed_until = max([needed_until, *(_place(user, places) for user in users)])
    return parts


def _table_of(function: func.FuncOp) -> SSAValue | None:
    if SIZE_TABLE not in function.attributes:
        return None
    return function.body.block.args[2 + (ERROR_STATUS in function.attributes)]


def _loads_from(op: Operation, table: SSAValue | None) -> bool:
    if isinstance(op, func.CallOp):
        return op.callee.string_value() == ARENA_AT
    return isinstance(op, memref.LoadOp) and op.memref is table


def _place(user: Operation, places: dict[Operation, int]) -> int:
    """Where in the function an operation stands that may be nested in another one."""
    while user not in places:
        parent = user.parent_op()
        assert parent is not None
        user = parent
    return places[user]


def emit_part(e: FunctionEmitter, ops: Sequence[Operation], block: Block) -> None:
    """Emit operations of `block`, and before each what it uses of the parts before this one."""
    for op in ops:
        for needed in _missing(e, op, block):
            e.emit(needed)
        e.emit(op)


def _missing(e: FunctionEmitter, op: Operation, block: Block) -> Iterator[Operation]:
    """Operations whose results `op` uses and that this function does not have, in order."""
    used: list[SSAValue] = [value for inner in op.walk() for value in inner.operands]
    found: dict[Operation, None] = {}
    while used:
        value = used.pop()
        owner = value.owner
        if isinstance(owner, Operation) and owner.parent is block and value not in e.values:
            found.pop(owner, None)
            found[owner] = None  # later means needed by more, so it is made earlier
            used += owner.operands
    return reversed(found)


def call_parts(function: ir.Function, parts: Sequence[ir.Function], stops: Sequence[bool]) -> None:
    """
    Make the body of `function` calls of its parts, one after the other.

    Behind one that may have stopped, the status is looked at.
    """
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    for part, may_stop in zip(parts, stops, strict=True):
        builder.call(part, function.args)
        if may_stop:
            return_if_failed(function, builder, function.args[0])
    builder.ret_void()
