"""
Arithmetic, comparisons, logic, selection and casts: each one `engine.map`.

Operators: Abs, Acos, Acosh, Add, And, Asin, Asinh, Atan, Atanh, BitCast, BitShift, BitwiseAnd,
BitwiseNot, BitwiseOr, BitwiseXor, Cast, CastLike, Ceil, Clip, Cos, Cosh, Div, Equal, Erf, Exp,
Floor, Greater, GreaterOrEqual, Identity, IsInf, IsNaN, Less, LessOrEqual, Log, Max, Mean, Min, Mod,
Mul, Neg, Not, Or, Pow, Reciprocal, Round, Sign, Sin, Sinh, Sqrt, Sub, Sum, Tan, Tanh, Where, Xor.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType, f64, i1
from xdsl.ir import Operation, SSAValue

from ....dialects.engine.base import element_of, is_coded, scalar_type
from ....dialects.engine.weights import dtype_of
from ....dialects.onnx.codes import element_type_of_code
from ...to_engine.coded_elements import Rounding
from ...to_engine.dialect_conversion import Conversion
from ...to_engine.lowering import Lowering, NoNativeForm
from ...to_engine.remainder import remainder
from ...to_engine.scalars import (
    Numbers,
    cast_scalar,
    erf,
    exp,
    fold_left,
    log,
    select,
    sqrt,
    tanh,
    value,
)
from ...to_engine.vocabulary.arithmetic import magnitude, sign
from ...to_engine.vocabulary.cast import cast


def numbers(lo: Lowering, index: int = 0) -> Numbers:
    """Arithmetic on the elements of an operand."""
    return Numbers(element_of(lo.operands[index]))


def _binary(method: Callable[[Numbers, SSAValue, SSAValue], SSAValue]) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        n = numbers(lo)
        return lo.map(lo.operands, lambda a, b: method(n, a, b))

    return convert


def _variadic(method: Callable[[Numbers, SSAValue, SSAValue], SSAValue]) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        n = numbers(lo)

        def build(*xs: SSAValue) -> SSAValue:
            return fold_left(lambda a, b: method(n, a, b), xs)

        return lo.map(lo.operands, build)

    return convert


def _comparison(predicate: str) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        n = numbers(lo)
        return lo.map(lo.operands, lambda a, b: n.compare(predicate, a, b), i1)

    return convert


def _bitwise(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    """Logic on `i1` and on the bits of integers alike."""

    def convert(lo: Lowering) -> SSAValue:
        return lo.map(lo.operands, lambda a, b: value(kind(a, b)))

    return convert


def _float_function(build: Callable[[SSAValue], SSAValue]) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        n = numbers(lo)
        if not n.floating:
            raise NoNativeForm(f"on {n.element} elements")
        return lo.map(lo.operands[:1], build)

    return convert


def _math(kind: Callable[[SSAValue], Operation]) -> Conversion:
    return _float_function(lambda x: value(kind(x)))


def Mean(lo: Lowering) -> SSAValue:
    """`(x1 + ... + xn) / n`"""
    n, count = numbers(lo), len(lo.operands)

    def build(*xs: SSAValue) -> SSAValue:
        return n.div(fold_left(n.add, xs), n.number(count))

    return lo.map(lo.operands, build)


def Pow(lo: Lowering) -> SSAValue:
    """`x ^ y`; the result has the type of `x`. A square is a product."""
    base, exponent = lo.operands
    n, m = Numbers(element_of(base)), Numbers(element_of(exponent))
    constant = lo.array_of(exponent)
    if constant is not None and constant.size == 1 and len(constant.shape) == 0:
        power = float(constant)
        if power == 1.0:
            return base
        if power == 2.0:
            return lo.map([base], lambda x: n.mul(x, x))
    if not n.floating and not m.floating:
        if n.unsigned or m.unsigned:
            raise NoNativeForm("power of unsigned integers")
        return lo.map(
            [base, exponent],
            lambda x, y: value(math.IPowIOp(x, cast_scalar(y, m.element, n.element))),
        )
    # An integer to a fractional power goes through f64, as numpy does.
    wide = n.element if n.floating else f64

    def build(x: SSAValue, y: SSAValue) -> SSAValue:
        x, y = cast_scalar(x, n.element, wide), cast_scalar(y, m.element, wide)
        power = value(math.PowFOp(x, y))
        return cast_scalar(power if n.floating else _whole(power), wide, n.element)

    return lo.map([base, exponent], build)


def _whole(power: SSAValue) -> SSAValue:
    """An f64 power that is an integer up to rounding errors, as that integer: 3^6 is not 728."""
    n = Numbers(f64)
    nearest = value(math.RoundEvenOp(power))
    error = value(math.AbsFOp(n.sub(power, nearest)))
    allowed = n.mul(value(math.AbsFOp(nearest)), n.number(1e-12))
    return select(n.compare("le", error, allowed), nearest, power)


def Mod(lo: Lowering) -> SSAValue:
    """The remainder with the divisor's sign, or with the dividend's when `fmod`."""
    n = numbers(lo)
    if n.floating:
        of_divisor = not lo.integer("fmod")
        return lo.map(lo.operands, lambda a, b: remainder(n, a, b, of_divisor=of_divisor))
    if n.unsigned:
        return lo.map(lo.operands, lambda a, b: value(arith.RemUIOp(a, b)))
    if lo.integer("fmod"):
        return lo.map(lo.operands, lambda a, b: value(arith.RemSIOp(a, b)))

    def build(a: SSAValue, b: SSAValue) -> SSAValue:
        remainder = value(arith.RemSIOp(a, b))
        zero = n.number(0)
        differs = n.compare("lt", value(arith.XOrIOp(remainder, b)), zero)
        wrong = value(arith.AndIOp(n.compare("ne", remainder, zero), differs))
        return select(wrong, n.add(remainder, b), remainder)

    return lo.map(lo.operands, build)


def BitShift(lo: Lowering) -> SSAValue:
    """
    A shift by the width or more, or by a negative number, moves all bits out.

    To the right, signed numbers keep their sign: -8 by 1 is -4, and by the width -1.
    """
    n = numbers(lo)
    left = lo.text("direction") == "LEFT"
    signed = not n.unsigned
    kind = arith.ShLIOp if left else arith.ShRSIOp if signed else arith.ShRUIOp
    width = 8 * dtype_of(n.element).itemsize

    def build(a: SSAValue, b: SSAValue) -> SSAValue:
        within = n.compare("lt", b, n.number(width))
        if signed:
            within = value(arith.AndIOp(within, n.compare("ge", b, n.number(0))))
        if signed and not left:
            return value(kind(a, select(within, b, n.number(width - 1))))
        zero = n.number(0)
        return select(within, value(kind(a, select(within, b, zero))), zero)

    return lo.map(lo.operands, build)


def Neg(lo: Lowering) -> SSAValue:
    """`-x`"""
    n = numbers(lo)
    return lo.map(lo.operands, n.neg)


def Abs(lo: Lowering) -> SSAValue:
    """`|x|`"""
    n = numbers(lo)
    if n.unsigned:
        return lo.operands[0]
    return lo.map(lo.operands, lambda x: magnitude(n, x))


def Sign(lo: Lowering) -> SSAValue:
    """-1, 0 or 1; NaN stays."""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: sign(n, x))


def Reciprocal(lo: Lowering) -> SSAValue:
    """`1 / x`"""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: n.div(n.number(1), x))


def Not(lo: Lowering) -> SSAValue:
    """Logical negation."""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: value(arith.XOrIOp(x, n.number(1))))


def BitwiseNot(lo: Lowering) -> SSAValue:
    """`~x`"""
    n = numbers(lo)
    return lo.map(lo.operands, lambda x: value(arith.XOrIOp(x, n.number(-1))))


def IsNaN(lo: Lowering) -> SSAValue:
    """Only a NaN is unordered with itself."""
    numbers(lo)  # formats of a byte are not floats to `arith`
    return lo.map(lo.operands, lambda x: value(arith.CmpfOp(x, x, "uno")), i1)


def IsInf(lo: Lowering) -> SSAValue:
    """Equality with the infinities asked for."""
    n = numbers(lo)
    wanted = [
        number
        for number, name in ((float("inf"), "detect_positive"), (-float("inf"), "detect_negative"))
        if lo.integer(name, 1)
    ]

    def build(x: SSAValue) -> SSAValue:
        if not wanted:
            return Numbers(i1).number(0)
        hits = [n.compare("eq", x, n.number(infinity)) for infinity in wanted]
        return fold_left(lambda a, b: value(arith.OrIOp(a, b)), hits)

    return lo.map(lo.operands, build, i1)


def Where(lo: Lowering) -> SSAValue:
    """`condition ? x : y`"""
    condition, x, y = lo.operands
    return lo.map([condition, x, y], select, element_of(x))


def Clip(lo: Lowering) -> SSAValue:
    """`min(max(x, low), high)`"""
    n, x = numbers(lo), lo.operand("input")
    low, high = lo.optional("min"), lo.optional("max")
    bounds = [v for v in (low, high) if v is not None]
    if not bounds:
        return x

    def build(x: SSAValue, *limits: SSAValue) -> SSAValue:
        rest = list(limits)
        if low is not None:
            x = n.maximum(x, rest.pop(0))
        return n.minimum(x, rest.pop(0)) if high is not None else x

    return lo.map([x, *(lo.reshape(v, ()) for v in bounds)], build)


def _rounding(lo: Lowering) -> Rounding:
    return Rounding(bool(lo.integer("saturate", 1)), lo.text("round_mode", "up"))


def Cast(lo: Lowering) -> SSAValue:
    """Conversion to the type with ONNX's number `to`."""
    row = element_type_of_code(lo.integer("to"))
    if row is None:
        raise NoNativeForm(f"type number {lo.integer('to')}")
    return cast(lo, lo.operand("input"), row.ir, _rounding(lo))


