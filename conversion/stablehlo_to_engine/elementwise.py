"""
Operations on each element: each one `engine.map`.

Operators: filled in by hand below.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

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

    return full(lo, lo.map(lo.operands, build, result))


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


def identity(lo: Lowering) -> SSAValue:
    """The operand."""
    return lo.operands[0]


OPERATORS: dict[str, Conversion] = {
    name.partition(".")[2]: elementwise for name in FORMS if name.startswith("stablehlo.")
}

CHLO_OPERATORS: dict[str, Conversion] = {
    name.partition(".")[2]: broadcast_elementwise
    if name.startswith("chlo.broadcast_")
    else elementwise
    for name in FORMS
    if name.startswith("chlo.")
}
