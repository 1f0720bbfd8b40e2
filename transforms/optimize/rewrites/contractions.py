"""Elementwise work into the epilogue of a contraction, and constants into its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseArrayBase, FloatAttr, TensorType, i32
from xdsl.ir import Attribute, Operation, OpResult, Region, SSAValue

from ....dialects.engine import ConvOp, ConvTransposeOp, MapOp, MatmulOp, SliceOp
from ....dialects.engine.base import element_of, extents_of, tensor
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import ContractionOp
from ....dialects.engine.integer_division import may_divide_by_zero
from ....dialects.engine.normal_numbers import all_normal_or_zero, products_are_normal
from ....dialects.engine.weights import Array, ConstantAttr, dtype_of
from ....runtime.size import Extent, is_one, product_of
from ..rewriting.coded_operand import is_decoded_by_readers
from ..rewriting.rewrite import Match, has_one_use, producer_of, rewrite
from ..rewriting.scalar_code import RegionBuilder, clone_with
from .maps import MAX_SCALAR_OPS

MAX_EPILOGUE_OPERANDS = 6


@rewrite(
    MapOp,
    after=(ConvOp, ConvTransposeOp, MatmulOp),
    exactness="bitwise",
    group="fuse",
    source="onnxruntime ConvActivationFusion; onnxruntime ConvAddFusion",
    rows=("F5", "F13"),
)
def fuse_map_into_contraction(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(contraction{e}(x, w), y) => contraction{f . e}(x, w, y)  if only this map reads the
    contraction, whose result has the map's shape.
    """
    m.require(not is_decoded_by_readers(op), "what reads it does not decode codes by itself")
    result = extents_of(op.results[0])
    inner = next((p for v in op.inputs if (p := _fusable(v, op, result)) is not None), None)
    m.require(inner is not None, "an operand is a contraction of this shape, read only here")
    assert inner is not None
    m.require(not may_divide_by_zero(op.body), "the map divides no integers by what may be 0")
    return [_with_map(inner, op, inner.results[0], m)]


