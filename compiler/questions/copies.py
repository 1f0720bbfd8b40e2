"""What a planned program copies, and why it has to."""

from __future__ import annotations

from collections import Counter
from typing import TypedDict

from xdsl.dialects import func
from xdsl.ir import Operation, OpResult, SSAValue

from ...dialects.engine import ConstantOp, ReferenceOp, RelayoutOp
from ...dialects.engine.base import EngineOp, byte_extent_of, layout_of, names_of
from ...dialects.engine.loop import in_line
from ...dialects.engine.opaque import is_opaque
from ...runtime.size_facts import Facts
from ...transforms.plan_memory.placement import Placement


class CopyAnswer(TypedDict):
    """Bytes that are moved and not computed with: by which operation and node, and the reason."""

    operation: str
    nodes: list[str]
    bytes: int
    reason: str


def copies_of(main: func.FuncOp, placement: Placement, facts: Facts) -> list[CopyAnswer]:
    """Those of a function at level 3 whose values have these places, the largest first."""
    found: list[CopyAnswer] = []

    def add(op: Operation, value: SSAValue, reason: str) -> None:
        size = facts.evaluated_at_hints(byte_extent_of(value))
        name = op.name.removeprefix("engine.").removeprefix("func.")
        found.append(CopyAnswer(operation=name, nodes=_nodes(op), bytes=size, reason=reason))

    for op in in_line(main.body.block):
        if isinstance(op, func.ReturnOp):
            for number in placement.copies:
                add(op, op.arguments[number], _why_output(op.arguments[number]))
        elif not isinstance(op, EngineOp) or not op.results or is_opaque(op.results[0]):
            continue
        elif isinstance(op, RelayoutOp) and op.donated is not None:
            continue  # the caller's, and only where another buffer was given
        elif isinstance(op, RelayoutOp):
            add(op, op.results[0], f"from layout {layout_of(op.input)} to {layout_of(op.res[0])}")
        elif op.IS_VIEW and op not in placement.aliases:
            add(op, op.results[0], _why_view(op, placement))
        elif type(op).absorbed_parts is not EngineOp.absorbed_parts:
            there = placement.absorbed.get(op, ())
            times = Counter(op.operands)
            for number, value in enumerate(op.operands):
                if number not in there and not is_opaque(value):
                    add(op, value, _why_part(op, value, times[value]))
    found.sort(key=lambda copy: -copy["bytes"])
    return found


def _nodes(op: Operation) -> list[str]:
    return names_of(op, "nodes") if isinstance(op, EngineOp | ReferenceOp) else []


def _why_output(value: SSAValue) -> str:
    if not isinstance(value, OpResult):
        return "an output that is an input"
    if isinstance(value.op, ConstantOp):
        return "an output that is a constant"
    if isinstance(value.op, EngineOp) and value.op.IS_VIEW:
        return "an output that is a view of a value with readers of its own"
    return "an output that lies elsewhere, as another output or part of a larger value"


def _why_view(op: EngineOp, placement: Placement) -> str:
    place = placement.places.get(op.results[0])
    if place is not None and isinstance(place.root, int):
        return "its result is an output, and what it is a view of has other readers"
    readers = [use.operation for use in op.results[0].uses]
    if any(isinstance(r, ReferenceOp) or (isinstance(r, EngineOp) and r.READS_ROW_MAJOR)
           for r in readers):  # fmt: skip
        return "a reader wants dense rows"
    return "its elements do not lie in its operand in the layout it has"


def _why_part(op: EngineOp, value: SSAValue, times: int) -> str:
    if times > 1:
        return "the same value is several parts"
    if not isinstance(value, OpResult):
        return "an input, which the caller owns"
    if isinstance(value.op, ConstantOp):
        return "a constant"
    if isinstance(value.op, EngineOp) and value.op.IS_VIEW:
        return "a view of another value"
    if isinstance(value.op, ReferenceOp):
        return "computed by reference, which writes dense rows"
    if layout_of(value) != layout_of(op.results[0]):
        return f"in layout {layout_of(value)}, the whole in {layout_of(op.results[0])}"
    if len(list(value.uses)) > 1:
        return "it is a part of another value, or a reader wants dense rows"
    return "the whole is not laid out so that the part lies in it"
