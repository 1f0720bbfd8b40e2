"""
Activation functions, softmax among them.

Operators: those of the table at the end.
"""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import SSAValue

from ...dialects.engine import ReduceOp, SoftmaxOp
from ...dialects.engine.base import element_of, extents_of, rank_of
from ...dialects.engine.weights import dtype_of
from ...runtime.size import is_one
from ..to_engine.dialect_conversion import Conversion
from ..to_engine.lowering import Lowering, NoNativeForm
from ..to_engine.scalars import Numbers, exp, expm1, log1p, select, sigmoid
from ..to_engine.vocabulary import activations as words
from ..to_engine.vocabulary.arithmetic import limited
from ..to_engine.vocabulary.cast import cast
from .arguments import dim, number, result_element
from .logic import chosen
from .promotion import wide
from .scalar_maps import Build, computed


def _function(build: Build) -> Conversion:
    return lambda lo: computed(lo, [lo.operand("self")], build)


def _of(lo: Lowering, *names: str) -> list[float]:
    return [float(number(lo, name)) for name in names]


def _leaky_relu(lo: Lowering) -> SSAValue:
    [slope] = _of(lo, "negative_slope")
    return computed(lo, [lo.operand("self")], lambda n, x: words.leaky_relu(n, x, slope))


def _prelu(lo: Lowering) -> SSAValue:
    """A slope for all, or one for each channel."""
    x, weight = lo.operand("self"), lo.operand("weight")
    rank = rank_of(x)
    if lo.op.name == "torch.aten.prelu.default" and rank_of(weight) == 1:
        [count] = extents_of(weight)
        channels = (1, count, *[1] * (rank - 2)) if not is_one(count) else (1,) * rank
        weight = lo.reshape(weight, channels)

    def build(n: Numbers, a: SSAValue, slope: SSAValue) -> SSAValue:
        return select(n.compare("gt", a, n.number(0)), a, n.mul(slope, a))

    return computed(lo, [x, weight], build)


def _elu(lo: Lowering) -> SSAValue:
    alpha, scale, inner = _of(lo, "alpha", "scale", "input_scale")

    def build(n: Numbers, x: SSAValue) -> SSAValue:
        given = x if inner == 1 else n.mul(x, n.number(inner))
        below = n.mul(n.number(alpha * scale), expm1(given))
        above = x if scale == 1 else n.mul(x, n.number(scale))
        return select(n.compare("gt", x, n.number(0)), above, below)

    return computed(lo, [lo.operand("self")], build)


SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _celu(lo: Lowering) -> SSAValue:
    [alpha] = _of(lo, "alpha")
    return computed(lo, [lo.operand("self")], lambda n, x: words.celu(n, x, alpha))


def _gelu(lo: Lowering) -> SSAValue:
    approximate = lo.text("approximate") == "tanh"
    return computed(lo, [lo.operand("self")], lambda n, x: words.gelu(n, x, approximate))


def _glu(lo: Lowering) -> SSAValue:
    """The first half by the sigmoid of the second."""
    x = lo.operand("self")
    axis = dim(lo.integer("dim"), rank_of(x))
    half = extents_of(x)[axis] // 2
    first, second = (lo.slice_axis(x, axis, at, half) for at in (0, half))
    return computed(lo, [first, second], lambda n, a, b: n.mul(a, sigmoid(n, b)))


def _softplus(lo: Lowering) -> SSAValue:
    """Beyond the threshold `x` itself."""
    beta, limit = _of(lo, "beta", "threshold")

    def build(n: Numbers, x: SSAValue) -> SSAValue:
        scaled = x if beta == 1 else n.mul(x, n.number(beta))
        soft = log1p(exp(n.minimum(scaled, n.number(limit))))
        soft = soft if beta == 1 else n.div(soft, n.number(beta))
        return select(n.compare("gt", scaled, n.number(limit)), x, soft)

    return computed(lo, [lo.operand("self")], build)


def _hard_sigmoid(n: Numbers, x: SSAValue) -> SSAValue:
    inner = n.maximum(n.minimum(n.add(x, n.number(3)), n.number(6)), n.number(0))
    return n.mul(inner, n.number(1 / 6))


def _hardtanh(lo: Lowering) -> SSAValue:
    low, high = number(lo, "min_val"), number(lo, "max_val")

    return computed(lo, [lo.operand("self")], lambda n, x: limited(n, x, low, high))


