"""
Arithmetic, comparisons, logic, bits and functions of single elements: each one `engine.map`.

Operators: those of the tables at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType, f64, i1
from xdsl.ir import Attribute, Operation, SSAValue

from ...dialects.engine.base import element_of
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.remainder import remainder
from ..to_engine.scalars import (
    Numbers,
    absolute,
    absolute_integer,
    erf,
    exp,
    expm1,
    log,
    log1p,
    select,
    sigmoid,
    sqrt,
    tanh,
    value,
)
from ..to_engine.vocabulary.cast import cast
from .arguments import Number, result_element, scalar
from .promotion import Operand, promoted, wide
from .scalar_maps import Build, BuildOfTwo, computed


def operand_named(lo: Lowering, name: str) -> Operand:
    """A tensor or a number by the name of the argument."""
    if name in lo.op.SIGNATURE.operand_names:
        return lo.operand(name)
    found = scalar(lo, name)
    assert found is not None
    return found


def _operands(lo: Lowering, *names: str) -> list[Operand]:
    return [operand_named(lo, name) for name in names]


def _both(build: Build, first: str = "self", second: str = "other") -> Conversion:
    """An operation of two operands in the type of the result."""

    def convert(lo: Lowering) -> SSAValue:
        return computed(lo, _operands(lo, first, second), build)

    return convert


def _added(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.maximum(a, b) if n.boolean else n.add(a, b)


def _multiplied(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.minimum(a, b) if n.boolean else n.mul(a, b)


def _with_alpha(build: BuildOfTwo) -> Conversion:
    """`self + alpha * other` and its like."""

    def convert(lo: Lowering) -> SSAValue:
        alpha = scalar(lo, "alpha")
        a, b = _operands(lo, "self", "other")
        if not isinstance(alpha, SSAValue) and (alpha is None or alpha == 1):
            return computed(lo, [a, b], build)

        def scaled(n: Numbers, x: SSAValue, y: SSAValue, factor: SSAValue) -> SSAValue:
            return build(n, x, _multiplied(n, y, factor))

        return computed(lo, [a, b, alpha], scaled)

    return convert


def _rsub(lo: Lowering) -> SSAValue:
    """`other - alpha * self`"""
    alpha = scalar(lo, "alpha")
    a, b = _operands(lo, "self", "other")

    def build(n: Numbers, x: SSAValue, y: SSAValue, factor: SSAValue) -> SSAValue:
        return n.sub(y, n.mul(factor, x))

    return computed(lo, [a, b, 1 if alpha is None else alpha], build)


def floor_divided(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    """The quotient rounded down."""
    if n.floating:
        return value(math.FloorOp(n.div(a, b)))
    if n.unsigned:
        return n.div(a, b)
    return value(arith.FloorDivSIOp(a, b))


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
    return computed(lo, _operands(lo, "self", "other"), builds[mode])


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
    a, b = _operands(lo, "self", "exponent")
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


def _comparison(predicate: str) -> Conversion:
    """In the type that the operands are promoted to."""

    def convert(lo: Lowering) -> SSAValue:
        a, b = _operands(lo, "self", "other")

        def build(n: Numbers, x: SSAValue, y: SSAValue) -> SSAValue:
            return n.compare(predicate, x, y)

        return computed(lo, [a, b], build, inside=wide(promoted([a, b])), gives=i1)

    return convert


def _logical(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    """Of whether the operands are other than 0."""

    def convert(lo: Lowering) -> SSAValue:
        operands = _operands(lo, "self", "other")
        return computed(lo, operands, lambda n, a, b: value(kind(a, b)), inside=i1)

    return convert


def _logical_not(lo: Lowering) -> SSAValue:
    x = lo.operand("self")

    def build(n: Numbers, a: SSAValue) -> SSAValue:
        return n.compare("eq", a, n.number(0))

    return computed(lo, [x], build, inside=element_of(x), gives=i1)


def _bits(kind: Callable[[SSAValue, SSAValue], Operation]) -> Conversion:
    return _both(lambda n, a, b: value(kind(a, b)))


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

    return _both(build)


def _function(build: Build) -> Conversion:
    """A function of each element, in the type of the result."""
    return lambda lo: computed(lo, [lo.operand("self")], build)


def _math(kind: Callable[[SSAValue], Operation]) -> Conversion:
    return _function(lambda n, x: value(kind(x)))


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
    return computed(lo, [x], lambda n, a: absolute(a) if n.floating else absolute_integer(a))


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


def log_sigmoid(n: Numbers, x: SSAValue) -> SSAValue:
    """`min(x, 0) - log(1 + exp(-|x|))`"""
    return n.sub(n.minimum(x, n.number(0)), log1p(exp(n.neg(absolute(x)))))


def _log_sigmoid_forward(lo: Lowering) -> list[SSAValue | None]:
    x = lo.operand("self")
    buffer = computed(lo, [x], lambda n, a: exp(n.neg(absolute(a))))
    return [computed(lo, [x], log_sigmoid), buffer]


def _scaled_log(base: float) -> Conversion:
    from math import log as natural

    return _function(lambda n, x: n.mul(log(x), n.number(1 / natural(base))))


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


def _logaddexp(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    """`max + log(1 + exp(-|a - b|))`"""
    top = n.maximum(a, b)
    same = n.compare("eq", a, b)
    apart = select(same, n.number(0), absolute(n.sub(a, b)))
    return n.add(top, log1p(exp(n.neg(apart))))


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


def _other_than_nan(pick: BuildOfTwo) -> Build:
    """The operand that is a number, where one is."""

    def build(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
        if not n.floating:
            return pick(n, a, b)
        found = select(n.compare("ne", b, b), a, pick(n, a, b))
        return select(n.compare("ne", a, a), b, found)

    return build


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
    operands = [*_operands(lo, "self", "tensor1", "tensor2"), 1 if factor is None else factor]

    def build(n: Numbers, x: SSAValue, a: SSAValue, b: SSAValue, k: SSAValue) -> SSAValue:
        return n.add(x, n.mul(n.mul(k, a), b))

    return computed(lo, operands, build)


def _addcdiv(lo: Lowering) -> SSAValue:
    factor = scalar(lo, "value")
    operands = [*_operands(lo, "self", "tensor1", "tensor2"), 1 if factor is None else factor]

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

    return computed(lo, _operands(lo, "self", "end", "weight"), build)


def _where(lo: Lowering) -> SSAValue:
    """`condition ? self : other`"""
    condition, element = lo.operand("condition"), result_element(lo)
    x, y = _operands(lo, "self", "other")
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


def _heaviside(n: Numbers, x: SSAValue, at_zero: SSAValue) -> SSAValue:
    above = select(n.compare("gt", x, n.number(0)), n.number(1), n.number(0))
    return select(n.compare("eq", x, n.number(0)), at_zero, above)


def _copysign(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return value(math.CopySignOp(a, b))


def _ldexp(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.mul(a, value(math.Exp2Op(b)))


def _pairs(names: str, conversion: Conversion) -> dict[str, Conversion]:
    """With a tensor and with a number on the right."""
    kinds = ("Tensor", "Scalar")
    return {f"{name}.{kind}": conversion for name in names.split() for kind in kinds}


def _named(names: str, conversion: Conversion) -> dict[str, Conversion]:
    return dict.fromkeys(names.split(), conversion)


def _maximum(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.maximum(a, b)


def _minimum(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return n.minimum(a, b)


_BINARY: dict[str, Conversion] = {
    **_pairs("add", _with_alpha(_added)),
    **_pairs("sub subtract", _with_alpha(lambda n, a, b: n.sub(a, b))),
    **_pairs("rsub", _rsub),
    **_pairs("mul multiply", _both(_multiplied)),
    **_pairs("div divide true_divide", _both(lambda n, a, b: n.div(a, b))),
    **{f"{n}.{k}_mode": _div_mode for n in ("div", "divide") for k in ("Tensor", "Scalar")},
    **_named("floor_divide floor_divide.Scalar", _both(_exact_floor)),
    **_pairs("remainder", _both(_remainder(of_divisor=True))),
    "remainder.Scalar_Tensor": _both(_remainder(of_divisor=True)),
    **_pairs("fmod", _both(_remainder(of_divisor=False))),
    **_named("pow.Scalar pow.Tensor_Scalar pow.Tensor_Tensor", _pow),
    **_named("float_power.Scalar float_power.Tensor_Scalar float_power.Tensor_Tensor", _pow),
    **_pairs("eq", _comparison("eq")),
    **_pairs("ne not_equal", _comparison("ne")),
    **_pairs("lt less", _comparison("lt")),
    **_pairs("le less_equal", _comparison("le")),
    **_pairs("gt greater", _comparison("gt")),
    **_pairs("ge greater_equal", _comparison("ge")),
    **_named("maximum max.other", _both(_maximum)),
    **_named("minimum min.other", _both(_minimum)),
    "fmax": _both(_other_than_nan(_maximum)),
    "fmin": _both(_other_than_nan(_minimum)),
    **_named("atan2 arctan2", _both(lambda n, a, b: value(math.Atan2Op(a, b)))),
    "hypot": _both(_hypot),
    "logaddexp": _both(_logaddexp),
    "logaddexp2": _both(_logaddexp2),
    "logical_and": _logical(arith.AndIOp),
    "logical_or": _logical(arith.OrIOp),
    "logical_xor": _logical(arith.XOrIOp),
    **_pairs("bitwise_and", _bits(arith.AndIOp)),
    "bitwise_and.Scalar_Tensor": _bits(arith.AndIOp),
    **_pairs("bitwise_or", _bits(arith.OrIOp)),
    "bitwise_or.Scalar_Tensor": _bits(arith.OrIOp),
    **_pairs("bitwise_xor", _bits(arith.XOrIOp)),
    "bitwise_xor.Scalar_Tensor": _bits(arith.XOrIOp),
    **_named("bitwise_left_shift.Tensor bitwise_left_shift.Tensor_Scalar", _shift(left=True)),
    **_named("bitwise_right_shift.Tensor bitwise_right_shift.Tensor_Scalar", _shift(left=False)),
    **_pairs("copysign", _both(_copysign)),
    "ldexp.Tensor": _both(_ldexp),
    "heaviside": _both(_heaviside, second="values"),
    **_named(
        "xlogy.Tensor xlogy.Scalar_Other xlogy.Scalar_Self special_xlogy"
        " special_xlogy.other_scalar special_xlogy.self_scalar",
        _both(_xlogy(log)),
    ),
    **_named(
        "special_xlog1py special_xlog1py.other_scalar special_xlog1py.self_scalar",
        _both(_xlogy(log1p)),
    ),
    "isclose": _isclose,
}

_UNARY: dict[str, Conversion] = {
    **_named("abs absolute", _abs),
    **_named("neg negative", _function(lambda n, x: n.neg(x))),
    **_named("sign sgn", _function(_sign)),
    **_named("acos arccos", _math(math.AcosOp)),
    **_named("acosh arccosh", _math(math.AcoshOp)),
    **_named("asin arcsin", _math(math.AsinOp)),
    **_named("asinh arcsinh", _math(math.AsinhOp)),
    **_named("atan arctan", _math(math.AtanOp)),
    **_named("atanh arctanh", _math(math.AtanhOp)),
    "bitwise_not": _bitwise_not,
    "ceil": _on_floats(math.CeilOp),
    "cos": _math(math.CosOp),
    "cosh": _math(math.CoshOp),
    "deg2rad": _function(lambda n, x: n.mul(x, n.number(pi / 180))),
    "rad2deg": _function(lambda n, x: n.mul(x, n.number(180 / pi))),
    **_named("erf special_erf", _function(lambda n, x: erf(x))),
    **_named("erfc special_erfc", _function(lambda n, x: n.sub(n.number(1), erf(x)))),
    "exp": _function(lambda n, x: exp(x)),
    **_named("exp2 special_exp2", _function(_exp2)),
    **_named("expm1 special_expm1", _function(lambda n, x: expm1(x))),
    **_named("trunc fix", _on_floats(math.TruncOp)),
    "floor": _on_floats(math.FloorOp),
    "frac": _function(_frac),
    "isfinite": _property(
        lambda n, x: n.compare("lt", absolute(x), n.number(float("inf"))), otherwise=True
    ),
    "isinf": _property(_is_infinite(0), otherwise=False),
    "isnan": _property(lambda n, x: n.compare("ne", x, x), otherwise=False),
    "isposinf": _property(_is_infinite(1), otherwise=False),
    "isneginf": _property(_is_infinite(-1), otherwise=False),
    "log": _function(lambda n, x: log(x)),
    "log10": _scaled_log(10),
    "log2": _scaled_log(2),
    **_named("log1p special_log1p", _function(lambda n, x: log1p(x))),
    "log_sigmoid": _function(log_sigmoid),
    "log_sigmoid_forward": _log_sigmoid_forward,
    "logical_not": _logical_not,
    **_named("logit special_logit", _logit),
    "nan_to_num": _nan_to_num,
    "reciprocal": _function(lambda n, x: n.div(n.number(1), x)),
    "round": _on_floats(math.RoundEvenOp),
    "round.decimals": _round_decimals,
    "rsqrt": _function(lambda n, x: n.div(n.number(1), sqrt(x))),
    **_named("sigmoid special_expit", _function(sigmoid)),
    "signbit": _signbit,
    "sin": _math(math.SinOp),
    **_named("sinc special_sinc", _function(_sinc)),
    "sinh": _math(math.SinhOp),
    "sqrt": _function(lambda n, x: sqrt(x)),
    "square": _function(lambda n, x: n.mul(x, x)),
    "tan": _math(math.TanOp),
    "tanh": _function(lambda n, x: tanh(x)),
}

OPERATORS: dict[str, Conversion] = {
    **_BINARY,
    **_UNARY,
    **_named("clamp clamp.Tensor clip clip.Tensor", _clamp("min", "max")),
    **_named("clamp_max clamp_max.Tensor", _clamp(None, "max")),
    **_named("clamp_min clamp_min.Tensor", _clamp("min", None)),
    "addcmul": _addcmul,
    "addcdiv": _addcdiv,
    **_named("lerp.Scalar lerp.Tensor", _lerp),
    **_named("where.self where.Scalar where.ScalarOther where.ScalarSelf", _where),
    **_named("masked_fill.Scalar masked_fill.Tensor", _masked_fill),
}
"""Conversions by the operator and its overload, without one for the default."""
