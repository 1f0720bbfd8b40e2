"""The functions of `chlo`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...dialects.engine.weights import Array
from ...dialects.stablehlo.word_attributes import WordAttribute
from ..table_functions import Call, Function
from .elementwise import BINARY, COMPARISONS, Binary, Unary, binary, unary, wide
from .movement import broadcast_in_dim, shape_of


def _of_each(function: Callable[[float], float]) -> Unary:
    """A function of one number on every element."""
    whole = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(whole(x), np.float64)


def _lgamma_of(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):
        return math.inf


def _double(function: Unary) -> Unary:
    """A function computed in double precision."""
    return lambda x: np.asarray(function(x.astype(np.float64)), np.float64).astype(x.dtype)


def erf_inv(x: Array) -> Array:
    """The inverse of the error function: Giles' approximation, and two steps of Newton."""
    with np.errstate(all="ignore"):
        w = -np.log1p(-x * x)
        near = w < 5
        t = np.where(near, w - 2.5, np.sqrt(w) - 3)
        small = (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087)
        small += (-0.00125372503, -0.00417768164, 0.246640727, 1.50140941)
        large = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773)
        large += (-0.0076224613, 0.00943887047, 1.00167406, 2.83297682)
        p = np.where(near, small[0], large[0])
        for a, b in zip(small[1:], large[1:], strict=True):
            p = np.where(near, a, b) + p * t
        y = p * x
        for _ in range(2):
            error = _of_each(math.erf)(y) - x
            step = error / (2 / math.sqrt(math.pi) * np.exp(-y * y))
            y = y - np.where(np.isfinite(step), step, 0)
        edge = np.where(np.abs(x) == 1, np.copysign(np.inf, x), np.nan)
        return np.where(np.abs(x) < 1, y, edge)


def digamma(x: Array) -> Array:
    """The derivative of `log(gamma)`: reflection, recurrence, and the asymptotic series."""
    negative = x <= 0
    y = np.where(negative, 1 - x, x)
    shift = np.zeros_like(y)
    for _ in range(10):
        low = y < 10
        shift = np.where(low, shift - 1 / y, shift)
        y = np.where(low, y + 1, y)
    z = 1 / (y * y)
    series = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132)))))
    found = np.log(y) - 0.5 / y - series + shift
    reflected = found - np.pi / np.tan(np.pi * x)
    pole = negative & (x == np.floor(x))
    return np.where(pole, np.nan, np.where(negative, reflected, found))


def zeta(x: Array, q: Array) -> Array:
    """The Hurwitz zeta function for `x > 1`, `q > 0`: Euler and Maclaurin's sum."""
    count = 16
    found = np.zeros(np.broadcast_shapes(x.shape, q.shape))
    for n in range(count):
        found = found + np.power(q + n, -x)
    a = q + count
    found = found + np.power(a, 1 - x) / (x - 1) + 0.5 * np.power(a, -x)
    term, factor = np.power(a, -x - 1), x.copy()
    for k, bernoulli in enumerate((1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160)):
        found = found + bernoulli * factor * term
        factor = factor * (x + 2 * k + 1) * (x + 2 * k + 2)
        term = term / (a * a)
    found = np.where(x == 1, np.inf, found)
    return np.where((x < 1) | (q <= 0), np.nan, found)


def polygamma(n: Array, x: Array) -> Array:
    """`(-1)^(n + 1) n! zeta(n + 1, x)`, `digamma` for n = 0."""
    order = np.where(n > 0, n, 1)
    sign = np.where(order % 2 == 0, -1, 1)
    factorial = np.asarray(np.frompyfunc(lambda v: math.gamma(v + 1), 1, 1)(order), np.float64)
    found = np.where(n == 0, digamma(x), sign * factorial * zeta(order + 1, x))
    return np.where((n < 0) | (n != np.floor(n)), np.nan, found)


def bessel_i1e(x: Array) -> Array:
    """`e^-|x| I1(x)`: the integral `1/pi` of `e^(|x| (cos t - 1)) cos t` over `0..pi`, which the
    rule of trapezoids gives to all digits."""
    steps = 2048
    t = np.linspace(0, np.pi, steps + 1)
    weight = np.full(steps + 1, 1 / steps)
    weight[[0, -1]] /= 2
    size = np.abs(x)[..., None]
    total = (np.exp(size * (np.cos(t) - 1)) * np.cos(t) * weight).sum(-1)
    return np.copysign(total, x)


