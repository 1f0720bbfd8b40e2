"""Elementwise operations past views, and views into the operations that can read through them."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import OpResult, SSAValue

from ....dialects.engine import (
    BroadcastOp,
    ConstantOp,
    MapOp,
    MatmulOp,
    ReshapeOp,
    ShuffleOp,
    TransposeOp,
)
from ....dialects.engine.base import EngineOp, element_of, extents_of, sized, tensor
from ....dialects.engine.contraction import ContractionOp
from ....runtime.size import Extent, is_one, product_of
from ..rewriting.coded_operand import coded_operand
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder


@rewrite(
    MapOp,
    after=(BroadcastOp, ReshapeOp, TransposeOp),
    exactness="bitwise",
    group="move",
    source="onnxruntime TransposeOptimizer",
)
def move_map_before_view(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(view(x)) => view(map{f}(x))  if the map has one operand and view, a transpose, a
    reshape or a broadcast, is read by it alone, and the map decodes no codes, which move instead.
    """
    m.require(len(op.inputs) == 1, "the map has one operand")
    m.require(coded_operand(op.results[0]) is None, "the map decodes no codes")
    [value] = op.inputs
    m.require(extents_of(value) == extents_of(op.results[0]), "the map does not broadcast")
    view = value.op if isinstance(value, OpResult) else None
    viewed = isinstance(view, TransposeOp | ReshapeOp | BroadcastOp)
    m.require(viewed, "the operand is a transpose, a reshape or a broadcast")
    assert isinstance(view, TransposeOp | ReshapeOp | BroadcastOp)
    m.require(has_one_use(value), "the view has one use")
    source = view.input
    computed = isinstance(source, OpResult) and not isinstance(source.op, ConstantOp)
    m.require(computed, "the view is of a computed value, which may take the map over")
    builder = RegionBuilder()
    values = builder.inline(op.body, [builder.argument(source)])
    moved = tensor(extents_of(source), element_of(op.results[0]))
    mapped = m.insert(MapOp([source], builder.finish(*values), moved)).results[0]
    if isinstance(view, TransposeOp):
        return [m.insert(TransposeOp(mapped, view.permutation)).results[0]]
    if isinstance(view, BroadcastOp):
        return [m.insert(BroadcastOp(mapped, extents_of(value))).results[0]]
    return [m.insert(ReshapeOp(mapped, extents_of(value))).results[0]]


