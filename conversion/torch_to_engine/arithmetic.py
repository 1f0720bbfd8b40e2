"""
Sums, products, powers, roundings, extremes and bounds: each one `engine.map`.

Operators: those of the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.remainder import remainder
from ..to_engine.scalars import Numbers, absolute, select, sqrt, value
from ..to_engine.vocabulary.arithmetic import floor_divided, magnitude
from .arguments import Number, result_element, scalar
from .overloads import named, of_tensor_and_scalar
from .promotion import Operand, wide
from .scalar_maps import Build, BuildOfTwo, computed, of_one, of_two, operands_named


def _added(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.maximum(a, b) if n.boolean else n.add(a, b)


def _multiplied(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.minimum(a, b) if n.boolean else n.mul(a, b)


def _with_alpha(build: BuildOfTwo) -> Conversion:
    """`self + alpha * other` and its like."""

    def convert(lo: Lowering) -> SSAValue:
        alpha = scalar(lo, "alpha")
        a, b = operands_named(lo, "self", "other")
        if not isinstance(alpha, SSAValue) and (alpha is None or alpha == 1):
            return computed(lo, [a, b], build)

        def scaled(n: Numbers, x: SSAValue, y: SSAValue, factor: SSAValue) -> SSAValue:
            return build(n, x, _multiplied(n, y, factor))

        return computed(lo, [a, b, alpha], scaled)

    return convert


def _rsub(lo: Lowering) -> SSAValue:
    """`other - alpha * self`"""
    alpha = scalar(lo, "alpha")
    a, b = operands_named(lo, "self", "other")

    def build(n: Numbers, x: SSAValue, y: SSAValue, factor: SSAValue) -> SSAValue:
        return n.sub(y, n.mul(factor, x))

    return computed(lo, [a, b, 1 if alpha is None else alpha], build)


def _truncated(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    quotient = n.div(a, b)
    return value(math.TruncOp(quotient)) if n.floating else quotient


def _exact_floor(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    """
    As torch floors a float quotient: `(a - remainder) / b`, rounded to the nearest integer, so that
    no rounding of the quotient crosses one.
    """
    if not n.floating:
        return floor_divided(n, a, b)
    rest = remainder(n, a, b, of_divisor=True)
    quotient = n.div(n.sub(a, rest), b)
    low = value(math.FloorOp(quotient))
    above = n.compare("gt", n.sub(quotient, low), n.number(0.5))
    rounded = select(above, n.add(low, n.number(1)), low)
    nothing = n.compare("eq", b, n.number(0))
    return select(nothing, n.div(a, b), rounded)


def _div_mode(lo: Lowering) -> SSAValue:
    """`a / b`, rounded as the mode says."""
    mode = lo.text("rounding_mode")
    builds: dict[str, Build] = {"": Numbers.div, "floor": _exact_floor, "trunc": _truncated}
    return computed(lo, operands_named(lo, "self", "other"), builds[mode])


def _remainder(*, of_divisor: bool) -> Build:
    def build(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
        if n.floating:
            return remainder(n, a, b, of_divisor=of_divisor)
        if n.unsigned:
            return value(arith.RemUIOp(a, b))
        rest = value(arith.RemSIOp(a, b))
        if not of_divisor:
            return rest
        zero = n.number(0)
        differs = n.compare("lt", value(arith.XOrIOp(rest, b)), zero)
        wrong = value(arith.AndIOp(n.compare("ne", rest, zero), differs))
        return select(wrong, n.add(rest, b), rest)

    return build


def _pow(lo: Lowering) -> SSAValue:
    """`a ^ b`; by a small number it is products or roots."""
    a, b = operands_named(lo, "self", "exponent")
    power = _known(lo, b)
    n = Numbers(wide(result_element(lo)))
    if power is not None and n.floating:
        short = _short_power(float(power))
        if short is not None:
            return computed(lo, [a], short)
    if power is not None and not n.floating and 0 <= power <= 3:
        count = int(power)
        return computed(lo, [a], lambda n, x: _product_of(n, x, count))
    if not n.floating:
        if n.unsigned or power is None or power < 0:
            raise NoNativeForm("an integer to a power that may be negative")
        return computed(lo, [a, b], lambda n, x, y: value(math.IPowIOp(x, y)))
    return computed(lo, [a, b], lambda n, x, y: value(math.PowFOp(x, y)))


def _known(lo: Lowering, operand: Operand) -> Number | None:
    """The number that an operand is, where it is one."""
    if not isinstance(operand, SSAValue):
        return operand
    array = lo.array_of(operand)
    return array.item() if array is not None and array.ndim == 0 else None


def _product_of(n: Numbers, x: SSAValue, count: int) -> SSAValue:
    result = n.number(1) if count == 0 else x
    for _ in range(count - 1):
        result = n.mul(result, x)
    return result


def _short_power(power: float) -> Build | None:
    if power in (0.0, 1.0, 2.0, 3.0):
        return lambda n, x: _product_of(n, x, int(power))
    if power == 0.5:
        return lambda n, x: sqrt(x)
    if power == -0.5:
        return lambda n, x: n.div(n.number(1), sqrt(x))
    if power == -1.0:
        return lambda n, x: n.div(n.number(1), x)
    if power == -2.0:
        return lambda n, x: n.div(n.number(1), n.mul(x, x))
    return None


def _on_floats(kind: Callable[[SSAValue], Operation]) -> Conversion:
    """A rounding, which leaves integers as they are."""

    def convert(lo: Lowering) -> SSAValue:
        x = lo.operand("self")
        if isinstance(element_of(x), IntegerType):
            return x
        return computed(lo, [x], lambda n, a: value(kind(a)))

    return convert


def _abs(lo: Lowering) -> SSAValue:
    x = lo.operand("self")
    n = Numbers(element_of(x))
    if n.unsigned or n.boolean:
        return x
    return computed(lo, [x], magnitude)


def _sign(n: Numbers, x: SSAValue) -> SSAValue:
    """-1, 0 or 1; 0 of what is no number."""
    zero, one = n.number(0), n.number(1)
    if n.boolean:
        return x
    above = select(n.compare("gt", x, zero), one, zero)
    return above if n.unsigned else select(n.compare("lt", x, zero), n.number(-1), above)


def _frac(n: Numbers, x: SSAValue) -> SSAValue:
    return n.sub(x, value(math.TruncOp(x)))


def _round_decimals(lo: Lowering) -> SSAValue:
    decimals = lo.integer("decimals")
    scale = 10.0 ** abs(decimals)

    def build(n: Numbers, x: SSAValue) -> SSAValue:
        up, down = (n.mul, n.div) if decimals >= 0 else (n.div, n.mul)
        whole = value(math.RoundEvenOp(up(x, n.number(scale))))
        return down(whole, n.number(scale))

    return computed(lo, [lo.operand("self")], build)


def _other_than_nan(pick: BuildOfTwo) -> Build:
    """The operand that is a number, where one is."""

    def build(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
        if not n.floating:
            return pick(n, a, b)
        found = select(n.compare("ne", b, b), a, pick(n, a, b))
        return select(n.compare("ne", a, a), b, found)

    return build


def _clamp(low: str | None, high: str | None) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        bounds: list[Operand] = []
        names = [name for name in (low, high) if name is not None]
        kept: list[bool] = []
        for name in names:
            if name in lo.op.SIGNATURE.operand_names:
                found: Operand | None = lo.optional(name)
            else:
                found = scalar(lo, name)
            kept.append(found is not None)
            bounds += [] if found is None else [found]
        has = dict(zip(names, kept, strict=True))

        def build(n: Numbers, x: SSAValue, *limits: SSAValue) -> SSAValue:
            rest = list(limits)
            if low is not None and has[low]:
                x = n.maximum(x, rest.pop(0))
            return n.minimum(x, rest.pop(0)) if high is not None and has[high] else x

        return computed(lo, [lo.operand("self"), *bounds], build)

    return convert


def _addcmul(lo: Lowering) -> SSAValue:
    factor = scalar(lo, "value")
    operands = [*operands_named(lo, "self", "tensor1", "tensor2"), 1 if factor is None else factor]

    def build(n: Numbers, x: SSAValue, a: SSAValue, b: SSAValue, k: SSAValue) -> SSAValue:
        return n.add(x, n.mul(n.mul(k, a), b))

    return computed(lo, operands, build)


def _addcdiv(lo: Lowering) -> SSAValue:
    factor = scalar(lo, "value")
    operands = [*operands_named(lo, "self", "tensor1", "tensor2"), 1 if factor is None else factor]

    def build(n: Numbers, x: SSAValue, a: SSAValue, b: SSAValue, k: SSAValue) -> SSAValue:
        return n.add(x, n.div(n.mul(k, a), b))

    return computed(lo, operands, build)


def _lerp(lo: Lowering) -> SSAValue:
    """From whichever end is nearer."""

    def build(n: Numbers, a: SSAValue, b: SSAValue, w: SSAValue) -> SSAValue:
        step = n.sub(b, a)
        near = n.compare("lt", absolute(w), n.number(0.5))
        first = n.add(a, n.mul(w, step))
        second = n.sub(b, n.mul(step, n.sub(n.number(1), w)))
        return select(near, first, second)

    return computed(lo, operands_named(lo, "self", "end", "weight"), build)


def _heaviside(n: Numbers, x: SSAValue, at_zero: SSAValue) -> SSAValue:
    above = select(n.compare("gt", x, n.number(0)), n.number(1), n.number(0))
    return select(n.compare("eq", x, n.number(0)), at_zero, above)


def _copysign(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return value(math.CopySignOp(a, b))


def _ldexp(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.mul(a, value(math.Exp2Op(b)))


def _maximum(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.maximum(a, b)


def _minimum(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.minimum(a, b)


OPERATORS: dict[str, Conversion] = {
    **of_tensor_and_scalar("add", _with_alpha(_added)),
    **of_tensor_and_scalar("sub subtract", _with_alpha(lambda n, a, b: n.sub(a, b))),
    **of_tensor_and_scalar("rsub", _rsub),
    **of_tensor_and_scalar("mul multiply", of_two(_multiplied)),
    **of_tensor_and_scalar("div divide true_divide", of_two(lambda n, a, b: n.div(a, b))),
    **{f"{n}.{k}_mode": _div_mode for n in ("div", "divide") for k in ("Tensor", "Scalar")},
    **named("floor_divide floor_divide.Scalar", of_two(_exact_floor)),
    **of_tensor_and_scalar("remainder", of_two(_remainder(of_divisor=True))),
    "remainder.Scalar_Tensor": of_two(_remainder(of_divisor=True)),
    **of_tensor_and_scalar("fmod", of_two(_remainder(of_divisor=False))),
    **named("pow.Scalar pow.Tensor_Scalar pow.Tensor_Tensor", _pow),
    **named("float_power.Scalar float_power.Tensor_Scalar float_power.Tensor_Tensor", _pow),
    **named("maximum max.other", of_two(_maximum)),
    **named("minimum min.other", of_two(_minimum)),
    "fmax": of_two(_other_than_nan(_maximum)),
    "fmin": of_two(_other_than_nan(_minimum)),
    **of_tensor_and_scalar("copysign", of_two(_copysign)),
    "ldexp.Tensor": of_two(_ldexp),
    "heaviside": of_two(_heaviside, second="values"),
    **named("abs absolute", _abs),
    **named("neg negative", of_one(lambda n, x: n.neg(x))),
    **named("sign sgn", of_one(_sign)),
    "ceil": _on_floats(math.CeilOp),
    **named("trunc fix", _on_floats(math.TruncOp)),
    "floor": _on_floats(math.FloorOp),
    "frac": of_one(_frac),
    "reciprocal": of_one(lambda n, x: n.div(n.number(1), x)),
    "round": _on_floats(math.RoundEvenOp),
    "round.decimals": _round_decimals,
    "square": of_one(lambda n, x: n.mul(x, x)),
    **named("clamp clamp.Tensor clip clip.Tensor", _clamp("min", "max")),
    **named("clamp_max clamp_max.Tensor", _clamp(None, "max")),
    **named("clamp_min clamp_min.Tensor", _clamp("min", None)),
    "addcmul": _addcmul,
    "addcdiv": _addcdiv,
    **named("lerp.Scalar lerp.Tensor", _lerp),
}
"""Conversions by the operator and its overload, without one for the default."""
