"""
One-hot rows.

Operators: OneHot.
"""

from __future__ import annotations

from xdsl.dialects.builtin import IntegerType, i64
from xdsl.ir import SSAValue

from ....dialects.engine.base import element_of, extents_of
from ...to_engine.data_extents import data_extents
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along, scalar
from ...to_engine.lowering import Lowering, positive
from ...to_engine.open_extents import Number, extents_in, map_with_extents
from ...to_engine.run_time_operands import checked, declared_shape, declares_sizes, equal_to
from ...to_engine.scalars import Numbers, cast_scalar, select


def OneHot(lo: Lowering) -> SSAValue:
    """`on` where the position along `axis` is the index, `off` elsewhere.

    Indices that are not integers are cut to integers, as the standard says and `onnx.reference`
    does not.
    """
    indices, values, depth = lo.operand("indices"), lo.operand("values"), lo.operand("depth")
    shape, element = extents_of(indices), element_of(values)
    axis = positive(lo.integer("axis", -1), len(shape) + 1)
    known = extents_in(lo, depth)
    if known is None and isinstance(element_of(depth), IntegerType) and not declares_sizes(lo):
        known = data_extents(lo, depth)
    count = declared_shape(lo, operand="depth")[axis] if known is None else known[0]
    n = Numbers(element_of(indices))
    place = along(lo, count, axis, len(shape) + 1)
    spread = lo.reshape(indices, (*shape[:axis], 1, *shape[axis:]))
    off, on = (lo.reshape(lo.slice_axis(values, 0, at, 1), ()) for at in (0, 1))

    def build(i: SSAValue, p: SSAValue, low: SSAValue, high: SSAValue, count: Number) -> SSAValue:
        at = cast_scalar(i, n.element, i64)
        below = WHOLE.compare("lt", at, WHOLE.number(0))
        at = at if n.unsigned else select(below, WHOLE.add(at, scalar(count)), at)
        return select(WHOLE.compare("eq", at, p), high, low)

    result = map_with_extents(lo, [spread, place, off, on], [count], build, element)
    if known is not None:
        return result
    given = equal_to(lo, lo.reshape(depth, (1,)), [count])
    return checked(lo, result, given, f"the depth is not the declared {count}")


OPERATORS: dict[str, Conversion] = {"OneHot": OneHot}
