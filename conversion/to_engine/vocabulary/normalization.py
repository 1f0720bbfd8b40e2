"""Normalizations that no engine operation is: over neighbouring channels, by the deviation."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import math
from xdsl.ir import SSAValue

from ....dialects.engine import PoolOp
from ....dialects.engine.base import element_of, extents_of
from ....runtime.size import product_of
from ..lowering import Lowering
from ..scalars import Numbers, sqrt
from .cast import cast, widened
from .reduce import reduce


def local_response(
    lo: Lowering, given: SSAValue, size: int, *, alpha: float, beta: float, bias: float
) -> SSAValue:
    """
    `x / (bias + alpha / size * s)^beta`, `s` the sum of squares over `size` channels around, of an
    even number one more behind.

    The mean over channels that count as 0 outside is an average pool of a `[C, pixels]` image.
    """
    x = widened(lo, given)
    n, shape, low = Numbers(element_of(x)), extents_of(x), (size - 1) // 2
    squares = lo.map([x], lambda a: n.mul(a, a))
    image = lo.reshape(squares, (shape[0], 1, shape[1], product_of(shape[2:])))
    means = lo.emit(
        PoolOp(
            image,
            "average",
            [size, 1],
            strides=[1, 1],
            pads=[low, 0, size - 1 - low, 0],
            dilations=[1, 1],
            count_include_pad=True,
        )
    )

    def normalized(a: SSAValue, mean: SSAValue) -> SSAValue:
        scale = n.add(n.mul(mean, n.number(alpha)), n.number(bias))
        return n.div(a, math.PowFOp(scale, n.number(beta)).result)

    return cast(lo, lo.map([x, lo.reshape(means, shape)], normalized), element_of(given))


def centred_by_deviation(
    lo: Lowering, given: SSAValue, axes: Sequence[int], epsilon: float
) -> SSAValue:
    """`(x - mean) / (deviation + epsilon)` over axes counted from the front."""
    x = widened(lo, given)
    n = Numbers(element_of(x))
    centred = lo.map([x, reduce(lo, "mean", x, axes)], n.sub)
    variance = reduce(lo, "mean", centred, axes, before=lambda m, a: m.mul(a, a))

    def normalized(a: SSAValue, square: SSAValue) -> SSAValue:
        return n.div(a, n.add(sqrt(square), n.number(epsilon)))

    return cast(lo, lo.map([centred, variance], normalized), element_of(given))