@rewrite(
    MapOp,
    after=(SliceOp,),
    exactness="bitwise",
    group="fuse",
    source="onnxruntime ConvActivationFusion",
    rows=("F13",),
)
def fuse_map_behind_slice_into_contraction(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(slice(contraction{e}(x, w)), y) => slice(contraction{f . e}(x, w, y))  if only the slice
    reads the contraction and only the map the slice, an eighth at most is cut off, and y has one
    element along what is cut.
    """
    m.require(not is_decoded_by_readers(op), "what reads it does not decode codes by itself")
    part = next((p for v in op.inputs if (p := producer_of(v, SliceOp)) is not None), None)
    m.require(part is not None, "an operand is a slice")
    assert part is not None
    inner = m.producer(part.input, ContractionOp)
    alone = has_one_use(part.input) and has_one_use(part.results[0])
    m.require(alone, "nobody else reads the contraction or the slice")
    whole, kept = extents_of(part.input), extents_of(part.results[0])
    m.require(kept == extents_of(op.results[0]), "the slice has the map's shape")
    cut = [at for at, (a, b) in enumerate(zip(whole, kept, strict=True)) if a != b]
    few = 8 * product_of(kept) - 7 * product_of(whole)
    m.require(m.at_least(few, 0), "an eighth at most is cut off")
    for value in op.inputs:
        shape = extents_of(value)
        behind = len(whole) - len(shape)
        one = all(at < behind or is_one(shape[at - behind]) for at in cut)
        m.require(value is part.results[0] or one, "the others have one element along what is cut")
    m.require(not may_divide_by_zero(op.body), "the map divides no integers by what may be 0")
    m.consumed(part)
    fused = _with_map(inner, op, part.results[0], m)
    starts, sizes, steps = zip(*part.extent_ranges(), strict=True)
    return [m.insert(SliceOp(fused, starts, sizes, steps)).results[0]]


def _with_map(inner: ContractionOp, op: MapOp, through: SSAValue, m: Match) -> SSAValue:
    """The contraction with the code of a map behind its epilogue, in which it is `through`."""
    epilogue_operands = {*op.inputs, *inner.epilogue_operands} - {through}
    m.require(
        len(epilogue_operands) <= MAX_EPILOGUE_OPERANDS,
        f"at most {MAX_EPILOGUE_OPERANDS} epilogue operands",
    )
    # A chain that is longer becomes maps after the contraction.
    regions = [op.body, *inner.regions]
    size = sum(1 for region in regions for _ in region.block.ops) - len(regions)
    m.require(size <= MAX_SCALAR_OPS, f"at most {MAX_SCALAR_OPS} scalar operations")
    m.consumed(inner)
    builder = RegionBuilder()
    accumulator = builder.leading(inner.accumulator_element())
    value = accumulator
    if inner.epilogue_region is not None:
        arguments = [builder.argument(v) for v in inner.epilogue_operands]
        [value] = builder.inline(inner.epilogue_region, [accumulator, *arguments])
    arguments = [value if v is through else builder.argument(v) for v in op.inputs]
    region = builder.finish(*builder.inline(op.body, arguments))
    result = tensor(extents_of(inner.results[0]), element_of(op.results[0]))
    fused = with_epilogue(inner, builder.operands, region, result)
    return m.insert(fused).results[0]


def _fusable(value: SSAValue, op: MapOp, result: tuple[Extent, ...]) -> ContractionOp | None:
    if not isinstance(value, OpResult) or not isinstance(value.op, ContractionOp):
        return None
    if extents_of(value) != result or any(use.operation is not op for use in value.uses):
        return None
    return value.op


def with_epilogue(
    op: ContractionOp,
    epilogue_operands: Sequence[SSAValue],
    region: Region | None,
    result_type: Attribute,
    operands: Sequence[SSAValue] | None = None,
) -> ContractionOp:
    """The contraction `op` with another epilogue (and, if given, other data operands)."""
    data = list(operands if operands is not None else op.operands[: op.DATA_OPERANDS])
    properties = dict(op.properties)
    sizes = [1] * op.DATA_OPERANDS + [len(epilogue_operands), 0]
    properties["operandSegmentSizes"] = DenseArrayBase.from_list(i32, sizes)
    assert isinstance(result_type, TensorType)
    return type(op).create(
        operands=[*data, *epilogue_operands],
        result_types=[result_type],
        properties=properties,
        attributes={},
        regions=[] if region is None else [region],
    )


@dataclass
class AffineChain:
    """`acc * scale + shift` per output channel, and where the chain of operations ends."""

    scale: Array | None
    shift: Array | None
    end: SSAValue
    steps: int
    scales: int


@rewrite(
    ConvOp,
    ConvTransposeOp,
    MatmulOp,
    exactness="rounding",
    group="fuse",
    source="onnxruntime ConvBNFusion; onnxruntime ConvMulFusion",
    rows=("A5", "F1", "F2", "F3", "F6", "F7-after", "F8", "F9", "F12"),
)
def fold_affine_epilogue(op: ContractionOp, m: Match) -> Sequence[SSAValue]:
    """
    contraction(x, w) * s + t => contraction(x, w * s) + t  if w, s and t are constants, s and t
    vary along the output channels only, each w * s is a normal number, and the result is not
    rounded to integers.
    """
    region = op.epilogue_region
    m.require(region is not None, "there is an epilogue")
    assert region is not None
    m.require(_may_fold(region), "the epilogue begins with a scale, or with two shifts")
    weight = m.constant(op.operands[1])
    m.require(element_of(op.operands[1]) == op.accumulator_element(), "one element type")
    grouped = isinstance(op, ConvTransposeOp) and op.group_count > 1
    m.require(not grouped, "the weight has one place for each output channel")
    chain = affine_chain(op, region, m, region.block.args[0])
    m.require(chain.steps > 0, "the epilogue begins with a constant scale or shift")
    worth = chain.scales > 0 or chain.steps > 1
    m.require(worth, "there is a scale to fold, or shifts to combine")
    m.may_move(chain.end)
    element = element_of(op.operands[1])
    normal = chain.shift is None or all_normal_or_zero(chain.shift, element)
    m.require(normal, "the shift is a normal number")
    factor = None if chain.scale is None else _along_channels(op, chain.scale)
    normal = factor is None or products_are_normal(m.store, weight, factor, element)
    m.require(normal, "each weight times its scale is a normal number")
    builder = RegionBuilder()
    accumulator = builder.leading(op.accumulator_element())
    value: SSAValue = accumulator
    if chain.shift is not None:
        bias = bias_constant(op, chain.shift, m)
        value = builder.add(arith.AddfOp(accumulator, builder.argument(bias)))
    values = {chain.end: value}
    skipped = chain_ops(region.block.args[0], chain)
    for argument, operand in zip(region.block.args[1:], op.epilogue_operands, strict=True):
        if any(use.operation not in skipped for use in argument.uses):
            values[argument] = builder.argument(operand)
    last = region.block.last_op
    assert last is not None
    for inner in region.block.ops:
        if inner in skipped or inner is last:
            continue
        clone = clone_with(inner, values)
        builder.block.add_op(clone)
        values.update(zip(inner.results, clone.results, strict=True))
    fused = builder.finish(*(values[v] for v in last.operands))
    data = [op.operands[0], op.operands[1]]
    if factor is not None:
        data[1] = m.insert_constant(_scaled_weight(op, weight, factor, m))
    new = with_epilogue(op, builder.operands, fused, op.results[0].type, data)
    return [m.insert(new).results[0]]


def _may_fold(region: Region) -> bool:
    """Whether the epilogue begins as something to fold, whatever the operands are."""
    value: SSAValue = region.block.args[0]
    shifts = 0
    while value.has_one_use():
        [use] = value.uses
        step = use.operation
        if isinstance(step, arith.MulfOp | arith.DivfOp) or shifts == 2:
            return True
        if not isinstance(step, arith.AddfOp | arith.SubfOp):
            return False
        # c - acc is a scale by -1.
        if isinstance(step, arith.SubfOp) and use.index == 1:
            return True
        shifts += 1
        value = step.results[0]
    return shifts > 1


def chain_ops(start: SSAValue, chain: AffineChain) -> set[Operation]:
    """The operations from where an affine chain starts to its end."""
    found: set[Operation] = set()
    value = start
    while value is not chain.end:
        [use] = value.uses
        found.add(use.operation)
        value = use.operation.results[0]
    return found


def affine_chain(op: ContractionOp, region: Region, m: Match, start: SSAValue) -> AffineChain:
    """Follow a number through additions and multiplications with channel constants."""
    chain = AffineChain(None, None, start, 0, 0)
    while True:
        uses = list(chain.end.uses)
        if len(uses) != 1:
            return chain
        step = uses[0].operation
        if not isinstance(step, arith.AddfOp | arith.SubfOp | arith.MulfOp | arith.DivfOp):
            return chain
        left = uses[0].index == 0
        other = step.operands[1 if left else 0]
        array = _channel_array(op, region, other, m)
        if array is None or step.operands[0] is step.operands[1]:
            return chain
        zero = np.zeros((), array.dtype)
        shift = zero if chain.shift is None else chain.shift
        scale = np.ones((), array.dtype) if chain.scale is None else chain.scale
        if isinstance(step, arith.AddfOp):
            chain.shift = shift + array
        elif isinstance(step, arith.SubfOp):
            if not left:  # c - acc
                chain.scale, shift = -scale, -shift
                chain.scales += 1
                chain.shift = array + shift
            else:
                chain.shift = shift - array
        elif isinstance(step, arith.MulfOp) or left:
            factor = array if isinstance(step, arith.MulfOp) else _reciprocal(array)
            with np.errstate(over="ignore", under="ignore"):
                product = scale * factor
            if not _is_safe(product, scale, factor):
                return chain
            chain.scale = product
            chain.shift = None if chain.shift is None else chain.shift * factor
            chain.scales += 1
        else:
            return chain
        chain.end = step.results[0]
        chain.steps += 1


def _is_safe(product: Array, scale: Array, factor: Array) -> bool:
    """Whether factors and products of theirs are finite, and 0 only where a factor is."""
    vanished = (product == 0) & (scale != 0) & (factor != 0)
    return bool(np.all(np.isfinite(factor)) and np.all(np.isfinite(product) & ~vanished))


def _reciprocal(array: Array) -> Array:
    with np.errstate(divide="ignore"):
        return 1 / array


def _channel_axis(op: ContractionOp) -> int:
    """The output-channel dimension of the result, from the right."""
    return 1 if isinstance(op, MatmulOp) else len(extents_of(op.operands[0])) - 1


def _channel_array(op: ContractionOp, region: Region, value: SSAValue, m: Match) -> Array | None:
    """The constant behind a scalar of the epilogue as a scalar or `[channels]` array, in f64."""
    if isinstance(value, OpResult):
        if isinstance(value.op, arith.ConstantOp) and isinstance(value.op.value, FloatAttr):
            return np.asarray(value.op.value.value.data, np.float64)
        return None
    operand = op.epilogue_operands[region.block.args.index(value) - 1]
    attr = constant_of(operand)
    shape = extents_of(operand)
    from_right = _channel_axis(op)
    channels = extents_of(op.results[0])[-from_right]
    varying = [len(shape) - axis for axis, n in enumerate(shape) if not is_one(n)]
    if attr is None or any(axis != from_right for axis in varying):
        return None
    array = m.store.array(attr).astype(np.float64).reshape(-1)
    return array if array.size == channels else array.reshape(())


def bias_constant(op: ContractionOp, shift: Array, m: Match) -> SSAValue:
    """The shift as a constant that broadcasts to the result."""
    from_right = _channel_axis(op)
    shape = (-1,) + (1,) * (from_right - 1) if shift.ndim else ()
    dtype = dtype_of(element_of(op.operands[1])) if not op.sums_codes else np.dtype(np.float32)
    name = f"{op.results[0].name_hint or 'contraction'}_bias"
    return m.insert_constant(m.store.add(shift.reshape(shape).astype(dtype), name))


def _along_channels(op: ContractionOp, scale: Array) -> Array:
    """The scale of each output channel, in the shape in which it meets the weight."""
    if not scale.ndim:
        return scale
    rank = len(extents_of(op.operands[1]))
    channel = 1 if isinstance(op, ConvTransposeOp) else 0
    if isinstance(op, MatmulOp):
        channel = rank - (2 if op.trans_rhs is not None else 1)
    along = [1] * rank
    along[channel] = scale.size
    return scale.reshape(along)


def _scaled_weight(
    op: ContractionOp, weight: ConstantAttr, factor: Array, m: Match
) -> ConstantAttr:
    """The weight times the scale of each output channel, computed when it is written."""
    factors = m.store.add(np.ascontiguousarray(factor), "scale")
    result = tensor(extents_of(op.operands[1]), element_of(op.operands[1]))

    def scaled(array: Array, by: Array) -> Array:
        # One rounding of the product with an f64 factor, without an f64 copy of the weight.
        return np.multiply(array, by, out=np.empty_like(array), casting="same_kind")

    name = op.operands[1].name_hint or "weight"
    return m.store.derive("scale-output-channels", scaled, [weight, factors], result, name)


RULES = (
    fuse_map_into_contraction,
    fuse_map_behind_slice_into_contraction,
    fold_affine_epilogue,
)
