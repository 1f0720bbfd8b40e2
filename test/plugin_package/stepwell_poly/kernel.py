"""How `poly.horner` runs: vectors along the last dimension, one fused multiply-add a degree."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import f32, f64

from stepwell.dialects.engine.base import (
    element_of,
    physical_shape_of,
    physical_strides_of,
    shape_of,
    static,
)
from stepwell.kernels.builder import KernelBuilder
from stepwell.kernels.template import (
    ANY,
    Kernel,
    LayoutChoice,
    Plan,
    PlanEntry,
    Template,
    chunk_count,
    kernel_arguments,
)
from stepwell.targets.target import Target
from stepwell_poly.dialect import HornerOp


@dataclass(frozen=True)
class HornerPlan(Plan):
    """Rows of the last dimension, `lanes` elements at a time."""

    op: HornerOp
    shape: tuple[int, ...]
    lanes: int
    chunks: int

    def describe(self) -> dict[str, PlanEntry]:
        return {"lanes": self.lanes}


class HornerTemplate(Template[HornerOp, HornerPlan]):
    """`poly.horner` in any layout that operand and result share."""

    OP = HornerOp

    def supports(self, op: HornerOp, target: Target) -> bool:
        shape = shape_of(op.input)
        return static(shape) and len(shape) > 0 and element_of(op.input) in (f32, f64)

    def layouts(self, op: HornerOp, target: Target) -> Sequence[LayoutChoice]:
        return [LayoutChoice((ANY,), (ANY,), self._seconds(op, target))]

    def plan(self, op: HornerOp, target: Target) -> HornerPlan | None:
        source, result = op.input, op.destinations[0]
        shape = physical_shape_of(source)
        if shape != physical_shape_of(result):
            return None
        innermost = {physical_strides_of(v)[-1] for v in (source, result)}
        lanes = target.lanes(element_of(source)) if innermost == {1} else 1
        chunks = chunk_count(prod(shape[:-1]), self._seconds(op, target), target.machine)
        return HornerPlan(op, shape, lanes, chunks)

    def write(self, plan: HornerPlan, name: str, builder: KernelBuilder) -> Kernel:
        b, op = builder, plan.op
        *outer, columns = plan.shape
        rows = prod(outer)
        names = ["chunk", "x", "y"]
        with b.function(name, kernel_arguments(op), names=names) as (chunk, x, y):

            def vector(at, mask, _):
                here = [*position, at]
                one = plan.lanes == 1
                value = b.load(x, here) if one else b.vload(x, here, plan.lanes, mask)
                result = self._horner(b, op.numbers, value, plan.lanes)
                if one:
                    b.store(result, y, here)
                else:
                    b.vstore(result, y, here, mask)

            begin = b.floordiv(b.mul(chunk, rows), plan.chunks)
            end = b.floordiv(b.mul(b.add(chunk, 1), rows), plan.chunks)
            with b.loop(begin, end) as loop:
                position = b.unflatten(loop.index, outer) if outer else ()
                b.for_vectors(columns, plan.lanes, vector)
        return Kernel(plan.chunks)

    def _horner(self, b: KernelBuilder, numbers, x, lanes: int):
        def number(value: float):
            scalar = b.constant(value, element_of_value(x))
            return scalar if lanes == 1 else b.broadcast(scalar, lanes)

        *rest, last = numbers
        result = number(last)
        for coefficient in reversed(rest):
            result = b.fma(result, x, number(coefficient))
        return result

    def _seconds(self, op: HornerOp, target: Target) -> float:
        vectors = prod(shape_of(op.input)) / target.lanes(element_of(op.input))
        machine = target.machine
        return machine.seconds(vectors * len(op.numbers), op.bytes_moved(), machine.rates.stream)


TEMPLATE = HornerTemplate()


def element_of_value(value):
    """The type of a scalar, or of the elements of a vector."""
    return getattr(value.type, "element_type", value.type)
