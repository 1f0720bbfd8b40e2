"""
The values of the names in sizes, found from the shapes of the inputs of a call.

Names that are a dimension by themselves are read off. Then follow expressions in which one name is
not known yet and stands as itself times a number: `8 * 'S/8'`, `P + S`. What is left is compared.
Bounds, multiples and relations are checked before anything is computed, and what is wrong is said
in one message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import CompileError, InputError, UsageError
from .bounding_relations import bound_said, node_text
from .size import Extent, NeedsNumber, Size, evaluated, floordiv, named, terms_of
from .size_facts import Facts, names_of

_SEARCHED = 4096
"""Most sizes that are tried to say what would fit."""


@dataclass(frozen=True)
class Relation:
    """
    Two sizes that must be equal in every call, and the node that needs it.

    With `or_one`, one of them may be 1 instead: the node repeats it.
    """

    left: Extent
    right: Extent
    node: str
    or_one: bool = False

    def holds(self, left: int, right: int) -> bool:
        """Whether it does where the sizes are these."""
        return left == right or (self.or_one and 1 in (left, right))


MOST_BROKEN = 4
"""Broken relations that a message tells; a graph made for one size has some in each layer."""


def _few(problems: list[str]) -> list[str]:
    more = len(problems) - MOST_BROKEN
    return problems if more <= 0 else [*problems[:MOST_BROKEN], f"and {more} more of this kind"]


class SizeSolving:
    """
    How the names in the shapes of some inputs get their values.

    Raises:
        CompileError: for a name that the shapes do not give.
    """

    names: tuple[str, ...]
    """All names, in the order of their first appearance."""
    inputs: dict[str, tuple[Extent, ...]]
    """The shapes by the names of the inputs."""
    facts: Facts
    """What is known of the names."""

    def __init__(
        self,
        inputs: Mapping[str, Sequence[Extent]],
        facts: Facts | None = None,
        relations: Sequence[Relation] = (),
    ):
        self.inputs = {name: tuple(shape) for name, shape in inputs.items()}
        self.facts = facts or Facts()
        self._relations = tuple(relations)
        sizes = [size for shape in self.inputs.values() for size in shape]
        self.names = names_of(sizes)
        self._order = list(self._solvable(sizes))

    @property
    def equalities(self) -> list[tuple[Extent, Extent]]:
        """The two sides of each relation that are equal in every call."""
        return [(r.left, r.right) for r in self._relations if not r.or_one]

    def _solvable(self, sizes: Sequence[Extent]) -> Iterator[tuple[Size, str, int]]:
        """Each name with the size that gives it once those before are known, and its factor."""
        known: set[str] = set()
        left = [size for size in sizes if isinstance(size, Size)]
        while len(known) < len(self.names):
            found = next(
                (
                    (size, unknown[0], factor)
                    for size in left
                    if len(unknown := [n for n in size.names if n not in known]) == 1
                    and (factor := coefficient(size, unknown[0]))
                ),
                None,
            )
            if found is None:
                size = next(s for s in left if any(n not in known for n in s.names))
                where = next(n for n, shape in self.inputs.items() if size in shape)
                names = [shown_name(n) for n in size.names if n not in known]
                raise CompileError(
                    f"input '{where}' has a size {shown(size)}, which does not say what "
                    f"{' and '.join(names)} is; give one a number, as in "
                    f"shapes={{{names[0]!r}: 1}}"
                )
            known.add(found[1])
            yield found

    def solve(self, shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
        """
        The values of all names in inputs of these shapes, in the order of `names`.

        Raises:
            InputError: with everything in which shapes contradict the sizes of the model, or each
                other, or what must hold of them.
        """
        if problems := list(self._rank_problems(shapes)):
            raise InputError("; ".join(problems))
        given = {
            size: (number, name)
            for name, shape in reversed(self.inputs.items())
            for size, number in reversed(list(zip(shape, shapes[name], strict=True)))
        }
        values: dict[str, int] = {}
        for size, name, factor in self._order:
            number, where = given[size]
            value = value_of(size, name, factor, number, values)
            if value is None or value < 0:
                problems.append(self._not_a_size(where, size, number, values))
                raise InputError("; ".join(problems))
            values[name] = value
        problems += self._contradictions(shapes, values)
        problems += self._out_of_bounds(given, values)
        if not problems:
            problems += _few(list(self._broken_relations(given, values)))
        if problems:
            raise InputError("; ".join(problems))
        return {name: values[name] for name in self.names}

    def _rank_problems(self, shapes: Mapping[str, Sequence[int]]) -> Iterator[str]:
        for name, expected in self.inputs.items():
            if len(shapes[name]) != len(expected):
                yield (
                    f"input '{name}' has rank {len(shapes[name])} (shape {list(shapes[name])}), "
                    f"expected rank {len(expected)}: [{', '.join(map(shown, expected))}]"
                )

    def _contradictions(
        self, shapes: Mapping[str, Sequence[int]], values: Mapping[str, int]
    ) -> Iterator[str]:
        """Inputs of other shapes than these values of the names give."""
        for name, expected in self.inputs.items():
            given = tuple(shapes[name])
            wanted = tuple(evaluated(size, values) for size in expected)
            if given != wanted:
                sizes = [
                    shown(size) if isinstance(size, int) else f"{shown(size)} = {number}"
                    for size, number in zip(expected, wanted, strict=True)
                ]
                yield f"input '{name}' has shape {list(given)}, expected [{', '.join(sizes)}]"

    def _not_a_size(self, where: str, size: Size, number: int, values: Mapping[str, int]) -> str:
        single = _multiple_of(size)
        if single is not None:
            name, multiple = single
            return f"input '{where}' has {name} = {number}, which is no multiple of {multiple}"
        known = "".join(f" where {shown_name(n)} is {values[n]}" for n in size.names if n in values)
        return f"input '{where}' has {shown(size)} = {number}, which is no size{known}"

    def _out_of_bounds(
        self, given: Mapping[Extent, tuple[int, str]], values: Mapping[str, int]
    ) -> Iterator[str]:
        for name, value in values.items():
            dim = self.facts.dims.get(name)
            if dim is None or dim.takes(value):
                continue
            factor = _hidden_multiple(name)
            low, high = dim.lower * factor, None if dim.upper is None else dim.upper * factor
            limits = f"at least {low}" if high is None else f"{low} to {high}"
            times = dim.multiple * factor
            limits += f" in steps of {times}" if times > 1 else ""
            yield (
                f"{self._where(name, given)} has {shown_name(name)} = {value * factor}, "
                f"expected {limits}{self._needed_by(name, value)}"
            )

    def _needed_by(self, name: str, value: int) -> str:
        """`, which Gather '/last' needs`, where a node asks for what the value is not."""
        nodes: dict[str, None] = {}
        for relation in self._relations:
            said = None if relation.or_one else bound_said(relation.left, relation.right)
            if said is not None and said[0] == name and not said[1].takes(value):
                nodes[relation.node] = None
        needs = "needs" if len(nodes) == 1 else "need"
        return f", which {' and '.join(nodes)} {needs}" if nodes else ""

    def _where(self, name: str, given: Mapping[Extent, tuple[int, str]]) -> str:
        """The input that says the value of a name."""
        size = next(size for size, solved, _ in self._order if solved == name)
        return f"input '{given[size][1]}'"

    def _broken_relations(
        self, given: Mapping[Extent, tuple[int, str]], values: Mapping[str, int]
    ) -> Iterator[str]:
        for relation in self._relations:
            try:
                left, right = (evaluated(s, values) for s in (relation.left, relation.right))
            except NeedsNumber:  # of a size that the data decides
                continue
            if relation.holds(left, right):
                continue
            names = names_of((relation.left, relation.right))
            said = " and ".join(
                f"{self._where(n, given)} has {shown_name(n)} = {values[n] * _hidden_multiple(n)}"
                for n in names
            )
            fits = self._what_fits(relation, names[0], values) if len(names) == 1 else ""
            needs = "equal sizes, or one that is 1" if relation.or_one else "equal sizes"
            yield (
                f"{said or 'the model'}: {node_text(relation.node)} needs {needs}, and "
                f"{shown(relation.left)} is {left}, {shown(relation.right)} is {right}{fits}"
            )

    def _what_fits(self, relation: Relation, name: str, values: Mapping[str, int]) -> str:
        """`; multiples of 16 fit`, or the nearest sizes that do."""
        sides = (relation.left, relation.right)
        now, factor = values[name], _hidden_multiple(name)
        last = min(2 * now + 64, _SEARCHED)
        fits = [
            n * factor
            for n in range(1, last + 1)
            if relation.holds(*(evaluated(side, {**values, name: n}) for side in sides))
        ]
        if not fits:
            return ""
        if len(fits) > 1 and fits == [fits[0] * (at + 1) for at in range(len(fits))]:
            return f"; multiples of {fits[0]} fit"
        below = [n for n in fits if n < now * factor][-1:]
        above = [n for n in fits if n > now * factor][:1]
        near = " and ".join(map(str, below + above))
        return f"; {near} fit{'s' if len(below + above) == 1 else ''}"


def coefficient(size: Extent, name: str) -> int:
    """What a name is multiplied by, where it stands in a size in no other way; else 0."""
    terms = terms_of(size)
    (monomial,) = terms_of(named(name))
    rest = size - terms.get(monomial, 0) * named(name)
    alone = isinstance(rest, int) or name not in rest.names
    return terms.get(monomial, 0) if alone else 0


def value_of(
    size: Extent, name: str, factor: int, number: int, values: Mapping[str, int]
) -> int | None:
    """
    The value of a name, which stands in a size times a factor alone, for which the size is a
    number; None where no integer is one. The other names have `values`.
    """
    value, left = divmod(number - evaluated(size, {**values, name: 0}), factor)
    return None if left else value


_HIDDEN = re.compile(r"(.*)/(\d+)", re.DOTALL)
_HIDDEN_TIMES = re.compile(r"'([^'\\]*)/(\d+)' \* (\d+)")


def _hidden_multiple(name: str) -> int:
    """8 for `S/8`, the name that stands for a multiple of 8 divided by 8; 1 for other names."""
    found = _HIDDEN.fullmatch(name)
    return int(found[2]) if found else 1


def _multiple_of(size: Size) -> tuple[str, int] | None:
    """The name and the number of a size that is a declared multiple."""
    if len(size.names) != 1 or (times := _hidden_multiple(size.names[0])) == 1:
        return None
    return (shown_name(size.names[0]), times) if size == times * named(size.names[0]) else None


def shown_name(name: str) -> str:
    """A name as who wrote the model knows it: `S` for `S/8`, which stands for a multiple of 8."""
    found = _HIDDEN.fullmatch(name)
    return found[1] if found else name


def plain_size(name: str) -> Extent:
    """A name in terms of the one that who wrote the model knows: `S floordiv 8` for `S/8`."""
    return floordiv(named(shown_name(name)), _hidden_multiple(name))


def shown_values(values: Mapping[str, int]) -> dict[str, int]:
    """Values of names as who wrote the model knows them: `S = 16` for `S/8 = 2`."""
    return {shown_name(n): value * _hidden_multiple(n) for n, value in values.items()}


def values_of(given: Mapping[str, int], names: Sequence[str]) -> dict[str, int]:
    """
    The values of names where they are given as who wrote the model knows them.

    Raises:
        UsageError: for other names, and a size that is no multiple where one was declared.
    """
    known = [shown_name(name) for name in names]
    if set(given) != set(known):
        raise UsageError(
            f"{', '.join(map(str, given)) or 'nothing'} is given; the names of the sizes of the "
            f"model are {', '.join(known) or 'none: all are numbers'}"
        )
    return plain_values(given, names)


def plain_values(given: Mapping[str, int], names: Sequence[str]) -> dict[str, int]:
    """
    The values of those of `names` that are given, as who wrote the model knows them.

    Raises:
        UsageError: for a size that is no multiple where one was declared.
    """
    found: dict[str, int] = {}
    for name in names:
        shown = shown_name(name)
        if shown not in given:
            continue
        multiple = _hidden_multiple(name)
        value, rest = divmod(given[shown], multiple)
        if rest or value < 0:
            raise UsageError(f"{shown} = {given[shown]} is no multiple of {multiple}")
        found[name] = value
    return found


def shown(size: Extent) -> str:
    """The text of a size as who wrote the model knows it: `S + 1` for `'S/8' * 8 + 1`."""
    if not isinstance(size, Size):
        return str(size)
    if len(size.names) == 1 and size == named(size.names[0]):
        return size.names[0]
    return _HIDDEN_TIMES.sub(lambda m: m[1] if m[2] == m[3] else m[0], size.text)
