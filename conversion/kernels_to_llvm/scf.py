"""Emitters of `scf`: loops, branches, and parallel loops run in order where there is no pool."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import cast

from llvmlite import ir
from typing_extensions import Generator
from xdsl.dialects import scf
from xdsl.ir import Block, Operation

from .emitter import FunctionEmitter, Value, emits
from .parallel import induction, run_in_pool, trip_count
from .types import I64, lower_type


@emits(scf.YieldOp, scf.ConditionOp, scf.ReduceOp, scf.ReduceReturnOp)
def _terminator(e: FunctionEmitter, op: Operation) -> None:
    """Read by the op that owns the region."""


def _yielded(e: FunctionEmitter, block: Block) -> list[Value]:
    last = block.last_op
    return [] if last is None else e.operands(last)


@emits(scf.ForOp)
def _for(e: FunctionEmitter, op: scf.ForOp) -> None:
    """
    A loop tested at its end, behind a test of its first trip where that is not known.

    This is the form LLVM's own rotation would make; no IR pass has to run.
    """
    lower, upper, step = e[op.lb], e[op.ub], e[op.step]
    initial = [e[value] for value in op.iter_args]
    builder = e.builder
    known = isinstance(lower, ir.Constant) and isinstance(upper, ir.Constant)
    if known and cast(int, lower.constant) >= cast(int, upper.constant):
        e.set(op, *initial)
        return
    body, after = e.new_block("for"), e.new_block("end")
    before = builder.block
    if known:
        builder.branch(body)
    else:
        builder.cbranch(builder.icmp_signed("<", lower, upper), body, after)

    builder.position_at_end(body)
    block = op.body.block
    index = builder.phi(lower.type)
    index.add_incoming(lower, before)
    e.values[block.args[0]] = index
    carried: list[Value] = []
    for argument, value in zip(block.args[1:], initial, strict=True):
        phi = builder.phi(lower_type(argument.type))
        phi.add_incoming(value, before)
        e.values[argument] = phi
        carried.append(phi)
    e.run(block)
    yielded = _yielded(e, block)
    latch = builder.block
    following = builder.add(index, step, flags=("nsw",))
    index.add_incoming(following, latch)
    for phi, value in zip(carried, yielded, strict=True):
        phi.add_incoming(value, latch)
    builder.cbranch(builder.icmp_signed("<", following, upper), body, after)

    builder.position_at_end(after)
    results: list[Value] = []
    for value, first in zip(yielded, initial, strict=True):
        phi = builder.phi(value.type)
        phi.add_incoming(value, latch)
        if not known:
            phi.add_incoming(first, before)
        results.append(phi)
    e.set(op, *results)


@contextmanager
def count_loop(e: FunctionEmitter, count: Value) -> Generator[Value]:
    """`for i in range(count)` around what is emitted inside; gives `i`."""
    builder = e.builder
    body, after, before = e.new_block("count"), e.new_block("counted"), builder.block
    zero = ir.Constant(I64, 0)
    builder.cbranch(builder.icmp_signed("<", zero, count), body, after)
    builder.position_at_end(body)
    index = builder.phi(I64)
    index.add_incoming(zero, before)
    yield index
    following = builder.add(index, ir.Constant(I64, 1), flags=("nsw",))
    index.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, count), body, after)
    builder.position_at_end(after)


@emits(scf.IfOp)
def _if(e: FunctionEmitter, op: scf.IfOp) -> None:
    builder = e.builder
    regions = [region for region in (op.true_region, op.false_region) if region.blocks]
    blocks = [e.new_block("branch") for _ in regions]
    after = e.new_block("joined")
    builder.cbranch(e[op.cond], blocks[0], blocks[1] if len(blocks) > 1 else after)
    ends: list[tuple[list[Value], ir.Block]] = []
    for region, start in zip(regions, blocks, strict=True):
        builder.position_at_end(start)
        e.run(region.block)
        ends.append((_yielded(e, region.block), builder.block))
        builder.branch(after)
    builder.position_at_end(after)
    results: list[Value] = []
    for position, result in enumerate(op.results):
        phi = builder.phi(lower_type(result.type))
        for values, end in ends:
            phi.add_incoming(values[position], end)
        results.append(phi)
    e.set(op, *results)


@emits(scf.WhileOp)
def _while(e: FunctionEmitter, op: scf.WhileOp) -> None:
    builder = e.builder
    before, head = builder.block, e.new_block("while")
    body, after = e.new_block("do"), e.new_block("done")
    initial = [e[value] for value in op.arguments]
    builder.branch(head)
    builder.position_at_end(head)
    test = op.before_region.block
    phis: list[Value] = []
    for argument, value in zip(test.args, initial, strict=True):
        phi = builder.phi(lower_type(argument.type))
        phi.add_incoming(value, before)
        e.values[argument] = phi
        phis.append(phi)
    e.run(test)
    condition, *forwarded = _yielded(e, test)
    builder.cbranch(condition, body, after)

    builder.position_at_end(body)
    block = op.after_region.block
    for argument, value in zip(block.args, forwarded, strict=True):
        e.values[argument] = value
    e.run(block)
    for phi, value in zip(phis, _yielded(e, block), strict=True):
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    e.set(op, *forwarded)


@emits(scf.IndexSwitchOp)
def _index_switch(e: FunctionEmitter, op: scf.IndexSwitchOp) -> None:
    builder = e.builder
    regions = [op.default_region, *op.case_regions]
    blocks = [e.new_block("case") for _ in regions]
    after = e.new_block("switched")
    switch = builder.switch(e[op.arg], blocks[0])
    for number, block in zip(cast("Sequence[int]", op.cases.get_values()), blocks[1:], strict=True):
        switch.add_case(ir.Constant(I64, number), block)
    ends: list[tuple[list[Value], ir.Block]] = []
    for region, start in zip(regions, blocks, strict=True):
        builder.position_at_end(start)
        e.run(region.block)
        ends.append((_yielded(e, region.block), builder.block))
        builder.branch(after)
    builder.position_at_end(after)
    results: list[Value] = []
    for position, result in enumerate(op.results):
        phi = builder.phi(lower_type(result.type))
        for values, end in ends:
            phi.add_incoming(values[position], end)
        results.append(phi)
    e.set(op, *results)


@emits(scf.ExecuteRegionOp)
def _execute_region(e: FunctionEmitter, op: scf.ExecuteRegionOp) -> None:
    e.run(op.region.block)
    e.set(op, *_yielded(e, op.region.block))


@emits(scf.ParallelOp)
def _parallel(e: FunctionEmitter, op: scf.ParallelOp) -> None:
    """
    Chunks for the pool where the function has one at hand, else loops in order.

    A loop with reductions always runs in order: the order of the sum is then the same whatever
    the number of threads.
    """
    if e.frame is not None and not op.initVals:
        run_in_pool(e, op)
    else:
        _in_order(e, op, 0, [e[value] for value in op.initVals])


def _in_order(e: FunctionEmitter, op: scf.ParallelOp, axis: int, sums: list[Value]) -> None:
    """Loops of the axes from `axis` on; the reduced values live in stack slots meanwhile."""
    slots = [e.stack_slot(value.type) for value in sums]
    for slot, value in zip(slots, sums, strict=True):
        e.builder.store(value, slot)
    _parallel_axis(e, op, axis, slots)
    types = [value.type for value in sums]
    e.set(op, *(e.builder.load(slot, typ=t) for slot, t in zip(slots, types, strict=True)))


def _parallel_axis(e: FunctionEmitter, op: scf.ParallelOp, axis: int, slots: list[Value]) -> None:
    block = op.body.block
    if axis == len(op.lowerBound):
        e.run(block)
        _reduce_into(e, block, slots)
        return
    trips = trip_count(e, op, axis)
    with count_loop(e, trips) as trip:
        e.values[block.args[axis]] = induction(e, op, axis, trip)
        _parallel_axis(e, op, axis + 1, slots)


def _reduce_into(e: FunctionEmitter, block: Block, slots: list[Value]) -> None:
    reduce = block.last_op
    assert isinstance(reduce, scf.ReduceOp)
    for operand, region, slot in zip(reduce.args, reduce.reductions, slots, strict=True):
        body = region.block
        e.values[body.args[0]] = e.builder.load(slot, typ=lower_type(operand.type))
        e.values[body.args[1]] = e[operand]
        e.run(body)
        e.builder.store(_yielded(e, body)[0], slot)
