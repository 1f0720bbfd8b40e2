"""A function with its hints in place of names: what layouts and algorithms are chosen at."""

from __future__ import annotations

from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from ..dialects.engine.base import extents_of
from ..dialects.engine.opaque import is_opaque
from ..dialects.engine.size_facts import (
    RELATIONS,
    SIZES,
    broadcast_relations_of,
    facts_of,
    relations_of,
)
from ..runtime.size import Size, evaluated, name_of
from ..runtime.size_facts import names_of
from .bind_sizes import bind_sizes


def at_hints(function: FuncOp) -> FuncOp:
    """
    A copy of a function in which every size is a number, the hint of its names; the function
    itself where all are numbers already.

    Its operations are those of the function, in the same order. Where a relation says that a name
    is another size, that size is its hint.
    """
    sizes = {size: None for value in _values(function) for size in _sizes_of(value)}
    if not sizes:
        return function
    copy = function.clone()
    for said in (SIZES, RELATIONS):
        copy.attributes.pop(said, None)
    bind_sizes(copy, _hints(function, list(sizes)))
    return copy


def open_dimensions(value: SSAValue) -> frozenset[int]:
    """The dimensions of a value whose sizes are no numbers; these cannot be blocked."""
    if is_opaque(value):
        return frozenset()
    return frozenset(dim for dim, n in enumerate(extents_of(value)) if isinstance(n, Size))


def _values(function: FuncOp) -> list[SSAValue]:
    found: list[SSAValue] = []
    for op in function.walk():
        found.extend(op.results)
        found.extend(a for region in op.regions for block in region.blocks for a in block.args)
    return [value for value in found if not is_opaque(value)]


def _sizes_of(value: SSAValue) -> list[Size]:
    return [n for n in extents_of(value) if isinstance(n, Size)]


def _hints(function: FuncOp, sizes: list[Size]) -> dict[str, int]:
    facts = facts_of(function)
    relations = (*relations_of(function), *broadcast_relations_of(function))
    sides = [side for relation in relations for side in relation.sides]
    names = dict.fromkeys((*facts.dims, *names_of([*sizes, *sides])))
    hints = {name: facts.hint(name) for name in names}
    for relation in relations:
        for side, other in (relation.sides, relation.sides[::-1]):
            name = name_of(side)
            if name is not None and name not in names_of([other]):
                hints[name] = evaluated(other, hints)
                break
    for size in sizes:
        _raise_hints(size, hints)
    return hints


def _raise_hints(size: Size, hints: dict[str, int]) -> None:
    """
    Double hints until a size is not negative at them, as far as that helps.

    A relation may ask for more than the hint of a name: that the last of four parts is there.
    """
    for _ in range(_DOUBLINGS):
        if evaluated(size, hints) >= 0:
            return
        doubled = {name: {**hints, name: 2 * hints[name]} for name in size.names}
        best = max(doubled, key=lambda name: evaluated(size, doubled[name]))
        hints[best] *= 2


_DOUBLINGS = 16
