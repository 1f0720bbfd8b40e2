"""
The derivatives of ONNX operators, as ONNX nodes.

A rule gets a node and the gradient `g` of its first output, and gives the gradient of each of its
inputs by name, None for an input that the output does not depend on smoothly (an axis, a shape).
Notation: `dx` is the gradient of `x`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import onnx


class Tape(Protocol):
    """What a rule builds with; values are names."""

    def add(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """The output of a new node."""
        ...

    def scalar(self, value: float, like: str) -> str:
        """A constant of the element type of a value."""
        ...

    def integers(self, values: Sequence[int]) -> str:
        """A constant vector of int64."""
        ...

    def constant(self, name: str) -> list[int]:
        """The numbers of a constant vector; refuses when the value is none."""
        ...

    def shape(self, name: str) -> list[int]:
        """The sizes of a value of the differentiated graph; refuses when they are not known."""
        ...

    def summed(self, g: str, source: str, target: str) -> str:
        """`g`, of the shape of `source`, summed over what broadcasting `target` to it repeated."""
        ...

    def refuse(self, why: str) -> Exception:
        """The exception that says why there is no derivative."""
        ...


Gradients = Sequence[str | None]
Rule = Callable[[Tape, onnx.NodeProto, str], Gradients]


def _add(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = a + b + ...: da = g"""
    return [t.summed(g, n.output[0], name) for name in n.input]


