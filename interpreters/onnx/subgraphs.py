"""
What the operators with subgraphs do: `If`, `Loop`, `Scan`, `SequenceMap`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from xdsl.ir import Region

from ...dialects.framework import element_type_of_ir, ranked_tensor
from ...dialects.onnx import OnnxOp
from ..framework_calls import RunRegion
from .reference import OnnxValue

Inputs = Sequence[OnnxValue | None]


def _true(value: OnnxValue) -> bool:
    return bool(np.asarray(value).reshape(-1)[0])


def _graph(op: OnnxOp, name: str) -> Region:
    region = op.graph(name)
    assert region is not None, "the schema requires it"
    return region


def _if(op: OnnxOp, inputs: Inputs, run: RunRegion) -> Sequence[OnnxValue]:
    return run(_graph(op, "then_branch" if _true(inputs[0]) else "else_branch"), ())


def _stacked(op: OnnxOp, at: int, values: Sequence[OnnxValue], axis: int = 0) -> OnnxValue:
    """The values of all iterations along a new axis; of none, an empty array of the right type."""
    if values:
        return np.stack(values, axis=axis)
    slot = op.result_slots[at]
    type_ = None if slot is None else ranked_tensor(slot.type)
    assert type_ is not None, "stacked values have a rank"
    row = element_type_of_ir(type_.element_type)
    shape = [max(size, 0) for size in type_.get_shape()]
    shape[axis] = 0
    return np.empty(shape, None if row is None else row.numpy)


def _loop(op: OnnxOp, inputs: Inputs, run: RunRegion) -> Sequence[OnnxValue]:
    body = _graph(op, "body")
    trips = None if not inputs or inputs[0] is None else int(np.asarray(inputs[0]).reshape(-1)[0])
    going: OnnxValue = np.array(True) if len(inputs) < 2 or inputs[1] is None else inputs[1]
    carried: list[OnnxValue] = list(inputs[2:])
    count = len(carried)
    made: list[list[OnnxValue]] = [[] for _ in range(len(op.results) - count)]
    iteration = 0
    while _true(going) and (trips is None or iteration < trips):
        outputs = run(body, (np.array(iteration, np.int64), np.array(True), *carried))
        going, carried = outputs[0], list(outputs[1 : 1 + count])
        for values, value in zip(made, outputs[1 + count :], strict=True):
            values.append(value)
        iteration += 1
    return [*carried, *(_stacked(op, count + at, values) for at, values in enumerate(made))]


def _scan(op: OnnxOp, inputs: Inputs, run: RunRegion) -> Sequence[OnnxValue]:
    body = _graph(op, "body")
    scanned = cast(int, op.attribute("num_scan_inputs"))
    states: list[OnnxValue] = list(inputs[: len(inputs) - scanned])
    count = len(states)
    outputs = len(op.results) - count

    def listed(name: str, length: int) -> list[int]:
        return cast("list[int] | None", op.attribute(name)) or [0] * length

    axes = listed("scan_input_axes", scanned)
    backward = listed("scan_input_directions", scanned)
    rows = [np.moveaxis(np.asarray(v), a, 0) for v, a in zip(inputs[count:], axes, strict=True)]
    rows = [row[::-1] if back else row for row, back in zip(rows, backward, strict=True)]
    made: list[list[OnnxValue]] = [[] for _ in range(outputs)]
    for step in range(len(rows[0])):
        results = run(body, (*states, *(row[step] for row in rows)))
        states = list(results[:count])
        for values, value in zip(made, results[count:], strict=True):
            values.append(value)
    out_axes = listed("scan_output_axes", outputs)
    out_backward = listed("scan_output_directions", outputs)
    stacked = [
        _stacked(op, count + at, values[::-1] if out_backward[at] else values, out_axes[at])
        for at, values in enumerate(made)
    ]
    return [*states, *stacked]


def _sequence_map(op: OnnxOp, inputs: Inputs, run: RunRegion) -> Sequence[OnnxValue]:
    body = _graph(op, "body")
    first = cast("list[OnnxValue]", inputs[0])
    made: list[list[OnnxValue]] = [[] for _ in op.results]
    for at, element in enumerate(first):
        others = [cast("list[OnnxValue]", v)[at] if isinstance(v, list) else v for v in inputs[1:]]
        for values, value in zip(made, run(body, (element, *others)), strict=True):
            values.append(value)
    return made


SUBGRAPHS: dict[str, Callable[[OnnxOp, Inputs, RunRegion], Sequence[OnnxValue]]] = {
    "onnx.If": _if,
    "onnx.Loop": _loop,
    "onnx.Scan": _scan,
    "onnx.SequenceMap": _sequence_map,
}
"""By operation name: `(op, inputs, run a region) -> results`."""
