"""Orders that the operation behind can read, or that nothing depends on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import SSAValue

from ....dialects.engine import (
    ConvOp,
    GatherOp,
    MatmulOp,
    ReshapeOp,
    ScatterOp,
    SliceOp,
    TransposeOp,
)
from ....dialects.engine.base import element_of, extents_of, sized, tensor
from ....dialects.engine.constant import constant_of
from ....dialects.engine.integer_rounding import sum_of
from ....dialects.engine.weights import Array
from ....runtime.size import is_one, numbers_of
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder
from .contractions import with_epilogue
from .views import swaps_last_two


@rewrite(
    ScatterOp,
    exactness="bitwise",
    source="OpenVINO NopElimination",
    rows=("OpenVINO/EliminateScatterUpdate", "onnxscript/redundant_scatter_nd"),
)
def scatter_of_everything(op: ScatterOp, m: Match) -> Sequence[SSAValue]:
    """
    scatter{none}(x, i, u) => reshape(u)  if the constant indices name all of x, in order.
    """
    m.require(op.reduction.data == "none", "the updates replace what is there")
    m.constant(op.indices)
    shape = extents_of(op.input)
    m.require(sized(shape), "the shape is known")
    [*_, width] = numbers_of(extents_of(op.indices))
    outer = numbers_of(shape[:width])
    rows = int(np.prod(outer))
    indices = m.array(op.indices).reshape(-1, width).astype(np.int64)
    m.require(len(indices) == rows, "there is an update for each part")
    indices = np.where(indices < 0, indices + np.asarray(outer, np.int64), indices)
    everything = np.stack(np.unravel_index(np.arange(rows), outer), -1) if width else indices
    m.require(np.array_equal(indices, everything), "they come in order")
    return [m.insert(ReshapeOp(op.updates, shape)).results[0]]


@rewrite(
    ConvOp,
    after=(GatherOp, SliceOp),
    exactness="rounding",
    group="fuse",
    source="OpenVINO ReverseInputChannelsFusion",
    rows=("OpenVINO/ReverseInputChannelsFusion",),
)
def channel_order_into_conv(op: ConvOp, m: Match) -> Sequence[SSAValue]:
    """
    conv(reordered(x), w) => conv(x, reordered(w))  if a slice or a gather with constant indices
    gives the channels of x in another order, w is constant, there are no groups, and the result is
    not rounded to integers.
    """
    filters = m.constant(op.weight)
    m.require(op.group_count == 1, "the convolution has no groups")
    source = producer_of(op.input, SliceOp) or m.producer(op.input, GatherOp)
    m.consumed(source)
    before = extents_of(source.input)
    m.require(extents_of(op.input) == before, "nothing is left out")
    [channels] = numbers_of(before[1:2])
    if isinstance(source, SliceOp):
        ranges = source.extent_ranges()
        whole = [(0, n, 1) for n in before]
        others = [*ranges[:1], *ranges[2:]] == [*whole[:1], *whole[2:]]
        m.require(others, "the slice is of channels")
        [start, size] = numbers_of(ranges[1][:2])
        order = start + ranges[1][2] * np.arange(size)
    else:
        m.require(source.axis.value.data == 1, "the gather is of channels")
        m.require(len(extents_of(source.indices)) == 1, "its indices are a list")
        order = m.array(source.indices).astype(np.int64)
        order = np.where(order < 0, order + channels, order)
    m.require(np.array_equal(np.sort(order), np.arange(channels)), "each channel comes once")
    m.may_move(sum_of(op))
    back = np.argsort(order)

    def reordered(weight: Array) -> Array:
        return weight.take(back, axis=1)

    type_ = tensor(extents_of(op.weight), element_of(op.weight))
    name = op.weight.name_hint or "weight"
    kind = f"channels{back.tolist()}"
    weight = m.insert_constant(m.store.derive(kind, reordered, [filters], type_, name))
    region = op.epilogue_region
    new = with_epilogue(
        op,
        list(op.epilogue_operands),
        None if region is None else region.clone(),
        op.results[0].type,
        [source.input, weight],
    )
    return [m.insert(new).results[0]]


@rewrite(
    TransposeOp,
    after=(MatmulOp,),
    exactness="rounding",
    group="fuse",
    source="onnxruntime MatmulTransposeFusion",
    rows=("J3", "ORT/GemmTransposeFusion"),
)
def transpose_of_matmul(op: TransposeOp, m: Match) -> Sequence[SSAValue]:
    """
    transpose(matmul(a, b)) => matmul(transpose(b), transpose(a))  if the transpose swaps the last
    two dimensions, nobody else reads the product, both factors are computed, what the epilogue
    reads is repeated along one of the two, and the result is not rounded to integers.
    """
    m.require(swaps_last_two(op.permutation), "the last two dimensions are swapped")
    inner = m.producer(op.input, MatmulOp)
    m.require(has_one_use(op.input), "the product has one use")
    computed = constant_of(inner.lhs) is None and constant_of(inner.rhs) is None
    m.require(computed, "both factors are computed: constant ones are stored for their side")
    m.require(len(inner.sources) == 2 + len(inner.epilogue_operands), "it has two factors")
    m.may_move(op.results[0])
    others: list[SSAValue] = []
    for value in inner.epilogue_operands:
        own = extents_of(value)
        if not own:
            others.append(value)
            continue
        rows, columns = (1, own[0]) if len(own) == 1 else own[-2:]
        m.require(is_one(rows) or is_one(columns), "what the epilogue reads is repeated")
        others.append(m.insert(ReshapeOp(value, (*own[:-2], columns, rows))).results[0])
    result = tensor(extents_of(op.results[0]), element_of(op.results[0]))
    factors = [inner.rhs, inner.lhs]
    region = inner.epilogue_region
    if region is None:
        new = with_epilogue(inner, [], None, result, factors)
    else:
        builder = RegionBuilder()
        leading = builder.leading(inner.accumulator_element())
        arguments = [leading, *(builder.argument(v) for v in others)]
        fused = builder.finish(*builder.inline(region, arguments))
        new = with_epilogue(inner, builder.operands, fused, result, factors)
    for flag, before in (("trans_lhs", inner.trans_rhs), ("trans_rhs", inner.trans_lhs)):
        new.properties.pop(flag, None)
        if before is None:
            new.properties[flag] = UnitAttr()
    return [m.insert(new).results[0]]


RULES = (
    scatter_of_everything,
    channel_order_into_conv,
    transpose_of_matmul,
)