def _hardshrink(lo: Lowering) -> SSAValue:
    [limit] = _of(lo, "lambd")

    def build(n: Numbers, x: SSAValue) -> SSAValue:
        low = n.compare("ge", x, n.number(-limit))
        kept = select(low, select(n.compare("le", x, n.number(limit)), n.number(0), x), x)
        return kept

    return computed(lo, [lo.operand("self")], build)


def _softshrink(lo: Lowering) -> SSAValue:
    [limit] = _of(lo, "lambd")

    def build(n: Numbers, x: SSAValue) -> SSAValue:
        zero, edge = n.number(0), n.number(limit)
        inner = select(n.compare("ne", x, x), x, zero)
        below = select(n.compare("lt", x, n.number(-limit)), n.add(x, edge), inner)
        return select(n.compare("gt", x, edge), n.sub(x, edge), below)

    return computed(lo, [lo.operand("self")], build)


def _threshold(lo: Lowering) -> SSAValue:
    limit, fill = number(lo, "threshold"), number(lo, "value")

    def build(n: Numbers, x: SSAValue) -> SSAValue:
        return select(n.compare("le", x, n.number(limit)), n.number(fill), x)

    return computed(lo, [lo.operand("self")], build)


def _softmax(*, log: bool) -> Conversion:
    def convert(lo: Lowering) -> SSAValue:
        return softmax(lo, log=log)

    return convert


def softmax(lo: Lowering, *, log: bool = False) -> SSAValue:
    """Along `dim`, in the type of the result."""
    element = result_element(lo)
    x = cast(lo, lo.operand("self"), wide(element))
    rank = rank_of(x)
    if rank == 0:
        number_ = np.asarray(0.0 if log else 1.0, dtype_of(element))
        return lo.constant(number_, "softmax")
    axis = dim(lo.integer("dim"), rank)
    return cast(lo, lo.emit(SoftmaxOp(x, axis, log=log)), element)


def _safe_softmax(lo: Lowering) -> SSAValue:
    """A row of which nothing is left is zeros."""
    element = result_element(lo)
    x = cast(lo, lo.operand("self"), wide(element))
    rank = rank_of(x)
    if rank == 0:
        raise NoNativeForm("of a scalar")
    axis, n = dim(lo.integer("dim"), rank), Numbers(element_of(x))
    largest = lo.emit(ReduceOp([x], "max", [axis]))
    lowest = -float("inf")
    nothing = lo.map([largest], lambda a: n.compare("eq", a, n.number(lowest)), i1)
    shown = chosen(lo, nothing, 0, x, n.element)
    found = lo.emit(SoftmaxOp(shown, axis))
    return cast(lo, chosen(lo, nothing, 0, found, n.element), element)


def _relu(lo: Lowering) -> SSAValue:
    return computed(lo, [lo.operand("self")], words.relu)


OPERATORS: dict[str, Conversion] = {
    "_log_softmax": _softmax(log=True),
    "_prelu_kernel": _prelu,
    "_safe_softmax": _safe_softmax,
    "_softmax": _softmax(log=False),
    "celu": _celu,
    "elu": _elu,
    "gelu": _gelu,
    "glu": _glu,
    "hardshrink": _hardshrink,
    "hardsigmoid": _function(_hard_sigmoid),
    "hardswish": _function(lambda n, x: n.mul(x, _hard_sigmoid(n, x))),
    "hardtanh": _hardtanh,
    "leaky_relu": _leaky_relu,
    "log_softmax.int": _softmax(log=True),
    "mish": _function(words.mish),
    "prelu": _prelu,
    "relu": _relu,
    "relu6": _function(
        lambda n, x: n.minimum(n.maximum(x, n.number(0)), n.number(6)),
    ),
    "selu": _function(lambda n, x: words.selu(n, x, SELU_ALPHA, SELU_SCALE)),
    "silu": _function(lambda n, x: words.swish(n, x)),
    "softmax.int": _softmax(log=False),
    "softplus": _softplus,
    "softshrink": _softshrink,
    "special_log_softmax": _softmax(log=True),
    "special_softmax": _softmax(log=False),
    "threshold": _threshold,
}
"""Conversions by the operator and its overload."""
