"""
Steps of optimisers (`ai.onnx.preview.training`), for any number of tensors at once.

Operators: preview.training.Adagrad, preview.training.Adam, preview.training.Momentum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import math
from xdsl.dialects.builtin import f64
from xdsl.ir import SSAValue

from ....dialects.engine.base import element_of
from ...to_engine.lowering import Lowering
from ...to_engine.scalars import Numbers, cast_scalar, select, sqrt, value

_N = Numbers(f64)


def _groups(lo: Lowering, state: int) -> list[list[SSAValue]]:
    """The operands behind the rate and the count, tensor by tensor: x, gradient, states."""
    tensors = lo.operands[2:]
    count = len(tensors) // state
    return [[tensors[kind * count + at] for kind in range(state)] for at in range(count)]


def _scalars(lo: Lowering, build: Callable[[SSAValue, SSAValue], SSAValue]) -> SSAValue:
    """A number of the rate and the count of updates, in f64."""
    rate, count = (lo.reshape(v, ()) for v in lo.operands[:2])
    r, t = element_of(rate), element_of(count)

    def in_f64(a: SSAValue, b: SSAValue) -> SSAValue:
        return build(cast_scalar(a, r, f64), cast_scalar(b, t, f64))

    return lo.map([rate, count], in_f64, f64)


def _regular(lo: Lowering, x: SSAValue, g: SSAValue) -> SSAValue:
    """`norm_coefficient * x + g`"""
    n, norm = Numbers(element_of(x)), lo.number("norm_coefficient")
    return g if norm == 0.0 else lo.map([x, g], lambda a, b: n.add(n.mul(n.number(norm), a), b))


def _by_kind(groups: Sequence[Sequence[SSAValue]]) -> list[SSAValue | None]:
    """First the new tensors, then each kind of state."""
    return [value for kind in zip(*groups, strict=True) for value in kind]


def Adagrad(lo: Lowering) -> list[SSAValue | None]:
    """`x - r / (1 + t * decay) * g / (sqrt(h + g^2) + epsilon)`"""
    decay, epsilon = lo.number("decay_factor"), lo.number("epsilon", 1e-6)

    def decayed(r: SSAValue, t: SSAValue) -> SSAValue:
        return _N.div(r, _N.add(_N.number(1), _N.mul(t, _N.number(decay))))

    rate = _scalars(lo, decayed)
    results: list[list[SSAValue]] = []
    for x, g, h in _groups(lo, 3):
        n, gradient = Numbers(element_of(x)), _regular(lo, x, g)

        def summed(a: SSAValue, d: SSAValue, n: Numbers = n) -> SSAValue:
            return n.add(a, n.mul(d, d))

        squares = lo.map([h, gradient], summed)

        def step(a: SSAValue, d: SSAValue, s: SSAValue, r: SSAValue, n: Numbers = n) -> SSAValue:
            slope = n.mul(cast_scalar(r, f64, n.element), d)
            return n.sub(a, n.div(slope, n.add(sqrt(s), n.number(epsilon))))

        results.append([lo.map([x, gradient, squares, rate], step), squares])
    return _by_kind(results)


def Momentum(lo: Lowering) -> list[SSAValue | None]:
    """`v' = alpha * v + beta * g`, `x - r * v'`, or with Nesterov's look ahead."""
    alpha, beta = lo.number("alpha"), lo.number("beta")
    nesterov = lo.text("mode") == "nesterov"

    def weight(r: SSAValue, t: SSAValue) -> SSAValue:
        later = _N.compare("gt", t, _N.number(0))
        return select(later, _N.number(beta), _N.number(1))

    of_gradient, rate = _scalars(lo, weight), _scalars(lo, lambda r, t: r)
    results: list[list[SSAValue]] = []
    for x, g, v in _groups(lo, 3):
        n, gradient = Numbers(element_of(x)), _regular(lo, x, g)

        def moved(a: SSAValue, d: SSAValue, b: SSAValue, n: Numbers = n) -> SSAValue:
            return n.add(n.mul(n.number(alpha), a), n.mul(cast_scalar(b, f64, n.element), d))

        velocity = lo.map([v, gradient, of_gradient], moved)

        def step(a: SSAValue, d: SSAValue, w: SSAValue, r: SSAValue, n: Numbers = n) -> SSAValue:
            way = n.add(d, n.mul(n.number(alpha), w)) if nesterov else w
            return n.sub(a, n.mul(cast_scalar(r, f64, n.element), way))

        results.append([lo.map([x, gradient, velocity, rate], step), velocity])
    return _by_kind(results)


def Adam(lo: Lowering) -> list[SSAValue | None]:
    """Momentum over the root of the mean square of gradients, both corrected for their start."""
    alpha, beta = lo.number("alpha", 0.9), lo.number("beta", 0.999)
    epsilon, post = lo.number("epsilon", 1e-6), lo.number("norm_coefficient_post")

    def corrected(r: SSAValue, t: SSAValue) -> SSAValue:
        one = _N.number(1)
        first = _N.sub(one, value(math.PowFOp(_N.number(alpha), t)))
        second = sqrt(_N.sub(one, value(math.PowFOp(_N.number(beta), t))))
        later = _N.compare("gt", t, _N.number(0))
        return select(later, _N.div(_N.mul(r, second), select(later, first, one)), r)

    rate = _scalars(lo, corrected)
    results: list[list[SSAValue]] = []
    for x, g, v, h in _groups(lo, 4):
        n, gradient = Numbers(element_of(x)), _regular(lo, x, g)

        def mean(a: SSAValue, d: SSAValue, n: Numbers = n) -> SSAValue:
            return n.add(n.mul(n.number(alpha), a), n.mul(n.number(1 - alpha), d))

        def square(a: SSAValue, d: SSAValue, n: Numbers = n) -> SSAValue:
            return n.add(n.mul(n.number(beta), a), n.mul(n.number(1 - beta), n.mul(d, d)))

        means, squares = lo.map([v, gradient], mean), lo.map([h, gradient], square)

        def step(a: SSAValue, m: SSAValue, s: SSAValue, r: SSAValue, n: Numbers = n) -> SSAValue:
            slope = n.div(m, n.add(sqrt(s), n.number(epsilon)))
            new = n.sub(a, n.mul(cast_scalar(r, f64, n.element), slope))
            return n.mul(n.number(1 - post), new)

        results.append([lo.map([x, means, squares, rate], step), means, squares])
    return _by_kind(results)


OPERATORS = {
    "preview.training.Adagrad": Adagrad,
    "preview.training.Adam": Adam,
    "preview.training.Momentum": Momentum,
}
