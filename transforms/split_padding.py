"""
`split-padding`: the zero padding of convolutions as operations of their own.

    conv{pads}(x, w) => conv{pads=0}(pad{0}(x), w)

The kernels for convolutions then have no borders to look at, and the padding itself is nearly
free: memory planning lets whoever computes `x` write into the middle of the padded buffer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from xdsl.context import Context
from xdsl.dialects.builtin import AnyFloat, FloatAttr, IntegerAttr, IntegerType, ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import ConvOp, PadOp
from ..dialects.engine.base import carry_provenance, element_of, int_array, scalar_type


@dataclass(frozen=True)
class SplitPaddingPass(ModulePass):
    """Turn the padding of convolutions into explicit `engine.pad` operations."""

    name = "split-padding"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for conv in op.walk():
            if isinstance(conv, ConvOp) and any(conv.window("pads")):
                _split(conv)


def _split(conv: ConvOp) -> None:
    pads, rank = conv.window("pads"), conv.spatial_rank
    element = scalar_type(element_of(conv.input))
    zero = (
        IntegerAttr(0, element)
        if isinstance(element, IntegerType)
        else FloatAttr(0.0, cast(AnyFloat, element))
    )
    pad = PadOp(
        conv.input,
        [0, 0, *pads[:rank]],
        [0, 0, *pads[rank:]],
        zero,
    )
    carry_provenance([conv], [pad])
    Rewriter.insert_op(pad, InsertPoint.before(conv))
    conv.operands[0] = pad.results[0]
    conv.properties["pads"] = int_array([0] * (2 * rank))
