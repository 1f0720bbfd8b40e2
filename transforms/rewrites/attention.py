"""Attention out of its parts, as exporters spell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr
from xdsl.ir import Block, Operation, OpResult, SSAValue

from ...dialects.engine import AttentionOp, MapOp, MatmulOp, SoftmaxOp, TransposeOp
from ...dialects.engine.base import shape_of, yielded_values
from ...dialects.vector_arith import CMPF_PREDICATES
from ..rewriting.rewrite import Match, producer_of, rewrite

UNORDERED = frozenset({"uno", "une"})
"""Predicates that hold for `x, x` exactly when x is NaN."""


@rewrite(
    MatmulOp,
    exactness="rounding",
    group="extended",
    source="course J6; Dao et al., FlashAttention, 2022; onnxruntime AttentionFusion",
)
def recompose_attention(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    matmul(guard(softmax(matmul(q, k^T) * scale + mask)), v) => attention(q, k, v)  if the
    probabilities are used nowhere else; guard replaces NaN by 0 and may be missing.
    """
    m.require(op.trans_lhs is None and op.trans_rhs is None, "probabilities and values are plain")
    m.require(op.epilogue_region is None, "the product with the values has no epilogue")
    softmax, guarded = _softmax_behind(op.lhs, m)
    shape = shape_of(softmax.input)
    m.require(softmax.axis.value.data == len(shape) - 1, "the softmax is over the last dimension")
    m.require(softmax.log is None, "it is a softmax, not its logarithm")
    scores = m.producer(softmax.input, MatmulOp)
    m.require(_one_user(scores.results[0]), "the scores are used by the softmax alone")
    m.require(scores.trans_lhs is None, "the queries are plain")
    part = _scale_and_mask(scores)
    m.require(part is not None, "the scores are scaled by a constant and masked by addition")
    assert part is not None
    query, value = scores.lhs, op.rhs
    q, k, v = shape_of(query), shape_of(scores.rhs), shape_of(value)
    m.require(3 <= len(q) == len(k) == len(v), "operands have one rank, 3 or more")
    m.require(q[:-2] == k[:-2] == v[:-2], "queries, keys and values have the same batch")
    key = scores.rhs
    if scores.trans_rhs is None:
        rank = len(k)
        swapped = [*range(rank - 2), rank - 1, rank - 2]
        key = m.insert(TransposeOp(key, swapped)).results[0]
    new = AttentionOp(
        query, key, value, part.scale, mask=part.mask, guarded=guarded,
        result_type=op.results[0].type,
    )  # fmt: skip
    return [m.insert(new).results[0]]


def _one_user(value: SSAValue) -> bool:
    return len({use.operation for use in value.uses}) == 1


def _softmax_behind(value: SSAValue, m: Match) -> tuple[SoftmaxOp, bool]:
    """The softmax, behind a guard if there is one, and whether there was."""
    m.require(_one_user(value), "the probabilities are used once")
    guard = producer_of(value, MapOp)
    if guard is None:
        return m.producer(value, SoftmaxOp), False
    m.require(len(guard.inputs) == 1, "the guard reads the probabilities alone")
    m.require(is_nan_guard(guard.body.block), "the guard replaces NaN by 0")
    m.consumed(guard)
    m.require(_one_user(guard.inputs[0]), "the probabilities are used by the guard alone")
    return m.producer(guard.inputs[0], SoftmaxOp), True


def is_nan_guard(block: Block) -> bool:
    """Whether a region of one argument is `x -> 0 if x is NaN else x`."""
    ops = list(block.ops)
    [value] = yielded_values(block.parent) if block.parent is not None else [None]
    argument = block.args[0]
    if not isinstance(value, OpResult) or not isinstance(value.op, arith.SelectOp):
        return False
    select = value.op
    zero, kept = select.lhs, select.rhs
    is_zero = (
        isinstance(zero, OpResult)
        and isinstance(zero.op, arith.ConstantOp)
        and isinstance(zero.op.value, FloatAttr)
        and zero.op.value.value.data == 0.0
    )
    test = select.cond.op if isinstance(select.cond, OpResult) else None
    return (
        is_zero
        and kept is argument
        and isinstance(test, arith.CmpfOp)
        and test.lhs is argument
        and test.rhs is argument
        and CMPF_PREDICATES[test.predicate.value.data] in UNORDERED
        and len(ops) == 4
    )


@dataclass
class _ScaleAndMask:
    scale: float
    mask: SSAValue | None


def _scale_and_mask(scores: MatmulOp) -> _ScaleAndMask | None:
    """The epilogue of the scores as `acc * scale + mask`, None if it is anything else."""
    found = _ScaleAndMask(1.0, None)
    region = scores.epilogue_region
    if region is None:
        return found
    value: SSAValue = region.block.args[0]
    while True:
        uses = list(value.uses)
        if len(uses) != 1:
            return None
        step, index = uses[0].operation, uses[0].index
        if step is region.block.last_op:
            return found
        if not _apply_step(step, index, scores, found):
            return None
        value = step.results[0]


def _apply_step(step: Operation, index: int, scores: MatmulOp, found: _ScaleAndMask) -> bool:
    if not isinstance(step, arith.MulfOp | arith.DivfOp | arith.AddfOp):
        return False
    other = step.operands[1 - index]
    if isinstance(step, arith.AddfOp):
        if found.mask is not None or isinstance(other, OpResult):
            return False
        block = other.owner
        assert isinstance(block, Block)
        found.mask = scores.epilogue_operands[block.args.index(other) - 1]
        return True
    constant = other.op if isinstance(other, OpResult) else None
    if not isinstance(constant, arith.ConstantOp) or not isinstance(constant.value, FloatAttr):
        return False
    number = constant.value.value.data
    # A scale after the mask would scale the mask, too.
    if found.mask is not None or (isinstance(step, arith.DivfOp) and (index or not number)):
        return False
    found.scale = found.scale * number if isinstance(step, arith.MulfOp) else found.scale / number
    return True
