"""
Operations that stand for blocks of others: a chosen branch, a loop that is written out, the
standard's own definition.

Each function here takes the operation, the store and a way to put a block in its place, and gives
the values of the results, or None where it is not its case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from xdsl.ir import Block, SSAValue

from ...dialects.engine import ConcatOp, WeightStore
from ...dialects.engine.base import shape_of
from ...dialects.engine.constant import constant_of
from ...dialects.engine.opaque import any_opaque
from ...dialects.onnx import OnnxOp
from .function_body import function_block, has_function_body
from .lowering import Lowering, NoNativeForm, positive

RunBlock = Callable[[Block, Sequence[SSAValue]], list[SSAValue]]
"""Puts a converted copy of a block with these arguments before the operation; what it yields."""

UNROLLED_OPERATIONS = 2048
"""Most operations that a loop is written out to."""

Results = Sequence[SSAValue | None]


def results_of_parts(lo: Lowering, run: RunBlock) -> Results:
    """
    The results of what `lo.op` stands for.

    Raises:
        NoNativeForm: when it stands for itself alone (then without words), or a part has no
            native form.
    """
    match lo.op.name:
        case "onnx.If":
            return _branch(lo, run)
        case "onnx.Loop":
            return _loop(lo, run)
        case "onnx.Scan":
            return _scan(lo, run)
        case _:
            if not has_function_body(lo.op):
                raise NoNativeForm("")
            block, operands = function_block(lo.op, lo.store)
            found = iter(run(block, operands))
            return [None if slot is None else next(found) for slot in lo.op.result_slots]


def _block(op: OnnxOp, name: str) -> Block:
    graph = op.graph(name)
    assert graph is not None
    return graph.block


def _flag(store: WeightStore, value: SSAValue) -> bool | None:
    attr = constant_of(value)
    return None if attr is None else bool(store.array(attr).all())


def _branch(lo: Lowering, run: RunBlock) -> Results:
    """The branch that a constant condition chooses."""
    taken = _flag(lo.store, lo.operand("cond"))
    if taken is None:
        raise NoNativeForm("has a condition that is known at run time only")
    return run(_block(lo.op, "then_branch" if taken else "else_branch"), [])


def _require_short(count: int, block: Block) -> None:
    if count * len(list(block.ops)) > UNROLLED_OPERATIONS:
        raise NoNativeForm(f"has {count} steps, too many to write out")


def _loop(lo: Lowering, run: RunBlock) -> Results:
    """Every step of a loop whose number of steps is constant."""
    body = _block(lo.op, "body")
    slots = lo.op.operand_slots
    carried = [v for v in slots[2:] if v is not None]
    limit, condition = slots[0], slots[1] if len(slots) > 1 else None
    going = True if condition is None else _flag(lo.store, condition)
    count = None if limit is None else lo.array_of(limit)
    if count is None or going is None:
        raise NoNativeForm("has a number of steps that is known at run time only")
    steps = int(count.reshape(-1)[0]) if going else 0
    _require_short(steps, body)
    going_on = lo.constant(np.array(True), "going")
    rows: list[list[SSAValue]] = []
    for step in range(steps):
        number = lo.constant(np.array(step, count.dtype), "step")
        still, *values = run(body, [number, going_on, *carried])
        carried = values[: len(carried)]
        rows.append(values[len(carried) :])
        going = _flag(lo.store, still)
        if going is None:
            raise NoNativeForm("ends by a condition that is known at run time only")
        if not going:
            break
    if not rows:
        if len(lo.op.results) > len(carried):
            raise NoNativeForm("gives the values of no steps")
        return carried
    return [*carried, *(_joined(lo, list(column), 0) for column in zip(*rows, strict=True))]


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
        positive(axis, len(shape_of(x)))
        for axis, x in zip(lo.integers("scan_input_axes") or [0] * count, inputs, strict=True)
    ]
    backwards = lo.integers("scan_input_directions") or [0] * count
    steps = shape_of(inputs[0])[axes[0]]
    _require_short(steps, body)
    if steps == 0:
        raise NoNativeForm("has no steps")
    rows: list[list[SSAValue]] = []
    for step in range(steps):
        slices = [
            _taken(lo, x, axis, steps - 1 - step if back else step)
            for x, axis, back in zip(inputs, axes, backwards, strict=True)
        ]
        values = run(body, [*states, *slices])
        states = values[: len(states)]
        rows.append(values[len(states) :])
    directions = lo.integers("scan_output_directions") or [0] * outputs
    into = lo.integers("scan_output_axes") or [0] * outputs
    columns = [list(column) for column in zip(*rows, strict=True)]
    joined = [
        _joined(lo, column[::-1] if back else column, axis)
        for column, axis, back in zip(columns, into, directions, strict=True)
    ]
    return [*states, *joined]


def _taken(lo: Lowering, x: SSAValue, axis: int, at: int) -> SSAValue:
    shape = shape_of(x)
    return lo.reshape(lo.slice_axis(x, axis, at, 1), (*shape[:axis], *shape[axis + 1 :]))


def _joined(lo: Lowering, values: list[SSAValue], axis: int) -> SSAValue:
    """Values of equal shape along a new axis."""
    shape = shape_of(values[0])
    if min(shape, default=0) < 0 or any(shape_of(v) != shape for v in values):
        raise NoNativeForm("gives values of changing shape")
    at = positive(axis, len(shape) + 1)
    parts = [lo.reshape(v, (*shape[:at], 1, *shape[at:])) for v in values]
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, at))
