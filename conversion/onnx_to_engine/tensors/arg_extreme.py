"""
Where the largest or smallest element is.

Operators: ArgMax, ArgMin, Hardmax.
"""

from __future__ import annotations

import numpy as np
from xdsl.builder import ImplicitBuilder
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    i64,
)
from xdsl.ir import Block, Region, SSAValue

from ....dialects.engine import ReduceOp, YieldOp
from ....dialects.engine.base import element_of, extents_of, rank_of
from ....runtime.size import Size
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.flat_index import WHOLE, along
from ...to_engine.lowering import Lowering, positive
from ...to_engine.scalars import Numbers, select, value
from ...to_engine.vocabulary.arg_extreme import arg_extreme
from ...to_engine.vocabulary.cast import widened


def _arg_extreme(largest: bool) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("data")
        return arg_extreme(
            lo,
            x,
            positive(lo.integer("axis"), rank_of(x)),
            largest=largest,
            last=bool(lo.integer("select_last_index")),
            keep=bool(lo.integer("keepdims", 1)),
        )

    return convert


def Hardmax(lo: Lowering) -> SSAValue:
    """1 at the first largest element along `axis`, 0 elsewhere."""
    x = lo.operand("input")
    n, shape = Numbers(element_of(x)), extents_of(x)
    axis = positive(lo.integer("axis", -1), len(shape))
    if 0 in shape:
        return x
    wide = widened(lo, x)
    m = Numbers(element_of(wide))
    top = lo.emit(ReduceOp([wide], "max", [axis]))
    iota, count = along(lo, shape[axis], axis, len(shape)), shape[axis]
    behind = np.iinfo(np.int64).max if isinstance(count, Size) else count
    block = Block(arg_types=[m.scalar, m.scalar, i64])
    with ImplicitBuilder(block):
        a, largest, at = block.args
        found = value(arith.OrIOp(m.compare("eq", a, largest), m.compare("ne", a, a)))
        YieldOp(select(found, at, WHOLE.number(behind)))
    first = lo.emit(ReduceOp([wide, top, iota], "min", [axis], body=Region(block)))

    def build(at: SSAValue, place: SSAValue) -> SSAValue:
        return select(WHOLE.compare("eq", at, place), n.number(1), n.number(0))

    return lo.map([first, iota], build, n.element)


OPERATORS: dict[str, Conversion] = {
    "ArgMax": _arg_extreme(True),
    "ArgMin": _arg_extreme(False),
    "Hardmax": Hardmax,
}
