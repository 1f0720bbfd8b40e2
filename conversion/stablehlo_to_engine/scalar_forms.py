"""
What each elementwise operation is on scalars: of a region of `engine.map`, and of the regions of
reductions.
"""

from __future__ import annotations

import math as numbers
from collections.abc import Callable, Sequence

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import Float64Type, bf16, f16, f32, f64, i32, i64
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of, scalar_type
from ...dialects.engine.weights import dtype_of
from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.attributes import WordAttribute
from ..to_engine.lowering import NoNativeForm
from ..to_engine.remainder import remainder
from ..to_engine.scalars import (
    Numbers,
    absolute,
    absolute_integer,
    cast_scalar,
    erf,
    exp,
    fold_left,
    log,
    log1p,
    select,
    sigmoid,
    sqrt,
    tanh,
    value,
)

Form = Callable[[HloOp, Numbers, Sequence[SSAValue]], SSAValue]
"""The scalar result of an operation of operands of such numbers."""


def build_scalar(op: HloOp, arguments: Sequence[SSAValue]) -> SSAValue:
    """
    The result of an elementwise operation of scalars, where the implicit builder stands.

    Raises:
        NoNativeForm: for an operation, or elements, without one.
    """
    form = FORMS.get(op.name)
    if form is None:
        raise NoNativeForm(f"has no form on scalars ('{op.name}')")
    which = 1 if op.name in _SECOND else 0
    return form(op, Numbers(element_of(op.operands[which])), arguments)


_SECOND = frozenset(("stablehlo.select", "stablehlo.clamp"))
"""Operations whose second operand has the elements of the result."""


