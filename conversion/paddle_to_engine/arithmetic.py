"""
Functions of each element of several operands, with broadcasting.

Operators: add, add_n, bitwise_and, bitwise_or, bitwise_xor, divide, elementwise_pow, equal,
floor_divide, fmax, fmin, greater_equal, greater_than, heaviside, lerp, less_equal, less_than,
logical_and, logical_or, logical_xor, masked_fill, maximum, minimum, multiply, not_equal, remainder,
subtract, trunc_divide, where.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.remainder import remainder
from ..to_engine.scalars import Numbers, fold_left, select, value
from ..to_engine.vocabulary.cast import cast
from .given import aligned
from .scalar_maps import of_two


def _comparison(predicate: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x, y = aligned(lo, [lo.operand("x"), lo.operand("y")])
        n = Numbers(element_of(x))
        return lo.map([x, y], lambda a, b: n.compare(predicate, a, b), i1)

    return convert


def _bits(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        operands = aligned(lo, [lo.operand("x"), lo.operand("y")])
        return lo.map(operands, lambda a, b: value(kind(a, b)))

    return convert


def _logical(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        operands = aligned(lo, [cast(lo, lo.operand(name), i1) for name in ("x", "y")])
        return lo.map(operands, lambda a, b: value(kind(a, b)))

    return convert


def power_of(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    if not n.floating:
        raise NoNativeForm("a power of integers")
    return value(math.PowFOp(a, b))


def _floor_divide(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    if n.floating:
        return value(math.FloorOp(n.div(a, b)))
    rest = remainder(n, a, b, of_divisor=True)
    return n.div(n.sub(a, rest), b)


def _fmax(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    """The larger; a NaN loses."""
    if not n.floating:
        return n.maximum(a, b)
    wins = select(n.compare("ne", b, b), a, n.maximum(a, b))
    return select(n.compare("ne", a, a), b, wins)


def _fmin(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    """The smaller; a NaN loses."""
    if not n.floating:
        return n.minimum(a, b)
    wins = select(n.compare("ne", b, b), a, n.minimum(a, b))
    return select(n.compare("ne", a, a), b, wins)


def _heaviside(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    zero = n.number(0)
    step = select(n.compare("gt", a, zero), n.number(1), n.number(0))
    return select(n.compare("eq", a, zero), b, step)


def _where(lo: Lowering) -> SSAValue:
    operands = aligned(lo, [lo.operand(n) for n in ("condition", "x", "y")], masks=1)
    element = element_of(operands[1])
    return lo.map(operands, select, element)


def _masked_fill(lo: Lowering) -> SSAValue:
    operands = aligned(lo, [lo.operand(n) for n in ("mask", "value", "x")], masks=1)
    return lo.map(operands, select, element_of(operands[1]))


def _lerp(lo: Lowering) -> SSAValue:
    operands = aligned(lo, [lo.operand(n) for n in ("x", "y", "weight")])
    n = Numbers(element_of(operands[0]))
    return lo.map(operands, lambda a, b, w: n.add(a, n.mul(w, n.sub(b, a))))


def _add_n(lo: Lowering) -> SSAValue:
    operands = aligned(lo, lo.group("inputs"))
    n = Numbers(element_of(operands[0]))

    def build(*given: SSAValue) -> SSAValue:
        return fold_left(n.add, given)

    return lo.map(operands, build)


OPERATORS: dict[str, Conversion] = {
    "add": of_two(Numbers.add),
    "add_n": _add_n,
    "bitwise_and": _bits(arith.AndIOp),
    "bitwise_or": _bits(arith.OrIOp),
    "bitwise_xor": _bits(arith.XOrIOp),
    "divide": of_two(Numbers.div),
    "elementwise_pow": of_two(power_of),
    "equal": _comparison("eq"),
    "floor_divide": of_two(_floor_divide),
    "fmax": of_two(_fmax),
    "fmin": of_two(_fmin),
    "greater_equal": _comparison("ge"),
    "greater_than": _comparison("gt"),
    "heaviside": of_two(_heaviside),
    "lerp": _lerp,
    "less_equal": _comparison("le"),
    "less_than": _comparison("lt"),
    "logical_and": _logical(arith.AndIOp),
    "logical_or": _logical(arith.OrIOp),
    "logical_xor": _logical(arith.XOrIOp),
    "masked_fill": _masked_fill,
    "maximum": of_two(Numbers.maximum),
    "minimum": of_two(Numbers.minimum),
    "multiply": of_two(Numbers.mul),
    "not_equal": _comparison("ne"),
    "remainder": of_two(lambda n, a, b: remainder(n, a, b, of_divisor=True)),
    "subtract": of_two(Numbers.sub),
    "trunc_divide": of_two(Numbers.div),
    "where": _where,
}
