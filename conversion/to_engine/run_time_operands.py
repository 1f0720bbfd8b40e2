"""
Operands that say how, such as axes or a new shape, when they are data and not constants.

Where the model declares the shape of the result, the shape says what they must be. The program is
compiled for that, and what is given at run time is checked against it (`engine.assert`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import TensorType, i1
from xdsl.ir import SSAValue

from ...dialects.engine import AssertOp, GatherOp, ReduceOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of, sized, static
from ...dialects.engine.sizes import shape_text as extents_text
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent
from .lowering import Lowering, NoNativeForm, ScalarBuilder, operator_name
from .open_extents import extents_in, size_vector
from .scalars import Numbers, select


def declared_shape(lo: Lowering, result: int = 0, operand: str = "") -> tuple[Extent, ...]:
    """
    The shape that the model declares for a result, of numbers and names of the inputs' sizes.

    Raises:
        NoNativeForm: when it declares none, or not all of it; `operand` is what would be needed.
    """
    found = lo.op.result_slots[result]
    if found is None or not isinstance(found.type, TensorType) or not sized(extents_of(found)):
        raise NoNativeForm(f"operand '{operand}' is not a constant")
    return extents_of(found)


def declares_numbers(lo: Lowering, result: int = 0) -> bool:
    """Whether the model declares all sizes of a result, as numbers."""
    found = lo.op.result_slots[result]
    if found is None or not isinstance(found.type, TensorType):
        return False
    return static(extents_of(found))


def declares_sizes(lo: Lowering, result: int = 0) -> bool:
    """Whether the model declares all sizes of a result, as numbers or by name."""
    found = lo.op.result_slots[result]
    return found is not None and isinstance(found.type, TensorType) and sized(extents_of(found))


def result_name(lo: Lowering) -> str:
    """What a size that is found for the first result is named after."""
    return next((r.name_hint for r in lo.op.results if r.name_hint), operator_name(lo.op))


def constants_like(lo: Lowering, numbers: Sequence[Extent], given: SSAValue) -> SSAValue:
    """A vector of integers of the type of `given`."""
    return size_vector(lo, numbers, element_of(given), "expected")


def holds_for(
    lo: Lowering, given: SSAValue, build: ScalarBuilder, *known: Sequence[Extent]
) -> SSAValue:
    """Booleans: `build(x, *k)` for each `x` of `given` and its `k` of each of `known`."""
    return lo.map([given, *(constants_like(lo, k, given) for k in known)], build, i1)


def checked(lo: Lowering, x: SSAValue, condition: SSAValue, message: str) -> SSAValue:
    """`x`, with an error at run time unless all of `condition` hold."""
    array = lo.array_of(condition)
    if array is not None and array.all():
        return x
    return lo.emit(AssertOp(x, condition, message))


def equal_to(lo: Lowering, given: SSAValue, expected: Sequence[Extent]) -> SSAValue:
    """Booleans: whether each integer is the expected one."""
    if extents_in(lo, given) == list(expected):
        return lo.constant(np.ones(len(expected), np.bool_), "equal")
    if shape_of(given) != (len(expected),):
        raise NoNativeForm(f"is given {shape_of(given)[0]} numbers for {len(expected)}")
    n = Numbers(element_of(given))
    return holds_for(lo, given, lambda a, b: n.compare("eq", a, b), expected)


def from_front(n: Numbers, axis: SSAValue, rank: int) -> SSAValue:
    """An axis that may count from the end, counted from the front."""
    return select(n.compare("lt", axis, n.number(0)), n.add(axis, n.number(rank)), axis)


def all_of(lo: Lowering, booleans: SSAValue) -> SSAValue:
    """Whether all of them hold, a scalar."""
    axes = range(rank_of(booleans))
    return lo.emit(ReduceOp([booleans], "min", axes, keepdims=False)) if axes else booleans


def axes_are(
    lo: Lowering, axes: SSAValue, rank: int, wanted: Sequence[int], free: Sequence[int]
) -> SSAValue:
    """
    Booleans that hold when the axes are `wanted`, in any order and from either end.

    Those in `free` may be among them or not.
    """
    n = Numbers(element_of(axes))
    every = lo.constant(np.arange(rank, dtype=dtype_of(n.element)), "axes")
    column = lo.reshape(axes, (*shape_of(axes), 1))
    named = lo.map([column, every], lambda a, d: n.compare("eq", from_front(n, a, rank), d), i1)
    among = lo.emit(ReduceOp([named], "max", [0], keepdims=False))
    there = [d in wanted for d in range(rank)]
    either = [d in free for d in range(rank)]
    b = Numbers(i1)
    inputs = [among, lo.constant(np.array(there), "wanted"), lo.constant(np.array(either), "free")]
    return lo.map(inputs, lambda a, w, f: b.maximum(b.compare("eq", a, w), f), i1)


def extents_at(lo: Lowering, shape: Sequence[Extent], axes: SSAValue) -> SSAValue:
    """The extents of a shape at run-time axes; an axis outside is an error there."""
    return lo.emit(GatherOp(size_vector(lo, shape, name="shape"), axes, 0))


def ones(lo: Lowering, extents: SSAValue) -> SSAValue:
    """Booleans: whether each extent is 1."""
    n = Numbers(element_of(extents))
    return lo.map([extents], lambda a: n.compare("eq", a, n.number(1)), i1)


def shape_text(shape: Sequence[Extent]) -> str:
    """A shape as messages write it."""
    return f"the model was compiled for the declared result {extents_text(shape)}"
