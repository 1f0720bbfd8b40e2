"""What the elementwise operations of `chlo` are on scalars."""

from __future__ import annotations

import math as numbers
from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import Float64Type, f32
from xdsl.ir import SSAValue

from ...dialects.stablehlo import HloOp
from ..to_engine.lowering import NoNativeForm
from ..to_engine.scalars import (
    Numbers,
    absolute,
    cast_scalar,
    erf,
    exp,
    fold_left,
    log1p,
    select,
    sqrt,
    value,
)
from .forms import Form, need_floats, of_float, of_one, of_operation


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
        need_floats(n)
        hits = [n.compare("eq", args[0], n.number(sign * numbers.inf)) for sign in signs]
        return fold_left(lambda a, b: value(arith.OrIOp(a, b)), hits)

    return form


CHLO: dict[str, Form] = {
    "acos": of_operation(math.AcosOp),
    "acosh": of_operation(math.AcoshOp),
    "asin": of_operation(math.AsinOp),
    "asinh": of_operation(math.AsinhOp),
    "atan": of_operation(math.AtanOp),
    "atanh": of_operation(math.AtanhOp),
    "cosh": of_operation(math.CoshOp),
    "erf": of_float(lambda n, x: erf(x)),
    "erf_inv": of_float(_erf_inv),
    "erfc": of_float(_erfc),
    "is_inf": _is_infinite(1, -1),
    "is_neg_inf": _is_infinite(-1),
    "is_pos_inf": _is_infinite(1),
    "sinh": of_operation(math.SinhOp),
    "square": of_one(_square),
    "tan": of_operation(math.TanOp),
}
