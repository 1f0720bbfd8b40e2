"""
`split-padding`: the zero padding of convolutions as operations of their own.

    conv{pads}(x, w) => conv{pads=0}(pad{0}(x), w)

The kernels for convolutions then have no borders to look at, and the padding itself is nearly
free: memory planning lets whoever computes `x` write into the middle of the padded buffer.
Convolutions of one value that pad it alike share its padding, as only one could be written so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from xdsl.context import Context
from xdsl.dialects.builtin import AnyFloat, FloatAttr, IntegerAttr, IntegerType, ModuleOp
from xdsl.ir import Block, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import ConvOp, PadOp
from ..dialects.engine.base import carry_provenance, element_of, int_array, scalar_type


@dataclass(frozen=True)
class SplitPaddingPass(ModulePass):
    """Turn the padding of convolutions into explicit `engine.pad` operations."""

    name = "split-padding"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        made: _Made = {}
        for conv in op.walk():
            if isinstance(conv, ConvOp) and any(conv.window("pads")):
                _split(conv, made)


_Made = dict[tuple[Block | None, SSAValue, tuple[int, ...]], PadOp]
"""The padding of each value, by the block it is in and how much it is; blocks are gone through in
program order."""


def _split(conv: ConvOp, made: _Made) -> None:
    pads, rank = tuple(conv.window("pads")), conv.spatial_rank
    pad = made.get((conv.parent, conv.input, pads))
    if pad is None:
        pad = made[conv.parent, conv.input, pads] = _pad_of(conv, pads)
        Rewriter.insert_op(pad, InsertPoint.before(conv))
    carry_provenance([conv], [pad])
    conv.operands[0] = pad.results[0]
    conv.properties["pads"] = int_array([0] * (2 * rank))


def _pad_of(conv: ConvOp, pads: tuple[int, ...]) -> PadOp:
    rank = conv.spatial_rank
    element = scalar_type(element_of(conv.input))
    zero = (
        IntegerAttr(0, element)
        if isinstance(element, IntegerType)
        else FloatAttr(0.0, cast(AnyFloat, element))
    )
    return PadOp(conv.input, [0, 0, *pads[:rank]], [0, 0, *pads[rank:]], zero)
