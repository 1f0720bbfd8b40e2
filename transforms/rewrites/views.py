"""Elementwise operations past views, and views into the operations that can read through them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import OpResult, SSAValue

from ...dialects.engine import ConstantOp, MapOp, MatmulOp, ReshapeOp, TransposeOp
from ...dialects.engine.base import element_of, shape_of, tensor
from ..rewriting.rewrite import Match, has_one_use, rewrite
from ..rewriting.scalar_code import RegionBuilder


@rewrite(MapOp, exactness="bitwise", group="extended", source="onnxruntime TransposeOptimizer")
def move_map_before_view(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(view(x)) => view(map{f}(x))  if the map has one operand and view, a transpose or a
    reshape, is read by it alone.
    """
    m.require(len(op.inputs) == 1, "the map has one operand")
    [value] = op.inputs
    m.require(shape_of(value) == shape_of(op.results[0]), "the map does not broadcast")
    view = value.op if isinstance(value, OpResult) else None
    m.require(isinstance(view, TransposeOp | ReshapeOp), "the operand is a transpose or reshape")
    assert isinstance(view, TransposeOp | ReshapeOp)
    m.require(has_one_use(value), "the view has one use")
    source = view.input
    computed = isinstance(source, OpResult) and not isinstance(source.op, ConstantOp)
    m.require(computed, "the view is of a computed value, which may take the map over")
    builder = RegionBuilder()
    values = builder.inline(op.body, [builder.argument(source)])
    moved = tensor(shape_of(source), element_of(op.results[0]))
    mapped = m.insert(MapOp([source], builder.finish(*values), moved)).results[0]
    if isinstance(view, TransposeOp):
        return [m.insert(TransposeOp(mapped, view.permutation)).results[0]]
    return [m.insert(ReshapeOp(mapped, shape_of(value))).results[0]]


@rewrite(
    MatmulOp,
    exactness="bitwise",
    group="extended",
    source="course J3; onnxruntime MatmulTransposeFusion",
)
def fold_transpose_into_matmul(op: MatmulOp, m: Match) -> Sequence[SSAValue]:
    """
    matmul(transpose(a), b) => matmul{trans_lhs}(a, b), and the same for b  if the transpose
    swaps the last two dimensions only.
    """
    operands, flags = [op.lhs, op.rhs], [op.trans_lhs is not None, op.trans_rhs is not None]
    found = False
    for number, value in enumerate(operands):
        view = value.op if isinstance(value, OpResult) else None
        if isinstance(view, TransposeOp) and swaps_last_two(view.permutation):
            operands[number], flags[number] = view.input, not flags[number]
            m.consumed(view)
            found = True
    m.require(found, "an operand is a transpose of its last two dimensions")
    new = MatmulOp(
        operands[0],
        operands[1],
        op.results[0].type,
        trans_lhs=flags[0],
        trans_rhs=flags[1],
        extras=list(op.epilogue_operands),
        epilogue=None if op.epilogue_region is None else op.epilogue_region.clone(),
    )
    return [m.insert(new).results[0]]


def swaps_last_two(permutation: Sequence[int]) -> bool:
    """Whether a permutation exchanges the last two dimensions and nothing else."""
    rank = len(permutation)
    if rank < 2:
        return False
    return list(permutation) == [*range(rank - 2), rank - 1, rank - 2]


@rewrite(MapOp, exactness="bitwise", group="extended", source="ncnn; course D10")
def align_map_with_reshape(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(reshape(x), y) => reshape(map{f}(x, y'))  if x is a contraction's result, reshaped only
    by dimensions of extent 1 in front, and y' is y without them.
    """
    result = shape_of(op.results[0])
    for number, value in enumerate(op.inputs):
        view = value.op if isinstance(value, OpResult) else None
        if not isinstance(view, ReshapeOp) or not has_one_use(value) or shape_of(value) != result:
            continue
        inner = shape_of(view.input)
        extra = len(result) - len(inner)
        if extra <= 0 or result[extra:] != inner or prod(result[:extra]) != 1:
            continue
        others = [v for i, v in enumerate(op.inputs) if i != number]
        if any(len(shape_of(v)) > len(inner) for v in others):
            continue
        builder = RegionBuilder()
        arguments = [
            builder.argument(view.input if i == number else v) for i, v in enumerate(op.inputs)
        ]
        values = builder.inline(op.body, arguments)
        moved = tensor(inner, element_of(op.results[0]))
        mapped = m.insert(MapOp(builder.operands, builder.finish(*values), moved))
        return [m.insert(ReshapeOp(mapped.results[0], result)).results[0]]
    m.require(False, "an operand is a reshape that adds dimensions of extent 1 in front")
    return []