def mulhi(a: Array, b: Array) -> Array:
    """The upper half of the bits of a product."""
    width = a.dtype.itemsize * 8
    whole = np.asarray(np.frompyfunc(lambda x, y: int(x) * int(y) >> width, 2, 1)(a, b), object)
    return whole.astype(a.dtype)


UNARY: dict[str, Unary] = {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "bessel_i1e": _double(bessel_i1e),
    "conj": np.conj,
    "cosh": np.cosh,
    "digamma": _double(digamma),
    "erf": _double(_of_each(math.erf)),
    "erf_inv": _double(erf_inv),
    "erfc": _double(_of_each(math.erfc)),
    "lgamma": _double(_of_each(_lgamma_of)),
    "sinh": np.sinh,
    "square": np.square,
    "tan": np.tan,
}

_TESTS: dict[str, Unary] = {
    "is_inf": np.isinf,
    "is_neg_inf": np.isneginf,
    "is_pos_inf": np.isposinf,
}


def _double_pair(function: Binary) -> Binary:
    return lambda a, b: function(a.astype(np.float64), b.astype(np.float64)).astype(a.dtype)


OWN_BINARY: dict[str, Binary] = {
    "mulhi": mulhi,
    "polygamma": _double_pair(polygamma),
    "zeta": _double_pair(zeta),
}


def _next_after(call: Call) -> Array:
    a, b = call.operands
    if a.dtype.itemsize != 2:
        return np.nextafter(a, b)
    bits: Array = a.view(np.int16).astype(np.int32)
    moved = bits + np.where((b > a) == (a > 0), 1, -1)
    zero = np.where(b > 0, 1, -0x7FFF)
    found: Array = np.where(a == 0, zero, moved).astype(np.int16).view(a.dtype)
    nan = np.isnan(wide(a)) | np.isnan(wide(b))
    return np.where(nan, np.array(np.nan, a.dtype), np.where(a == b, b, found))


def _spread(call: Call) -> list[Array]:
    """The operands of a function that broadcasts them."""
    shape = shape_of(call)
    axes = call.integers("broadcast_dimensions")
    found: list[Array] = []
    for x in call.operands:
        own = axes if axes and x.ndim < len(shape) else range(len(shape) - x.ndim, len(shape))
        found.append(broadcast_in_dim(x, shape, list(own)))
    return found


def _broadcast(function: Binary) -> Function:
    def run(call: Call) -> Array:
        a, b = _spread(call)
        return np.asarray(function(wide(a), wide(b))).astype(a.dtype)

    return run


def _broadcast_compare(call: Call) -> Array:
    direction = call.op.properties["comparison_direction"]
    assert isinstance(direction, WordAttribute)
    return COMPARISONS[direction.word.data](*_spread(call))


def _broadcast_complex(call: Call) -> Array:
    real, imaginary = _spread(call)
    return (real + 1j * imaginary).astype(call.dtype())


def _constant_like(call: Call) -> Array:
    return np.full(shape_of(call), call.op.attribute("value"), call.dtype())


def top_k(x: Array, k: int) -> tuple[Array, Array]:
    """The k largest along the last dimension and where they are; equal ones in order, NaN first."""
    key = wide(x)
    if key.dtype.kind == "f":
        order: Array = np.lexsort((-key, ~np.isnan(key)), -1)
    else:
        order = np.argsort(~key, -1, "stable")
    return np.take_along_axis(x, order[..., :k], -1), order[..., :k].astype(np.int32)


def _top_k(call: Call) -> list[Array]:
    return list(top_k(call.operands[0], call.integer("k")))


SEMANTICS: dict[str, Function] = {
    **{f"chlo.{name}": unary(function) for name, function in UNARY.items()},
    **{f"chlo.{name}": binary(function) for name, function in OWN_BINARY.items()},
    **{f"chlo.{name}": (lambda call, f=f: f(wide(call.operands[0]))) for name, f in _TESTS.items()},
    **{f"chlo.broadcast_{name}": _broadcast(function) for name, function in BINARY.items()},
    "chlo.broadcast_compare": _broadcast_compare,
    "chlo.broadcast_complex": _broadcast_complex,
    "chlo.broadcast_next_after": lambda call: np.nextafter(*_spread(call)),
    "chlo.broadcast_polygamma": _broadcast(OWN_BINARY["polygamma"]),
    "chlo.broadcast_select": lambda call: np.where(*_spread(call)),
    "chlo.broadcast_zeta": _broadcast(OWN_BINARY["zeta"]),
    "chlo.constant_like": _constant_like,
    "chlo.next_after": _next_after,
    "chlo.top_k": _top_k,
}
