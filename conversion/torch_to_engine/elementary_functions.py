"""
Exponentials, logarithms, trigonometry and their like: each one `engine.map`.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

from xdsl.dialects import math
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import (
    Numbers,
    absolute,
    erf,
    exp,
    expm1,
    log,
    log1p,
    log_add_exp,
    select,
    sigmoid,
    sqrt,
    tanh,
    value,
)
from .overloads import named
from .scalar_maps import Build, computed, of_one, of_two


def _math(kind: Callable[[SSAValue], Operation]) -> Conversion:
    return of_one(lambda n, x: value(kind(x)))


def log_sigmoid(n: Numbers, x: SSAValue) -> SSAValue:
    """`min(x, 0) - log(1 + exp(-|x|))`"""
    return n.sub(n.minimum(x, n.number(0)), log1p(exp(n.neg(absolute(x)))))


def _log_sigmoid_forward(lo: Lowering) -> list[SSAValue | None]:
    x = lo.operand("self")
    buffer = computed(lo, [x], lambda n, a: exp(n.neg(absolute(a))))
    return [computed(lo, [x], log_sigmoid), buffer]


def _scaled_log(base: float) -> Conversion:
    from math import log as natural

    return of_one(lambda n, x: n.mul(log(x), n.number(1 / natural(base))))


def _exp2(n: Numbers, x: SSAValue) -> SSAValue:
    return value(math.Exp2Op(x))


def _sinc(n: Numbers, x: SSAValue) -> SSAValue:
    """`sin(pi x) / (pi x)`, 1 at 0."""
    at = n.mul(x, n.number(pi))
    found = n.div(value(math.SinOp(at)), at)
    return select(n.compare("eq", x, n.number(0)), n.number(1), found)


def _logit(lo: Lowering) -> SSAValue:
    """`log(x / (1 - x))` of `x` kept `eps` away from 0 and 1."""
    eps = lo.op.attribute("eps")

    def build(n: Numbers, x: SSAValue) -> SSAValue:
        if isinstance(eps, float):
            x = n.minimum(n.maximum(x, n.number(eps)), n.number(1 - eps))
        return log(n.div(x, n.sub(n.number(1), x)))

    return computed(lo, [lo.operand("self")], build)


def _xlogy(logarithm: Callable[[SSAValue], SSAValue]) -> Build:
    """`x * log(y)`, 0 where `x` is, whatever the logarithm; what is no number stays that."""

    def build(n: Numbers, x: SSAValue, y: SSAValue) -> SSAValue:
        zero = n.number(0)
        found = select(n.compare("eq", x, zero), zero, n.mul(x, logarithm(y)))
        return select(n.compare("ne", y, y), y, found)

    return build


def _logaddexp2(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    top, scale = n.maximum(a, b), 0.6931471805599453
    apart = select(n.compare("eq", a, b), n.number(0), absolute(n.sub(a, b)))
    tail = log1p(value(math.Exp2Op(n.neg(apart))))
    return n.add(top, n.mul(tail, n.number(1 / scale)))


def _hypot(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    """Scaled by the larger, so that no square overflows."""
    x, y = absolute(a), absolute(b)
    top, low = n.maximum(x, y), n.minimum(x, y)
    ratio = n.div(low, top)
    found = n.mul(top, sqrt(n.add(n.number(1), n.mul(ratio, ratio))))
    return select(n.compare("eq", top, n.number(0)), n.number(0), found)


def _nan_to_num(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    if isinstance(element_of(x), IntegerType):
        return x
    most = {"f16": 65504.0, "f32": 3.4028234663852886e38, "f64": 1.7976931348623157e308}
    top = most.get(str(element_of(x)))
    if top is None:
        raise NoNativeForm(f"on {element_of(x)} elements")
    given = [lo.op.attribute(name) for name in ("nan", "posinf", "neginf")]
    numbers = [
        float(v) if isinstance(v, float) else d
        for v, d in zip(given, (0.0, top, -top), strict=True)
    ]

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        infinity = n.number(float("inf"))
        found = select(n.compare("eq", a, infinity), n.number(numbers[1]), a)
        below = n.compare("eq", a, n.neg(infinity))
        found = select(below, n.number(numbers[2]), found)
        return select(n.compare("ne", a, a), n.number(numbers[0]), found)

    return computed(lo, [x], build)


OPERATORS: dict[str, Conversion] = {
    **named("atan2 arctan2", of_two(lambda n, a, b: value(math.Atan2Op(a, b)))),
    "hypot": of_two(_hypot),
    "logaddexp": of_two(log_add_exp),
    "logaddexp2": of_two(_logaddexp2),
    **named(
        "xlogy.Tensor xlogy.Scalar_Other xlogy.Scalar_Self special_xlogy"
        " special_xlogy.other_scalar special_xlogy.self_scalar",
        of_two(_xlogy(log)),
    ),
    **named(
        "special_xlog1py special_xlog1py.other_scalar special_xlog1py.self_scalar",
        of_two(_xlogy(log1p)),
    ),
    **named("acos arccos", _math(math.AcosOp)),
    **named("acosh arccosh", _math(math.AcoshOp)),
    **named("asin arcsin", _math(math.AsinOp)),
    **named("asinh arcsinh", _math(math.AsinhOp)),
    **named("atan arctan", _math(math.AtanOp)),
    **named("atanh arctanh", _math(math.AtanhOp)),
    "cos": _math(math.CosOp),
    "cosh": _math(math.CoshOp),
    "deg2rad": of_one(lambda n, x: n.mul(x, n.number(pi / 180))),
    "rad2deg": of_one(lambda n, x: n.mul(x, n.number(180 / pi))),
    **named("erf special_erf", of_one(lambda n, x: erf(x))),
    **named("erfc special_erfc", of_one(lambda n, x: n.sub(n.number(1), erf(x)))),
    "exp": of_one(lambda n, x: exp(x)),
    **named("exp2 special_exp2", of_one(_exp2)),
    **named("expm1 special_expm1", of_one(lambda n, x: expm1(x))),
    "log": of_one(lambda n, x: log(x)),
    "log10": _scaled_log(10),
    "log2": _scaled_log(2),
    **named("log1p special_log1p", of_one(lambda n, x: log1p(x))),
    "log_sigmoid": of_one(log_sigmoid),
    "log_sigmoid_forward": _log_sigmoid_forward,
    **named("logit special_logit", _logit),
    "nan_to_num": _nan_to_num,
    "rsqrt": of_one(lambda n, x: n.div(n.number(1), sqrt(x))),
    **named("sigmoid special_expit", of_one(sigmoid)),
    "sin": _math(math.SinOp),
    **named("sinc special_sinc", of_one(_sinc)),
    "sinh": _math(math.SinhOp),
    "sqrt": of_one(lambda n, x: sqrt(x)),
    "tan": _math(math.TanOp),
    "tanh": of_one(lambda n, x: tanh(x)),
}
"""Conversions by the operator and its overload, without one for the default."""
