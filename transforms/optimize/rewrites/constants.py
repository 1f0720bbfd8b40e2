"""Constants: folding, and scalars into regions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, TensorType
from xdsl.ir import Block, SSAValue

from ....dialects.engine import (
    BroadcastOp,
    ConcatOp,
    ConstantOp,
    ConvOp,
    GatherOp,
    IotaOp,
    MapOp,
    MatmulOp,
    PadOp,
    ReduceOp,
    ReshapeOp,
    SizeValuesOp,
    SliceOp,
    TransposeOp,
)
from ....dialects.engine.base import (
    EngineOp,
    element_of,
    extents_of,
    is_coded,
    nbytes_of,
    scalar_type,
)
from ....dialects.engine.constant import constant_of
from ....dialects.engine.contraction import CODES
from ....dialects.engine.weights import Array, dense_array
from ....interpreters.engine import evaluate
from ....runtime.size import product_of
from ..rewriting.common_subexpressions import region_key
from ..rewriting.rewrite import Match, has_one_use, rewrite
from ..rewriting.scalar_code import RegionBuilder, scalar_constant

FOLDABLE = (
    BroadcastOp,
    ConcatOp,
    ConvOp,
    GatherOp,
    MapOp,
    MatmulOp,
    PadOp,
    ReduceOp,
    ReshapeOp,
    SliceOp,
    TransposeOp,
)

GROWTH_BYTES = 1 << 12
"""A folded constant may be this much larger than what it is computed from."""

MOVED_BYTES = 1 << 20
"""A constant up to this size may replace the work of putting it together on each run."""


@rewrite(
    *FOLDABLE,
    exactness="bitwise",
    source="onnxruntime ConstantFolding",
    rows=("A1", "A2", "D2", "07.F1"),
)
def fold_constants(op: EngineOp, m: Match) -> Sequence[SSAValue]:
    """
    op(constants) => constant  if the artifact does not grow by more than the work is worth.
    """
    m.require(op.operands, "there are operands")
    for value in op.operands:
        m.constant(value)
    [result] = op.results
    m.require(not _is_read_as_codes(op), "no product reads codes as they are stored")
    size = nbytes_of(result)
    read = sum(nbytes_of(value) for value in op.operands)
    # A result may cost a byte for every 16 operations it saves on each run. A broadcast saves
    # nothing: whoever reads it can broadcast.
    worth = GROWTH_BYTES + op.flops() // 16
    assembled = size <= MOVED_BYTES and not isinstance(op, BroadcastOp)
    m.require(
        size <= read + worth or assembled, "the constant is not much larger than its operands"
    )
    m.folded(size - sum(nbytes_of(v) for v in op.operands if has_one_use(v)), op.flops())
    return [folded(op, m)]


def _is_read_as_codes(op: EngineOp) -> bool:
    """Whether an operation makes numbers of codes of eight bits for products that take codes."""
    [result] = op.results
    if not isinstance(op, MapOp) or len(extents_of(result)) != 2 or not result.uses:
        return False
    coded = any(element_of(v) in CODES and extents_of(v) == extents_of(result) for v in op.inputs)
    return coded and all(isinstance(u.operation, MatmulOp) and u.index == 1 for u in result.uses)


def folded(op: EngineOp, m: Match) -> SSAValue:
    """The constant that an operation on constants gives, computed when it is asked for."""
    attrs = [m.constant(value) for value in op.operands]
    [result] = op.results
    assert isinstance(result.type, TensorType)
    # The copy must not use the operands: it would count as a use of them.
    block = Block(arg_types=[value.type for value in op.operands])
    plain = op.clone(dict(zip(op.operands, block.args, strict=True)))

    def compute(*arrays: Array) -> Array:
        return evaluate(plain, *arrays)[0]

    name = result.name_hint or op.name
    kind = f"{op.name}{sorted((k, str(v)) for k, v in op.properties.items())}" + "".join(
        str(region_key(r)) for r in op.regions
    )
    return m.insert_constant(m.store.derive(kind, compute, attrs, result.type, name))


@rewrite(
    IotaOp,
    SizeValuesOp,
    exactness="bitwise",
    source="onnxruntime ConstantFolding",
    rows=("A7",),
)
def fold_size_numbers(op: IotaOp | SizeValuesOp, m: Match) -> Sequence[SSAValue]:
    """
    iota, size_values => constant  if sizes are numbers.
    """
    [result] = op.results
    if isinstance(op, SizeValuesOp):
        m.require(all(isinstance(n, int) for n in op.extents), "the sizes are numbers")
    size = nbytes_of(result)
    m.require(size <= MOVED_BYTES, "the constant is not large")
    m.folded(size, 0)
    [array] = evaluate(op)
    return [m.insert_constant(m.store.add(array, result.name_hint or op.name))]


@rewrite(MapOp, after=(ConstantOp,), exactness="bitwise", source="MLIR linalg", rows=("A4",))
def scalar_constant_into_map(op: MapOp, m: Match) -> Sequence[SSAValue]:
    """
    map{f}(x, c) => map{x -> f(x, c)}(x)  if all elements of the constant c are equal.
    """
    numbers = [splat_of(value) for value in op.inputs]
    m.require(any(n is not None for n in numbers), "an operand is a constant with equal elements")
    result = extents_of(op.results[0])
    rest = [v for v, n in zip(op.inputs, numbers, strict=True) if n is None]
    m.require(any(extents_of(v) == result for v in rest), "another operand has the result's shape")
    builder = RegionBuilder()
    arguments: list[SSAValue] = []
    for value, number in zip(op.inputs, numbers, strict=True):
        if number is None:
            arguments.append(builder.argument(value))
        else:
            type_ = scalar_type(element_of(value))
            arguments.append(builder.add(scalar_constant(number, type_)))
    values = builder.inline(op.body, arguments)
    region = builder.finish(*values)
    return [m.insert(MapOp(builder.operands, region, op.results[0].type)).results[0]]


def splat_of(value: SSAValue) -> float | int | None:
    """The number that every element of a constant is, None if they differ."""
    attr = constant_of(value)
    if attr is None or product_of(extents_of(value)) == 0 or is_coded(element_of(value)):
        return None
    if not isinstance(attr, DenseIntOrFPElementsAttr):
        return None
    array = dense_array(attr).reshape(-1)
    if array.dtype.kind not in "fiub":
        return None
    raw = array.tobytes()
    if raw != raw[: array.itemsize] * array.size:
        return None
    return array[0].item()


RULES = (
    fold_constants,
    fold_size_numbers,
    scalar_constant_into_map,
)