def _sub(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = a - b: da = g, db = -g"""
    a, b = n.input
    return [t.summed(g, n.output[0], a), t.summed(t.add("Neg", g), n.output[0], b)]


def _mul(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = a b: da = g b, db = g a"""
    (a, b), [y] = n.input, n.output
    return [t.summed(t.add("Mul", g, b), y, a), t.summed(t.add("Mul", g, a), y, b)]


def _div(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = a / b: da = g / b, db = -g y / b"""
    (a, b), [y] = n.input, n.output
    da = t.add("Div", g, b)
    return [t.summed(da, y, a), t.summed(t.add("Neg", t.add("Mul", da, y)), y, b)]


def _pow(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = a^b: da = g b a^(b-1), db = g y log a"""
    (a, b), [y] = n.input, n.output
    lower = t.add("Pow", a, t.add("Sub", b, t.scalar(1, b)))
    da = t.add("Mul", g, t.add("Mul", t.add("CastLike", b, a), lower))
    db = t.add("CastLike", t.add("Mul", g, t.add("Mul", y, t.add("Log", a))), b)
    return [t.summed(da, y, a), t.summed(db, y, b)]


def _unary(derivative: Callable[[Tape, str, str], str]) -> Rule:
    """y = f(x): dx = g f'(x); `derivative` gets x and y."""

    def rule(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
        return [t.add("Mul", g, derivative(t, n.input[0], n.output[0]))]

    return rule


def _positive(t: Tape, x: str) -> str:
    """1 where x > 0, else 0"""
    return t.add("CastLike", t.add("Greater", x, t.scalar(0, x)), x)


def _matmul(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """Y = A B: dA = g B^T, dB = A^T g"""
    (a, b), [y] = n.input, n.output
    ranks = [len(t.shape(name)) for name in (a, b)]
    if min(ranks) < 2:
        raise t.refuse("MatMul of a vector has no derivative here; reshape it to a matrix")
    top = t.shape(y)[:-2]
    da = t.add("MatMul", g, _swapped(t, b, ranks[1]))
    db = t.add("MatMul", _swapped(t, a, ranks[0]), g)
    return [_summed_batches(t, da, top, a), _summed_batches(t, db, top, b)]


def _swapped(t: Tape, name: str, rank: int) -> str:
    """The last two axes exchanged."""
    return t.add("Transpose", name, perm=[*range(rank - 2), rank - 1, rank - 2])


def _summed_batches(t: Tape, g: str, batches: Sequence[int], target: str) -> str:
    """`g` summed over the leading dimensions along which `target` was repeated."""
    shape = t.shape(target)
    own = [1] * (len(batches) - len(shape) + 2) + shape[:-2]
    axes = [at for at, (one, all_) in enumerate(zip(own, batches, strict=True)) if one != all_]
    if axes:
        g = t.add("ReduceSum", g, t.integers(axes), keepdims=1)
    return g if len(shape) == len(batches) + 2 and not axes else _reshaped(t, g, shape)


def _reshaped(t: Tape, g: str, shape: Sequence[int]) -> str:
    return t.add("Reshape", g, t.integers(shape), allowzero=1)


def _as_input(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y has the elements of x in their order: dx = reshape(g, shape(x))"""
    rest = [None] * (len(n.input) - 1)
    return [_reshaped(t, g, t.shape(n.input[0])), *rest]


def _transpose(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = transpose(x, p): dx = transpose(g, p^-1)"""
    rank = len(t.shape(n.input[0]))
    given = [list(a.ints) for a in n.attribute if a.name == "perm"]
    order = given[0] if given else list(reversed(range(rank)))
    return [t.add("Transpose", g, perm=[order.index(axis) for axis in range(rank)])]


def _expand(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = expand(x): dx = sum(g)"""
    return [t.summed(g, n.output[0], n.input[0]), None]


def _reduce_sum(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = sum(x): dx = expand(g)"""
    return [_spread(t, n, g), *[None] * (len(n.input) - 1)]


def _reduce_mean(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = sum(x) / k: dx = expand(g / k)"""
    x, y = n.input[0], n.output[0]
    count = max(_count(t, x), 1) / max(_count(t, y), 1)
    spread = _spread(t, n, t.add("Div", g, t.scalar(count, x)))
    return [spread, *[None] * (len(n.input) - 1)]


def _count(t: Tape, name: str) -> int:
    count = 1
    for size in t.shape(name):
        count *= size
    return count


def _spread(t: Tape, n: onnx.NodeProto, g: str) -> str:
    """The gradient of a reduction's result, repeated to the shape of its input."""
    x, y = n.input[0], n.output[0]
    shape, reduced = t.shape(x), t.shape(y)
    if len(shape) != len(reduced):  # keepdims = 0; which axes went, the sizes may not tell
        axes = _reduced_axes(t, n, len(shape))
        g = _reshaped(t, g, [1 if at in axes else size for at, size in enumerate(shape)])
    return t.add("Expand", g, t.integers(shape))


def _reduced_axes(t: Tape, n: onnx.NodeProto, rank: int) -> set[int]:
    if len(n.input) < 2 or not n.input[1]:
        return set(range(rank))
    axes = t.constant(n.input[1])
    return {axis % rank for axis in axes} or set(range(rank))


def _softmax(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = softmax(x): dx = y (g - sum(g y))"""
    [y] = n.output
    axis = next((a.i for a in n.attribute if a.name == "axis"), -1)
    total = t.add("ReduceSum", t.add("Mul", g, y), t.integers([axis]), keepdims=1)
    return [t.add("Mul", y, t.add("Sub", g, total))]


def _where(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """y = c ? a : b: da = c ? g : 0, db = c ? 0 : g"""
    (c, a, b), [y] = n.input, n.output
    zero = t.scalar(0, a)
    return [
        None,
        t.summed(t.add("Where", c, g, zero), y, a),
        t.summed(t.add("Where", c, zero, g), y, b),
    ]


def _constant(t: Tape, n: onnx.NodeProto, g: str) -> Gradients:
    """The derivative is zero wherever there is one."""
    return [None] * len(n.input)


RULES: dict[str, Rule] = {
    "Abs": _unary(lambda t, x, y: t.add("Sign", x)),
    "Add": _add,
    "Cos": _unary(lambda t, x, y: t.add("Neg", t.add("Sin", x))),
    "Div": _div,
    "Exp": _unary(lambda t, x, y: y),
    "Expand": _expand,
    "Flatten": _as_input,
    "Identity": lambda t, n, g: [g],
    "Log": _unary(lambda t, x, y: t.add("Reciprocal", x)),
    "MatMul": _matmul,
    "Mul": _mul,
    "Neg": lambda t, n, g: [t.add("Neg", g)],
    "Pow": _pow,
    "Reciprocal": _unary(lambda t, x, y: t.add("Neg", t.add("Mul", y, y))),
    "ReduceMean": _reduce_mean,
    "ReduceSum": _reduce_sum,
    "Relu": _unary(lambda t, x, y: _positive(t, x)),
    "Reshape": _as_input,
    "Sigmoid": _unary(lambda t, x, y: t.add("Mul", y, t.add("Sub", t.scalar(1, x), y))),
    "Sin": _unary(lambda t, x, y: t.add("Cos", x)),
    "Softmax": _softmax,
    "Softplus": _unary(lambda t, x, y: t.add("Sigmoid", x)),
    "Sqrt": _unary(lambda t, x, y: t.add("Div", t.scalar(0.5, x), y)),
    "Squeeze": _as_input,
    "Sub": _sub,
    "Sum": _add,
    "Tanh": _unary(lambda t, x, y: t.add("Sub", t.scalar(1, x), t.add("Mul", y, y))),
    "Transpose": _transpose,
    "Unsqueeze": _as_input,
    "Where": _where,
    **dict.fromkeys(
        ("Ceil", "Constant", "ConstantOfShape", "Equal", "Floor", "Greater"), _constant
    ),
    **dict.fromkeys(("Less", "Not", "Round", "Shape", "Sign", "Size"), _constant),
}
"""By operator of the default domain, in their newest versions."""
