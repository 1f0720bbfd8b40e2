"""
What branches give that are of unlike sizes: types in which a name says which branch was taken.

The name is 1 where the condition holds and else 0, a size that the data decides like any other. Of
`S + P` rows and `S` rows is `S + U * P` the size behind the branches. All `If`s on one condition
share the name, so that what they give fits together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import i1, i64
from xdsl.ir import Attribute, SSAValue

from ....dialects.engine import AsSizeOp
from ....dialects.engine.base import element_of, extents_of, tensor
from ....dialects.engine.opaque import any_opaque
from ....dialects.engine.size_facts import RelationAttr
from ....runtime.size import Extent, named, substituted
from ..lowering import Lowering, NoNativeForm
from ..run_time_operands import result_name
from ..scalars import cast_scalar


@dataclass(frozen=True)
class JoinedTypes:
    """The types of what branches give, and what each branch says of the name in them."""

    types: Sequence[Attribute]
    relations: tuple[Sequence[RelationAttr], Sequence[RelationAttr]] = ((), ())


def joined_types(
    lo: Lowering, condition: SSAValue, then: Sequence[SSAValue], otherwise: Sequence[SSAValue]
) -> JoinedTypes:
    """
    The types of what a branch gives that a condition chooses.

    Raises:
        NoNativeForm: for values without a buffer, of unlike ranks or elements, or where there may
            be no such name.
    """
    if any_opaque((*then, *otherwise)):
        raise NoNativeForm("has branches that give values without a buffer")
    unlike = False
    for one, other in zip(then, otherwise, strict=True):
        ranks = len(extents_of(one)), len(extents_of(other))
        if ranks[0] != ranks[1] or element_of(one) != element_of(other):
            raise NoNativeForm(f"has branches that give {one.type} and {other.type}")
        unlike = unlike or one.type != other.type
    if not unlike:
        return JoinedTypes([value.type for value in then])
    taken = _taken(lo, condition)
    types = [_type(taken, a, b) for a, b in zip(then, otherwise, strict=True)]
    holds, fails = (RelationAttr.of(named(taken), number, lo.relations.node) for number in (1, 0))
    return JoinedTypes(types, ([holds], [fails]))


def _type(taken: str, one: SSAValue, other: SSAValue) -> Attribute:
    pairs = zip(extents_of(one), extents_of(other), strict=True)
    return tensor(tuple(_either(taken, a, b) for a, b in pairs), element_of(one))


def _either(taken: str, one: Extent, other: Extent) -> Extent:
    """The size `one` where a name is 1, and `other` where it is 0."""
    if one == other:
        return one
    first, second = substituted(one, {taken: 1}), substituted(other, {taken: 0})
    flag = named(taken)
    return first if first == second else flag * first + (1 - flag) * second


def _taken(lo: Lowering, condition: SSAValue) -> str:
    """The name for whether a condition holds."""
    found = lo.flags.get(condition)
    if found is not None and found.parent is lo.op.parent:
        return found.defined_names[0]
    name = lo.new_size(f"{result_name(lo)}_taken", 1)
    number = lo.map([lo.reshape(condition, (1,))], lambda c: cast_scalar(c, i1, i64), i64)
    lo.flags[condition] = finding = AsSizeOp(number, [name], [1])
    lo.emit(finding)
    return name
