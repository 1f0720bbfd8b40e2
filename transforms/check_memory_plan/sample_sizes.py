"""Sizes at which a plan for open sizes is looked at byte for byte."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of
from ...dialects.engine.loop import blocks_in_line, defined_in
from ...dialects.engine.size_facts import broadcast_relations_of, facts_of, relations_of
from ...runtime.size import Extent, Size, evaluated, named
from ...runtime.size_bounds import bounds_without
from ...runtime.size_facts import Facts, names_of
from ...runtime.size_proofs import SizeProofs

DRAWN = 3
"""Points beside the sizes that are planned for and small ones."""

TRIES = 40
"""Points that are drawn at most, of which some do not fulfil relations."""

MOST_ELEMENTS = 1 << 26
"""Of one value at a point that is drawn."""


def values_in(function: FuncOp) -> list[SSAValue]:
    """The values of a function, of its branches and loops as well."""
    return [value for block in blocks_in_line(function.body.block) for value in defined_in(block)]


def sample_sizes(function: FuncOp) -> Iterator[Iterator[dict[str, int]]]:
    """
    For each of some points, values of the names in the types of a function that a call may have.

    The points are the sizes that are planned for, the smallest, and drawn ones. Of each come some
    to choose from, best first, all of which fulfil the relations of the function and make no size
    negative.
    """
    shapes = {shape for value in values_in(function) for shape in [_extents(value)] if shape}
    names = names_of(extent for shape in shapes for extent in shape)
    facts = facts_of(function)
    if not names:
        yield iter([dict[str, int]()])
        return
    relations = [*relations_of(function), *broadcast_relations_of(function)]
    near = SizeProofs(facts, [relation.sides for relation in relations])
    decided = _Decided(facts)
    for number, candidates in enumerate(_candidates(names, facts)):
        most = MOST_ELEMENTS if number > 1 else None
        points = (near.fulfilling(decided.chosen(c, number)) for c in candidates)
        yield (
            values
            for values in points
            if _is_possible(function, facts, shapes, values)
            and (most is None or _elements(shapes, values) <= most)
        )


def tells_names_apart(values: Mapping[str, int], function: FuncOp, proofs: SizeProofs) -> bool:
    """Whether names have different values, but those that must or can only have the same."""
    facts = facts_of(function)
    seen: dict[int, str] = {}
    for name, value in values.items():
        other = seen.setdefault(value, name)
        if other == name or proofs.same(named(name), named(other)):
            continue
        if all(facts.bounds(n)[0] != facts.bounds(n)[1] for n in (name, other)):
            return False
    return True


def _extents(value: SSAValue) -> tuple[Extent, ...]:
    if not isinstance(value.type, TensorType | MemRefType):
        return ()
    extents = extents_of(value)
    return extents if -1 not in extents and any(isinstance(n, Size) for n in extents) else ()


def _candidates(names: tuple[str, ...], facts: Facts) -> Iterator[Iterator[dict[str, int]]]:
    """For each point what to try, best first."""
    rng = random.Random(0)
    yield _near_hints(names, facts)
    yield _small(names, facts)
    for _ in range(DRAWN):
        yield ({n: _drawn(rng, facts, n, t // 8) for n in names} for t in range(TRIES))


MOST_DECIDED = 1 << 10
"""A size that the data decides, where its bound says little."""


class _Decided:
    """
    Values of the names that the data decides: at the sizes that are planned for all that there can
    be, then none, then any.
    """

    def __init__(self, facts: Facts):
        self._facts = facts
        self._bounds = bounds_without(facts.decided)
        self._rng = random.Random(1)

    def chosen(self, values: Mapping[str, int], point: int) -> dict[str, int]:
        """The values with those of the names that the data decides."""
        found = dict(values)
        for name, bound in self._bounds.items():
            if name not in found:
                continue
            others = {n: found.get(n, self._facts.hint(n)) for n in names_of([bound])}
            lower, most = self._facts.bounds(name)[0], evaluated(bound, others)
            far = most > MOST_DECIDED
            drawn = self._rng.randint(min(lower, most), min(most, lower + MOST_DECIDED))
            found[name] = most if point == 0 and not far else lower if point == 1 else drawn
        return found


def _near_hints(names: tuple[str, ...], facts: Facts) -> Iterator[dict[str, int]]:
    yield {name: facts.hint(name) for name in names}
    for power in range(3, 9):
        yield {name: -(-facts.hint(name) // 2**power) * 2**power for name in names}


def _small(names: tuple[str, ...], facts: Facts) -> Iterator[dict[str, int]]:
    for least in (0, *(2**power for power in range(12))):
        yield {name: max(facts.bounds(name)[0], least) for name in names}


def _drawn(rng: random.Random, facts: Facts, name: str, halvings: int) -> int:
    """A size that is not far from the one that is planned for, or from a half of it, and so on."""
    (lower, upper), hint = facts.bounds(name), facts.hint(name) >> halvings
    least = max(lower, -(-hint // 2))
    most = max(2 * hint, least + 4)
    return rng.randint(least, most if upper is None else max(min(upper, most), least))


def _elements(shapes: set[tuple[Extent, ...]], values: Mapping[str, int]) -> int:
    most = 0
    for shape in shapes:
        product = 1
        for extent in shape:
            product *= max(evaluated(extent, values), 1)
        most = max(most, product)
    return most


def _is_possible(
    function: FuncOp, facts: Facts, shapes: set[tuple[Extent, ...]], values: Mapping[str, int]
) -> bool:
    """Whether a call may have these sizes."""
    if any(n in facts.dims and not facts.dims[n].takes(value) for n, value in values.items()):
        return False
    if any(evaluated(extent, values) < 0 for shape in shapes for extent in shape):
        return False
    bounds = {n: most for n, most in bounds_without(facts.decided).items() if n in values}
    for name, most in bounds.items():
        others = {n: values.get(n, facts.hint(n)) for n in names_of([most])}
        if values[name] > evaluated(most, others):
            return False
    for relation in relations_of(function):
        left, right = (evaluated(side, values) for side in relation.sides)
        if left != right:
            return False
    for relation in broadcast_relations_of(function):
        left, right = (evaluated(side, values) for side in relation.sides)
        if left != right and 1 not in (left, right):
            return False
    return True
