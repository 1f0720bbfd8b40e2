"""
`scf.parallel` as work for the thread pool.

The body becomes `internal void task(ptr captured, i64 chunk)`; values it uses from outside are
stored into 8-byte slots on the caller's stack, and

    void stepwell_parallel(ptr pool, ptr task, ptr captured, i64 chunks)

runs the chunks, on the pool's threads or, for a null pool, one after the other. That function is
the only external symbol an object may have; `pool_code.py` defines it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from llvmlite import ir
from xdsl.dialects import scf
from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Block, SSAValue

from ...runtime.abi import PARALLEL, FrameSlot
from .attributes import add_attributes
from .emitter import FunctionEmitter, Value
from .types import I64, POINTER, VOID


def run_in_pool(e: FunctionEmitter, op: scf.ParallelOp) -> None:
    """Emit the outlined task and the call that runs its chunks."""
    trips = [trip_count(e, op, axis) for axis in range(len(op.lowerBound))]
    total = trips[0]
    for trip in trips[1:]:
        total = _product(e, total, trip)
    captured = captured_values(op)
    pieces: list[Value] = list(trips[1:])
    for value in captured:
        pieces.extend(_pieces(e, value))
    slots = [piece for piece in pieces if not isinstance(piece, ir.Constant)]
    storage = e.stack_slot(ir.ArrayType(I64, max(1, len(slots))))
    for position, piece in enumerate(slots):
        e.builder.store(piece, _slot(e.builder, storage, position), align=8)
    task = _emit_task(e, op, captured, pieces)
    assert e.frame is not None
    pool = e.builder.load(_slot(e.builder, e.frame, int(FrameSlot.POOL)), align=8, typ=POINTER)
    e.builder.call(parallel_function(e), [pool, task, storage, total])


def parallel_function(e: FunctionEmitter) -> ir.Function:
    """The declaration of `stepwell_parallel` in this module."""
    found = e.state.functions.get(PARALLEL)
    if found is None:
        signature = ir.FunctionType(VOID, [POINTER, POINTER, POINTER, I64])
        found = ir.Function(e.state.module, signature, PARALLEL)
        e.state.functions[PARALLEL] = found
    return found


def trip_count(e: FunctionEmitter, op: scf.ParallelOp, axis: int) -> Value:
    """`ceil((upper - lower) / step)` of one axis; never negative for the loops it feeds."""
    lower, upper, step = e[op.lowerBound[axis]], e[op.upperBound[axis]], e[op.step[axis]]
    if all(isinstance(value, ir.Constant) for value in (lower, upper, step)):
        first, last, by = (cast(int, value.constant) for value in (lower, upper, step))
        return ir.Constant(I64, max(0, -(-(last - first) // by)))
    builder = e.builder
    span = e.float_intrinsic("smax", builder.sub(upper, lower), ir.Constant(I64, 0))
    rounded = builder.add(span, builder.sub(step, ir.Constant(I64, 1)))
    return builder.udiv(rounded, step)


def induction(e: FunctionEmitter, op: scf.ParallelOp, axis: int, trip: Value) -> Value:
    """`lower + trip * step` of one axis."""
    return e.builder.add(e.builder.mul(trip, e[op.step[axis]]), e[op.lowerBound[axis]])


def captured_values(op: scf.ParallelOp) -> list[SSAValue]:
    """Values the body uses and does not define, in the order of their first use."""
    inside: set[Block] = {block for inner in op.walk() for r in inner.regions for block in r.blocks}
    found: dict[SSAValue, None] = {}
    for inner in op.body.walk():
        for operand in inner.operands:
            owner = operand.owner
            block = owner if isinstance(owner, Block) else owner.parent
            if block not in inside:
                found[operand] = None
    # Steps and lower bounds are needed to compute the induction values.
    for operand in (*op.step, *op.lowerBound):
        found[operand] = None
    return list(found)


def _product(e: FunctionEmitter, a: Value, b: Value) -> Value:
    if isinstance(a, ir.Constant) and isinstance(b, ir.Constant):
        return ir.Constant(I64, cast(int, a.constant) * cast(int, b.constant))
    return e.builder.mul(a, b)


def _pieces(e: FunctionEmitter, value: SSAValue) -> Sequence[Value]:
    if isinstance(value.type, MemRefType):
        return e.memory_pieces(value.type, e[value])
    return [e[value]]


def _slot(builder: ir.IRBuilder, base: Value, position: int) -> Value:
    if position == 0:
        return base
    return builder.gep(base, [ir.Constant(I64, position)], inbounds=True, source_etype=I64)


def _emit_task(
    e: FunctionEmitter, op: scf.ParallelOp, captured: Sequence[SSAValue], pieces: Sequence[Value]
) -> ir.Function:
    state = e.state
    state.tasks += 1
    signature = ir.FunctionType(VOID, [POINTER, I64])
    function = ir.Function(state.module, signature, f"task_{state.tasks}")
    function.linkage = "internal"
    add_attributes(function, state.target)
    task = FunctionEmitter(state, function)
    position = 0
    inner: list[Value] = []
    for piece in pieces:
        if isinstance(piece, ir.Constant):
            inner.append(piece)
            continue
        address = _slot(task.builder, function.args[0], position)
        inner.append(task.builder.load(address, align=8, typ=piece.type))
        position += 1
    axes = len(op.lowerBound)
    trips, rest = inner[: axes - 1], inner[axes - 1 :]
    for value in captured:
        if isinstance(value.type, MemRefType):
            type = value.type
            count = len(e.memory_pieces(type, e[value]))
            task.values[value] = task.memory_argument(type, rest[:count])
        else:
            count = 1
            task.values[value] = rest[0]
        rest = rest[count:]
    chunk: Value = function.args[1]
    indices: list[Value] = []
    for trip in reversed(trips):
        indices.append(task.builder.urem(chunk, trip))
        chunk = task.builder.udiv(chunk, trip)
    indices.append(chunk)
    block = op.body.block
    for axis, trip in enumerate(reversed(indices)):
        task.values[block.args[axis]] = induction(task, op, axis, trip)
    task.run(block)
    task.builder.ret_void()
    return function
