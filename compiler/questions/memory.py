"""`memory`: what a model takes: weights by what makes them grow, the arena, and what is copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from xdsl.dialects import func
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import names_of
from ...dialects.engine.size_facts import facts_of
from ...errors import UsageError
from ...runtime.abi import MAIN
from ...runtime.array_memory import aligned
from ...runtime.size_facts import names_of as size_names
from ...transforms.order_operations import best_order, order_function
from ...transforms.order_operations.operations import Memory, schedule_of
from ...transforms.plan_memory.function_places import place_function
from ...transforms.plan_memory.live_buffers import live_buffers
from ...transforms.plan_memory.offsets import LiveBuffer, assign_offsets, lower_bound
from ...transforms.plan_memory.order import Order
from ...transforms.plan_memory.placement import Placement
from ...transforms.plan_memory.structures import OpenBuffer
from ..compilation import Compilation
from ..garbage import fewer_collections
from .copies import CopyAnswer, copies_of
from .model_options import ChoiceAnswer, ModelOptions, choice_answer, model_name, opened
from .weight_growth import WeightAnswer, weights_of

SCHEMA, VERSION = "stepwell.memory", 1
"""Of the answer; the version goes up when a field changes its meaning or goes."""

SHOWN = 10
"""How many values at the peak are named."""


class ArenaAnswer(TypedDict):
    """
    Bytes of the arena, and of what lives at one step: in the order of the model, and in that which
    was found; `best` is the least that the search found, and no order within the parts of the
    program, between points at which one value lives, needs less if `is_best`.
    """

    bytes: int
    bound: int
    given: int
    given_bound: int
    best: int
    is_best: bool


class BufferAnswer(TypedDict):
    """A buffer of the arena: what lies in it, where, and from which step to which."""

    value: str
    nodes: list[str]
    bytes: int
    offset: int
    first: int
    last: int


class MemoryAnswer(TypedDict):
    """
    What a model takes, at the sizes that are planned for where some are open (`sizes`). `peak` is
    the step at which most bytes live, `at_peak` the largest buffers there, `buffers` all of them.
    """

    schema: str
    version: int
    model: str
    choice: ChoiceAnswer
    sizes: dict[str, int]
    weights: WeightAnswer
    arena: ArenaAnswer
    steps: list[str]
    peak: int
    at_peak: list[BufferAnswer]
    buffers: list[BufferAnswer]
    copies: list[CopyAnswer]


def memory(model: Any, **options: Unpack[ModelOptions]) -> MemoryAnswer:
    """
    What `model` takes in memory and why; `options` are those of `compile`. Nothing is built or run.

    Raises:
        StepwellError: as `compile`.
    """
    with fewer_collections():
        return memory_answer(opened(model, **options), model_name(model))


def memory_answer(compilation: Compilation, name: str) -> MemoryAnswer:
    """The same of a compilation above level 4."""
    compilation.lower_to("layout")
    functions = [
        op for op in compilation.module.ops if isinstance(op, func.FuncOp) and not op.is_declaration
    ]
    if not functions:
        raise UsageError("memory: the module has no function")
    main = next((f for f in functions if f.sym_name.data == MAIN), functions[0])
    facts = facts_of(main)
    _, given = _buffers(main)
    need, is_best = _best(main)
    if compilation.options.choice.takes_pass("order-operations"):
        order_function(main)
    placement, roots = _buffers(main)
    sizes = {n: facts.hint(n) for n in size_names(b.size for b in roots.values())}
    live = [buffer.at(sizes) for buffer in roots.values()]
    given_live = [buffer.at(sizes) for buffer in given.values()]
    offsets, total = assign_offsets(live)
    values = [
        BufferAnswer(
            value=_name(root),
            nodes=_nodes(root),
            bytes=buffer.size,
            offset=offset,
            first=buffer.first,
            last=buffer.last,
        )
        for root, buffer, offset in zip(roots, live, offsets, strict=True)
    ]
    peak = _peak(live)
    at_peak = [value for value in values if value["first"] <= peak <= value["last"]]
    at_peak.sort(key=lambda value: (-value["bytes"], value["offset"]))
    bound = lower_bound(live)
    return MemoryAnswer(
        schema=SCHEMA,
        version=VERSION,
        model=name,
        choice=choice_answer(compilation.options.choice),
        sizes=sizes,
        weights=weights_of(main, compilation.store),
        arena=ArenaAnswer(
            bytes=total,
            bound=bound,
            given=assign_offsets(given_live)[1],
            given_bound=lower_bound(given_live),
            best=min(need, bound),
            is_best=is_best,
        ),
        steps=[_step(op) for op in Order.of(main.body.block).ops],
        peak=peak,
        at_peak=at_peak[:SHOWN],
        buffers=values,
        copies=copies_of(main, placement, facts),
    )


def _buffers(main: func.FuncOp) -> tuple[Placement, dict[SSAValue, OpenBuffer]]:
    placement = place_function(main)
    return placement, live_buffers(main, placement)


def _best(main: func.FuncOp) -> tuple[int, bool]:
    """What the best order that is found needs, and whether it is known that none needs less."""
    schedule = schedule_of(main.body.block, Memory(facts_of(main)))[1]
    need, _, is_best = best_order(schedule)
    return need, is_best


def _peak(live: Sequence[LiveBuffer]) -> int:
    """The first step at which most bytes live."""
    changes: dict[int, int] = {}
    for buffer in live:
        changes[buffer.first] = changes.get(buffer.first, 0) + aligned(buffer.size)
        changes[buffer.last + 1] = changes.get(buffer.last + 1, 0) - aligned(buffer.size)
    now, most, peak = 0, -1, 0
    for step in sorted(changes):
        now += changes[step]
        if now > most:
            most, peak = now, step
    return peak


def _name(value: SSAValue) -> str:
    return value.name_hint or str(value.type)


def _nodes(value: SSAValue) -> list[str]:
    owner = value.owner
    return names_of(owner, "nodes") if isinstance(owner, Operation) else []


def _step(op: Operation) -> str:
    nodes = names_of(op, "nodes")
    return f"{op.name.removeprefix('engine.')} {', '.join(nodes)}".strip()