def CastLike(lo: Lowering) -> SSAValue:
    """Conversion to the type of another tensor."""
    target = element_of(lo.operand("target_type"))
    return cast(lo, lo.operand("input"), target, _rounding(lo))


def BitCast(lo: Lowering) -> SSAValue:
    """The same bits as another type of the same width."""
    x, row = lo.operand("input"), element_type_of_code(lo.integer("to"))
    source = element_of(x)
    target = source if row is None else row.ir
    if row is None or dtype_of(source).itemsize != dtype_of(target).itemsize:
        raise NoNativeForm(f"of {source} to type number {lo.integer('to')}")
    if isinstance(source, IntegerType) and source.width.data == 1:
        return lo.map([x], lambda a: cast_scalar(a, source, target), target)
    if target == i1 or is_coded(source) != is_coded(target):
        raise NoNativeForm(f"of {source} to {target}")
    before, after = scalar_type(source), scalar_type(target)
    same = before == after
    return lo.map([x], lambda a: a if same else arith.BitcastOp(a, after).result, target)


def Identity(lo: Lowering) -> SSAValue:
    """`x`"""
    return lo.operands[0]


OPERATORS: dict[str, Conversion] = {
    "Abs": Abs,
    "Acos": _math(math.AcosOp),
    "Acosh": _math(math.AcoshOp),
    "Add": _binary(Numbers.add),
    "And": _bitwise(arith.AndIOp),
    "Asin": _math(math.AsinOp),
    "Asinh": _math(math.AsinhOp),
    "Atan": _math(math.AtanOp),
    "Atanh": _math(math.AtanhOp),
    "BitCast": BitCast,
    "BitShift": BitShift,
    "BitwiseAnd": _bitwise(arith.AndIOp),
    "BitwiseNot": BitwiseNot,
    "BitwiseOr": _bitwise(arith.OrIOp),
    "BitwiseXor": _bitwise(arith.XOrIOp),
    "Cast": Cast,
    "CastLike": CastLike,
    "Ceil": _math(math.CeilOp),
    "Clip": Clip,
    "Cos": _math(math.CosOp),
    "Cosh": _math(math.CoshOp),
    "Div": _binary(Numbers.div),
    "Equal": _comparison("eq"),
    "Erf": _float_function(erf),
    "Exp": _float_function(exp),
    "Floor": _math(math.FloorOp),
    "Greater": _comparison("gt"),
    "GreaterOrEqual": _comparison("ge"),
    "Identity": Identity,
    "IsInf": IsInf,
    "IsNaN": IsNaN,
    "Less": _comparison("lt"),
    "LessOrEqual": _comparison("le"),
    "Log": _float_function(log),
    "Max": _variadic(Numbers.maximum),
    "Mean": Mean,
    "Min": _variadic(Numbers.minimum),
    "Mod": Mod,
    "Mul": _binary(Numbers.mul),
    "Neg": Neg,
    "Not": Not,
    "Or": _bitwise(arith.OrIOp),
    "Pow": Pow,
    "Reciprocal": Reciprocal,
    "Round": _math(math.RoundEvenOp),
    "Sign": Sign,
    "Sin": _math(math.SinOp),
    "Sinh": _math(math.SinhOp),
    "Sqrt": _float_function(sqrt),
    "Sub": _binary(Numbers.sub),
    "Sum": _variadic(Numbers.add),
    "Tan": _math(math.TanOp),
    "Tanh": _float_function(tanh),
    "Where": Where,
    "Xor": _bitwise(arith.XOrIOp),
}
