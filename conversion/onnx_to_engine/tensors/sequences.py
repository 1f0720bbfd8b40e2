"""
Sequences and optional values that the graph itself puts together.

A list that is stacked, a tensor that is split and taken apart again: what is taken out is known
when the model is compiled, so no list is made at all. Sequences that the data decides run by
reference.

Operators: ConcatFromSequence, OptionalGetElement, OptionalHasElement, SequenceAt, SequenceLength.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from xdsl.ir import OpResult, SSAValue

from ....dialects.engine import ConcatOp, ReferenceOp
from ....dialects.engine.base import shape_of
from ....dialects.engine.opaque import is_opaque
from ....dialects.framework import FrameworkOp, OptionalType
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm, positive

MOST_ELEMENTS = 1024
"""Longest sequence that is followed."""

Element = Callable[[], SSAValue]
"""Builds an element when it is asked for."""


class _Made:
    """The operation of the framework that made a value by reference, and its operands."""

    def __init__(self, value: SSAValue):
        reference = value.owner
        first = reference.body.block.first_op if isinstance(reference, ReferenceOp) else None
        if not isinstance(reference, ReferenceOp) or not isinstance(first, FrameworkOp):
            raise NoNativeForm("has a sequence that is known at run time only")
        self.op = first
        self._given: dict[SSAValue, SSAValue] = dict(
            zip(reference.body.block.args, reference.inputs, strict=True)
        )

    @property
    def name(self) -> str:
        return self.op.name.partition(".")[2]

    def operand(self, at: int) -> SSAValue | None:
        """The operand at a position, as it stands outside of the reference operation."""
        slots = self.op.operand_slots
        value = slots[at] if at < len(slots) else None
        if value is None:
            return None
        if value not in self._given:
            raise NoNativeForm("has strings, which reference operations hold themselves")
        return self._given[value]

    def integer(self, name: str, default: int) -> int:
        """An integer attribute."""
        value = self.op.attribute(name)
        return value if isinstance(value, int) else default


def _elements(lo: Lowering, sequence: SSAValue) -> list[Element]:
    """
    The elements of a sequence, from what made it back to its beginning.

    Raises:
        NoNativeForm: for one that is an input, or of which the data decides.
    """
    changes: list[_Made] = []
    while True:
        made = _Made(sequence)
        if made.name in ("SequenceInsert", "SequenceErase", "Identity"):
            before = made.operand(0)
            if before is None or len(changes) > MOST_ELEMENTS:
                raise NoNativeForm("has a sequence that is too long to follow")
            changes.append(made)
            sequence = before
            continue
        elements = _first_elements(lo, made)
        break
    for change in reversed(changes):
        if change.name != "Identity":
            _change(lo, elements, change)
    return elements


def _first_elements(lo: Lowering, made: _Made) -> list[Element]:
    if made.name == "SequenceEmpty":
        return []
    if made.name == "SplitToSequence":
        return _split(lo, made)
    if made.name != "SequenceConstruct":
        raise NoNativeForm("has a sequence that is known at run time only")
    given = [made.operand(at) for at in range(len(made.op.operand_slots))]
    return [partial(_as_it_is, value) for value in given if value is not None]


def _as_it_is(value: SSAValue) -> SSAValue:
    return value


def _change(lo: Lowering, elements: list[Element], change: _Made) -> None:
    """Put an element in, or take one out; without a position, at the end."""
    inserts = change.name == "SequenceInsert"
    position = change.operand(2 if inserts else 1)
    count = len(elements)
    place = (count if inserts else count - 1) if position is None else _integer(lo, position)
    place += count if place < 0 else 0
    if not 0 <= place < count + inserts:
        raise NoNativeForm(f"has position {place} of a sequence of {count}")
    if inserts:
        tensor = change.operand(1)
        if tensor is None:
            raise NoNativeForm("has a sequence that is known at run time only")
        elements.insert(place, partial(_as_it_is, tensor))
    else:
        del elements[place]


def _split(lo: Lowering, made: _Made) -> list[Element]:
    """The parts of a tensor along an axis."""
    x, sizes = made.operand(0), made.operand(1)
    if x is None or is_opaque(x):
        raise NoNativeForm("has parts of a tensor of unknown shape")
    shape = shape_of(x)
    axis = positive(made.integer("axis", 0), len(shape))
    total, drops = shape[axis], sizes is None and not made.integer("keepdims", 1)
    lengths = [1] * total if sizes is None else _lengths(lo, sizes, total)
    if sum(lengths) != total or len(lengths) > MOST_ELEMENTS:
        raise NoNativeForm(f"has {len(lengths)} parts of {total}")

    def part(start: int, length: int) -> SSAValue:
        found = lo.slice_axis(x, axis, start, length)
        return lo.reshape(found, (*shape[:axis], *shape[axis + 1 :])) if drops else found

    starts = np.cumsum([0, *lengths]).tolist()
    return [partial(part, start, n) for start, n in zip(starts, lengths, strict=False)]


def _lengths(lo: Lowering, sizes: SSAValue, total: int) -> list[int]:
    """A scalar is the length of all parts, of which the last may be shorter."""
    array = lo.array_of(sizes)
    if array is None:
        raise NoNativeForm("has parts whose sizes are known at run time only")
    if array.ndim:
        return [int(n) for n in array]
    length = int(array)
    if length <= 0:
        raise NoNativeForm(f"has parts of {length}")
    return [min(length, total - start) for start in range(0, total, length)]


def _integer(lo: Lowering, value: SSAValue) -> int:
    array = lo.array_of(value)
    if array is None or array.size != 1:
        raise NoNativeForm("has a position that is known at run time only")
    return int(array.reshape(-1)[0])


def SequenceAt(lo: Lowering) -> SSAValue:
    """The element at a position."""
    elements = _elements(lo, lo.operand("input_sequence"))
    place, count = _integer(lo, lo.operand("position")), len(elements)
    if not -count <= place < count:
        raise NoNativeForm(f"has position {place} of a sequence of {count}")
    return elements[place]()


def SequenceLength(lo: Lowering) -> SSAValue:
    """How many elements there are."""
    return lo.constant(np.array(len(_elements(lo, lo.operand("input_sequence"))), np.int64))


def ConcatFromSequence(lo: Lowering) -> SSAValue:
    """The elements side by side, along an axis that they have or along a new one."""
    parts = [element() for element in _elements(lo, lo.operand("input_sequence"))]
    if not parts or any(map(is_opaque, parts)):
        raise NoNativeForm("has no elements, or some of unknown shape")
    new, shapes = bool(lo.integer("new_axis")), [shape_of(part) for part in parts]
    axis = positive(lo.integer("axis"), len(shapes[0]) + new)
    if new:
        parts = [
            lo.reshape(part, (*shape[:axis], 1, *shape[axis:]))
            for part, shape in zip(parts, shapes, strict=True)
        ]
    others = {(*s[:axis], *s[axis + (not new) :]) for s in shapes}
    if len(others) != 1:
        raise NoNativeForm(f"has elements of shapes that do not fit: {_listed(shapes)}")
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))


def _listed(shapes: Sequence[Sequence[int]]) -> str:
    return ", ".join(str(list(shape)) for shape in dict.fromkeys(map(tuple, shapes)))


def OptionalHasElement(lo: Lowering) -> SSAValue:
    """Whether there is an element; a value that is not optional is there."""
    given = lo.optional("input")
    if given is None or not isinstance(given.type, OptionalType):
        return lo.constant(np.array(given is not None))
    return lo.constant(np.array(_content(given) is not None))


def OptionalGetElement(lo: Lowering) -> SSAValue:
    """The element that is there."""
    given = lo.operand("input")
    found = _content(given) if isinstance(given.type, OptionalType) else given
    if found is None:
        raise NoNativeForm("is asked for an element that is not there")
    return found


def _content(optional: SSAValue) -> SSAValue | None:
    assert isinstance(optional, SSAValue)
    if not isinstance(optional, OpResult):
        raise NoNativeForm("has an optional value that is known at run time only")
    made = _Made(optional)
    if made.name != "Optional":
        raise NoNativeForm("has an optional value that is known at run time only")
    return made.operand(0)


OPERATORS: dict[str, Conversion] = {
    "ConcatFromSequence": ConcatFromSequence,
    "OptionalGetElement": OptionalGetElement,
    "OptionalHasElement": OptionalHasElement,
    "SequenceAt": SequenceAt,
    "SequenceLength": SequenceLength,
}

OPAQUE_OPERANDS = frozenset(f"onnx.{name}" for name in OPERATORS)
"""They take what has no buffer, as their names say."""
