"""
Functions of each element.

Operators: AbsVal, Axpy, BNLL, Bias, Clip, Dropout, ELU, Eltwise, Exp, HardSigmoid, Log, Mish,
PReLU, Power, ReLU, ReLU6, Scale, Sigmoid, Silence, Split, Swish, TanH, Threshold.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log as logarithm

from xdsl.dialects import math
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of, extents_of, rank_of
from ..to_engine.dialect_conversion import Conversion, Results
from ..to_engine.lowering import Lowering, positive
from ..to_engine.scalars import (
    Numbers,
    absolute,
    exp,
    fold_left,
    log,
    select,
    sigmoid,
    softplus,
    tanh,
    value,
)
from ..to_engine.vocabulary.activations import (
    activation,
    elu,
    hard_sigmoid,
    leaky_relu,
    mish,
    relu,
    swish,
)
from ..to_engine.vocabulary.convolution import per_channel

Scalar = Callable[[Numbers, SSAValue], SSAValue]


def _of_x(function: Scalar) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        return activation(lo, function, lo.operand("x"))

    return convert


def _identity(lo: Lowering) -> SSAValue:
    return lo.operand("x")


def _relu(lo: Lowering) -> SSAValue:
    slope = lo.number("negative_slope")
    x = lo.operand("x")
    return activation(lo, leaky_relu, x, slope) if slope else activation(lo, relu, x)


def _relu6(n: Numbers, a: SSAValue) -> SSAValue:
    return n.minimum(relu(n, a), n.number(6))


def _elu(lo: Lowering) -> SSAValue:
    return activation(lo, elu, lo.operand("x"), lo.number("alpha", 1))


def _swish(lo: Lowering) -> SSAValue:
    return activation(lo, swish, lo.operand("x"), lo.number("beta", 1))


def _hard_sigmoid(lo: Lowering) -> SSAValue:
    return activation(lo, hard_sigmoid, lo.operand("x"), lo.number("alpha"), lo.number("beta"))


def _prelu(lo: Lowering) -> SSAValue:
    """`x > 0 ? x : slope * x`, with one slope or one for each channel."""
    x, slope = lo.operand("x"), lo.operand("slope")
    n = Numbers(element_of(x))
    shared = extents_of(slope) == (1,)
    factor = lo.reshape(slope, ()) if shared else per_channel(lo, slope, rank_of(x))
    return lo.map([x, factor], lambda a, s: select(n.compare("gt", a, n.number(0)), a, n.mul(a, s)))


def _shifted(lo: Lowering, n: Numbers, a: SSAValue) -> SSAValue:
    """`shift + scale * x`"""
    scale, shift = lo.number("scale", 1), lo.number("shift")
    a = a if scale == 1 else n.mul(a, n.number(scale))
    return a if shift == 0 else n.add(a, n.number(shift))


def _exp(lo: Lowering) -> SSAValue:
    """`base^(shift + scale x)`"""
    base = lo.number("base", -1)

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        inner = _shifted(lo, n, a)
        return exp(inner if base == -1 else n.mul(inner, n.number(logarithm(base))))

    return activation(lo, build, lo.operand("x"))


def _log(lo: Lowering) -> SSAValue:
    """`log_base(shift + scale x)`"""
    base = lo.number("base", -1)

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        found = log(_shifted(lo, n, a))
        return found if base == -1 else n.mul(found, n.number(1 / logarithm(base)))

    return activation(lo, build, lo.operand("x"))


def _power(lo: Lowering) -> SSAValue:
    """`(shift + scale x)^power`"""
    power = lo.number("power", 1)

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        inner = _shifted(lo, n, a)
        if power == 1:
            return inner
        return n.mul(inner, inner) if power == 2 else value(math.PowFOp(inner, n.number(power)))

    return activation(lo, build, lo.operand("x"))


def _threshold(lo: Lowering) -> SSAValue:
    limit = lo.number("threshold")

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        return select(n.compare("gt", a, n.number(limit)), n.number(1), n.number(0))

    return activation(lo, build, lo.operand("x"))


def _clip(lo: Lowering) -> SSAValue:
    low, high = lo.op.attribute("min"), lo.op.attribute("max")

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        a = a if low is None else n.maximum(a, n.number(low))
        return a if high is None else n.minimum(a, n.number(high))

    return activation(lo, build, lo.operand("x"))


def _eltwise(lo: Lowering) -> SSAValue:
    """The product, maximum or sum with coefficients of operands of one shape."""
    values, kind = lo.operands, lo.text("operation", "SUM")
    n = Numbers(element_of(values[0]))
    factors = lo.numbers("coeff") or [1.0] * len(values)
    combine = {"PROD": n.mul, "MAX": n.maximum}.get(kind, n.add)

    def build(*given: SSAValue) -> SSAValue:
        terms = list(given)
        if kind == "SUM":
            terms = [
                a if f == 1 else n.mul(a, n.number(f)) for a, f in zip(given, factors, strict=True)
            ]
        return fold_left(combine, terms)

    return lo.map(values, build)


def _axpy(lo: Lowering) -> SSAValue:
    """`scale x + y` with a scale for each channel of each row."""
    scale, x, y = (lo.operand(name) for name in ("scale", "x", "y"))
    n, rows = Numbers(element_of(x)), (*extents_of(scale)[:2], 1, 1)
    return lo.map([lo.reshape(scale, rows), x, y], lambda s, a, b: n.add(n.mul(s, a), b))


def _along(lo: Lowering, x: SSAValue, other: SSAValue) -> SSAValue:
    """The second operand in the shape that meets the first from `axis` on."""
    rank, shape = rank_of(x), extents_of(other)
    start = positive(lo.integer("axis", 1), rank) if shape else 0
    return lo.reshape(other, (*shape, *([1] * (rank - start - len(shape)))))


def _scale(lo: Lowering) -> SSAValue:
    """`scale x + bias`, both along the dimensions from `axis` on."""
    x, bias = lo.operand("x"), lo.optional("bias")
    n, scale = Numbers(element_of(x)), _along(lo, x, lo.operand("scale"))
    if bias is None:
        return lo.map([x, scale], n.mul)
    inputs = [x, scale, _along(lo, x, bias)]
    return lo.map(inputs, lambda a, s, b: n.add(n.mul(a, s), b))


def _bias(lo: Lowering) -> SSAValue:
    x = lo.operand("x")
    return lo.map([x, _along(lo, x, lo.operand("bias"))], Numbers(element_of(x)).add)


def _split(lo: Lowering) -> Results:
    return [lo.operand("x")] * len(lo.op.results)


def _silence(lo: Lowering) -> Results:
    return []


OPERATORS: dict[str, Conversion] = {
    "AbsVal": _of_x(lambda n, a: absolute(a)),
    "Axpy": _axpy,
    "BNLL": _of_x(softplus),
    "Bias": _bias,
    "Clip": _clip,
    "Dropout": _identity,
    "ELU": _elu,
    "Eltwise": _eltwise,
    "Exp": _exp,
    "HardSigmoid": _hard_sigmoid,
    "Log": _log,
    "Mish": _of_x(mish),
    "PReLU": _prelu,
    "Power": _power,
    "ReLU": _relu,
    "ReLU6": _of_x(_relu6),
    "Scale": _scale,
    "Sigmoid": _of_x(sigmoid),
    "Silence": _silence,
    "Split": _split,
    "Swish": _swish,
    "TanH": _of_x(lambda n, a: tanh(a)),
    "Threshold": _threshold,
}
