"""Products of products."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ....dialects.engine import MatmulOp
from ....dialects.engine.base import element_of, nbytes_of, shape_of, tensor
from ....dialects.engine.weights import Array
from ..rewriting.rewrite import Match, has_one_use, rewrite
from .contractions import with_epilogue


@rewrite(MatmulOp, exactness="rounding", group="fuse", source="XLA")
def multiply_weights(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    (x @ a) @ b => x @ (a @ b)  if a and b are constant matrices, nobody else reads x @ a, and a @ b
    has fewer elements than a and b together.
    """
    right = m.constant(op.rhs)
    inner = m.producer(op.lhs, MatmulOp)
    left = m.constant(inner.rhs)
    m.require(has_one_use(op.lhs), "the inner product has one use")
    m.require(inner.epilogue_region is None, "nothing happens in between")
    m.require(op.trans_lhs is None, "the inner product is read as it is")
    matrices = len(shape_of(op.rhs)) == len(shape_of(inner.rhs)) == 2
    m.require(matrices, "both constants are matrices")
    first, second = inner.trans_rhs is not None, op.trans_rhs is not None
    rows = shape_of(inner.rhs)[1 if first else 0]
    columns = shape_of(op.rhs)[0 if second else 1]
    depth = inner_depth = shape_of(op.lhs)[-1]
    smaller = rows * columns < rows * depth + inner_depth * columns
    m.require(smaller, "the product has fewer elements than its factors together")
    element = element_of(op.rhs)

    def product(a: Array, b: Array) -> Array:
        wide = np.float64
        a, b = a.astype(wide), b.astype(wide)
        return ((a.T if first else a) @ (b.T if second else b)).astype(right_dtype)

    right_dtype = m.store.array(right).dtype
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
