"""
Reductions.

Operators: ARG_MAX, ARG_MIN, CUMSUM, MEAN, REDUCE_ALL, REDUCE_ANY, REDUCE_MAX, REDUCE_MIN,
REDUCE_PROD, SUM.
"""

from __future__ import annotations

from xdsl.dialects.builtin import i1, i8, i64
from xdsl.ir import SSAValue

from ...dialects.engine import ScanOp
from ...dialects.engine.base import element_of, rank_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm, positive
from ..to_engine.scalars import Numbers, cast_scalar
from ..to_engine.vocabulary.arg_extreme import arg_extreme
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.reduce import reduce
from .quantization import finished, real


def _axes(lo: Lowering, x: SSAValue) -> list[int]:
    rank = rank_of(x)
    found = lo.constant_integers("axes") or []
    return list(dict.fromkeys(positive(a, rank) for a in found)) if rank else []


def _of_numbers(kind: str) -> Conversion:
    """A reduction of the numbers that quantised ones stand for."""

    def convert(lo: Lowering) -> SSAValue:
        x = real(lo, "input")
        if kind == "mean" and not Numbers(element_of(x)).floating:
            raise NoNativeForm(f"of {element_of(x)}")
        axes, keep = _axes(lo, x), bool(lo.integer("keep_dims"))
        if not axes:
            return finished(lo, x)
        return finished(lo, reduce(lo, kind, x, axes, keep=keep))

    return convert


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
    "MEAN": _of_numbers("mean"),
    "REDUCE_ALL": _of_truths("min"),
    "REDUCE_ANY": _of_truths("max"),
    "REDUCE_MAX": _of_stored("max"),
    "REDUCE_MIN": _of_stored("min"),
    "REDUCE_PROD": _of_numbers("prod"),
    "SUM": _of_numbers("sum"),
}
