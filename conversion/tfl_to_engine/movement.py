"""
Shapes, pads, joins and other movement; what is stored is moved as it is.

Operators: BROADCAST_TO, CONCATENATION, EXPAND_DIMS, FILL, MATRIX_DIAG, MATRIX_SET_DIAG, MIRROR_PAD,
PACK, PAD, PADV2, RANK, RESHAPE, REVERSE_V2, SHAPE, SQUEEZE, TILE, TRANSPOSE.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from ...dialects.engine import ConcatOp, PadOp
from ...dialects.engine.base import element_of, extents_of, rank_of, shape_of
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, exact_quotient, is_one, product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, attribute_of, positive
from ..to_engine.open_extents import given_extents, size_values
from ..to_engine.scalars import Numbers, select
from ..to_engine.vocabulary.gather import take
from .quantization import dequantize, limited, quantization_at, quantize, result_quantization


def one_axis(lo: Lowering, name: str, rank: int) -> int:
    """A constant axis counted from the front."""
    found = lo.constant_integers(name)
    if found is None or len(found) != 1:
        raise NoNativeForm(f"operand '{name}' is not one axis")
    return positive(found[0], rank)


def _reshape(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    wanted: list[Extent] | None = given_extents(lo, "shape")
    if wanted is None:
        wanted = list(lo.integers("new_shape") or [])
    return lo.reshape(x, _resolved(extents_of(x), wanted))


def _resolved(shape: Sequence[Extent], wanted: Sequence[Extent]) -> list[Extent]:
    """A shape whose one -1 is what is left."""
    if -1 not in wanted:
        return list(wanted)
    at = wanted.index(-1)
    rest = product_of([*wanted[:at], *wanted[at + 1 :]])
    size = exact_quotient(product_of(shape), rest)
    if size is None:
        raise NoNativeForm("to a shape that does not divide its operand")
    return [*wanted[:at], size, *wanted[at + 1 :]]


def _squeeze(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = extents_of(x)
    given = [positive(a, len(shape)) for a in lo.integers("squeeze_dims") or []]
    axes = given or [a for a, n in enumerate(shape) if is_one(n)]
    return lo.reshape(x, [n for a, n in enumerate(shape) if a not in axes])


def _expand_dims(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = extents_of(x)
    axis = one_axis(lo, "axis", len(shape) + 1)
    return lo.reshape(x, (*shape[:axis], 1, *shape[axis:]))


def _transpose(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    rank = rank_of(x)
    return lo.transpose(x, [positive(a, rank) for a in lo.constant_integers("perm") or []])


def pairs(lo: Lowering, name: str) -> tuple[list[Extent], list[Extent]]:
    """What is added or cut before and behind each dimension."""
    found = given_extents(lo, name) or []
    return found[0::2], found[1::2]


def padded(
    lo: Lowering, x: SSAValue, low: Sequence[Extent], high: Sequence[Extent], number: float
) -> SSAValue:
    """Constant borders; around four dimensions the channels are put first, as in convolutions."""
    if all(n == 0 for n in (*low, *high)):
        return x
    constant = attribute_of(number, Numbers(element_of(x)).scalar)
    rank = rank_of(x)
    if rank == 4 and low[3] == 0 and high[3] == 0:
        order, back = (0, 3, 1, 2), (0, 2, 3, 1)
        inner = PadOp(
            lo.transpose(x, order), [low[a] for a in order], [high[a] for a in order], constant
        )
        return lo.transpose(lo.emit(inner), back)
    return lo.emit(PadOp(x, low, high, constant))


def _pad(lo: Lowering) -> SSAValue:
    quantized = result_quantization(lo)
    zero = 0 if quantized is None else quantized.zero
    return padded(lo, lo.operand("input"), *pairs(lo, "paddings"), zero)


def _padv2(lo: Lowering) -> SSAValue:
    number = lo.constant_number("constant_values")
    assert number is not None
    return padded(lo, lo.operand("input"), *pairs(lo, "paddings"), number)


def _mirror_pad(lo: Lowering) -> SSAValue:
    """With the border itself (SYMMETRIC) or without (REFLECT)."""
    x, (low, high) = lo.operand("input"), pairs(lo, "paddings")
    zero = attribute_of(0, Numbers(element_of(x)).scalar)
    if lo.text("mode", "REFLECT") == "REFLECT":
        return lo.emit(PadOp(x, low, high, zero, "reflect"))
    for axis, (before, behind) in enumerate(zip(low, high, strict=True)):
        n = extents_of(x)[axis]
        if not (isinstance(n, int) and isinstance(before, int) and isinstance(behind, int)):
            raise NoNativeForm("by a border of a size by name")
        if before or behind:
            places = np.pad(np.arange(n), (before, behind), mode="symmetric")
            x = take(lo, x, lo.constant(places.astype(np.int64), "places"), axis)
    return x


def _concatenation(lo: Lowering) -> SSAValue:
    """Parts whose scale is not that of the result are brought to it."""
    result, parts = result_quantization(lo), list(lo.operands)
    if result is not None:
        for at, part in enumerate(parts):
            kind = quantization_at(lo, at)
            if kind is not None and kind != result:
                parts[at] = quantize(lo, dequantize(lo, part, kind), result)
    axis = positive(lo.integer("axis"), rank_of(parts[0]))
    joined = parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))
    return limited(lo, joined)


def _pack(lo: Lowering) -> SSAValue:
    shape = extents_of(lo.operands[0])
    axis = positive(lo.integer("axis"), len(shape) + 1)
    parts = [lo.reshape(v, (*shape[:axis], 1, *shape[axis:])) for v in lo.operands]
    return parts[0] if len(parts) == 1 else lo.emit(ConcatOp(parts, axis))


def _tile(lo: Lowering) -> SSAValue:
    x, times = lo.operand("input"), given_extents(lo, "multiples") or []
    shape = extents_of(x)
    apart: list[Extent] = [m for n in shape for m in (1, n)]
    spread: list[Extent] = [m for n, t in zip(shape, times, strict=True) for m in (t, n)]
    whole = [n * t for n, t in zip(shape, times, strict=True)]
    return lo.reshape(lo.broadcast(lo.reshape(x, apart), spread), whole)


def _broadcast_to(lo: Lowering) -> SSAValue:
    return lo.broadcast(lo.operand("input"), given_extents(lo, "shape") or [])


def _reverse(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = shape_of(x)
    axes = [positive(a, len(shape)) for a in lo.constant_integers("axes") or []]
    starts = [shape[a] - 1 if a in axes else 0 for a in range(len(shape))]
    if 0 in shape:
        return x
    return lo.slice(x, starts, shape, [-1 if a in axes else 1 for a in range(len(shape))])


def _shape(lo: Lowering) -> SSAValue:
    element = getattr(lo.op.results[0].type, "element_type", None)
    extents = extents_of(lo.operand("input"))
    found = np.empty(len(extents), object)
    found[:] = extents
    sizes = None if element is None else size_values(lo, found, element)
    if sizes is None:
        raise NoNativeForm("of too many sizes")
    return sizes


def _rank(lo: Lowering) -> SSAValue:
    return lo.constant(np.array(rank_of(lo.operand("input")), np.int32))


def _fill(lo: Lowering) -> SSAValue:
    return lo.broadcast(lo.reshape(lo.operand("value"), ()), given_extents(lo, "dims") or [])


def _matrix_diag(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    shape = shape_of(x)
    row = lo.reshape(x, (*shape, 1))
    zero = lo.constant(np.zeros((), dtype_of(element_of(x))), "zero")
    return _on_diagonal(lo, row, zero, shape[-1], shape[-1])


def _on_diagonal(
    lo: Lowering, row: SSAValue, others: SSAValue, rows: int, columns: int
) -> SSAValue:
    """`row` where the last two indices are equal, `others` elsewhere."""
    mask = lo.constant(np.eye(rows, columns, dtype=np.bool_), "diagonal")
    return lo.map([mask, row, others], select, element_of(row))


def _matrix_set_diag(lo: Lowering) -> SSAValue:
    x, diagonal = lo.operand("input"), lo.operand("diagonal")
    *_, rows, columns = shape_of(x)
    count = shape_of(diagonal)[-1]
    row = lo.reshape(diagonal, (*shape_of(diagonal), 1))
    if count < rows:
        zero = attribute_of(0, Numbers(element_of(x)).scalar)
        ends = [0] * rank_of(row)
        row = lo.emit(PadOp(row, ends, [*ends[:-2], rows - count, 0], zero))
    return _on_diagonal(lo, row, x, rows, columns)


OPERATORS: dict[str, Conversion] = {
    "BROADCAST_TO": _broadcast_to,
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _expand_dims,
    "FILL": _fill,
    "MATRIX_DIAG": _matrix_diag,
    "MATRIX_SET_DIAG": _matrix_set_diag,
    "MIRROR_PAD": _mirror_pad,
    "PACK": _pack,
    "PAD": _pad,
    "PADV2": _padv2,
    "RANK": _rank,
    "RESHAPE": _reshape,
    "REVERSE_V2": _reverse,
    "SHAPE": _shape,
    "SQUEEZE": _squeeze,
    "TILE": _tile,
    "TRANSPOSE": _transpose,
}
