"""Operations that change nothing, and pairs that undo each other."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from ....dialects.engine import (
    BroadcastOp,
    ConcatOp,
    MapOp,
    PadOp,
    PoolOp,
    ReduceOp,
    RelayoutOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)
from ....dialects.engine.base import extents_of, yielded_values
from ....runtime.size import is_one
from ..rewriting.rewrite import Match, rewrite


@rewrite(
    ReshapeOp,
    BroadcastOp,
    RelayoutOp,
    exactness="bitwise",
    source="onnxruntime ExpandElimination; MLIR tensor",
    rows=("B11", "C1", "C2"),
)
def drop_same_type_movement(
    op: ReshapeOp | BroadcastOp | RelayoutOp, m: Match
) -> Sequence[SSAValue]:
    """
    reshape(x), broadcast(x), relayout(x) => x  if the type does not change.
    """
    m.require(op.input.type == op.results[0].type, "operand and result have the same type")
    return [op.input]


@rewrite(
    SliceOp,
    exactness="bitwise",
    source="onnxruntime EliminateSlice",
    rows=("B9", "B11", "C3"),
    evidence="proved",
)
def drop_whole_slice(op: SliceOp, m: Match) -> Sequence[SSAValue]:
    """
    slice(x) => x  if it takes every element in order.
    """
    whole = all(
        (start, size, step) == (0, n, 1) or (is_one(n) and is_one(size))
        for (start, size, step), n in zip(op.extent_ranges(), extents_of(op.input), strict=True)
    )
    m.require(whole, "the slice takes the whole tensor")
    return [op.input]


@rewrite(TransposeOp, exactness="bitwise", source="MLIR linalg", rows=("C5",), evidence="proved")
def drop_identity_transpose(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
    """
    transpose{p}(x) => x  if p is the identity.
    """
    identity = list(op.permutation) == sorted(op.permutation)
    m.require(identity, "the permutation is the identity")
    return [op.input]


@rewrite(
    TransposeOp,
    after=(TransposeOp,),
    exactness="bitwise",
    source="onnxruntime TransposeOptimizer",
    rows=("07.I4",),
    evidence="proved",
)
def merge_transposes(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
    """
    transpose{q}(transpose{p}(x)) => transpose{p[q]}(x).
    """
    inner = m.producer(op.input, TransposeOp)
    composed = [inner.permutation[p] for p in op.permutation]
    return [m.insert(TransposeOp(inner.input, composed)).results[0]]


@rewrite(TransposeOp, exactness="bitwise", source="MLIR tensor", evidence="proved")
def transpose_to_reshape(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
    """
    transpose{p}(x) => reshape(x)  if only dimensions of extent 1 change their order.
    """
    shape = extents_of(op.input)
    moved = [p for p in op.permutation if not is_one(shape[p])]
    m.require(list(op.permutation) != sorted(op.permutation), "the permutation moves something")
    m.require(moved == sorted(moved), "dimensions longer than 1 keep their order")
    m.require(-1 not in shape, "the shape is known")
    return [m.insert(ReshapeOp(op.input, extents_of(op.results[0]))).results[0]]


@rewrite(
    ReshapeOp,
    after=(ReshapeOp,),
    exactness="bitwise",
    source="MNN RemoveDuplicateReshape; MLIR tensor",
    rows=("D6", "D8", "E1", "07.I5"),
    evidence="proved",
)
def merge_reshapes(op: ReshapeOp, m: Match) -> Sequence[SSAValue]:
    """
    reshape{t}(reshape{s}(x)) => reshape{t}(x).
    """
    inner = m.producer(op.input, ReshapeOp)
    return [m.insert(ReshapeOp(inner.input, extents_of(op.results[0]))).results[0]]


@rewrite(PadOp, exactness="bitwise", source="MLIR tensor", rows=("C5",), evidence="proved")
def drop_empty_pad(op: PadOp, m: Match) -> Sequence[SSAValue]:
    """
    pad{low, high}(x) => x  if all counts are zero.
    """
    m.require(all(a == b == 0 for a, b in op.amount_extents), "no element is added")
    return [op.input]


@rewrite(ConcatOp, exactness="bitwise", source="MLIR tensor", rows=("B2",), evidence="proved")
def drop_single_concat(op: ConcatOp, m: Match) -> Sequence[SSAValue]:
    """
    concat(x) => x.
    """
    m.require(len(op.inputs) == 1, "there is one operand")
    return [op.inputs[0]]


@rewrite(ReduceOp, exactness="bitwise", source="XLA", rows=("C5",))
def drop_empty_reduce(op: ReduceOp, m: Match) -> Sequence[SSAValue]:
    """
    reduce{axes=[]}(x) => x  if no region is fused.
    """
    m.require(not op.axis_list, "no axis is reduced")
    m.require(op.body is None, "there is no fused region")
    return [op.inputs[0]]


@rewrite(PoolOp, exactness="bitwise", source="ncnn eliminate_pooling1x1", rows=("C4",))
def drop_unit_pool(op: PoolOp, m: Match) -> Sequence[SSAValue]:
    """
    pool{kernel=1}(x) => x  if strides are 1 and there is no padding.
    """
    m.require(set(op.window("kernel")) == {1}, "the window is one element")
    m.require(set(op.window("strides")) == {1}, "the stride is 1")
    m.require(set(op.window("pads")) == {0}, "there is no padding")
    return [op.input]


@rewrite(
    MapOp,
    exactness="bitwise",
    source="onnxruntime EliminateIdentity",
    rows=("B1",),
    evidence="proved",
)
def drop_identity_map(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{x -> x}(x) => x  if the type does not change.
    """
    [value] = yielded_values(op.body)
    m.require(value in op.body.block.args, "the region yields an argument")
    source = op.inputs[op.body.block.args.index(value)]
    m.require(source.type == op.results[0].type, "operand and result have the same type")
    return [source]


RULES = (
    drop_same_type_movement,
    drop_whole_slice,
    drop_identity_transpose,
    merge_transposes,
    transpose_to_reshape,
    merge_reshapes,
    drop_empty_pad,
    drop_single_concat,
    drop_empty_reduce,
    drop_unit_pool,
    drop_identity_map,
)
