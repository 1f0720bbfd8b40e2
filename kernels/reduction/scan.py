"""
`engine.scan`: running sums and products.

An axis with contiguous elements behind it is walked with vectors of neighbours. The last axis has
one sum for each row; several rows go side by side, as each sum waits for the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import Float32Type, Float64Type, IntegerType, UnitAttr, i1
from xdsl.ir import Operation, SSAValue

from ...dialects.engine.base import EngineOp, element_of, is_coded, scalar_type, shape_of, static
from ...dialects.engine.scan import ScanOp
from ...runtime.abi import MAY_ALIAS
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..common.element_access import load_lanes, store_lanes
from ..common.strided_view import is_strided, logical_strides
from ..movement.gather import joint_axes, moved_view
from ..template import AnyTemplate, Kernel, LayoutChoice, chunk_count, kernel_arguments

SECONDS_PER_STEP = 0.5e-9
ROWS_TOGETHER = 4

_COMBINE: dict[tuple[str, bool], type[Operation]] = {
    ("sum", True): arith.AddfOp,
    ("prod", True): arith.MulfOp,
    ("sum", False): arith.AddiOp,
    ("prod", False): arith.MuliOp,
}


class ScanTemplate(AnyTemplate):
    """`engine.scan`; see the module docstring."""

    def layouts(self, op: EngineOp, target: Target) -> Sequence[LayoutChoice]:
        if not isinstance(op, ScanOp) or not _known(op):
            return []
        return [LayoutChoice((None,), (None,), prod(shape_of(op.input)) * SECONDS_PER_STEP)]

    def accepts(self, op: EngineOp, target: Target) -> bool:
        return (
            isinstance(op, ScanOp)
            and _known(op)
            and is_strided(op.input)
            and all(is_strided(v) for v in op.destinations)
        )

    def build(self, op: EngineOp, name: str, builder: KernelBuilder) -> Kernel:
        assert isinstance(op, ScanOp)
        return _Writer(op, builder).build(name)


class _Writer:
    def __init__(self, op: ScanOp, b: KernelBuilder):
        self.op, self.b = op, b
        x, [out] = op.input, op.destinations
        shape, axis = shape_of(x), op.axis.value.data
        read, write = logical_strides(x), logical_strides(out)
        self.count = shape[axis]
        before = joint_axes(shape[:axis], read[:axis], write[:axis])
        behind = joint_axes(shape[axis + 1 :], read[axis + 1 :], write[axis + 1 :])
        ends = [(self.count, read[axis], write[axis])]
        axes = [*before, *ends, *behind]
        self.source = moved_view(x, [(n, s) for n, s, _ in axes])
        self.target = moved_view(out, [(n, t) for n, _, t in axes])
        self.outer = [n for n, _, _ in before]
        self.inner = [n for n, _, _ in behind]
        self.element = scalar_type(element_of(x))
        self.empty = 0 in shape

    def build(self, name: str) -> Kernel:
        """The function."""
        b, lanes = self.b, self.b.target.lanes(self.element)
        rows = prod(self.outer) * prod(self.inner[:-1])
        width = self.inner[-1] if self.inner else 0
        # Vectors of neighbours are units of their own where they come out even.
        blocks = width // lanes if width and width % lanes == 0 else 1
        group = ROWS_TOGETHER if not width and rows % ROWS_TOGETHER == 0 else 1
        units = rows * blocks // group
        chunks = chunk_count(max(units, 1), prod(self.source.extents) * SECONDS_PER_STEP)
        arguments = kernel_arguments(self.op)
        with b.function(
            name, arguments, names=["chunk", "x", "y"], attributes={MAY_ALIAS: UnitAttr()}
        ) as (chunk, x, y):
            if not self.empty:
                memories = self.source.cast(b, x), self.target.cast(b, y)
                first = b.floordiv(b.mul(chunk, units), chunks)
                last = b.floordiv(b.mul(b.add(chunk, 1), units), chunks)
                with b.loop(first, last) as loop:
                    if not width:
                        at = [self._row(b.add(b.mul(loop.index, group), g)) for g in range(group)]
                        self._walk(memories, at, [], None, None)
                    elif blocks > 1:
                        row, block = b.unflatten(loop.index, [rows, blocks])
                        start = b.mul(block, lanes)
                        self._walk(memories, [self._row(row)], [start], lanes, None)
                    else:
                        self._blocks(memories, self._row(loop.index), width, lanes)
        return Kernel(chunks)

    def _row(self, row: Index) -> tuple[list[Index], list[Index]]:
        """The positions before and behind the axis of a row."""
        extents = [*self.outer, *self.inner[:-1]]
        at = list(self.b.unflatten(row, extents)) if extents else []
        return at[: len(self.outer)], at[len(self.outer) :]

    def _blocks(
        self,
        memories: tuple[SSAValue, SSAValue],
        row: tuple[list[Index], list[Index]],
        width: int,
        lanes: int,
    ) -> None:
        full = width // lanes * lanes
        self.b.for_each(
            0, full, lanes, lambda start, _: self._walk(memories, [row], [start], lanes, None)
        )
        if full < width:
            self._walk(memories, [row], [full], lanes, width - full)

    def _walk(
        self,
        memories: tuple[SSAValue, SSAValue],
        rows: Sequence[tuple[list[Index], list[Index]]],
        start: list[Index],
        lanes: int | None,
        valid: int | None,
    ) -> None:
        """Along the axis, for a vector of neighbours or for single elements of some rows."""
        b, op = self.b, self.op
        combine = _COMBINE[op.kind.data, not isinstance(self.element, IntegerType)]
        neutral = b.constant(0 if op.kind.data == "sum" else 1, self.element)
        begin = neutral if lanes is None else b.broadcast(neutral, lanes)
        load, store = self._access(memories, lanes, valid)
        with b.loop(0, self.count, 1, [begin] * len(rows)) as loop:
            step = loop.index
            if op.reverse is not None:
                step = b.sub(self.count - 1, step)
            sums: list[SSAValue] = []
            for (before, behind), total in zip(rows, loop.carried, strict=True):
                position = [*before, step, *behind, *start]
                # Read first: the result may lie where the input is.
                after = b.apply(combine, total, load(position))
                store(total if op.exclusive is not None else after, position)
                sums.append(after)
            loop.yield_(*sums)

    def _access(
        self, memories: tuple[SSAValue, SSAValue], lanes: int | None, valid: int | None
    ) -> tuple[Callable[[list[Index]], SSAValue], Callable[[SSAValue, list[Index]], None]]:
        b, (x, y) = self.b, memories

        def load(at: list[Index]) -> SSAValue:
            if lanes is None:
                return b.load(x, self.source.indices(at))
            return load_lanes(b, self.source, x, at, lanes, valid)

        def store(value: SSAValue, at: list[Index]) -> None:
            if lanes is None:
                b.store(value, y, self.target.indices(at))
            else:
                store_lanes(b, value, self.target, y, at, lanes, valid)

        return load, store


def _known(op: ScanOp) -> bool:
    element = element_of(op.input)
    number = isinstance(element, IntegerType | Float32Type | Float64Type)
    return static(shape_of(op.input)) and number and element != i1 and not is_coded(element)
