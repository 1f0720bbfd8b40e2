"""
Functions of each element of one operand.

Operators: abs, acos, acosh, asin, asinh, assign, atan, atanh, bitwise_not, cast, ceil, clip, cos,
cosh, dropout, erf, exp, expm1, floor, increment, isfinite, isinf, isnan, log, log10, log1p, log2,
logical_not, logit, pow, reciprocal, round, rsqrt, scale, share_data, sign, sin, sinh, sqrt, square,
tan, tanh, trunc.
"""

from __future__ import annotations

from math import log as logarithm

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import (
    Numbers,
    absolute,
    erf,
    exp,
    expm1,
    log,
    log1p,
    sqrt,
    tanh,
    value,
)
from ..to_engine.vocabulary.activations import activation
from ..to_engine.vocabulary.arithmetic import limited, magnitude, sign
from ..to_engine.vocabulary.cast import cast
from .arithmetic import power_of
from .given import element_named, number
from .scalar_maps import Scalar, first, of_attributes, of_float, of_number, of_operation


def _not(lo: Lowering) -> SSAValue:
    n = Numbers(i1)
    x = cast(lo, lo.operand("x"), i1)
    return lo.map([x], lambda a: value(arith.XOrIOp(a, n.number(1))))


def _bitwise_not(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    n = Numbers(element_of(x))
    return lo.map([x], lambda a: value(arith.XOrIOp(a, n.number(1 if n.boolean else -1))))


def _identity(lo: Lowering) -> SSAValue:
    return first(lo)


def _scaled(lo: Lowering) -> SSAValue:
    """`scale x + bias`, or `scale (x + bias)`"""
    x, bias, after = lo.operand("x"), lo.number("bias"), lo.flag("bias_after_scale", default=True)
    n, operands = Numbers(element_of(x)), lo.group("scale_tensor")
    factor = lo.number("scale", 1)
    constant = not operands or lo.array_of(operands[0]) is not None
    if operands and constant:
        factor = number(lo, "scale", 1)
    given = [x] if constant else [x, cast(lo, lo.reshape(operands[0], ()), n.element)]

    def build(a: SSAValue, *scales: SSAValue) -> SSAValue:
        one = not scales and factor == 1
        scale = scales[0] if scales else n.number(factor)
        if bias and not after:
            a = n.add(a, n.number(bias))
        a = a if one else n.mul(a, scale)
        return n.add(a, n.number(bias)) if bias and after else a

    return lo.map(given, build)


def _clip(lo: Lowering) -> SSAValue:
    return activation(lo, limited, lo.operand("x"), number(lo, "min"), number(lo, "max"))


def _dropout(lo: Lowering) -> Results:
    """When a model runs: as it is, or times `1 - p`."""
    if not lo.flag("is_test") or lo.is_used("mask"):
        raise NoNativeForm("at random, as in training")
    x = lo.operand("x")
    if lo.text("mode", "downgrade_in_infer") == "upscale_in_train":
        return [x, None]
    keep = 1 - number(lo, "p", 0.5)
    n = Numbers(element_of(x))
    return [lo.map([x], lambda a: n.mul(a, n.number(keep))), None]


def _cast(lo: Lowering) -> SSAValue:
    return cast(lo, lo.operand("x"), element_named(lo))


def _pow(lo: Lowering) -> SSAValue:
    power = lo.number("y", 1)

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        if power == 2:
            return n.mul(a, a)
        return power_of(n, a, n.number(power))

    return activation(lo, build, lo.operand("x"))


def _logit(n: Numbers, a: SSAValue, eps: float) -> SSAValue:
    if eps:
        a = limited(n, a, eps, 1 - eps)
    return log(n.div(a, n.sub(n.number(1), a)))


def _round(lo: Lowering) -> SSAValue | Results:
    if lo.integer("decimals"):
        raise NoNativeForm("to decimals")
    return of_operation(math.RoundEvenOp)(lo)


def _increment(lo: Lowering) -> SSAValue:
    step = lo.number("value", 1)
    x = lo.operand("x")
    n = Numbers(element_of(x))
    return lo.map([x], lambda a: n.add(a, n.number(step)))


def _is(test: Scalar) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("x")
        n = Numbers(element_of(x))
        if not n.floating:
            raise NoNativeForm("of integers")
        return lo.map([x], lambda a: test(n, a), i1)

    return convert


def _is_infinite(n: Numbers, a: SSAValue) -> SSAValue:
    return n.compare("eq", absolute(a), n.number(float("inf")))


def _log_of(base: float) -> Scalar:
    return lambda n, a: n.mul(log(a), n.number(1 / logarithm(base)))


OPERATORS: dict[str, Conversion] = {
    "abs": of_number(magnitude),
    "acos": of_operation(math.AcosOp),
    "acosh": of_operation(math.AcoshOp),
    "asin": of_operation(math.AsinOp),
    "asinh": of_operation(math.AsinhOp),
    "assign": _identity,
    "atan": of_operation(math.AtanOp),
    "atanh": of_operation(math.AtanhOp),
    "bitwise_not": _bitwise_not,
    "cast": _cast,
    "ceil": of_operation(math.CeilOp),
    "clip": _clip,
    "cos": of_operation(math.CosOp),
    "cosh": of_operation(math.CoshOp),
    "dropout": _dropout,
    "erf": of_float(lambda n, a: erf(a)),
    "exp": of_float(lambda n, a: exp(a)),
    "expm1": of_float(lambda n, a: expm1(a)),
    "floor": of_operation(math.FloorOp),
    "increment": _increment,
    "isfinite": _is(lambda n, a: n.compare("lt", absolute(a), n.number(float("inf")))),
    "isinf": _is(_is_infinite),
    "isnan": _is(lambda n, a: n.compare("ne", a, a)),
    "log": of_float(lambda n, a: log(a)),
    "log10": of_float(_log_of(10)),
    "log1p": of_float(lambda n, a: log1p(a)),
    "log2": of_float(_log_of(2)),
    "logical_not": _not,
    "logit": of_attributes(_logit, "eps"),
    "pow": _pow,
    "reciprocal": of_float(lambda n, a: n.div(n.number(1), a)),
    "round": _round,
    "rsqrt": of_float(lambda n, a: n.div(n.number(1), sqrt(a))),
    "scale": _scaled,
    "share_data": _identity,
    "sign": of_number(sign),
    "sin": of_operation(math.SinOp),
    "sinh": of_operation(math.SinhOp),
    "sqrt": of_float(lambda n, a: sqrt(a)),
    "square": of_number(lambda n, a: n.mul(a, a)),
    "tan": of_operation(math.TanOp),
    "tanh": of_float(lambda n, a: tanh(a)),
    "trunc": of_operation(math.TruncOp),
}