@rewrite(
    MapOp,
    after=(TransposeOp,),
    exactness="bitwise",
    group="move",
    source="onnxruntime TransposeOptimizer",
    evidence="proved",
)
def move_map_before_transpose(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(transpose{p}(x), y) => transpose{p}(map{f}(x, transpose{q}(y)))  if q undoes p, x is a
    matrix product read only here, and y has as many dimensions or one element.

    The map becomes an epilogue of the product, and a stream of residual sums stays in the order
    in which the products read and write it.
    """
    result = extents_of(op.results[0])
    found = next((v for v in op.inputs if _transposed_product(v, op, result)), None)
    m.require(found, "an operand is a transposed matrix product, read only here")
    assert isinstance(found, OpResult)
    view = found.op
    assert isinstance(view, TransposeOp)
    order = view.permutation
    inverse = [order.index(dim) for dim in range(len(order))]
    rank = len(result)
    m.require(
        all(len(extents_of(v)) == rank or is_one(product_of(extents_of(v))) for v in op.inputs),
        "the other operands have as many dimensions or one element",
    )
    m.consumed(view)
    builder = RegionBuilder()
    arguments: list[SSAValue] = []
    for value in op.inputs:
        if value is found:
            source = view.input
        elif is_one(product_of(extents_of(value))):
            source = value
        else:
            source = m.insert(TransposeOp(value, inverse)).results[0]
        arguments.append(builder.argument(source))
    values = builder.inline(op.body, arguments)
    moved = tensor(extents_of(view.input), element_of(op.results[0]))
    mapped = m.insert(MapOp(builder.operands, builder.finish(*values), moved)).results[0]
    return [m.insert(TransposeOp(mapped, order)).results[0]]


def _transposed_product(value: SSAValue, reader: MapOp, result: tuple[Extent, ...]) -> bool:
    """Whether a value is a transposed matrix product of this shape that nothing else reads."""
    if not isinstance(value, OpResult) or not isinstance(view := value.op, TransposeOp):
        return False
    alone = all(use.operation is reader for use in value.uses) and has_one_use(view.input)
    return alone and extents_of(value) == result and producer_of(view.input, MatmulOp) is not None


@rewrite(
    MatmulOp,
    after=(TransposeOp,),
    exactness="bitwise",
    group="fuse",
    source="onnxruntime MatmulTransposeFusion",
    rows=("J3",),
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
        accumulator=op.accumulator,
        epilogue_operands=list(op.epilogue_operands),
        epilogue=None if op.epilogue_region is None else op.epilogue_region.clone(),
    )
    return [m.insert(new).results[0]]


def swaps_last_two(permutation: Sequence[int]) -> bool:
    """Whether a permutation exchanges the last two dimensions and nothing else."""
    rank = len(permutation)
    if rank < 2:
        return False
    return list(permutation) == [*range(rank - 2), rank - 1, rank - 2]


@rewrite(MapOp, after=(ReshapeOp,), exactness="bitwise", group="move", source="MLIR linalg")
def align_map_with_reshape(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(reshape(x), y) => reshape(map{f}(x, y'))  if x is a contraction's result, read only
    here, and y is of the result's shape or varies along trailing dimensions that stay.
    """
    result = extents_of(op.results[0])
    m.require(sized(result), "the shape is known")
    for value in op.inputs:
        view = value.op if isinstance(value, OpResult) else None
        if not isinstance(view, ReshapeOp) or not has_one_use(value) or extents_of(value) != result:
            continue
        if not isinstance(producer_of(view.input, EngineOp), ContractionOp):
            continue
        inner = extents_of(view.input)
        aligned = [view.input if v is value else _reshaped(v, result, inner) for v in op.inputs]
        if any(a is None for a in aligned):
            continue
        builder = RegionBuilder()
        arguments = [builder.argument(_materialised(a, inner, m)) for a in aligned if a is not None]
        values = builder.inline(op.body, arguments)
        moved = tensor(inner, element_of(op.results[0]))
        mapped = m.insert(MapOp(builder.operands, builder.finish(*values), moved))
        m.consumed(view)
        return [m.insert(ReshapeOp(mapped.results[0], result)).results[0]]
    m.require(False, "an operand reshapes a contraction's result, and the others can follow")
    return []


Aligned = SSAValue | tuple[SSAValue, tuple[Extent, ...]]
"""A value, or a value to be reshaped."""


def _reshaped(
    value: SSAValue, result: tuple[Extent, ...], inner: tuple[Extent, ...]
) -> Aligned | None:
    """How an operand reads when the result of the map is reshaped, None where it cannot."""
    shape = extents_of(value)
    if shape == result:
        return value, inner
    common = 0
    for a, b in zip(reversed(result), reversed(inner), strict=False):
        if a != b:
            break
        common += 1
    if any(not is_one(n) for n in shape[: max(0, len(shape) - common)]):
        return None
    kept = shape[max(0, len(shape) - common) :]
    return value if kept == shape else (value, kept)


def _materialised(value: Aligned, inner: tuple[Extent, ...], m: Match) -> SSAValue:
    if not isinstance(value, tuple):
        return value
    source, shape = value
    return m.insert(ReshapeOp(source, shape)).results[0]


@rewrite(
    TransposeOp,
    after=(ReshapeOp,),
    exactness="bitwise",
    group="move",
    source="onnxruntime TransposeOptimizer",
)
def merge_dimensions_after_transpose(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
    """
    transpose{p}(reshape(x)) => reshape(transpose{p'}(x))  if the reshape only merges neighbouring
    dimensions, and x is a transpose or a reshape follows, so that views meet their like.
    """
    view = m.producer(op.input, ReshapeOp)
    before, after = extents_of(view.input), extents_of(op.input)
    m.require(sized(before), "the shape is known")
    groups = merged_groups(before, after)
    m.require(groups is not None, "the reshape merges neighbouring dimensions")
    assert groups is not None
    result = op.results[0]
    meets = producer_of(view.input, TransposeOp) is not None or all(
        isinstance(use.operation, ReshapeOp) for use in result.uses
    )
    m.require(meets, "the reshape reads a transpose, or only reshapes read the result")
    permutation = [axis for p in op.permutation for axis in groups[p]]
    moved = m.insert(TransposeOp(view.input, permutation)).results[0]
    return [m.insert(ReshapeOp(moved, extents_of(result))).results[0]]


@rewrite(
    ReshapeOp,
    after=(TransposeOp,),
    exactness="bitwise",
    group="recognise",
    source="ncnn ShuffleChannel",
    rows=("H1",),
)
def recompose_shuffle(op: ReshapeOp, m: Match) -> Sequence[SSAValue]:
    """
    reshape(transpose{0, 2, 1, 3, ...}(reshape(x))) => shuffle{g}(x)  if the reshapes part the
    channels of images in g groups and join them again.
    """
    swapped = m.producer(op.input, TransposeOp)
    parted = m.producer(swapped.input, ReshapeOp)
    before, inner = extents_of(parted.input), extents_of(swapped.input)
    m.require(sized(before) and len(before) in (3, 4), "images with channels, of known shape")
    m.require(extents_of(op.results[0]) == before, "the result has the shape of the operand")
    split = len(inner) == len(before) + 1 and (inner[0], *inner[3:]) == (before[0], *before[2:])
    m.require(split, "the channels alone are parted")
    order = list(swapped.permutation)
    m.require(order == [0, 2, 1, *range(3, len(inner))], "the parts change places")
    groups = inner[1]
    m.require(isinstance(groups, int), "the number of groups is known")
    assert isinstance(groups, int)
    return [m.insert(ShuffleOp(parted.input, groups)).results[0]]


def merged_groups(before: Sequence[Extent], after: Sequence[Extent]) -> list[list[int]] | None:
    """
    For each dimension of `after`, the neighbouring ones of `before` that it merges.

    None where it is not so for names of any size.
    """
    groups: list[list[int]] = []
    axis = 0
    for size in after:
        group, extent = list[int](), product_of(())
        while axis < len(before) and (not group or _falls_short(extent, size)):
            group.append(axis)
            extent = extent * before[axis]
            axis += 1
        if extent != size or not group:
            return None
        groups.append(group)
    if not groups or any(not is_one(before[a]) for a in range(axis, len(before))):
        return None
    groups[-1].extend(range(axis, len(before)))
    return groups


def _falls_short(extent: Extent, size: Extent) -> bool:
    """Whether further dimensions may make `size` of what is `extent` so far."""
    if isinstance(extent, int) and isinstance(size, int):
        return extent < size
    return extent != size


RULES = (
    move_map_before_view,
    move_map_before_transpose,
    fold_transpose_into_matmul,
    align_map_with_reshape,
    merge_dimensions_after_transpose,
    recompose_shuffle,
)
