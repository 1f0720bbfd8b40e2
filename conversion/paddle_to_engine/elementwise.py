"""
Functions of each element, with broadcasting.

Operators: abs, acos, acosh, add, add_n, asin, asinh, assign, atan, atanh, bitwise_and, bitwise_not,
bitwise_or, bitwise_xor, cast, ceil, celu, clip, cos, cosh, divide, dropout, elementwise_pow, elu,
equal, erf, exp, expm1, floor, floor_divide, fmax, fmin, gelu, greater_equal, greater_than,
hardshrink, hardsigmoid, hardswish, hardtanh, heaviside, increment, isfinite, isinf, isnan,
leaky_relu, lerp, less_equal, less_than, log, log10, log1p, log2, logical_and, logical_not,
logical_or, logical_xor, logit, logsigmoid, masked_fill, maximum, minimum, mish, multiply,
not_equal, pow, prelu, reciprocal, relu, relu6, remainder, round, rsqrt, scale, selu, share_data,
sigmoid, sign, silu, sin, sinh, softplus, softshrink, softsign, sqrt, square, stanh, subtract,
swish, tan, tanh, tanh_shrink, thresholded_relu, trunc, trunc_divide, where.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log as logarithm

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.remainder import remainder
from ..to_engine.scalars import (
    Numbers,
    absolute,
    absolute_integer,
    erf,
    exp,
    expm1,
    fold_left,
    log,
    log1p,
    select,
    sigmoid,
    softplus,
    sqrt,
    tanh,
    value,
)
from ..to_engine.vocabulary.activations import (
    ScalarFunction,
    activation,
    celu,
    elu,
    gelu,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    mish,
    relu,
    selu,
    softsign,
    swish,
)
from ..to_engine.vocabulary.cast import cast
from ..to_engine.vocabulary.convolution import per_channel
from .given import aligned, element_named, number

Scalar = Callable[[Numbers, SSAValue], SSAValue]
Pair = Callable[[Numbers, SSAValue, SSAValue], SSAValue]


def _first(lo: Lowering) -> SSAValue:
    return lo.operands[0]


def _unary(function: Scalar) -> Conversion:
    return lambda lo: activation(lo, function, _first(lo))


def _floating(function: Scalar) -> Conversion:
    """A function of floats alone."""

    def convert(lo: Lowering) -> SSAValue:
        if not Numbers(element_of(_first(lo))).floating:
            raise NoNativeForm("of integers")
        return activation(lo, function, _first(lo))

    return convert


def _of(op: Callable[[SSAValue], Operation]) -> Conversion:
    return _floating(lambda n, a: value(op(a)))


def _with(function: ScalarFunction, *names: str) -> Conversion:
    """`function(n, x, *numbers of attributes)`"""
    return lambda lo: activation(lo, function, lo.operand("x"), *(lo.number(n) for n in names))


def _binary(method: Pair) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        x, y = aligned(lo, [lo.operand("x"), lo.operand("y")])
        n = Numbers(element_of(x))
        if element_of(y) != n.element:
            raise NoNativeForm(f"of {n.element} and {element_of(y)}")
        return lo.map([x, y], lambda a, b: method(n, a, b))

    return convert


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


def _not(lo: Lowering) -> SSAValue:
    n = Numbers(i1)
    x = cast(lo, lo.operand("x"), i1)
    return lo.map([x], lambda a: value(arith.XOrIOp(a, n.number(1))))


def _bitwise_not(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    n = Numbers(element_of(x))
    return lo.map([x], lambda a: value(arith.XOrIOp(a, n.number(1 if n.boolean else -1))))


def _power(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
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


def _identity(lo: Lowering) -> SSAValue:
    return _first(lo)


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
    low, high = number(lo, "min"), number(lo, "max")

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        return n.minimum(n.maximum(a, n.number(low)), n.number(high))

    return activation(lo, build, lo.operand("x"))


def _clamped(lo: Lowering) -> SSAValue:
    low, high = lo.number("t_min"), lo.number("t_max")

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        return n.minimum(n.maximum(a, n.number(low)), n.number(high))

    return activation(lo, build, lo.operand("x"))


def _prelu(lo: Lowering) -> SSAValue:
    """One slope, one for each channel, or one for each element of a row."""
    x, slope, mode = lo.operand("x"), lo.operand("alpha"), lo.text("mode")
    n, shape = Numbers(element_of(x)), extents_of(x)
    if mode == "element":
        slope = lo.reshape(slope, (1, *shape[1:]))
    elif mode == "channel":
        flat = lo.reshape(slope, (shape[-1 if lo.text("data_format") == "NHWC" else 1],))
        last = lo.text("data_format") == "NHWC"
        slope = flat if last else per_channel(lo, flat, rank_of(x))
    else:
        slope = lo.reshape(slope, ())
    return lo.map([x, slope], lambda a, s: select(n.compare("gt", a, n.number(0)), a, n.mul(a, s)))


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


def _where(lo: Lowering) -> SSAValue:
    operands = aligned(lo, [lo.operand(n) for n in ("condition", "x", "y")])
    element = element_of(operands[1])
    return lo.map(operands, select, element)


def _masked_fill(lo: Lowering) -> SSAValue:
    operands = aligned(lo, [lo.operand(n) for n in ("mask", "value", "x")])
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


def _pow(lo: Lowering) -> SSAValue:
    power = lo.number("y", 1)

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        if power == 2:
            return n.mul(a, a)
        return _power(n, a, n.number(power))

    return activation(lo, build, lo.operand("x"))


def _softplus(lo: Lowering) -> SSAValue:
    beta, threshold = lo.number("beta", 1), lo.number("threshold", 20)

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        inner = a if beta == 1 else n.mul(a, n.number(beta))
        soft = softplus(n, inner)
        soft = soft if beta == 1 else n.div(soft, n.number(beta))
        return select(n.compare("gt", inner, n.number(threshold)), a, soft)

    return activation(lo, build, lo.operand("x"))


def _hard_shrink(n: Numbers, a: SSAValue, threshold: float) -> SSAValue:
    return select(n.compare("gt", absolute(a), n.number(threshold)), a, n.number(0))


def _soft_shrink(n: Numbers, a: SSAValue, threshold: float) -> SSAValue:
    t = n.number(threshold)
    above = select(n.compare("gt", a, t), n.sub(a, t), n.number(0))
    return select(n.compare("lt", a, n.number(-threshold)), n.add(a, t), above)


def _thresholded(n: Numbers, a: SSAValue, threshold: float, other: float) -> SSAValue:
    return select(n.compare("gt", a, n.number(threshold)), a, n.number(other))


def _stanh(n: Numbers, a: SSAValue, inner: float, outer: float) -> SSAValue:
    return n.mul(n.number(outer), tanh(n.mul(n.number(inner), a)))


def _selu(n: Numbers, a: SSAValue, scale: float, alpha: float) -> SSAValue:
    return selu(n, a, alpha, scale)


def _logit(n: Numbers, a: SSAValue, eps: float) -> SSAValue:
    if eps:
        a = n.minimum(n.maximum(a, n.number(eps)), n.number(1 - eps))
    return log(n.div(a, n.sub(n.number(1), a)))


def _gelu(lo: Lowering) -> SSAValue:
    return activation(lo, gelu, lo.operand("x"), lo.flag("approximate"))


def _absolute(n: Numbers, a: SSAValue) -> SSAValue:
    return absolute(a) if n.floating else absolute_integer(a)


def _sign(n: Numbers, a: SSAValue) -> SSAValue:
    zero = n.number(0)
    below = select(n.compare("lt", a, zero), n.number(-1), a if n.floating else zero)
    # Zeros and NaN stay what they are.
    return select(n.compare("gt", a, zero), n.number(1), below)


def _round(lo: Lowering) -> SSAValue | Results:
    if lo.integer("decimals"):
        raise NoNativeForm("to decimals")
    return _of(math.RoundEvenOp)(lo)


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
    "abs": _unary(_absolute),
    "acos": _of(math.AcosOp),
    "acosh": _of(math.AcoshOp),
    "add": _binary(Numbers.add),
    "add_n": _add_n,
    "asin": _of(math.AsinOp),
    "asinh": _of(math.AsinhOp),
    "assign": _identity,
    "atan": _of(math.AtanOp),
    "atanh": _of(math.AtanhOp),
    "bitwise_and": _bits(arith.AndIOp),
    "bitwise_not": _bitwise_not,
    "bitwise_or": _bits(arith.OrIOp),
    "bitwise_xor": _bits(arith.XOrIOp),
    "cast": _cast,
    "ceil": _of(math.CeilOp),
    "celu": _with(celu, "alpha"),
    "clip": _clip,
    "cos": _of(math.CosOp),
    "cosh": _of(math.CoshOp),
    "divide": _binary(Numbers.div),
    "dropout": _dropout,
    "elementwise_pow": _binary(_power),
    "elu": _with(elu, "alpha"),
    "equal": _comparison("eq"),
    "erf": _floating(lambda n, a: erf(a)),
    "exp": _floating(lambda n, a: exp(a)),
    "expm1": _floating(lambda n, a: expm1(a)),
    "floor": _of(math.FloorOp),
    "floor_divide": _binary(_floor_divide),
    "fmax": _binary(_fmax),
    "fmin": _binary(_fmin),
    "gelu": _gelu,
    "greater_equal": _comparison("ge"),
    "greater_than": _comparison("gt"),
    "hardshrink": _with(_hard_shrink, "threshold"),
    "hardsigmoid": _with(hard_sigmoid, "slope", "offset"),
    "hardswish": _unary(hard_swish),
    "hardtanh": _clamped,
    "heaviside": _binary(_heaviside),
    "increment": _increment,
    "isfinite": _is(lambda n, a: n.compare("lt", absolute(a), n.number(float("inf")))),
    "isinf": _is(_is_infinite),
    "isnan": _is(lambda n, a: n.compare("ne", a, a)),
    "leaky_relu": _with(leaky_relu, "negative_slope"),
    "lerp": _lerp,
    "less_equal": _comparison("le"),
    "less_than": _comparison("lt"),
    "log": _floating(lambda n, a: log(a)),
    "log10": _floating(_log_of(10)),
    "log1p": _floating(lambda n, a: log1p(a)),
    "log2": _floating(_log_of(2)),
    "logical_and": _logical(arith.AndIOp),
    "logical_not": _not,
    "logical_or": _logical(arith.OrIOp),
    "logical_xor": _logical(arith.XOrIOp),
    "logit": _with(_logit, "eps"),
    "logsigmoid": _floating(lambda n, a: n.neg(softplus(n, n.neg(a)))),
    "masked_fill": _masked_fill,
    "maximum": _binary(Numbers.maximum),
    "minimum": _binary(Numbers.minimum),
    "mish": _unary(mish),
    "multiply": _binary(Numbers.mul),
    "not_equal": _comparison("ne"),
    "pow": _pow,
    "prelu": _prelu,
    "reciprocal": _floating(lambda n, a: n.div(n.number(1), a)),
    "relu": _unary(relu),
    "relu6": _unary(lambda n, a: n.minimum(relu(n, a), n.number(6))),
    "remainder": _binary(lambda n, a, b: remainder(n, a, b, of_divisor=True)),
    "round": _round,
    "rsqrt": _floating(lambda n, a: n.div(n.number(1), sqrt(a))),
    "scale": _scaled,
    "selu": _with(_selu, "scale", "alpha"),
    "share_data": _identity,
    "sigmoid": _floating(sigmoid),
    "sign": _unary(_sign),
    "silu": _floating(swish),
    "sin": _of(math.SinOp),
    "sinh": _of(math.SinhOp),
    "softplus": _softplus,
    "softshrink": _with(_soft_shrink, "threshold"),
    "softsign": _floating(softsign),
    "sqrt": _floating(lambda n, a: sqrt(a)),
    "square": _unary(lambda n, a: n.mul(a, a)),
    "stanh": _with(_stanh, "scale_a", "scale_b"),
    "subtract": _binary(Numbers.sub),
    "swish": _floating(swish),
    "tan": _of(math.TanOp),
    "tanh": _floating(lambda n, a: tanh(a)),
    "tanh_shrink": _floating(lambda n, a: n.sub(a, tanh(a))),
    "thresholded_relu": _with(_thresholded, "threshold", "value"),
    "trunc": _of(math.TruncOp),
    "trunc_divide": _binary(Numbers.div),
    "where": _where,
}
