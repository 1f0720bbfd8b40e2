"""
Operations on each element: each one `engine.map`.

Operators: filled in by hand below.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import OpResult, SSAValue

from ...dialects.engine import BroadcastOp
from ...dialects.engine.base import element_of, extents_of
from ...dialects.framework import dims_of
from ...runtime.size import Extent
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from .parts_of_operations import hlo
from .scalar_forms import FORMS, build_scalar


def elementwise(lo: Lowering) -> SSAValue:
    """The operation on scalars, on every element."""
    op = hlo(lo)
    result = element_of(op.results[0])

    def build(*scalars: SSAValue) -> SSAValue:
        return build_scalar(op, scalars)

    return full(lo, lo.map(narrow_operands(lo), build, result))


def narrow_operands(lo: Lowering) -> list[SSAValue]:
    """
    The operands before they were repeated, where `engine.map` repeats them itself: JAX repeats
    every operand of every function.
    """
    given = list(lo.operands)
    narrow = [_before_broadcast(value) for value in given]
    if narrow == given:
        return given
    wanted = extents_of(max(given, key=lambda value: len(extents_of(value))))
    for at, value in enumerate(given):
        # All that are left decide the shape, else the first one that is as large has to.
        if lo.broadcast_extents(*map(extents_of, narrow)) == wanted:
            break
        if extents_of(value) == wanted:
            narrow[at] = value
    return narrow


def _before_broadcast(value: SSAValue) -> SSAValue:
    source = value.op if isinstance(value, OpResult) else None
    if not isinstance(source, BroadcastOp):
        return value
    inner = source.operands[0]
    return inner if len(extents_of(inner)) == len(extents_of(value)) else value


def maximum(lo: Lowering) -> SSAValue:
    """The larger; the other one of a number and minus infinity, which softmax begins with."""
    for value, other in zip(lo.operands, reversed(lo.operands), strict=True):
        array = lo.array_of(_before_broadcast(value))
        if array is not None and array.dtype.kind == "f" and (array == -np.inf).all():
            return other
    return elementwise(lo)


def full(lo: Lowering, found: SSAValue) -> SSAValue:
    """A result that has all sizes that the operation says: scalars may have been broadcast."""
    dims = dims_of(lo.op.results[0].type)
    known: list[Extent] = [d for d in dims or () if d is not None]
    if dims is None or len(known) != len(dims) or tuple(known) == extents_of(found):
        return found
    return found if len(extents_of(found)) == len(known) else lo.broadcast(found, known)


def broadcast_elementwise(lo: Lowering) -> SSAValue:
    """The same of operands that are broadcast, by their last dimensions or as it is said."""
    axes = lo.integers("broadcast_dimensions")
    ranks = [len(extents_of(v)) for v in lo.operands]
    most = max(ranks)
    usual = axes is None or all(
        list(axes) == list(range(most - r, most)) for r in ranks if r < most
    )
    if not usual:
        raise NoNativeForm("broadcasts along other dimensions than the last")
    return elementwise(lo)


OPERATORS: dict[str, Conversion] = {
    **{name.partition(".")[2]: elementwise for name in FORMS if name.startswith("stablehlo.")},
    "maximum": maximum,
}

CHLO_OPERATORS: dict[str, Conversion] = {
    name.partition(".")[2]: broadcast_elementwise
    if name.startswith("chlo.broadcast_")
    else elementwise
    for name in FORMS
    if name.startswith("chlo.")
}
