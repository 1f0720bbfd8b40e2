"""Faults in plans for open sizes: one change that a faulty planner could make."""

from __future__ import annotations

import random
from collections.abc import Callable

from xdsl.dialects.builtin import IntegerAttr, i64
from xdsl.dialects.func import FuncOp

from stepwell.dialects.engine import ViewOp
from stepwell.dialects.engine.data_sizes import SizeDefiningOp, name_list
from stepwell.dialects.engine.loop import in_line
from stepwell.dialects.engine.plan import PLAN, PlanAttr, plan_of
from stepwell.dialects.engine.size_facts import facts_of
from stepwell.dialects.engine.view import offset_attr
from stepwell.runtime.size import Extent, Size, floordiv, named

Fault = Callable[[random.Random, FuncOp], bool]
"""Changes the function, and says whether it found something to change."""


def _plan(main: FuncOp) -> tuple[list[Extent], list[list[list[int]]]]:
    plan = plan_of(main)
    assert plan is not None
    structures = [[list(below) for below in structure] for structure in plan.structures]
    return list(plan.sizes), structures


def _replan(main: FuncOp, sizes: list[Extent], structures: list[list[list[int]]]) -> None:
    """Another plan, whose places are in the segments that they were in."""
    plan = plan_of(main)
    assert plan is not None
    main.attributes[PLAN] = PlanAttr.of(sizes, structures, plan.segments)


def _names(main: FuncOp) -> tuple[Size, Size]:
    """Two of the names of a function, or one twice."""
    first, *others = facts_of(main).dims
    return named(first), named(others[0] if others else first)


def _views(main: FuncOp, *, of_places: bool = False) -> list[ViewOp]:
    views = [op for op in in_line(main.body.block) if isinstance(op, ViewOp)]
    return [view for view in views if view.place is not None or not of_places]


def dropped_entry(rng: random.Random, main: FuncOp) -> bool:
    """A place no longer rests on another one."""
    sizes, structures = _plan(main)
    entries = [(below, n) for s in structures for below in s for n in range(len(below))]
    if not entries:
        return False
    below, number = rng.choice(entries)
    del below[number]
    _replan(main, sizes, structures)
    return True


def turned_entry(rng: random.Random, main: FuncOp) -> bool:
    """A place rests on what the other one of a pair rests on, and not on that itself."""
    sizes, structures = _plan(main)
    structure = rng.choice(structures)
    entries = [(place, other) for place, below in enumerate(structure) for other in below]
    if not entries:
        return False
    place, other = rng.choice(entries)
    structure[place] = sorted({*structure[place], *structure[other]} - {other})
    _replan(main, sizes, structures)
    return True


def smaller_place(rng: random.Random, main: FuncOp) -> bool:
    """A place has fewer bytes."""
    sizes, structures = _plan(main)
    if not sizes:
        return False
    at = rng.randrange(len(sizes))
    first, _ = _names(main)
    less: list[Extent] = [sizes[at] - 1, sizes[at] - first, floordiv(sizes[at], 2), 64]
    size = rng.choice(less)
    sizes[at] = 64 if isinstance(size, int) and size < 0 else size
    _replan(main, sizes, structures)
    return True


def other_place(rng: random.Random, main: FuncOp) -> bool:
    """A view is of another place."""
    views, sizes = _views(main, of_places=True), _plan(main)[0]
    if not views or len(sizes) < 2:
        return False
    view = rng.choice(views)
    assert view.place is not None
    others = [n for n in range(len(sizes)) if n != view.place.value.data]
    view.properties["place"] = IntegerAttr(rng.choice(others), i64)
    return True


def moved_view(rng: random.Random, main: FuncOp) -> bool:
    """A view begins elsewhere."""
    views = _views(main)
    if not views:
        return False
    view = rng.choice(views)
    s, p = _names(main)
    by = rng.choice([4, -4, 64, -64, s * 4, s * -4, p * 4, p * -4, p - s, s * s])
    view.properties["offset"] = offset_attr(view.byte_extent + by)
    return True


def same_memory(rng: random.Random, main: FuncOp) -> bool:
    """A view is of the place of another one, and begins where that does."""
    views = _views(main, of_places=True)
    if len(views) < 2:
        return False
    one, other = rng.sample(views, 2)
    assert other.place is not None
    one.properties["place"] = other.place
    one.properties["offset"] = offset_attr(other.byte_extent)
    return True


def other_segment(rng: random.Random, main: FuncOp) -> bool:
    """A place is in the arena of another segment, where it rests on nothing else."""
    plan = plan_of(main)
    assert plan is not None
    segments = list(plan.segments)
    if not any(isinstance(op, SizeDefiningOp) for op in main.body.block.ops) or not segments:
        return False
    at = rng.randrange(len(segments))
    segments[at] = rng.choice([n for n in range(3) if n != segments[at]])
    structures = [
        [[n for n in below if segments[n] == segments[place]] for place, below in enumerate(above)]
        for above in plan.structures
    ]
    main.attributes[PLAN] = PlanAttr.of(plan.sizes, structures, segments)
    return True


def other_name(rng: random.Random, main: FuncOp) -> bool:
    """An operation finds the size that another one finds, or one that nobody has heard of."""
    finding = [op for op in main.body.block.ops if isinstance(op, SizeDefiningOp)]
    if not finding:
        return False
    names = [name for op in finding for name in op.defined_names]
    op = rng.choice(finding)
    others = [name for name in (*names, "Z") if name not in op.defined_names]
    op.properties["defines"] = name_list([rng.choice(others)])
    return True


OPEN_FAULTS: tuple[Fault, ...] = (
    dropped_entry,
    turned_entry,
    smaller_place,
    other_place,
    moved_view,
    same_memory,
)

DATA_FAULTS: tuple[Fault, ...] = (other_segment, other_name)
"""Faults of plans in which operations find sizes."""
