"""What an operation may say by an attribute or by operands, and operands whose sizes agree."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i1
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, extents_of
from ...dialects.paddle.codes import element_type_of_word
from ...runtime.size import Extent, Size, numbers_of
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.open_extents import extents_in


def extents(lo: Lowering, name: str) -> list[Extent]:
    """The integers of an attribute, or of the operands that stand for it: one vector, or scalars.

    Raises:
        NoNativeForm: when the data decides them.
    """
    found: list[Extent] = []
    operands = lo.group(f"{name}_tensor")
    for value in operands:
        part = extents_in(lo, value)
        if part is None:
            raise NoNativeForm(f"operand '{name}' is not a constant")
        found += part
    return found if operands else list(lo.integers(name) or [])


def integers(lo: Lowering, name: str) -> list[int]:
    """The same where they are numbers."""
    return list(numbers_of(extents(lo, name)))


def integer(lo: Lowering, name: str, default: int = 0) -> int:
    """The same of one number."""
    if not lo.group(f"{name}_tensor"):
        return lo.integer(name, default)
    [found] = integers(lo, name)
    return found


def number(lo: Lowering, name: str, default: float = 0.0) -> float:
    """A number of an attribute, or of a constant operand that stands for it."""
    operands = lo.group(f"{name}_tensor")
    if not operands:
        return lo.number(name, default)
    array = lo.array_of(operands[0])
    if array is None or array.size != 1:
        raise NoNativeForm(f"operand '{name}' is not a constant number")
    return float(array.reshape(-1)[0])


def element_named(lo: Lowering, default: SSAValue | None = None) -> Attribute:
    """The element type that the attribute `dtype` names; that of `default` where it names none."""
    row = element_type_of_word(lo.text("dtype"))
    if row is not None:
        return row.ir
    if default is None:
        raise NoNativeForm("of no element type")
    return element_of(default)


def aligned(lo: Lowering, values: Sequence[SSAValue], *, masks: int = 0) -> list[SSAValue]:
    """
    Operands that broadcast together, with the same sizes where these must be equal.

    Sizes by name that cannot be proven equal become a relation that every call is asked for.

    Raises:
        NoNativeForm: for elements of unlike types, but for the first operands, the `masks`, which
            are booleans.
    """
    elements = [element_of(value) for value in values]
    if any(e != i1 for e in elements[:masks]) or len(set(elements[masks:])) > 1:
        raise NoNativeForm(f"of {', '.join(map(str, elements))} together")
    shapes = [extents_of(value) for value in values]
    joint = lo.broadcast_extents(*shapes)
    found: list[SSAValue] = []
    for value, shape in zip(values, shapes, strict=True):
        behind = joint[len(joint) - len(shape) :]
        wanted = [
            b if isinstance(a, Size) and a != b and b != -1 else a
            for a, b in zip(shape, behind, strict=True)
        ]
        found.append(lo.reshape(value, wanted))
    return found


def agreeing(lo: Lowering, values: Sequence[SSAValue], axis: int) -> list[SSAValue]:
    """Operands whose sizes are equal but along an axis, by the same relations."""
    shapes = [extents_of(value) for value in values]
    joint: list[Extent] = list(shapes[0])
    for shape in shapes[1:]:
        for at, size in enumerate(shape):
            if at != axis:
                found = lo.relations.equal(joint[at], size)
                joint[at] = size if found is None else found
    return [
        lo.reshape(value, (*joint[:axis], shape[axis], *joint[axis + 1 :]))
        if any(isinstance(size, Size) for size in shape)
        else value
        for value, shape in zip(values, shapes, strict=True)
    ]
