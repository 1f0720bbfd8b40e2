"""Products of products."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine import MatmulOp
from ....dialects.engine.base import element_of, extents_of, nbytes_of, tensor
from ....dialects.engine.integer_rounding import sum_of
from ....dialects.engine.normal_numbers import (
    all_normal_or_zero,
    largest,
    magnitudes,
    smallest_normal,
)
from ....dialects.engine.weights import Array, dtype_of
from ....runtime.size import numbers_of
from ..rewriting.rewrite import Match, has_one_use, rewrite
from .contractions import with_epilogue

LOOKED_THROUGH = 1 << 28
"""Multiplications up to which a product is computed to see whether its numbers are normal."""


@rewrite(
    MatmulOp, after=(MatmulOp,), exactness="rounding", group="fuse", source="XLA", rows=("F14",)
)
def multiply_weights(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    (x @ a) @ b => x @ (a @ b)  if a and b are constant matrices, nobody else reads x @ a, a @ b has
    fewer elements than a and b together, each is a normal number, and the result is not rounded to
    integers.
    """
    right = m.constant(op.rhs)
    inner = m.producer(op.lhs, MatmulOp)
    left = m.constant(inner.rhs)
    m.require(has_one_use(op.lhs), "the inner product has one use")
    m.require(inner.epilogue_region is None, "nothing happens in between")
    m.require(op.trans_lhs is None, "the inner product is read as it is")
    matrices = len(extents_of(op.rhs)) == len(extents_of(inner.rhs)) == 2
    m.require(matrices, "both constants are matrices")
    first, second = inner.trans_rhs is not None, op.trans_rhs is not None
    rows = extents_of(inner.rhs)[1 if first else 0]
    columns = extents_of(op.rhs)[0 if second else 1]
    [rows, columns, depth] = numbers_of((rows, columns, extents_of(op.lhs)[-1]))
    smaller = rows * columns < (rows + columns) * depth
    m.require(smaller, "the product has fewer elements than its factors together")
    element = element_of(op.rhs)

    m.may_move(sum_of(op))

    def wide_product(a: Array, b: Array) -> Array:
        a, b = a.astype(np.float64), b.astype(np.float64)
        with np.errstate(over="ignore", under="ignore"):
            return (a.T if first else a) @ (b.T if second else b)

    def product(a: Array, b: Array) -> Array:
        return wide_product(a, b).astype(dtype_of(element))

    def is_normal() -> bool:
        a, b = m.store.array(left), m.store.array(right)
        (least_a, most_a), (least_b, most_b) = magnitudes(a), magnitudes(b)
        low, high = smallest_normal(element), largest(element)
        with np.errstate(over="ignore", under="ignore"):
            if least_a * least_b >= low and depth * most_a * most_b <= high:
                return True
        # A few numbers are tiny or huge: it takes the sums to tell.
        if rows * columns * depth > LOOKED_THROUGH or least_a * least_b == 0:
            return False
        return all_normal_or_zero(wide_product(a, b), element)

    m.require(is_normal(), "each number of a @ b is normal")
    result = tensor((rows, columns), element)
    name = op.rhs.name_hint or "weight"
    kind = f"product{first}{second}"
    weight = m.insert_constant(m.store.derive(kind, product, [left, right], result, name))
    m.folded(nbytes_of(weight) - nbytes_of(op.rhs) - nbytes_of(inner.rhs), inner.flops())
    region = op.epilogue_region
    new = with_epilogue(
        op,
        list(op.epilogue_operands),
        None if region is None else region.clone(),
        op.results[0].type,
        [inner.lhs, weight],
    )
    for flag in ("trans_lhs", "trans_rhs"):
        new.properties.pop(flag, None)
    if inner.trans_lhs is not None:
        new.properties["trans_lhs"] = inner.trans_lhs
    return [m.insert(new).results[0]]


RULES = (multiply_weights,)
