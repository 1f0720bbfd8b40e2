"""Random nodes that work element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from stepwell.test.fuzz.graph_builder import FLOATS, INTEGERS, GraphBuilder, UnsuitableError, Value

Grow = Callable[[GraphBuilder], object]

SIGNED = (*FLOATS, "int64", "int32", "int8")
ANY = (*FLOATS, *INTEGERS, "bool")

UNARY: Mapping[str, dict[str, Callable[[GraphBuilder], Any]]] = {
    "Abs": {}, "Neg": {}, "Exp": {}, "Sin": {}, "Cos": {}, "Tan": {}, "Tanh": {}, "Sigmoid": {},
    "Relu": {}, "Selu": {}, "HardSwish": {}, "Softplus": {}, "Softsign": {}, "Mish": {},
    "Erf": {}, "Ceil": {}, "Floor": {}, "Round": {}, "Sign": {}, "Reciprocal": {},
    "Identity": {}, "Atan": {}, "Asinh": {}, "Sinh": {}, "Cosh": {},
    "LeakyRelu": {"alpha": lambda g: g.rng.choice([0.01, 0.2, -0.5, 1.5])},
    "Elu": {"alpha": lambda g: g.rng.choice([1.0, 0.3])},
    "Celu": {"alpha": lambda g: g.rng.choice([1.0, 0.7])},
    "HardSigmoid": {"alpha": lambda g: g.rng.choice([0.2, 1 / 6]), "beta": lambda g: 0.5},
    "ThresholdedRelu": {"alpha": lambda g: g.rng.choice([0.0, 0.5])},
    "Gelu": {"approximate": lambda g: g.rng.choice(["none", "tanh"])},
    "Swish": {},
}  # fmt: skip
"""Operators of one float tensor, with what makes their attributes."""

POSITIVE = ("Log", "Sqrt", "Acosh")
BOUNDED = ("Asin", "Acos", "Atanh")
SMOOTH_PAIRS = ("Add", "Sub", "Mul")
COMPARISONS = ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")


def grow_unary(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        types = SIGNED if op in ("Abs", "Neg", "Sign", "Relu") else FLOATS
        makers = UNARY[op]
        x = g.pick(ANY if op == "Identity" else types)
        return g.one(op, x, **{name: make(g) for name, make in makers.items()})

    return grow


def grow_positive(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick()
        shift = g.constant(np.array(1.5 if op == "Acosh" else 0.25, x.array.dtype))
        return g.one(op, g.one("Add", g.one("Abs", x), shift))

    return grow


def grow_bounded(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick()
        return g.one(op, g.one("Mul", g.one("Sin", x), g.constant(np.array(0.9, x.array.dtype))))

    return grow


def partner(g: GraphBuilder, x: Value, *, constant: float = 0.35) -> Value:
    """A value that `x` can be combined with: its own shape, a broadcast one, or itself."""
    if g.maybe(constant):
        shape = [n if g.maybe(0.6) else 1 for n in x.shape]
        while shape and g.maybe(0.35):
            shape = shape[1:]
        if g.maybe(0.15):
            shape = [g.rng.choice([1, 2, 3]), *shape] if len(shape) == x.rank else shape
        return g.parameter(x.dtype, shape)

    def fits(other: Value) -> bool:
        try:
            np.broadcast_shapes(x.shape, other.shape)
        except ValueError:
            return False
        return True

    return g.pick([x.dtype], fits=fits)


def in_any_order(g: GraphBuilder, a: Value, b: Value) -> tuple[Value, Value]:
    return (a, b) if g.maybe(0.6) else (b, a)


def grow_pair(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick((*FLOATS, "int64", "int32"))
        return g.one(op, *in_any_order(g, x, partner(g, x)))

    return grow


def grow_comparison(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick((*FLOATS, *INTEGERS))
        return g.one(op, *in_any_order(g, x, partner(g, x)))

    return grow


def grow_div(g: GraphBuilder) -> object:
    x = g.pick((*FLOATS, "int64", "int32"))
    if x.array.dtype.kind == "f":
        shape = [n if g.maybe() else 1 for n in x.shape]
        divisor = g.parameter(x.dtype, shape, offset=0.5)
        if g.maybe(0.2):  # divided by what is computed
            divisor = g.one("Add", g.one("Abs", partner(g, x)), g.constant(np.ones((), x.dtype)))
        return g.one("Div", x, divisor)
    return g.one("Div", x, g.constant(np.array(g.rng.choice([1, 2, 3, 7, 8]), x.array.dtype)))


def grow_pow(g: GraphBuilder) -> object:
    x = g.pick()
    exponent = g.rng.choice([2.0, 3.0, 0.5, -1.0, 1.0, 0.0])
    if exponent in (0.5, -1.0):
        x = g.one("Add", g.one("Abs", x), g.constant(np.array(0.5, x.array.dtype)))
    kind = g.rng.choice([x.dtype, "int64"]) if exponent.is_integer() else x.dtype
    return g.one("Pow", x, g.constant(np.array(exponent, kind)))


def grow_many(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick(FLOATS if op in ("Sum", "Mean") else (*FLOATS, "int64", "int32"))
        return g.one(op, x, *(partner(g, x) for _ in range(g.rng.choice([0, 1, 1, 2]))))

    return grow


def grow_mod(g: GraphBuilder) -> object:
    x = g.pick(("int64", "int32", "float32"))
    by = g.constant(np.array(g.rng.choice([2, 3, 5, -3]), x.array.dtype))
    return g.one("Mod", x, by, fmod=1 if x.dtype == "float32" else g.rng.choice([0, 1]))


def grow_clip(g: GraphBuilder) -> object:
    x = g.pick((*FLOATS, "int32", "int64", "int8"))
    low, high = (g.constant(np.array(n, x.array.dtype)) for n in (-1, g.rng.choice([1, 2, 6])))
    return g.one("Clip", x, *g.rng.choice([(low, high), (None, high), (low,), (low, None)]))


def grow_prelu(g: GraphBuilder) -> object:
    x = g.pick()
    return g.one("PRelu", x, g.parameter(x.dtype, [n if g.maybe() else 1 for n in x.shape]))


def grow_where(g: GraphBuilder) -> object:
    x = g.pick(ANY)
    if g.maybe(0.3):
        condition = g.parameter("bool", [n if g.maybe() else 1 for n in x.shape])
    else:
        condition = g.one(g.rng.choice(COMPARISONS[1:]), y := g.pick(), partner(g, y))
    other = g.constant(np.array(0, x.array.dtype)) if g.maybe(0.3) else partner(g, x)
    return g.one("Where", condition, *in_any_order(g, x, other))


def grow_logical(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick(["bool"])
        return g.one(op, x) if op == "Not" else g.one(op, x, partner(g, x))

    return grow


def grow_bits(op: str) -> Grow:
    def grow(g: GraphBuilder) -> object:
        x = g.pick(("int32", "int64", "uint8", "int8", "uint32"))
        return g.one(op, x) if op == "BitwiseNot" else g.one(op, x, partner(g, x))

    return grow


def grow_shift(g: GraphBuilder) -> object:
    x = g.pick(("uint8", "uint32", "uint64", "uint16"))
    by = g.constant(np.array(g.rng.choice([0, 1, 3, 7]), x.array.dtype))
    return g.one("BitShift", x, by, direction=g.rng.choice(["LEFT", "RIGHT"]))


TARGETS = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "bool": 9,
    "float16": 10, "float64": 11, "uint32": 12, "uint64": 13,
}  # fmt: skip


def grow_cast(g: GraphBuilder) -> object:
    """Casts that say the same on all processors: no negative number to an unsigned type."""
    x = g.pick(ANY)
    to = g.rng.choice([*TARGETS, "float32", "float32", "int64"])
    if x.array.dtype.kind in "if" and to.startswith("uint"):
        x = g.one("Abs", x)
    if x.array.size and to not in ("bool", *FLOATS) and x.array.dtype != np.bool_:
        limits = np.iinfo(to)
        wide = x.array.astype(np.float64)
        if wide.min() < limits.min or wide.max() > limits.max:
            raise UnsuitableError
    return g.one("Cast", x, to=TARGETS[to])


def grow_classified(op: str) -> Grow:
    return lambda g: g.one(op, g.pick())


ELEMENTS: Mapping[str, Grow] = {
    **{op: grow_unary(op) for op in UNARY},
    **{op: grow_positive(op) for op in POSITIVE},
    **{op: grow_bounded(op) for op in BOUNDED},
    **{op: grow_pair(op) for op in SMOOTH_PAIRS},
    **{op: grow_comparison(op) for op in COMPARISONS},
    **{op: grow_many(op) for op in ("Sum", "Mean", "Max", "Min")},
    **{op: grow_logical(op) for op in ("Not", "And", "Or", "Xor")},
    **{op: grow_bits(op) for op in ("BitwiseNot", "BitwiseAnd", "BitwiseOr", "BitwiseXor")},
    **{op: grow_classified(op) for op in ("IsNaN", "IsInf")},
    "Div": grow_div,
    "Pow": grow_pow,
    "Mod": grow_mod,
    "Clip": grow_clip,
    "PRelu": grow_prelu,
    "Where": grow_where,
    "BitShift": grow_shift,
    "Cast": grow_cast,
}  # fmt: skip
