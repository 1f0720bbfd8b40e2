"""Weights in few bits: they are moved as they are stored, and decoded where they are read."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ....dialects.engine import DecodeOp, GatherOp
from ....dialects.engine.base import element_of, extents_of, rank_of, tensor
from ..rewriting.rewrite import Match, rewrite


@rewrite(
    GatherOp,
    exactness="bitwise",
    group="move",
    source="onnxruntime GatherBlockQuantized",
)
def gather_codes(op: GatherOp, m: Match) -> Sequence[SSAValue]:
    """
    gather(decode(c, s, z)) => decode(gather(c), gather(s), gather(z))  if rows are gathered, not
    elements of them: a few rows of a table are decoded instead of all.
    """
    read = m.producer(op.input, DecodeOp)
    m.require(op.axis.value.data != rank_of(op.input) - 1, "rows stay whole")

    def gathered(value: SSAValue) -> SSAValue:
        shape = (*extents_of(op.results[0])[:-1], extents_of(value)[-1])
        moved = GatherOp.create(
            operands=[value, *op.operands[1:]],
            result_types=[tensor(shape, element_of(value))],
            properties=dict(op.properties),
        )
        return m.insert(moved).results[0]

    codes = gathered(read.codes)
    scales, zeros = map(gathered, read.scales), map(gathered, read.zeros)
    made = DecodeOp(
        codes,
        list(scales),
        list(zeros),
        bits=read.width,
        block=read.block_size,
        size=read.row,
    )
    return [m.insert(made).results[0]]


RULES = (gather_codes,)
