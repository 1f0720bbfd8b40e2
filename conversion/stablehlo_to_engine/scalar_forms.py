"""
What each elementwise operation is on scalars: of a region of `engine.map`, and of the regions of
reductions.
"""

from __future__ import annotations

import math as numbers
from collections.abc import Sequence

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import Float64Type, f32, f64, i32, i64
from xdsl.ir import SSAValue

from ...dialects.engine.base import element_of
from ...dialects.engine.weights import dtype_of
from ...dialects.stablehlo import HloOp
from ...dialects.stablehlo.word_attributes import WordAttribute
from ..to_engine.lowering import NoNativeForm
from ..to_engine.remainder import remainder
from ..to_engine.scalars import (
    Numbers,
    absolute,
    cast_scalar,
    log,
    log1p,
    select,
    sigmoid,
    sqrt,
    tanh,
    value,
)
from ..to_engine.vocabulary.arithmetic import magnitude, sign
from .bit_forms import BITS
from .chlo_forms import CHLO
from .forms import Form, need_floats, of_float, of_one, of_operation, of_two


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


def _is_finite(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    need_floats(n)
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


_ELEMENTWISE: dict[str, Form] = {
    **BITS,
    "abs": of_one(magnitude),
    "add": of_two(_add),
    "atan2": lambda op, n, args: value(math.Atan2Op(args[0], args[1])),
    "cbrt": of_float(_cbrt),
    "ceil": of_operation(math.CeilOp),
    "clamp": _clamp,
    "compare": _compare,
    "convert": _convert,
    "cosine": of_operation(math.CosOp),
    "divide": of_two(_div),
    "exponential": of_operation(math.ExpOp),
    "exponential_minus_one": of_operation(math.ExpM1Op),
    "floor": of_operation(math.FloorOp),
    "is_finite": _is_finite,
    "log": of_float(lambda n, x: log(x)),
    "log_plus_one": of_float(_log_plus_one),
    "logistic": of_float(sigmoid),
    "maximum": of_two(Numbers.maximum),
    "minimum": of_two(Numbers.minimum),
    "multiply": of_two(_mul),
    "negate": of_one(Numbers.neg),
    "power": of_two(_pow),
    "remainder": of_two(_rem),
    "round_nearest_afz": of_float(_round_away),
    "round_nearest_even": of_operation(math.RoundEvenOp),
    "rsqrt": of_float(_rsqrt),
    "select": _select,
    "sign": of_one(sign),
    "sine": of_operation(math.SinOp),
    "sqrt": of_float(lambda n, x: sqrt(x)),
    "subtract": of_two(Numbers.sub),
    "tan": of_operation(math.TanOp),
    "tanh": of_float(lambda n, x: tanh(x)),
}


FORMS: dict[str, Form] = {
    **{f"stablehlo.{name}": form for name, form in _ELEMENTWISE.items()},
    **{f"chlo.{name}": form for name, form in CHLO.items()},
    **{f"chlo.broadcast_{name}": form for name, form in _ELEMENTWISE.items()},
}
"""Forms by the name of the operation."""
