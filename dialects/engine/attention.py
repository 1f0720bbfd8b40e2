"""Scaled dot-product attention."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import FloatAttr, MemRefType, TensorType, UnitAttr, f64
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from .base import (
    SHAPED,
    EngineOp,
    element_of,
    extents_of,
    shape_of,
    tensor,
)
from .size_questions import may_be_same, may_broadcast_to
from .sizes import shape_text

LARGEST_SCALE = 2.0**127
"""Scores are scaled in f32, or more widely."""

HIDDEN = -1e30
"""Adding a number up to this one to a score gives that number: the score is rounded away."""


def fits_attention(query: Sequence[Extent], key: Sequence[Extent], value: Sequence[Extent]) -> bool:
    """
    Whether operands of these shapes are those of one operation: batch and lengths may be sizes by
    name, but code is made for the size of a head and for how many share keys and values.
    """
    heads, shared = query[-3], key[-3]
    grouped = heads == shared or (isinstance(heads, int) and isinstance(shared, int))
    return grouped and isinstance(query[-1], int) and isinstance(value[-1], int)


@irdl_op_definition
class AttentionOp(EngineOp):
    """
    `softmax(scale * query . key^T + mask) . value`.

    query `[batch..., heads, Sq, D]`, key `[batch..., kv_heads, Sk, D]`, value
    `[batch..., kv_heads, Sk, Dv]`; `heads` is a multiple of `kv_heads`. The additive mask
    broadcasts to `[batch..., heads, Sq, Sk]`. `causal` adds -inf to the scores of query `i` and keys
    `j > i + Sk - Sq`.
    With `choosing` the mask stands for a choice between scores and numbers of -1e30 or less: these
    (and -inf for `causal`) take the place of the score, whatever it is; added to NaN they would not
    hide it.
    A row that is masked out entirely gives zeros when `guarded`, NaN otherwise. With `clears_nan`
    all probabilities of NaN count as 0, also those of a row with a score of NaN or infinity.

    ```mlir
    %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x1x128xf32>) {scale = 1.250000e-01 : f64} : tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32> -> tensor<1x4x128x64xf32>
    ```
    """

    name = "engine.attention"
    query = operand_def(SHAPED)
    key = operand_def(SHAPED)
    value = operand_def(SHAPED)
    mask = opt_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    scale = prop_def(FloatAttr)
    causal = opt_prop_def(UnitAttr)
    choosing = opt_prop_def(UnitAttr)
    guarded = opt_prop_def(UnitAttr)
    clears_nan = opt_prop_def(UnitAttr)
    res = var_result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$query `,` $key `,` $value (`mask` `(` $mask^ `:` type($mask) `)`)?"
        " (`outs` `(` $outs^ `:` type($outs) `)`)? attr-dict"
        " `:` type($query) `,` type($key) `,` type($value) (`->` type($res)^)?"
    )

    def __init__(
        self,
        query: SSAValue | Operation,
        key: SSAValue | Operation,
        value: SSAValue | Operation,
        scale: float,
        *,
        mask: SSAValue | None = None,
        causal: bool = False,
        choosing: bool = False,
        guarded: bool = False,
        clears_nan: bool = False,
        result_type: Attribute | None = None,
        outs: Sequence[SSAValue] = (),
    ):
        q, v = SSAValue.get(query), SSAValue.get(value)
        result_type = result_type or tensor((*extents_of(q)[:-1], extents_of(v)[-1]), element_of(q))
        super().__init__(
            operands=[q, key, v, [] if mask is None else [mask], outs],
            properties={
                "scale": FloatAttr(scale, f64),
                "causal": UnitAttr() if causal else None,
                "choosing": UnitAttr() if choosing else None,
                "guarded": UnitAttr() if guarded else None,
                "clears_nan": UnitAttr() if clears_nan else None,
            },
            result_types=[[] if outs else [result_type]],
        )

    def alike(self) -> Sequence[SSAValue]:
        return [v for v in (self.query, self.key, self.value, self.mask) if v is not None]

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [(*extents_of(self.query)[:-1], extents_of(self.value)[-1])]

    def flops(self) -> int:
        q, k, v = shape_of(self.query), shape_of(self.key), shape_of(self.value)
        scores = prod(q[:-1]) * k[-2]
        return scores * (2 * q[-1] + 2 * v[-1] + 5)

    def definition_flops(self) -> int:
        """Without the scores that `causal` hides."""
        rows, keys = shape_of(self.query)[-2], shape_of(self.key)[-2]
        if self.causal is None or not rows * keys:
            return self.flops()
        visible = sum(min(max(row + 1 + keys - rows, 0), keys) for row in range(rows))
        return self.flops() * visible // (rows * keys)

    def verify_(self) -> None:
        q, k, v = extents_of(self.query), extents_of(self.key), extents_of(self.value)
        if not 3 <= len(q) == len(k) == len(v):
            raise VerifyException(f"'{self.name}' operands must have the same rank, 3 or more")
        pairs = ((q[-1], k[-1]), *zip(k[:-1], v[:-1], strict=True), *zip(q[:-3], k, strict=False))
        if not all(itertools.starmap(may_be_same, pairs)):
            raise VerifyException(
                f"'{self.name}' query {shape_text(q)}, key {shape_text(k)} and value"
                f" {shape_text(v)} do not fit"
            )
        heads, shared = q[-3], k[-3]
        if isinstance(heads, int) and isinstance(shared, int) and (shared <= 0 or heads % shared):
            raise VerifyException(f"'{self.name}' {q[-3]} heads over {k[-3]} key heads")
        scale = self.scale.value.data
        if not abs(scale) <= LARGEST_SCALE:
            raise VerifyException(f"'{self.name}' scale {scale} is not a finite number of f32")
        scores = (*q[:-1], k[-2])
        if self.mask is not None and not may_broadcast_to(extents_of(self.mask), scores):
            raise VerifyException(
                f"'{self.name}' mask {shape_text(extents_of(self.mask))} does not broadcast to"
                f" {shape_text(scores)}"
            )
        super().verify_()
