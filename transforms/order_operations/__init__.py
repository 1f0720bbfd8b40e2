"""
`order-operations`: an order of operations that needs less memory.

What a program keeps in memory depends on when operations run: of a wide graph that is written
breadth first, all branches are in memory at once, of the same graph depth first one. The body of a
function of level 3 is ordered in the parts between points at which only one value is needed
(`schedule.py`); only parts that need more than all else are, by a search (`search.py`) over what
operations keep in memory (`operations.py`). The order is taken only if the memory that is planned
for it is smaller (`WORTH`); else everything stays where it is. What is inside of branches and loops
stays as it is written, where carried values are written over.

Sizes by name are those that are planned for, and at `LARGER` times these the order must not need
more than the given one. Where sizes are found in the data operations stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation
from xdsl.passes import ModulePass

from ...dialects.engine import ConstantOp, ReferenceOp, YieldOp
from ...dialects.engine.base import EngineOp
from ...dialects.engine.loop import ControlOp, blocks_in_line, in_line
from ...dialects.engine.size_facts import facts_of
from ...runtime.size_facts import Facts, names_of
from ..plan_memory.live_buffers import live_buffers
from ..plan_memory.offsets import assign_offsets
from ..plan_memory.open_sizes import proofs_of
from ..plan_memory.placement import place_values
from .operations import Memory, schedule_of
from .schedule import Schedule
from .search import find_order

WORTH = 0.99
"""The memory of another order in parts of that of the given one, at most."""

LARGER = 4
"""How many times as large sizes by name are looked at, too."""


@dataclass(frozen=True)
class OrderOperationsPass(ModulePass):
    """Change the order of operations where that needs less memory."""

    name = "order-operations"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                order_function(function)


def order_function(function: func.FuncOp) -> bool:
    """Order the operations of a function of level 3; whether that changed anything."""
    facts, block = facts_of(function), function.body.block
    if facts.decided or not all(_is_known(op) for op in in_line(block)):
        return False
    memory = Memory(facts)
    for inner in reversed([b for b in blocks_in_line(block) if b is not block]):
        memory.needs[inner] = schedule_of(inner, memory)[1].need()
    ops, schedule = schedule_of(block, memory)
    order = best_order(schedule)[1]
    if order is None:
        return False
    given = list(block.ops)
    before = _needs(function, facts)
    arrange(block, [ops[number] for number in order])
    after = _needs(function, facts)
    worse = any(a > b for a, b in zip(after, before, strict=True))
    if worse or after[0] > WORTH * before[0]:
        arrange(block, given)
        return False
    return True


def _is_known(op: Operation) -> bool:
    """Whether planning knows the operation; what it refuses stays where it is."""
    return isinstance(op, EngineOp | ReferenceOp | ConstantOp | func.ReturnOp | ControlOp | YieldOp)


def best_order(schedule: Schedule) -> tuple[int, list[int] | None, bool]:
    """
    What a schedule needs in the best order that is found, that order if it is another than the
    given one, and whether it is known that no order within the parts needs less.
    """
    parts = sorted(
        ((part.schedule.need(), part) for part in schedule.parts()),
        key=lambda p: (-p[0], p[1].start),
    )
    least = 0
    found: dict[Schedule, tuple[int, ...]] = {}
    order, is_best = list(range(len(schedule.tasks))), True
    for need, part in parts:
        if need <= least:
            break
        least = max(least, part.schedule.lower_bound())
    for need, part in parts:
        if need <= least:
            break
        own = found.get(part.schedule)  # layers of a network are alike
        if own is None:
            best = find_order(part.schedule, least=least)
            least = max(least, best.need)
            is_best = is_best and best.is_best
            own = found[part.schedule] = best.order
        order[part.start : part.start + len(own)] = [part.start + number for number in own]
    same = all(number == at for at, number in enumerate(order))
    return least, None if same else order, is_best


def arrange(block: Block, ops: Sequence[Operation]) -> None:
    """Put operations of a block into an order, behind the constants and before its last one."""
    last = block.last_op
    moved = [op for op in ops if op is not last]
    constants = [op for op in block.ops if isinstance(op, ConstantOp) and op not in set(moved)]
    for op in (*constants, *moved):
        op.detach()
        if last is None:
            block.add_op(op)
        else:
            block.insert_op_before(op, last)


def _needs(function: func.FuncOp, facts: Facts) -> list[int]:
    """The arena of a function planned as it is: at the sizes planned for, and at larger ones."""
    placement = place_values(function.body.block, proofs_of(function))
    buffers = list(live_buffers(function, placement).values())
    names = names_of(buffer.size for buffer in buffers)
    hints = {name: facts.hint(name) for name in names}
    points = [hints]
    if names:
        points.append({name: LARGER * max(hint, 1) for name, hint in hints.items()})
    return [assign_offsets([buffer.at(point) for buffer in buffers])[1] for point in points]
