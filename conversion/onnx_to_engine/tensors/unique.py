"""
Distinct elements.

Operators: Unique.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ....dialects.engine import GatherOp
from ....dialects.engine.base import element_of, extents_of, is_coded, rank_of
from ....runtime.size import product_of
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm, positive
from ...to_engine.run_time_operands import declared_shape, declares_sizes, result_name
from ...to_engine.vocabulary.distinct import distinct


def Unique(lo: Lowering) -> Sequence[SSAValue | None]:
    """The distinct elements of a tensor, or its distinct parts along an axis."""
    x = lo.operand("X")
    if is_coded(element_of(x)):
        raise NoNativeForm(f"of {element_of(x)}")
    given = lo.op.attribute("axis") is not None
    axis = positive(lo.integer("axis"), rank_of(x)) if given else 0
    shape = extents_of(x)
    if not given:
        x = keys = lo.reshape(x, (product_of(shape),))
    else:
        others = [d for d in range(len(shape)) if d != axis]
        rows = lo.transpose(x, [axis, *others])
        keys = lo.reshape(rows, (shape[axis], product_of(shape[d] for d in others)))
    wanted = f"{result_name(lo)}_{axis}"
    found = distinct(lo, keys, wanted, ascending=bool(lo.integer("sorted", 1)))
    if declares_sizes(lo):
        lo.relations.equal(found.count, declared_shape(lo)[axis])
    return [
        lo.emit(GatherOp(x, found.first, axis)),
        found.first,
        found.which,
        found.counts if lo.is_used("counts") else None,
    ]


OPERATORS: dict[str, Conversion] = {"Unique": Unique}
