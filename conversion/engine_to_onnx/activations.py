"""Functions of several scalar operations that are one operator of ONNX, in all spellings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isclose, pi, sqrt
from typing import Any

from xdsl.dialects.builtin import AnyFloat
from xdsl.ir import Operation, SSAValue

from .codes import coding_of
from .nodes import SINCE, Nodes
from .scalar_forms import Form, constant_number

_CLOSE = 1e-6
"""Constants are f32 at least as far as this."""


def operator_of(scalar: SSAValue, newest: int) -> Form | None:
    """The operator, of the opset `newest` at most, that a scalar is a whole call of."""
    if (coding := coding_of(scalar)) is not None:
        return coding
    if not isinstance(scalar.owner, Operation) or not isinstance(scalar.type, AnyFloat):
        return None
    for pattern in _PATTERNS.get(scalar.owner.name, ()):
        if (form := pattern(scalar)) is not None and form.since <= newest:
            return form
    return None


def _call(operator: str, x: SSAValue, **attributes: Any) -> Form:
    def build(n: Nodes, a: SSAValue) -> SSAValue:
        return n.each(operator, a, attributes=attributes)

    return Form((x,), build, SINCE.get(operator, 0))


def _operands(scalar: SSAValue, name: str) -> Sequence[SSAValue]:
    owner = scalar.owner
    return owner.operands if isinstance(owner, Operation) and owner.name == name else ()


def _with_number(scalar: SSAValue, name: str) -> tuple[SSAValue, float] | None:
    """The operands of a commutative operation one of which is a number."""
    pair = _operands(scalar, name)
    if len(pair) == 2:
        for x, c in (pair, pair[::-1]):
            number = constant_number(c)
            if number is not None and constant_number(x) is None:
                return x, float(number)
    return None


def _is(number: float | None, wanted: float) -> bool:
    return number is not None and isclose(number, wanted, rel_tol=_CLOSE, abs_tol=0.0)


def _factors(scalar: SSAValue) -> tuple[list[SSAValue], float]:
    """What a product is of, and the product of its numbers; `x / 2` is of `x` and `0.5`."""
    found: list[SSAValue] = []
    number, stack = 1.0, [scalar]
    while stack:
        part = stack.pop()
        value = constant_number(part)
        divided = _operands(part, "arith.divf")
        if value is not None:
            number *= value
        elif pair := _operands(part, "arith.mulf"):
            stack.extend(reversed(pair))
        elif divided and (by := constant_number(divided[1])):
            number /= by
            stack.append(divided[0])
        else:
            found.append(part)
    return found, number


def _one_plus(scalar: SSAValue) -> SSAValue | None:
    found = _with_number(scalar, "arith.addf")
    return found[0] if found is not None and found[1] == 1.0 else None


def _sigmoid(scalar: SSAValue) -> Form | None:
    """`1 / (1 + exp(-x))`, or something else by the same."""
    pair = _operands(scalar, "arith.divf")
    if not pair:
        return None
    exponential = _one_plus(pair[1])
    inner = () if exponential is None else _operands(exponential, "math.exp")
    if not inner:
        return None
    if not (negated := _operands(inner[0], "arith.negf")):
        return None
    if _is(constant_number(pair[0]), 1.0):
        return _call("Sigmoid", negated[0])
    return Form((pair[0], negated[0]), _gated)


def _swish(scalar: SSAValue) -> Form | None:
    """`x / (1 + exp(-x))`"""
    gated = _sigmoid(scalar)
    if gated is None or len(gated.operands) != 2 or gated.operands[0] is not gated.operands[1]:
        return None
    return _call("Swish", gated.operands[0])


def _gated(n: Nodes, a: SSAValue, x: SSAValue) -> SSAValue:
    return n.each("Mul", a, n.each("Sigmoid", x))


def _softplus_of(scalar: SSAValue) -> SSAValue | None:
    """`max(x, 0) + log1p(exp(-|x|))`"""
    pair = _operands(scalar, "arith.addf")
    if len(pair) != 2:
        return None
    for positive, tail in (pair, pair[::-1]):
        found = _with_number(positive, "arith.maximumf")
        if found is None or found[1] != 0.0:
            continue
        value = tail
        for name in ("math.log1p", "math.exp", "arith.negf", "math.absf"):
            inner = _operands(value, name)
            if not inner:
                break
            value = inner[0]
        else:
            if value is found[0]:
                return value
    return None


def _softplus(scalar: SSAValue) -> Form | None:
    x = _softplus_of(scalar)
    return None if x is None else _call("Softplus", x)


def _bounds(scalar: SSAValue) -> tuple[SSAValue, float, float] | None:
    """`x` between two numbers, the lower one first."""
    for outer, inner in (
        ("arith.maximumf", "arith.minimumf"),
        ("arith.minimumf", "arith.maximumf"),
    ):
        first = _with_number(scalar, outer)
        second = None if first is None else _with_number(first[0], inner)
        if first is None or second is None:
            continue
        low, high = (first[1], second[1]) if outer == "arith.maximumf" else (second[1], first[1])
        if low <= high:
            return second[0], low, high
    return None


def _hard_sigmoid_of(scalar: SSAValue) -> tuple[SSAValue, float, float] | None:
    """`x`, alpha and beta of `max(0, min(1, alpha * x + beta))`."""
    found = _bounds(scalar)
    if found is None or found[1:] != (0.0, 1.0):
        return None
    added = _with_number(found[0], "arith.addf")
    if added is None:
        return None
    factors, alpha = _factors(added[0])
    return (factors[0], alpha, added[1]) if len(factors) == 1 else None


def _bounded(scalar: SSAValue) -> Form | None:
    if (hard := _hard_sigmoid_of(scalar)) is not None:
        return _call("HardSigmoid", hard[0], alpha=hard[1], beta=hard[2])
    if (found := _bounds(scalar)) is not None:
        x, low, high = found
        kind = scalar.type

        def build(n: Nodes, a: SSAValue) -> SSAValue:
            operands = [a, n.number(low, kind), n.number(high, kind)]
            return n.each("Clip", *operands)

        return Form((x,), build)
    found = _with_number(scalar, "arith.maximumf")
    return _call("Relu", found[0]) if found is not None and found[1] == 0.0 else None


def _hard_swish(scalar: SSAValue) -> Form | None:
    """`x * max(0, min(1, x / 6 + 1 / 2))`, or `x * max(0, min(6, x + 3)) / 6`."""
    factors, number = _factors(scalar)
    if len(factors) != 2:
        return None
    for x, gate in (factors, factors[::-1]):
        hard = _hard_sigmoid_of(gate)
        sloped = hard is not None and hard[0] is x and number == 1.0
        if sloped and hard is not None and _is(hard[1], 1 / 6) and _is(hard[2], 0.5):
            return _call("HardSwish", x)
        found = _bounds(gate)
        if found is None or found[1:] != (0.0, 6.0) or not _is(number, 1 / 6):
            continue
        added = _with_number(found[0], "arith.addf")
        if added is not None and added[0] is x and added[1] == 3.0:
            return _call("HardSwish", x)
    return None


def _gelu(scalar: SSAValue) -> Form | None:
    """`x / 2 * (1 + erf(x / sqrt(2)))`, and its approximation by `tanh`."""
    factors, number = _factors(scalar)
    if len(factors) != 2 or not _is(number, 0.5):
        return None
    for x, bell in (factors, factors[::-1]):
        inner = _one_plus(bell)
        if inner is None:
            continue
        if (erf := _operands(inner, "math.erf")) and _is_product(erf[0], [x], sqrt(0.5)):
            return _call("Gelu", x)
        if (tanh := _operands(inner, "math.tanh")) and _is_bell(tanh[0], x):
            return _call("Gelu", x, approximate="tanh")
    return None


def _is_product(scalar: SSAValue, wanted: Sequence[SSAValue], number: float) -> bool:
    factors, found = _factors(scalar)
    return _is(found, number) and [id(f) for f in factors] == [id(w) for w in wanted]


def _is_bell(scalar: SSAValue, x: SSAValue) -> bool:
    """`sqrt(2 / pi) * (x + 0.044715 * x^3)`"""
    factors, number = _factors(scalar)
    if len(factors) != 1 or not _is(number, sqrt(2 / pi)):
        return False
    pair = _operands(factors[0], "arith.addf")
    return len(pair) == 2 and any(
        a is x and (_is_product(b, [x, x, x], 0.044715) or _is_cube(b, x))
        for a, b in (pair, pair[::-1])
    )


def _is_cube(scalar: SSAValue, x: SSAValue) -> bool:
    factors, number = _factors(scalar)
    power = _operands(factors[0], "math.powf") if len(factors) == 1 else ()
    return (
        bool(power)
        and power[0] is x
        and _is(constant_number(power[1]), 3)
        and (_is(number, 0.044715))
    )


def _mish(scalar: SSAValue) -> Form | None:
    """`x * tanh(softplus(x))`"""
    pair = _operands(scalar, "arith.mulf")
    for x, gate in (pair, pair[::-1]) if len(pair) == 2 else ():
        tanh = _operands(gate, "math.tanh")
        if tanh and _softplus_of(tanh[0]) is x:
            return _call("Mish", x)
    return None


def _selected(scalar: SSAValue) -> Form | None:
    """LeakyRelu, and Elu."""
    condition, a, b = _operands(scalar, "arith.select")
    compared = _operands(condition, "arith.cmpf")
    owner = condition.owner
    if not compared or not isinstance(owner, Operation) or constant_number(compared[1]) != 0.0:
        return None
    x, predicate = compared[0], str(owner.properties["predicate"])
    below, above = _BELOW.get(predicate, ""), (a, b)
    if not below:
        return None
    low, high = above if below == "first" else above[::-1]
    if high is not x:
        return None
    factors, alpha = _factors(low)
    if len(factors) != 1:
        return None
    if factors[0] is x:
        return _call("LeakyRelu", x, alpha=alpha)
    exponential = _operands(factors[0], "math.expm1")
    return _call("Elu", x, alpha=alpha) if exponential and exponential[0] is x else None


_BELOW = {
    "4 : i64": "first",  # x < 0 ? low : x
    "5 : i64": "first",
    "2 : i64": "second",  # x > 0 ? x : low
    "3 : i64": "second",
}
"""Ordered comparisons with 0, as they stand in `arith.cmpf`: where the part below is."""

_PATTERNS: dict[str, tuple[Callable[[SSAValue], Form | None], ...]] = {
    "arith.addf": (_softplus,),
    "arith.divf": (_swish, _sigmoid, _hard_swish, _gelu),
    "arith.maximumf": (_bounded,),
    "arith.minimumf": (_bounded,),
    "arith.mulf": (_hard_swish, _gelu, _mish),
    "arith.select": (_selected,),
}
"""By the operation that comes last."""
