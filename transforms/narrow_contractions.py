"""
`narrow-contractions`: products in bf16, where that is asked for and takes less time.

    matmul(x, w)  => coded_matmul(x, bf16(w))                      up to four rows: x stays as it is
    matmul(x, w)  => coded_matmul(x, bf16(w)) {lhs_codes = bf16}   more rows, where a target has dot
                                                                   products of bf16

Class `approximate`: each side is rounded to nearest even, sums and epilogues stay f32. The weight
is stored in half of the bytes. A product of few rows is as fast as its weight is read, so that only
the weight is rounded. On targets without such instructions products of more rows stay f32: bf16
would save nothing. Products of two computed sides, and what is no product, stay f32.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from ml_dtypes import bfloat16
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, bf16, f32
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..dialects.engine import CodedMatmulOp, ConstantOp, MatmulOp
from ..dialects.engine.base import (
    carry_provenance,
    element_of,
    extents_of,
    rank_of,
    shape_of,
    sized,
    tensor,
)
from ..dialects.engine.constant import constant_of
from ..dialects.engine.integer_rounding import rounds
from ..dialects.engine.weights import Array, WeightStore, weight_store
from ..kernels.registry import layout_choices
from ..targets.target import Target

NAME = "narrow-contractions"

FEW_ROWS = 4
"""Rows up to which only the weight is rounded."""

LEAST_WEIGHT = 1 << 14
"""Elements of a weight below which a product is not worth another precision."""


@dataclass(frozen=True)
class NarrowContractionsPass(ModulePass):
    """Compute products in bf16 where `precision` says so and it takes less time."""

    name = NAME
    precision: str = "f32"
    target: str = "native"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.precision != "bf16":
            return
        store, target = weight_store(ctx), Target.parse(self.target)
        for found in list(op.walk()):
            if isinstance(found, MatmulOp):
                _narrow(found, store, target)
        for found in list(op.walk()):
            if isinstance(found, ConstantOp) and not found.results[0].uses:
                Rewriter.erase_op(found)  # a weight is not stored beside what became of it


def _narrow(op: MatmulOp, store: WeightStore, target: Target) -> None:
    shape, attr = extents_of(op.lhs), constant_of(op.rhs)
    if attr is None or rank_of(op.rhs) != 2 or op.sums_codes or op.trans_lhs is not None:
        return
    if element_of(op.lhs) != f32 or not sized(shape) or not isinstance(shape[-1], int):
        return
    if prod(shape_of(op.rhs)) < LEAST_WEIGHT or not op.results or rounds(op.walk()):
        return
    rows = _rows(op)
    few = rows is not None and rows <= FEW_ROWS
    if not few and not target.dot16:
        return
    turned = op.trans_rhs is not None
    columns, depth = shape_of(op.rhs) if turned else shape_of(op.rhs)[::-1]

    def compute(array: Array) -> Array:
        rounded = array if turned else array.T
        with np.errstate(all="ignore"):
            return rounded.astype(bfloat16)

    name = op.rhs.name_hint or "weight"
    codes = ConstantOp(
        store.derive(f"bf16-{turned}", compute, [attr], tensor((columns, depth), bf16), name)
    )
    region = op.epilogue_region
    made = CodedMatmulOp(
        op.lhs,
        codes,
        result_type=op.results[0].type,
        bits=16,
        block=depth,
        lhs_codes=None if few else bf16,
        epilogue_operands=list(op.epilogue_operands),
        epilogue=None if region is None else region.clone(),
    )
    made.results[0].name_hint = op.results[0].name_hint
    if rows is not None and not few and not _is_faster(made, op, target):
        made.erase()
        codes.erase()
        return
    carry_provenance([op], [made], NAME)
    Rewriter.insert_op(codes, InsertPoint.before(op))
    Rewriter.replace_op(op, made)


def _rows(op: MatmulOp) -> int | None:
    """Rows of the product; None where they are a value."""
    lead = [n for n in extents_of(op.lhs)[:-1] if isinstance(n, int)]
    return prod(lead) if len(lead) == len(extents_of(op.lhs)) - 1 else None


def _is_faster(made: CodedMatmulOp, op: MatmulOp, target: Target) -> bool:
    times = [
        min((choice.seconds for choice in layout_choices(one, target)), default=float("inf"))
        for one in (made, op)
    ]
    return times[0] < times[1]
