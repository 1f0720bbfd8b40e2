"""What operations on the bits of numbers are on scalars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import bf16, f16, f32
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import element_of, scalar_type
from ...dialects.engine.weights import dtype_of
from ...dialects.stablehlo import HloOp
from ..to_engine.lowering import NoNativeForm
from ..to_engine.scalars import Numbers, cast_scalar, select, value
from .forms import Form, of_one


def _bits(kind: Callable[[SSAValue, SSAValue], Operation]) -> Form:
    return lambda op, n, args: value(kind(args[0], args[1]))


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


def _bitcast(op: HloOp, n: Numbers, args: Sequence[SSAValue]) -> SSAValue:
    target = element_of(op.results[0])
    Numbers(target)
    if dtype_of(target).itemsize != dtype_of(n.element).itemsize:
        raise NoNativeForm(f"of {n.element} to {target}")
    before, after = scalar_type(n.element), scalar_type(target)
    return args[0] if before == after else value(arith.BitcastOp(args[0], after))


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


BITS: dict[str, Form] = {
    "and": _bits(arith.AndIOp),
    "bitcast_convert": _bitcast,
    "count_leading_zeros": of_one(_leading_zeros),
    "not": of_one(_not),
    "or": _bits(arith.OrIOp),
    "popcnt": of_one(_popcount),
    "reduce_precision": _reduce_precision,
    "shift_left": _shift(arith.ShLIOp, fills=False),
    "shift_right_arithmetic": _shift(arith.ShRSIOp, fills=True),
    "shift_right_logical": _shift(arith.ShRUIOp, fills=False),
    "xor": _bits(arith.XOrIOp),
}