def _math(kind: Callable[[SSAValue], Operation]) -> Form:
    def form(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
        _need_floats(n)
        return value(kind(args[0]))

    return form


def _need_floats(n: Numbers) -> None:
    if not n.floating:
        raise NoNativeForm(f"on {n.element} elements")


def _function(build: Callable[[Numbers, SSAValue], SSAValue]) -> Form:
    return lambda op, n, args: build(n, args[0])


def _float_function(build: Callable[[Numbers, SSAValue], SSAValue]) -> Form:
    def form(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
        _need_floats(n)
        return build(n, args[0])

    return form


def _pair(build: Callable[[Numbers, SSAValue, SSAValue], SSAValue]) -> Form:
    return lambda op, n, args: build(n, args[0], args[1])


def _bits(kind: Callable[[SSAValue, SSAValue], Operation]) -> Form:
    return lambda op, n, args: value(kind(args[0], args[1]))


def _add(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return value(arith.OrIOp(a, b)) if n.boolean else n.add(a, b)


def _mul(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    return value(arith.AndIOp(a, b)) if n.boolean else n.mul(a, b)


def _div(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    if n.floating:
        return n.div(a, b)
    zero = n.compare("eq", b, n.number(0))
    return select(zero, n.number(-1), n.div(a, select(zero, n.number(1), b)))


def _rem(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    if n.floating:
        return remainder(n, a, b, of_divisor=False)
    zero = n.compare("eq", b, n.number(0))
    kind = arith.RemUIOp if n.unsigned else arith.RemSIOp
    return select(zero, a, value(kind(a, select(zero, n.number(1), b))))


def _pow(n: Numbers, a: SSAValue, b: SSAValue) -> SSAValue:
    if n.floating:
        return value(math.PowFOp(a, b))
    if n.unsigned:
        raise NoNativeForm("power of unsigned integers")
    return value(math.IPowIOp(a, b))


def _sign(n: Numbers, x: SSAValue) -> SSAValue:
    zero, one = n.number(0), n.number(1)
    if n.unsigned:
        return select(n.compare("ne", x, zero), one, x)
    below = select(n.compare("lt", x, zero), n.number(-1), x)
    return select(n.compare("gt", x, zero), one, below)


def _abs(n: Numbers, x: SSAValue) -> SSAValue:
    if n.floating:
        return absolute(x)
    return x if n.unsigned else absolute_integer(x)


def _shift(kind: Callable[[SSAValue, SSAValue], Operation], *, fills: bool) -> Form:
    """A shift by as many bits as there are, or more, moves all of them out."""

    def form(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
        a, b = args
        width = 8 * dtype_of(n.element).itemsize
        inside = n.compare("lt", b, n.number(width))
        if not n.unsigned:
            inside = value(arith.AndIOp(inside, n.compare("ge", b, n.number(0))))
        if fills:
            return value(kind(a, select(inside, b, n.number(width - 1))))
        zero = n.number(0)
        return select(inside, value(kind(a, select(inside, b, zero))), zero)

    return form


_PREDICATES = {"EQ": "eq", "NE": "ne", "GE": "ge", "GT": "gt", "LE": "le", "LT": "lt"}


def _word(op: HloOp, name: str) -> str:
    found = op.properties.get(name)
    return found.word.data if isinstance(found, WordAttribute) else ""


def _compare(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    predicate = _PREDICATES[_word(op, "comparison_direction")]
    if n.floating and _word(op, "compare_type") == "TOTALORDER":
        whole = Numbers(i64 if isinstance(n.element, Float64Type) else i32)
        ordered = [total_order(n, whole, a) for a in args]
        return whole.compare(predicate, *ordered)
    return n.compare(predicate, args[0], args[1])


def total_order(n: Numbers, whole: Numbers, x: SSAValue) -> SSAValue:
    """An integer in the order of floats, -0 below 0 and NaN at the ends; widening keeps it."""
    wide = f64 if whole.element == i64 else f32
    bits = value(arith.BitcastOp(cast_scalar(x, n.element, wide), whole.scalar))
    least = np.iinfo(dtype_of(whole.element)).min
    turned = whole.sub(whole.number(least), whole.add(bits, whole.number(1)))
    return select(whole.compare("lt", bits, whole.number(0)), turned, bits)


def _select(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    return select(args[0], args[1], args[2])


def _clamp(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    low, x, high = args
    return n.minimum(n.maximum(x, low), high)


def _convert(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    target = element_of(op.results[0])
    after = Numbers(target)
    if n.floating and not after.floating and not after.boolean:
        return _whole(n, after, args[0])
    return cast_scalar(args[0], n.element, target)


def _whole(n: Numbers, after: Numbers, x: SSAValue) -> SSAValue:
    """A float without its fraction; the nearest bound of what is beyond, and 0 of NaN."""
    bounds = np.iinfo(dtype_of(after.element))
    low = n.number(_reachable(n, float(bounds.min)))
    high = n.number(_reachable(n, float(bounds.max) + 1))
    below, above = n.compare("le", x, low), n.compare("ge", x, high)
    inside = value(arith.AndIOp(n.compare("gt", x, low), n.compare("lt", x, high)))
    plain = cast_scalar(select(inside, x, n.number(0)), n.element, after.element)
    least, most = after.number(bounds.min), after.number(bounds.max)
    return select(below, least, select(above, most, plain))


def _reachable(n: Numbers, bound: float) -> float:
    """A bound, or infinity where the floats end before it."""
    with np.errstate(over="ignore"):
        finite = np.isfinite(np.array(bound).astype(dtype_of(n.element)))
    return bound if finite else numbers.copysign(numbers.inf, bound)


def _bitcast(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    target = element_of(op.results[0])
    Numbers(target)
    if dtype_of(target).itemsize != dtype_of(n.element).itemsize:
        raise NoNativeForm(f"of {n.element} to {target}")
    before, after = scalar_type(n.element), scalar_type(target)
    return args[0] if before == after else value(arith.BitcastOp(args[0], after))


def _is_finite(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    _need_floats(n)
    return n.compare("lt", absolute(args[0]), n.number(float("inf")))


def _log_plus_one(n: Numbers, x: SSAValue) -> SSAValue:
    return log1p(x)


def _round_away(n: Numbers, x: SSAValue) -> SSAValue:
    """`trunc(x)`, and one more away from 0 where at least a half is left."""
    size = absolute(x)
    whole = value(math.FloorOp(size))
    more = n.compare("ge", n.sub(size, whole), n.number(0.5))
    rounded = select(more, n.add(whole, n.number(1)), whole)
    return value(math.CopySignOp(rounded, x))


def _reduce_precision(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    bits = op.attribute("exponent_bits"), op.attribute("mantissa_bits")
    assert isinstance(bits[0], int)
    assert isinstance(bits[1], int)
    formats = {"f16": (5, 10), "bf16": (8, 7), "f32": (8, 23), "f64": (11, 52)}
    own = formats[str(n.element)]
    if bits[0] >= own[0] and bits[1] >= own[1]:
        return args[0]
    for narrow, found in ((f16, (5, 10)), (bf16, (8, 7)), (f32, (8, 23))):
        if found == (bits[0], bits[1]) and str(narrow) != str(n.element) and bits[0] == own[0]:
            return cast_scalar(cast_scalar(args[0], n.element, narrow), narrow, n.element)
    raise NoNativeForm(f"to {bits[0]} bits of exponent and {bits[1]} of mantissa")


def _popcount(n: Numbers, x: SSAValue) -> SSAValue:
    """Bits counted in pairs, fours, eights and so on."""
    width = 8 * dtype_of(n.element).itemsize
    if n.boolean or width < 8:
        raise NoNativeForm(f"on {n.element} elements")

    def masked(a: SSAValue, by: int, pattern: int) -> SSAValue:
        moved = value(arith.ShRUIOp(a, n.number(by)))
        return value(arith.AndIOp(moved, n.number(pattern)))

    def pattern(step: int) -> int:
        run = (1 << step) - 1
        return sum(run << at for at in range(0, width, 2 * step))

    step = 1
    while step < width:
        mask = pattern(step)
        low = value(arith.AndIOp(x, n.number(mask)))
        x = n.add(low, masked(x, step, mask))
        step *= 2
    return x


def _leading_zeros(n: Numbers, x: SSAValue) -> SSAValue:
    """The bits below the highest one set as well; those that are not are the leading zeros."""
    width = 8 * dtype_of(n.element).itemsize
    step = 1
    while step < width:
        x = value(arith.OrIOp(x, value(arith.ShRUIOp(x, n.number(step)))))
        step *= 2
    return n.sub(n.number(width), _popcount(n, x))


def _not(n: Numbers, x: SSAValue) -> SSAValue:
    return value(arith.XOrIOp(x, n.number(1 if n.boolean else -1)))


def _rsqrt(n: Numbers, x: SSAValue) -> SSAValue:
    return n.div(n.number(1), sqrt(x))


def _cbrt(n: Numbers, x: SSAValue) -> SSAValue:
    """`|x|^(1/3)` with the sign of `x`, and a step of Newton; zeros and infinities stay."""
    size = absolute(x)
    root = value(math.PowFOp(size, n.number(1 / 3)))
    square = n.mul(root, root)
    step = n.div(n.sub(n.mul(square, root), size), n.mul(n.number(3), square))
    better = n.sub(root, step)
    plain = n.compare("lt", absolute(step), n.number(float("inf")))
    return value(math.CopySignOp(select(plain, better, root), x))


# chlo


def _square(n: Numbers, x: SSAValue) -> SSAValue:
    return n.mul(x, x)


def _erfc(n: Numbers, x: SSAValue) -> SSAValue:
    """
    `1 - erf(x)` near 0, else `t exp(-x^2 + P(t))` with `t = 1 / (1 + x/2)`, mirrored below 0.

    Numerical Recipes, `erfcc`: within 1.2e-7 of each number.
    """
    if n.element != f32:
        if isinstance(n.element, Float64Type):
            raise NoNativeForm("in double precision")
        whole = Numbers(f32)
        found = _erfc(whole, cast_scalar(x, n.element, f32))
        return cast_scalar(found, f32, n.element)
    size = absolute(x)
    t = n.div(n.number(1), n.add(n.number(1), n.mul(n.number(0.5), size)))
    total = n.number(_ERFC[-1])
    for coefficient in reversed(_ERFC[:-1]):
        total = n.add(n.number(coefficient), n.mul(t, total))
    tail = n.mul(t, exp(n.sub(total, n.mul(size, size))))
    far = select(n.compare("lt", x, n.number(0)), n.sub(n.number(2), tail), tail)
    near = n.sub(n.number(1), erf(x))
    return select(n.compare("lt", size, n.number(0.5)), near, far)


_ERFC = (
    *(-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807),
    *(-1.13520398, 1.48851587, -0.82215223, 0.17087277),
)


def _erf_inv(n: Numbers, x: SSAValue) -> SSAValue:
    """Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011), as XLA has it."""
    if n.element != f32:
        if isinstance(n.element, Float64Type):
            raise NoNativeForm("in double precision")
        found = _erf_inv(Numbers(f32), cast_scalar(x, n.element, f32))
        return cast_scalar(found, f32, n.element)
    w = n.neg(log1p(n.neg(n.mul(x, x))))
    near = n.compare("lt", w, n.number(5))
    t = select(near, n.sub(w, n.number(2.5)), n.sub(sqrt(w), n.number(3)))
    total = select(near, n.number(_ERF_INV[0][0]), n.number(_ERF_INV[0][1]))
    for small, large in _ERF_INV[1:]:
        total = n.add(select(near, n.number(small), n.number(large)), n.mul(total, t))
    found = n.mul(total, x)
    edge = n.compare("eq", absolute(x), n.number(1))
    return select(edge, n.mul(x, n.number(float("inf"))), found)


_ERF_INV = (
    (2.81022636e-08, -0.000200214257),
    (3.43273939e-07, 0.000100950558),
    (-3.5233877e-06, 0.00134934322),
    (-4.39150654e-06, -0.00367342844),
    (0.00021858087, 0.00573950773),
    (-0.00125372503, -0.0076224613),
    (-0.00417768164, 0.00943887047),
    (0.246640727, 1.00167406),
    (1.50140941, 2.83297682),
)


def _is_infinite(*signs: float) -> Form:
    def form(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
        _need_floats(n)
        hits = [n.compare("eq", args[0], n.number(sign * numbers.inf)) for sign in signs]
        return fold_left(lambda a, b: value(arith.OrIOp(a, b)), hits)

    return form


_ELEMENTWISE: dict[str, Form] = {
    "abs": _function(_abs),
    "add": _pair(_add),
    "and": _bits(arith.AndIOp),
    "atan2": lambda op, n, args: value(math.Atan2Op(args[0], args[1])),
    "bitcast_convert": _bitcast,
    "cbrt": _float_function(_cbrt),
    "ceil": _math(math.CeilOp),
    "clamp": _clamp,
    "compare": _compare,
    "convert": _convert,
    "cosine": _math(math.CosOp),
    "count_leading_zeros": _function(_leading_zeros),
    "divide": _pair(_div),
    "exponential": _math(math.ExpOp),
    "exponential_minus_one": _math(math.ExpM1Op),
    "floor": _math(math.FloorOp),
    "is_finite": _is_finite,
    "log": _float_function(lambda n, x: log(x)),
    "log_plus_one": _float_function(_log_plus_one),
    "logistic": _float_function(sigmoid),
    "maximum": _pair(Numbers.maximum),
    "minimum": _pair(Numbers.minimum),
    "multiply": _pair(_mul),
    "negate": _function(Numbers.neg),
    "not": _function(_not),
    "or": _bits(arith.OrIOp),
    "popcnt": _function(_popcount),
    "power": _pair(_pow),
    "reduce_precision": _reduce_precision,
    "remainder": _pair(_rem),
    "round_nearest_afz": _float_function(_round_away),
    "round_nearest_even": _math(math.RoundEvenOp),
    "rsqrt": _float_function(_rsqrt),
    "select": _select,
    "shift_left": _shift(arith.ShLIOp, fills=False),
    "shift_right_arithmetic": _shift(arith.ShRSIOp, fills=True),
    "shift_right_logical": _shift(arith.ShRUIOp, fills=False),
    "sign": _function(_sign),
    "sine": _math(math.SinOp),
    "sqrt": _float_function(lambda n, x: sqrt(x)),
    "subtract": _pair(Numbers.sub),
    "tan": _math(math.TanOp),
    "tanh": _float_function(lambda n, x: tanh(x)),
    "xor": _bits(arith.XOrIOp),
}

_CHLO: dict[str, Form] = {
    "acos": _math(math.AcosOp),
    "acosh": _math(math.AcoshOp),
    "asin": _math(math.AsinOp),
    "asinh": _math(math.AsinhOp),
    "atan": _math(math.AtanOp),
    "atanh": _math(math.AtanhOp),
    "cosh": _math(math.CoshOp),
    "erf": _float_function(lambda n, x: erf(x)),
    "erf_inv": _float_function(_erf_inv),
    "erfc": _float_function(_erfc),
    "is_inf": _is_infinite(1, -1),
    "is_neg_inf": _is_infinite(-1),
    "is_pos_inf": _is_infinite(1),
    "sinh": _math(math.SinhOp),
    "square": _function(_square),
    "tan": _math(math.TanOp),
}

FORMS: dict[str, Form] = {
    **{f"stablehlo.{name}": form for name, form in _ELEMENTWISE.items()},
    **{f"chlo.{name}": form for name, form in _CHLO.items()},
    **{f"chlo.broadcast_{name}": form for name, form in _ELEMENTWISE.items()},
}
"""Forms by the name of the operation."""
