"""How accumulators combine: sum, product, maximum, minimum of any element type."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloatConstr, i1
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import scalar_type
from ...dialects.engine.weights import dtype_of
from ...runtime.size import Extent, Size, maximum
from ..builder import KernelBuilder, element_type, lanes_of


@dataclass(frozen=True)
class Combiner:
    """One kind of reduction (`sum`, `mean`, `prod`, `max`, `min`) on one element type."""

    kind: str
    element: Attribute

    @property
    def floating(self) -> bool:
        return AnyFloatConstr.verifies(self.element)

    @property
    def width(self) -> int:
        """Bits of an integer element."""
        return dtype_of(self.element).itemsize * 8 if self.element != i1 else 1

    @property
    def unsigned(self) -> bool:
        return dtype_of(self.element).kind == "u"

    @property
    def neutral(self) -> float | int:
        """What changes nothing."""
        if self.kind in ("sum", "mean"):
            return 0
        if self.kind == "prod":
            return 1
        if self.floating:
            return -inf if self.kind == "max" else inf
        if self.width == 1:
            return 0 if self.kind == "max" else 1
        if self.unsigned:
            return 0 if self.kind == "max" else (1 << self.width) - 1
        extreme = 1 << (self.width - 1)
        return -extreme if self.kind == "max" else extreme - 1

    @property
    def vector_kind(self) -> str:
        """The kind of `vector.reduction` that does the same."""
        if self.kind in ("sum", "mean"):
            return "add"
        if self.kind == "prod":
            return "mul"
        if self.floating:
            return "maximumf" if self.kind == "max" else "minimumf"
        if self.width == 1:
            return "or" if self.kind == "max" else "and"
        return f"{self.kind}{'u' if self.unsigned else 's'}i"

    def apply(self, builder: KernelBuilder, a: SSAValue, b: SSAValue) -> SSAValue:
        """`a` and `b` combined, scalars or vectors."""
        ops = {
            "add": arith.AddfOp if self.floating else arith.AddiOp,
            "mul": arith.MulfOp if self.floating else arith.MuliOp,
            "maxsi": arith.MaxSIOp,
            "minsi": arith.MinSIOp,
            "maxui": arith.MaxUIOp,
            "minui": arith.MinUIOp,
            "or": arith.OrIOp,
            "and": arith.AndIOp,
        }
        if self.vector_kind == "maximumf":
            return builder.maximumf(a, b)
        if self.vector_kind == "minimumf":
            return builder.minimumf(a, b)
        return builder.apply(ops[self.vector_kind], a, b)

    def start(self, builder: KernelBuilder, lanes: int | None) -> SSAValue:
        """The neutral accumulator: a scalar for None."""
        type = scalar_type(self.element)
        if lanes is None:
            return builder.constant(self.neutral, type)
        return builder.splat(self.neutral, type, lanes)

    def all_of(self, builder: KernelBuilder, values: list[SSAValue]) -> SSAValue:
        """A balanced tree over several accumulators."""
        while len(values) > 1:
            pairs = zip(values[::2], values[1::2], strict=False)
            rest = values[-1:] if len(values) % 2 else []
            values = [*(self.apply(builder, a, b) for a, b in pairs), *rest]
        return values[0]

    def over_lanes(self, builder: KernelBuilder, value: SSAValue) -> SSAValue:
        """All lanes of a vector combined to a scalar."""
        return builder.reduce(self.vector_kind, value)

    def divided(self, builder: KernelBuilder, total: SSAValue, count: Extent) -> SSAValue:
        """The mean of a sum over `count` elements; integers truncate towards zero."""
        if self.kind != "mean":
            return total
        if self.floating:
            return builder.divf(total, float_count(builder, count, total))
        if count == 0:
            return total
        if isinstance(count, Size):
            # No element makes a sum of 0, which stays.
            value = builder.index(maximum(1, count))
            some: SSAValue | int = builder.cast(value, element_type(total.type))
        else:
            some = count
        return builder.apply(arith.DivUIOp if self.unsigned else arith.DivSIOp, total, some)


def float_count(builder: KernelBuilder, count: Extent, like: SSAValue) -> SSAValue | float:
    """A number of elements as a float of the type of `like`, or of its lanes."""
    if isinstance(count, int):
        return float(count)
    return builder.cast(builder.index(count), element_type(like.type))


@dataclass(frozen=True)
class ShiftMaximum(Combiner):
    """
    The maximum that a softmax shifts by: one instruction instead of three.

    With a NaN among the operands the result is any of them. That does no harm there: the NaN
    itself goes into the sum of exponentials, which spoils the row as it should.
    """

    def apply(self, builder: KernelBuilder, a: SSAValue, b: SSAValue) -> SSAValue:
        return builder.select(builder.cmpf("ogt", a, b), a, b)

    def over_lanes(self, builder: KernelBuilder, value: SSAValue) -> SSAValue:
        lanes = lanes_of(value.type)
        assert lanes is not None
        while lanes > 1:
            lanes //= 2
            low = builder.shuffle(value, value, range(lanes))
            high = builder.shuffle(value, value, range(lanes, 2 * lanes))
            value = self.apply(builder, low, high)
        return builder.extract(value, 0)
