"""
Operators that stand for blocks of others: a chosen branch, a loop that is written out, the
standard's own definition.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import Block, SSAValue

from ...dialects.engine.base import rank_of, shape_of
from ...dialects.engine.opaque import any_opaque
from ...dialects.framework import FrameworkOp
from ...dialects.onnx import OnnxOp
from ..to_engine.dialect_conversion import Results, RunBlock
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.vocabulary.unrolled import flag_of, require_short, stacked, taken
from .batched_scan import batched_scan
from .function_body import function_block, has_function_body


def _block(op: FrameworkOp, name: str) -> Block:
    graph = op.graph(name)
    assert graph is not None
    return graph.block


def _branch(lo: Lowering, run: RunBlock) -> Results:
    """The branch that a constant condition chooses."""
    chosen = flag_of(lo.store, lo.operand("cond"))
    if chosen is None:
        raise NoNativeForm("has a condition that is known at run time only")
    return run(_block(lo.op, "then_branch" if chosen else "else_branch"), [])


def _loop(lo: Lowering, run: RunBlock) -> Results:
    """Every step of a loop whose number of steps is constant."""
    body = _block(lo.op, "body")
    slots = lo.op.operand_slots
    carried = [v for v in slots[2:] if v is not None]
    limit, condition = slots[0], slots[1] if len(slots) > 1 else None
    going = True if condition is None else flag_of(lo.store, condition)
    count = None if limit is None else lo.array_of(limit)
    if count is None or going is None:
        raise NoNativeForm("has a number of steps that is known at run time only")
    steps = int(count.reshape(-1)[0]) if going else 0
    require_short(steps, body)
    going_on = lo.constant(np.array(True), "going")
    rows: list[list[SSAValue]] = []
    for step in range(steps):
        number = lo.constant(np.array(step, count.dtype), "step")
        still, *values = run(body, [number, going_on, *carried])
        carried = values[: len(carried)]
        rows.append(values[len(carried) :])
        going = flag_of(lo.store, still)
        if going is None:
            raise NoNativeForm("ends by a condition that is known at run time only")
        if not going:
            break
    if not rows:
        if len(lo.op.results) > len(carried):
            raise NoNativeForm("gives the values of no steps")
        return carried
    return [*carried, *(stacked(lo, list(column), 0) for column in zip(*rows, strict=True))]


def _scan(lo: Lowering, run: RunBlock) -> Results:
    """Every step of a scan."""
    body, op = _block(lo.op, "body"), lo.op
    count = lo.integer("num_scan_inputs")
    operands = list(op.operands)
    states, inputs = operands[: len(operands) - count], operands[len(operands) - count :]
    outputs = len(op.results) - len(states)
    if any_opaque(inputs):
        raise NoNativeForm("has a number of steps that is known at run time only")
    axes = [
        positive(axis, rank_of(x))
        for axis, x in zip(lo.integers("scan_input_axes") or [0] * count, inputs, strict=True)
    ]
    backwards = lo.integers("scan_input_directions") or [0] * count
    lengths = {shape_of(x)[axis] for x, axis in zip(inputs, axes, strict=True)}
    if len(lengths) != 1:
        raise NoNativeForm(f"scans inputs of {' and '.join(map(str, sorted(lengths)))} steps")
    [steps] = lengths
    directions = lo.integers("scan_output_directions") or [0] * outputs
    into = lo.integers("scan_output_axes") or [0] * outputs
    if steps and not any((*axes, *backwards, *directions, *into)):
        at_once = batched_scan(lo, run, body, states, inputs)
        if at_once is not None:
            return at_once
    require_short(steps, body)
    if steps == 0:
        raise NoNativeForm("has no steps")
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
    block, operands = function_block(lo.op, lo.store)
    found = iter(run(block, operands))
    return [None if slot is None else next(found) for slot in lo.op.result_slots]
