"""
Reductions.

Operators: ARG_MAX, ARG_MIN, CUMSUM, MEAN, REDUCE_ALL, REDUCE_ANY, REDUCE_MAX, REDUCE_MIN,
REDUCE_PROD, SUM.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.builtin import f32, i1, i8, i32, i64
from xdsl.ir import SSAValue

from ...dialects.engine import ScanOp
from ...dialects.engine.base import element_of, rank_of, shape_of
from ...interpreters.tfl.numbers import storage_range
from ...runtime.size import product_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, positive
from ..to_engine.scalars import Numbers, absolute, cast_scalar, value
from ..to_engine.vocabulary.arg_extreme import arg_extreme
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.reduce import reduce
from .quantization import finished, operand_quantization, real, result_quantization


def _axes(lo: Lowering, x: SSAValue) -> list[int]:
    rank = rank_of(x)
    found = lo.constant_integers("axes") or []
    return list(dict.fromkeys(positive(a, rank) for a in found)) if rank else []


def _numbers(lo: Lowering, kind: str) -> SSAValue:
    x = real(lo, "input")
    axes, keep = _axes(lo, x), bool(lo.integer("keep_dims"))
    return finished(lo, reduce(lo, kind, x, axes, keep=keep) if axes else x)


def _of_numbers(kind: str) -> Conversion:
    """A reduction of the numbers that quantised ones stand for."""
    return lambda lo: _numbers(lo, kind)


def _whole_mean(lo: Lowering, x: SSAValue) -> SSAValue:
    """The mean of integers, cut towards zero."""
    axes, n = _axes(lo, x), Numbers(element_of(x))
    total = reduce(lo, "sum", x, axes, keep=bool(lo.integer("keep_dims")))
    count = product_of(shape_of(x)[a] for a in axes)
    return lo.map([total], lambda a: n.div(a, n.number(count)))


def _mean(lo: Lowering) -> SSAValue:
    """Of bytes, the mean of what is stored times the ratio of scales, halves away from zero."""
    source, result = operand_quantization(lo, "input"), result_quantization(lo)
    x = lo.operand("input")
    axes, keep = _axes(lo, x), bool(lo.integer("keep_dims"))
    if source is None and axes and not Numbers(element_of(x)).floating:
        return _whole_mean(lo, x)
    if source is None or result is None or not axes:
        return _numbers(lo, "mean")
    element, n = element_of(x), Numbers(f32)
    wide = lo.map([x], lambda a: cast_scalar(a, element, i32), i32)
    total = reduce(lo, "sum", wide, axes, keep=keep)
    count = float(product_of(shape_of(x)[a] for a in axes))
    ratio = np.float32(source.scale) / np.float32(result.scale)
    offset = float(np.float32(-source.zero) * ratio)
    low, high = storage_range(result)

    def build(a: SSAValue) -> SSAValue:
        mean = n.div(cast_scalar(a, i32, f32), n.number(count))
        found = n.add(n.mul(mean, n.number(float(ratio))), n.number(offset))
        size = value(math.FloorOp(n.add(absolute(found), n.number(0.5))))
        placed = n.add(value(math.CopySignOp(size, found)), n.number(result.zero))
        inside = n.minimum(n.maximum(placed, n.number(low)), n.number(high))
        return cast_scalar(inside, f32, result.storage)

    return lo.map([total], build, result.storage)


def _of_stored(kind: str) -> Conversion:
    """A reduction by order, which is that of what is stored."""

    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("input")
        axes, keep = _axes(lo, x), bool(lo.integer("keep_dims"))
        return reduce(lo, kind, x, axes, keep=keep) if axes else x

    return convert


def _of_truths(kind: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("input")
        axes, keep = _axes(lo, x), bool(lo.integer("keep_dims"))
        if not axes:
            return x
        bits = lo.map([x], lambda a: cast_scalar(a, i1, i8), i8)
        found = reduce(lo, kind, bits, axes, keep=keep)
        n = Numbers(i8)
        return lo.map([found], lambda a: n.compare("ne", a, n.number(0)), i1)

    return convert


def _arg(largest: bool) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("input")
        [axis] = lo.constant_integers("axis") or [0]
        found = arg_extreme(lo, x, positive(axis, rank_of(x)), largest=largest, keep=False)
        wanted = getattr(lo.op.results[0].type, "element_type", i64)
        return cast(lo, found, wanted)

    return convert


def _cumsum(lo: Lowering) -> SSAValue:
    x = lo.operand("input")
    [axis] = lo.constant_integers("axis") or [0]
    exclusive, backwards = bool(lo.integer("exclusive")), bool(lo.integer("reverse"))
    at = positive(axis, rank_of(x))
    return lo.emit(ScanOp(x, "sum", at, exclusive=exclusive, reverse=backwards))


OPERATORS: dict[str, Conversion] = {
    "ARG_MAX": _arg(True),
    "ARG_MIN": _arg(False),
    "CUMSUM": _cumsum,
    "MEAN": _mean,
    "REDUCE_ALL": _of_truths("min"),
    "REDUCE_ANY": _of_truths("max"),
    "REDUCE_MAX": _of_stored("max"),
    "REDUCE_MIN": _of_stored("min"),
    "REDUCE_PROD": _of_numbers("prod"),
    "SUM": _of_numbers("sum"),
}
