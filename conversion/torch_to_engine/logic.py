"""
Comparisons, logic, bits, properties of numbers and choices: each one `engine.map`.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType, f64, i1
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine.base import element_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering
from ..to_engine.scalars import Numbers, absolute, select, value
from ..to_engine.vocabulary.cast import cast
from .arguments import result_element
from .overloads import named, of_tensor_and_scalar
from .promotion import Operand, promoted, wide
from .scalar_maps import Build, computed, of_two, operand_named, operands_named


def _comparison(predicate: str) -> Conversion:
    """In the type that the operands are promoted to."""

    def convert(lo: Lowering) -> SSAValue:
        a, b = operands_named(lo, "self", "other")

        def build(n: Numbers, x: SSAValue, y: SSAValue) -> SSAValue:
            return n.compare(predicate, x, y)

        return computed(lo, [a, b], build, inside=wide(promoted([a, b])), gives=i1)

    return convert


def _logical(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    """Of whether the operands are other than 0."""

    def convert(lo: Lowering) -> SSAValue:
        operands = operands_named(lo, "self", "other")
        return computed(lo, operands, lambda n, a, b: value(kind(a, b)), inside=i1)

    return convert


def _logical_not(lo: Lowering) -> SSAValue:
    x = lo.operand("self")

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        return n.compare("eq", a, n.number(0))

    return computed(lo, [x], build, inside=element_of(x), gives=i1)


def _bits(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    return of_two(lambda n, a, b: value(kind(a, b)))


def _bitwise_not(lo: Lowering) -> SSAValue:
    def build(n: Numbers, a: SSAValue) -> SSAValue:
        return value(arith.XOrIOp(a, n.number(1 if n.boolean else -1)))

    return computed(lo, [lo.operand("self")], build)


def _shift(*, left: bool) -> Conversion:
    """By the width or more, or a negative count, all bits leave; a sign stays."""

    def build(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
        assert isinstance(n.element, IntegerType)
        width = n.element.width.data
        inside = n.compare("lt", b, n.number(width))
        if not n.unsigned:
            inside = value(arith.AndIOp(inside, n.compare("ge", b, n.number(0))))
        count = select(inside, b, n.number(0))
        kind = arith.ShLIOp if left else arith.ShRUIOp if n.unsigned else arith.ShRSIOp
        out = n.number(0)
        if not left and not n.unsigned:
            out = value(arith.ShRSIOp(a, n.number(width - 1)))
        return select(inside, value(kind(a, count)), out)

    return of_two(build)


def _isclose(lo: Lowering) -> SSAValue:
    """`|a - b| <= atol + rtol * |b|`, and equal infinities."""
    a, b = lo.operand("self"), lo.operand("other")
    rtol, atol = lo.number("rtol"), lo.number("atol")
    equal_nan = bool(lo.op.attribute("equal_nan"))
    inside = wide(promoted([a, b]))
    if isinstance(inside, IntegerType):
        inside = f64

    def build(n: Numbers, x: SSAValue, y: SSAValue) -> SSAValue:
        allowed = n.add(n.number(atol), n.mul(n.number(rtol), absolute(y)))
        near = n.compare("le", absolute(n.sub(x, y)), allowed)
        finite = n.compare("lt", absolute(y), n.number(float("inf")))
        close = value(arith.AndIOp(near, finite))
        found = value(arith.OrIOp(close, n.compare("eq", x, y)))
        if equal_nan:
            both = value(arith.AndIOp(n.compare("ne", x, x), n.compare("ne", y, y)))
            found = value(arith.OrIOp(found, both))
        return found

    return computed(lo, [a, b], build, inside=inside, gives=i1)


def _property(build: Build, *, otherwise: bool) -> Conversion:
    """A property of floats, which integers always or never have."""

    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("self")
        element = element_of(x)
        if isinstance(element, IntegerType):
            return computed(
                lo, [x], lambda n, a: Numbers(i1).number(otherwise), inside=element, gives=i1
            )
        return computed(lo, [x], build, inside=wide(element), gives=i1)

    return convert


def _is_infinite(sign: int) -> Build:
    """0: of either sign."""

    def build(n: Numbers, x: SSAValue) -> SSAValue:
        infinity = n.number(float("inf") if sign >= 0 else -float("inf"))
        return n.compare("eq", x if sign else absolute(x), infinity)

    return build


def _signbit(lo: Lowering) -> SSAValue:
    x = lo.operand("self")

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        if n.unsigned or n.boolean:
            return Numbers(i1).number(0)
        if not n.floating:
            return n.compare("lt", a, n.number(0))
        return n.compare("lt", value(math.CopySignOp(n.number(1), a)), n.number(0))

    return computed(lo, [x], build, inside=wide(element_of(x)), gives=i1)


def _where(lo: Lowering) -> SSAValue:
    """`condition ? self : other`"""
    condition, element = lo.operand("condition"), result_element(lo)
    x, y = operands_named(lo, "self", "other")
    parts = [v if not isinstance(v, SSAValue) else cast(lo, v, element) for v in (x, y)]
    return chosen(lo, condition, parts[0], parts[1], element)


def chosen(
    lo: Lowering, condition: SSAValue, x: Operand, y: Operand, element: Attribute
) -> SSAValue:
    """`condition ? x : y` of an element type, by which numbers and tensors are."""
    n = Numbers(element)
    values = [v for v in (x, y) if isinstance(v, SSAValue)]

    def build(flag: SSAValue, *scalars: SSAValue) -> SSAValue:
        rest = iter(scalars)
        a, b = (next(rest) if isinstance(v, SSAValue) else n.number(v) for v in (x, y))
        return select(flag, a, b)

    return lo.map([_truth(lo, condition), *values], build, element)


def _truth(lo: Lowering, condition: SSAValue) -> SSAValue:
    return condition if element_of(condition) == i1 else cast(lo, condition, i1)


def _masked_fill(lo: Lowering) -> SSAValue:
    x, mask = lo.operand("self"), lo.operand("mask")
    fill = operand_named(lo, "value")
    if isinstance(fill, SSAValue):
        fill = cast(lo, fill, element_of(x))
    return chosen(lo, mask, fill, x, element_of(x))


OPERATORS: dict[str, Conversion] = {
    **of_tensor_and_scalar("eq", _comparison("eq")),
    **of_tensor_and_scalar("ne not_equal", _comparison("ne")),
    **of_tensor_and_scalar("lt less", _comparison("lt")),
    **of_tensor_and_scalar("le less_equal", _comparison("le")),
    **of_tensor_and_scalar("gt greater", _comparison("gt")),
    **of_tensor_and_scalar("ge greater_equal", _comparison("ge")),
    "logical_and": _logical(arith.AndIOp),
    "logical_or": _logical(arith.OrIOp),
    "logical_xor": _logical(arith.XOrIOp),
    **of_tensor_and_scalar("bitwise_and", _bits(arith.AndIOp)),
    "bitwise_and.Scalar_Tensor": _bits(arith.AndIOp),
    **of_tensor_and_scalar("bitwise_or", _bits(arith.OrIOp)),
    "bitwise_or.Scalar_Tensor": _bits(arith.OrIOp),
    **of_tensor_and_scalar("bitwise_xor", _bits(arith.XOrIOp)),
    "bitwise_xor.Scalar_Tensor": _bits(arith.XOrIOp),
    **named("bitwise_left_shift.Tensor bitwise_left_shift.Tensor_Scalar", _shift(left=True)),
    **named("bitwise_right_shift.Tensor bitwise_right_shift.Tensor_Scalar", _shift(left=False)),
    "isclose": _isclose,
    "bitwise_not": _bitwise_not,
    "isfinite": _property(
        lambda n, x: n.compare("lt", absolute(x), n.number(float("inf"))), otherwise=True
    ),
    "isinf": _property(_is_infinite(0), otherwise=False),
    "isnan": _property(lambda n, x: n.compare("ne", x, x), otherwise=False),
    "isposinf": _property(_is_infinite(1), otherwise=False),
    "isneginf": _property(_is_infinite(-1), otherwise=False),
    "logical_not": _logical_not,
    "signbit": _signbit,
    **named("where.self where.Scalar where.ScalarOther where.ScalarSelf", _where),
    **named("masked_fill.Scalar masked_fill.Tensor", _masked_fill),
}
"""Conversions by the operator and its overload, without one for the default."""
