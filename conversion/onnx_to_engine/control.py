"""
Operators that stand for blocks of others: branches, loops, the standard's own definition.

A branch that a constant condition chooses takes the place of the operator, and a short loop is
written out. All others become `engine.if` and `engine.loop`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects.builtin import i64
from xdsl.ir import Block, Operation, SSAValue

from ...dialects.engine import ReshapeOp
from ...dialects.engine.base import element_of, extents_of, rank_of, static, tensor
from ...dialects.engine.data_sizes import AsSizeOp
from ...dialects.engine.opaque import any_opaque, is_opaque
from ...dialects.onnx import OnnxOp, op_class
from ...runtime.size import Extent, Size, is_zero, maximum, named, single_atom
from ...runtime.size_facts import names_of
from ..onnx_import.branches import ELSE, THEN, branch_relations
from ..to_engine.dialect_conversion import Results, RunBlock
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.open_extents import extents_in
from ..to_engine.reference import bounded_rows, cut_rows
from ..to_engine.run_time_operands import result_name
from ..to_engine.vocabulary.control_flow import loop
from ..to_engine.vocabulary.loop_parts import LoopParts, discard, filled
from ..to_engine.vocabulary.regions import branch
from ..to_engine.vocabulary.unrolled import (
    fits_unrolled,
    flag_of,
    is_short,
    stacked,
    taken,
)
from .batched_scan import batched_scan
from .function_body import function_block, has_function_body


def _branch(lo: Lowering, run: RunBlock) -> Results:
    """The branch that a constant condition chooses, or both."""
    needs = branch_relations(lo.op, THEN), branch_relations(lo.op, ELSE)
    return branch(lo, run, lo.operand("cond"), lo.block(THEN), lo.block(ELSE), needs=needs)


def _loop(lo: Lowering, run: RunBlock) -> Results:
    """Every trip of a loop of a few, else the loop."""
    slots, body = lo.op.operand_slots, lo.block("body")
    limit, condition = slots[0], slots[1] if len(slots) > 1 else None
    if any_opaque([v for v in slots[:2] if v is not None]):
        raise NoNativeForm("has a number of trips without a buffer")
    going = True if condition is None else flag_of(lo.store, condition)
    count = None if limit is None else lo.array_of(limit)
    trips = None if count is None or going is None else int(count.reshape(-1)[0]) if going else 0
    carried = [v for v in slots[2:] if v is not None]
    if trips is not None and is_short(trips, body):
        before = lo.op.prev_op
        try:
            with lo.relations.kept_if_done():
                return _trips(lo, run, trips, limit, carried)
        except NoNativeForm:
            _forget(lo, before)
            return _native_loop(lo, run, limit, condition, carried)
    try:
        return _native_loop(lo, run, limit, condition, carried)
    except NoNativeForm as problem:
        if trips is None or not fits_unrolled(trips, body):
            raise
        if any_opaque(carried):
            raise
        reason = str(problem)
        return _trips(lo, run, trips, limit, carried, f"{reason}; ")


def _forget(lo: Lowering, before: Operation | None) -> None:
    """Erase what was built in front of the operation, behind `before`."""
    while (built := lo.op.prev_op) is not None and built is not before:
        built.detach()
        built.erase(safe_erase=False)


def _trips(
    lo: Lowering,
    run: RunBlock,
    trips: int,
    limit: SSAValue | None,
    carried: list[SSAValue],
    before: str = "",
) -> Results:
    """Every trip of a loop whose number of trips is constant."""
    body = lo.block("body")
    going_on = lo.constant(np.array(True), "going")
    first = carried
    rows: list[list[SSAValue]] = []
    for trip in range(trips):
        number = lo.constant(np.array(trip, np.int64), "step")
        still, *values = run(body, [_shaped(lo, number, body.args[0]), going_on, *carried])
        carried = values[: len(carried)]
        rows.append(values[len(carried) :])
        going = flag_of(lo.store, still)
        if going is None:
            return _native_loop(lo, run, limit, lo.optional("cond"), first)
        if not going:
            break
    if not rows:
        if len(lo.op.results) > len(carried):
            raise NoNativeForm(f"{before}gives the values of no trips")
        return carried
    return [*carried, *(stacked(lo, list(column), 0) for column in zip(*rows, strict=True))]


def _native_loop(
    lo: Lowering,
    run: RunBlock,
    limit: SSAValue | None,
    condition: SSAValue | None,
    carried: Sequence[SSAValue],
) -> Results:
    body = lo.block("body")
    going_on = lo.constant(np.array(True), "going")
    outputs = lo.op.result_slots[len(carried) :]
    kept = [n for n, result in enumerate(outputs) if result is not None and result.uses]

    def fill(target: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        number = _shaped_in(target, arguments[0], body.args[0])
        still, *values = run.into(target, body, [number, going_on, *arguments[1:]])
        rows = values[len(carried) :]
        return [still, *values[: len(carried)], *(rows[n] for n in kept)]

    trips = None if limit is None else extents_in(lo, limit)
    most = None if trips is None else maximum(trips[0], 0)
    parts = LoopParts(limit, condition, carried, [], fill, len(kept), most)
    found = loop(lo, parts)
    results: list[SSAValue | None] = [None] * len(outputs)
    last, trips = list(found.carried), None
    if found.growth is not None and found.count is not None:
        trips = named(_number_of_trips(lo, found.growth.most, found.count))
        last = [found.growth.cut(lo, n, value, trips) for n, value in enumerate(last)]
    for number, rows in zip(kept, found.stacked, strict=True):
        if trips is not None:
            rows = lo.slice_axis(rows, 0, 0, trips)
        elif found.count is not None:
            rows = _cut(lo, rows, found.count, len(carried) + number)
        results[number] = rows
    return [*last, *results]


def _number_of_trips(lo: Lowering, most: Extent, count: SSAValue) -> str:
    """The name of the number of trips that a loop has made."""
    name = lo.new_size(f"{result_name(lo)}_trips", most)
    lo.emit(AsSizeOp(lo.reshape(count, (1,)), [name], [most]))
    return name


def _shaped(lo: Lowering, number: SSAValue, wanted: SSAValue) -> SSAValue:
    """The number of a trip, of the rank that the body takes it."""
    return lo.reshape(number, (1,)) if _is_row(wanted) else number


def _shaped_in(target: Block, number: SSAValue, wanted: SSAValue) -> SSAValue:
    if not _is_row(wanted):
        return number
    with ImplicitBuilder(target):
        return ReshapeOp(number, (1,)).results[0]


def _is_row(value: SSAValue) -> bool:
    return value.type == tensor((1,), i64)


def _cut(lo: Lowering, rows: SSAValue, count: SSAValue, at: int) -> SSAValue:
    """
    The first `count` rows, as the result with this number.

    The number of trips becomes a size that the data decides, where there may be one; rows of a loop
    in a loop are cut by reference.
    """
    most = extents_of(rows)[0]
    result = lo.op.results[at]
    wanted = f"{result.name_hint or result_name(lo)}_0"
    try:
        name = lo.new_size(wanted, most)
    except NoNativeForm:
        return _cut_by_reference(lo, rows, count)
    lo.emit(AsSizeOp(lo.reshape(count, (1,)), [name], [most]))
    return lo.slice_axis(rows, 0, 0, named(name))


def _cut_by_reference(lo: Lowering, rows: SSAValue, count: SSAValue) -> SSAValue:
    slice_, shape = op_class("Slice"), extents_of(rows)
    assert slice_ is not None
    numbers = [lo.constant(np.array([n], np.int64), "zero") for n in (0, 0)]
    ends = lo.reshape(count, (1,))
    cut = slice_.make(
        [rows, numbers[0], ends, numbers[1]], [tensor((-1, *shape[1:]), element_of(rows))]
    )
    return cut_rows(lo, cut, rows, ends)


def _scan(lo: Lowering, run: RunBlock) -> Results:
    """A scan: all steps at once if they are independent, each of a few, else a loop."""
    body, op = lo.block("body"), lo.op
    count = lo.integer("num_scan_inputs")
    operands = list(op.operands)
    states, given = operands[: len(operands) - count], operands[len(operands) - count :]
    outputs = len(op.results) - len(states)
    bounded = [bounded_rows(x) for x in given]
    inputs = [x if found is None else found.rows for x, found in zip(given, bounded, strict=True)]
    counts = [found.count for found in bounded if found is not None]
    if any_opaque((*states, *inputs)):
        raise NoNativeForm("has a number of steps that is known at run time only")
    axes = [
        positive(axis, rank_of(x))
        for axis, x in zip(lo.integers("scan_input_axes") or [0] * count, inputs, strict=True)
    ]
    backwards = lo.integers("scan_input_directions") or [0] * count
    lengths = {extents_of(x)[axis] for x, axis in zip(inputs, axes, strict=True)}
    if len(lengths) != 1:
        raise NoNativeForm(f"scans inputs of {' and '.join(map(str, sorted(lengths)))} steps")
    [steps] = lengths
    directions = lo.integers("scan_output_directions") or [0] * outputs
    into = lo.integers("scan_output_axes") or [0] * outputs
    unlike = any((*axes, *backwards, *directions, *into))
    if counts and (unlike or len(counts) < len(inputs)):
        raise NoNativeForm("has a number of steps that is known at run time only")
    if not is_zero(steps) and not unlike and not counts:
        at_once = batched_scan(lo, run, body, states, inputs)
        if at_once is not None:
            return at_once
    whole = partial(_scan_loop, lo, run, states, inputs, axes, counts)
    if counts or isinstance(steps, Size) or not is_short(steps, body):
        try:
            return whole()
        except NoNativeForm:
            if counts or isinstance(steps, Size) or not fits_unrolled(steps, body):
                raise
    if steps == 0:
        return whole()
    rows: list[list[SSAValue]] = []
    for step in range(steps):
        slices = [
            taken(lo, x, axis, steps - 1 - step if back else step)
            for x, axis, back in zip(inputs, axes, backwards, strict=True)
        ]
        values = run(body, [*states, *slices])
        states = values[: len(states)]
        rows.append(values[len(states) :])
    columns = [list(column) for column in zip(*rows, strict=True)]
    joined = [
        stacked(lo, column[::-1] if back else column, axis)
        for column, axis, back in zip(columns, into, directions, strict=True)
    ]
    return [*states, *joined]


def _scan_loop(
    lo: Lowering,
    run: RunBlock,
    states: Sequence[SSAValue],
    inputs: Sequence[SSAValue],
    axes: Sequence[int],
    counts: Sequence[SSAValue],
) -> Results:
    """
    A scan as a loop: along the first axes, others are moved there and back.

    States keep their sizes in all steps, so those of the first ones are those of the next ones.
    """
    body = lo.block("body")
    outputs = len(lo.op.results) - len(states)
    backwards = lo.integers("scan_input_directions") or [0] * len(inputs)
    directions = lo.integers("scan_output_directions") or [0] * outputs
    into = lo.integers("scan_output_axes") or [0] * outputs
    going_on = lo.constant(np.array(True), "going")

    def fill(target: Block, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        return [going_on, *run.into(target, body, arguments[1:])]

    scanned = [lo.transpose(x, _first(rank_of(x), a)) for x, a in zip(inputs, axes, strict=True)]
    most = extents_of(scanned[0])[0]
    parts = LoopParts(
        counts[0] if counts else None,
        None,
        states,
        scanned,
        fill,
        outputs,
        most,
        [n for n, back in enumerate(backwards) if back],
        [n for n, back in enumerate(directions) if back],
    )
    found = loop(lo, replace(parts, carried=_kept_sizes(lo, parts)))
    if found.count is not None:
        cut = (_cut(lo, r, found.count, n) for n, r in enumerate(found.stacked, len(states)))
        return [*found.carried, *cut]
    placed = [_moved(lo, rows, axis) for rows, axis in zip(found.stacked, into, strict=True)]
    return [*found.carried, *placed]


def _kept_sizes(lo: Lowering, parts: LoopParts) -> Sequence[SSAValue]:
    """
    The states that a scan begins with, of the sizes that a step gives them.

    Where these have other names, calls must give them equal numbers.
    """
    states = parts.carried
    if all(static(extents_of(state)) for state in states):
        return states
    block, _, following, _ = filled(parts, [state.type for state in states])
    after = [None if is_opaque(value) else extents_of(value) for value in following]
    discard(block)
    kept: list[SSAValue] = []
    for state, sizes in zip(states, after, strict=True):
        before = extents_of(state)
        if sizes is None or len(sizes) != len(before) or sizes == before:
            kept.append(state)
            continue
        alike = [_kept_size(lo, a, b) for a, b in zip(before, sizes, strict=True)]
        kept.append(lo.reshape(state, alike))
    return kept


def _kept_size(lo: Lowering, before: Extent, after: Extent) -> Extent:
    """
    The size of a state before and after a step, which is one.

    Raises:
        NoNativeForm: where it is computed of itself in another way than by broadcasting.
    """
    atom = single_atom(after)
    sizes = atom.operands if atom is not None and atom.kind == "broadcast" else (after,)
    for size in sizes:
        if size != before and set(names_of([before])) & set(names_of([size])):
            raise NoNativeForm(f"carries a state of {before} rows that becomes one of {after}")
        if lo.relations.equal(before, size) is None:
            raise NoNativeForm("carries a state of unknown sizes")
    return sizes[0] if sizes[0] != before else sizes[-1]


def _first(rank: int, axis: int) -> list[int]:
    """The permutation that puts an axis first."""
    return [axis, *(d for d in range(rank) if d != axis)]


def _moved(lo: Lowering, rows: SSAValue, axis: int) -> SSAValue:
    """Rows that are stacked along another axis than the first."""
    rank = rank_of(rows)
    order = _first(rank, positive(axis, rank))
    return lo.transpose(rows, [order.index(d) for d in range(rank)])


CONTROL = {"onnx.If": _branch, "onnx.Loop": _loop, "onnx.Scan": _scan}
"""Operators with subgraphs that run when a condition says so, or as often as it says."""


def results_of_parts(lo: Lowering, run: RunBlock) -> Results:
    """
    The results of what `lo.op` stands for.

    Raises:
        NoNativeForm: when it stands for itself alone (then without words), or a part has no
            native form.
    """
    control = CONTROL.get(lo.op.name)
    if control is not None:
        return control(lo, run)
    assert isinstance(lo.op, OnnxOp)
    if not has_function_body(lo.op):
        raise NoNativeForm("")
    block, operands = function_block(lo.op, lo.store, lo.relations)
    found = iter(run(block, operands))
    return [None if slot is None else next(found) for slot in lo.op.result_slots]
