"""
Loop nests that keep some axes and fold over the others: reductions, softmax, norms.

Dimensions are split where an operand is blocked, sorted by stride, and merged where all operands
step evenly. One axis lies along the lanes of vectors: the innermost folded one where it is
contiguous (the lanes are then combined at the end), else a contiguous kept one (every lane is a
row of its own), else none, and values are scalars.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

from xdsl.ir import SSAValue

from ...dialects.engine.base import extents_of, layout_of, rank_of, stride_extents_of
from ...runtime.size import Extent, Size, ceildiv, is_one, numbers_of, product_of
from ..builder import Index, KernelBuilder
from ..cost import typical
from ..template import PlanEntry, plan_entry
from .chunking import each_point, part_range
from .element_access import load_lanes, load_scalar, store_lanes, to_storage
from .strided_view import Axis, StridedView, broadcast_stride, merge_axes

Values = list[SSAValue]
Fold = Callable[["Point", Values], Values]
"""Folds the values at a point into accumulators."""

WIDE = 4
"""Most registers of one row of vectors."""

CHAINS = 4
"""Most registers that one fold accumulates in; enough to hide the latency of an addition."""


def split_axes(shape: Sequence[Extent], values: Sequence[SSAValue], dim: int) -> list[Axis] | None:
    """
    The axes of dimension `dim` of the broadcast `shape`: one, or outer and inner where blocked.

    None where operands disagree on the block, or where a block reaches beyond the dimension in an
    operand that is not padded.
    """
    blocks = {
        layout_of(v).blocked.get(_own_dim(shape, v, dim)) for v in values if _moves(shape, v, dim)
    }
    sizes = blocks - {None}
    if not sizes:
        return [Axis(shape[dim], tuple(_strides(shape, v, dim, None)[0] for v in values))]
    if len(sizes) > 1:
        return None
    [block], extent = sizes, shape[dim]
    assert block is not None
    assert isinstance(extent, int), "a blocked dimension is a number"
    if extent % block and None in blocks:
        return None
    pairs: list[tuple[Extent, ...]] = []
    for value in values:
        strides = _strides(shape, value, dim, block)
        if len(strides) != 2:
            return None
        pairs.append(strides)
    outer = Axis(-(-extent // block), tuple(p[0] for p in pairs))
    return [outer, Axis(block, tuple(p[1] for p in pairs))]


def _own_dim(shape: Sequence[Extent], value: SSAValue, dim: int) -> int:
    return dim - (len(shape) - rank_of(value))


def _moves(shape: Sequence[Extent], value: SSAValue, dim: int) -> bool:
    own = _own_dim(shape, value, dim)
    return own >= 0 and not is_one(extents_of(value)[own])


def _strides(
    shape: Sequence[Extent], value: SSAValue, dim: int, block: int | None
) -> tuple[Extent, ...]:
    """Strides of the physical dimensions of `dim`; of its halves if `block` splits it."""
    if not _moves(shape, value, dim):
        return (0,) if block is None else (0, 0)
    own = _own_dim(shape, value, dim)
    tag = layout_of(value)
    order = [*tag.outer, *(d for d, _ in tag.inner)]
    found = [s for d, s in zip(order, stride_extents_of(value), strict=True) if d == own]
    if len(found) > 1:
        return tuple(found)
    stride = broadcast_stride(found[0], extents_of(value)[own], shape[dim])
    return (stride,) if block is None else (stride * block, stride)


@dataclass(frozen=True)
class Point:
    """A position in the nest: indices of all axes, and how many lanes are valid (None: all)."""

    indices: tuple[Index, ...]
    mask: SSAValue | None
    valid: Index | None


@dataclass
class ReductionNest:
    """
    Kept and folded axes over operands; operand 0 decides the order.

    `vector` is "folded", "kept" or None (scalars). The view of each operand lists the kept axes,
    then the folded ones, but for the vector axis, which comes last.
    """

    kept: list[Axis]
    folded: list[Axis]
    vector: str | None
    lanes: int
    registers: int = 1
    """Registers that a vector of `lanes` takes: several where rows are folded side by side."""

    views: list[StridedView] = field(default_factory=list[StridedView])

    @staticmethod
    def over(
        values: Sequence[SSAValue],
        axes: Sequence[tuple[Axis, bool]],
        lanes: int,
        unit: Sequence[int],
        *,
        short_rows: bool = False,
    ) -> ReductionNest:
        """
        The nest of `axes` (axis, folded) over `values`; lanes lie along an axis where the operands
        in `unit` have stride 1, or none where others of them have.

        With `short_rows`, contiguous rows that fill less than half of a vector are folded side by
        side, although each lane is then loaded on its own, where there are enough of them.
        """

        def ordered(folded: bool) -> list[Axis]:
            chosen = [axis for axis, is_folded in axes if is_folded == folded]
            chosen = sorted(chosen, key=lambda axis: -typical(axis.strides[0]))
            return merge_axes(chosen)

        def contiguous(axis: Axis) -> bool:
            found = {axis.strides[i] for i in unit}
            return 1 in found and found <= {0, 1}

        none = Axis(1, (0,) * len(values))
        kept, folded = ordered(False), ordered(True) or [none]
        vector = None
        if contiguous(folded[-1]) and typical(folded[-1].extent) > 1:
            count = typical(product_of(axis.extent for axis in folded))
            short = short_rows and 2 * count < lanes
            vector = "kept" if short and kept and typical(kept[-1].extent) >= lanes else "folded"
        else:
            for axis in kept:
                if contiguous(axis):
                    kept = [*(a for a in kept if a is not axis), axis]
                    vector = "kept"
        wide = lanes
        if vector == "kept" and contiguous(kept[-1]):
            # Rows that lie side by side are folded together: whole cache lines, fewer pages.
            while wide < WIDE * lanes and typical(kept[-1].extent) >= 2 * wide:
                wide *= 2
        nest = ReductionNest(kept, folded, vector, wide if vector else 1, wide // lanes)
        nest.views = [
            StridedView.of(v, [(a.extent, a.strides[i]) for a in nest.axes])
            for i, v in enumerate(values)
        ]
        return nest

    def describe(self) -> dict[str, PlanEntry]:
        """What lies along the lanes, and how many elements are folded into one."""
        along = {"folded": "the row", "kept": "neighbouring rows", None: "nothing"}[self.vector]
        return {"lanes": f"{self.lanes} along {along}", "folded": plan_entry(self.count)}

    @property
    def axes(self) -> list[Axis]:
        """All axes in the order of the views."""
        if self.vector == "kept":
            return [*self.kept[:-1], *self.folded, self.kept[-1]]
        return [*self.kept, *self.folded]

    @property
    def count(self) -> Extent:
        """How many elements are folded into one."""
        return product_of(axis.extent for axis in self.folded)

    @property
    def elements(self) -> Extent:
        """Points of the nest."""
        return product_of(axis.extent for axis in self.axes)

    @property
    def row_extents(self) -> tuple[Extent, ...]:
        """Extents of the kept axes; vectors count where lanes lie along the last one."""
        extents = tuple(axis.extent for axis in self.kept)
        if self.vector != "kept":
            return extents
        return (*extents[:-1], ceildiv(extents[-1], self.lanes))

    @property
    def rows(self) -> Extent:
        """Pieces of work: kept positions, or vectors of them."""
        return product_of(self.row_extents)

    def cast(self, builder: KernelBuilder, arguments: Sequence[SSAValue]) -> list[SSAValue]:
        """The kernel's arguments as memrefs of the views."""
        return [v.cast(builder, a) for v, a in zip(self.views, arguments, strict=True)]

    def each_row(
        self,
        builder: KernelBuilder,
        part: Index,
        parts: Extent,
        body: Callable[[tuple[Index, ...], Index | None], None],
    ) -> None:
        """
        Call `body(kept indices, valid lanes)` for each row of a part of the work.

        Rows that end in the middle of a vector are built a second time, with a mask.
        """
        extents = self.row_extents
        start, stop = part_range(builder, part, parts, self.rows)
        if self.vector != "kept":
            with each_point(builder, extents, start, stop) as row:
                body(row, None)
            return
        last = self.kept[-1].extent
        full = builder.floordiv(last, self.lanes)
        rest = builder.sub(last, builder.mul(full, self.lanes))
        with each_point(builder, extents, start, stop) as (*outer, block):
            position = (*outer, builder.mul(block, self.lanes))
            if rest == 0:
                body(position, None)
            elif full == 0:
                body(position, rest)
            else:
                builder.if_else(
                    builder.cmpi("slt", block, full),
                    lambda: body(position, None),
                    lambda: body(position, rest),
                )

    def fold(
        self,
        builder: KernelBuilder,
        row: tuple[Index, ...],
        valid: Index | None,
        initial: Sequence[SSAValue],
        step: Fold,
        *,
        chains: int = 1,
    ) -> list[Values]:
        """
        Fold over all points of a row; gives `chains` sets of accumulators.

        Several chains hide the latency of the fold. `step` sees a mask only at the end of a row
        along whose elements the vectors lie.
        """
        last = self.folded[-1].extent
        unit = self.lanes if self.vector == "folded" else 1
        short = typical(last)
        while chains > 1 and (chains * unit > short or chains * self.registers > CHAINS):
            chains //= 2
        size = len(initial)
        values: Values = list(initial) * chains

        def inner(outer: tuple[Index, ...], carried: Sequence[SSAValue]) -> Values:
            def at(position: Index, tail: Index | None = None) -> Point:
                return self._point(builder, row, (*outer, position), valid, tail)

            def trip(position: Index, accumulators: Sequence[SSAValue]) -> Values:
                found: Values = []
                for chain in range(chains):
                    mine = list(accumulators[chain * size : (chain + 1) * size])
                    found += step(at(builder.add(position, chain * unit)), mine)
                return found

            def rest(start: Index, mine: Sequence[SSAValue]) -> Values:
                """Single vectors up to an end that is a value, and the lanes of the last one."""
                full = builder.round_down(last, unit)
                some = builder.sub(last, full)
                found = builder.for_each(start, full, unit, lambda i, c: step(at(i), [*c]), mine)
                if unit == 1:
                    return list(found)
                masked = builder.if_else(
                    builder.cmpi("sgt", some, 0),
                    lambda: step(at(full, some), list(found)),
                    lambda: found,
                    [value.type for value in found],
                )
                return list(masked)

            whole = builder.round_down(last, chains * unit)
            result = list(builder.for_each(0, whole, chains * unit, trip, carried))
            if isinstance(last, Size):
                return [*rest(whole, result[:size]), *result[size:]]
            assert isinstance(whole, int)
            for position in range(whole, last, unit):
                chain = (position - whole) // unit % chains
                mine = result[chain * size : (chain + 1) * size]
                tail = last - position if last - position < unit else None
                result[chain * size : (chain + 1) * size] = step(at(position, tail), mine)
            return result

        def nested(
            axes: Sequence[Axis], outer: tuple[Index, ...], carried: Sequence[SSAValue]
        ) -> Values:
            if not axes:
                return inner(outer, carried)
            return list(
                builder.for_each(
                    0,
                    axes[0].extent,
                    1,
                    lambda i, c: nested(axes[1:], (*outer, i), c),
                    carried,
                )
            )

        values = nested(self.folded[:-1], (), values)
        return [values[c * size : (c + 1) * size] for c in range(chains)]

    def visit(
        self,
        builder: KernelBuilder,
        row: tuple[Index, ...],
        valid: Index | None,
        body: Callable[[Point], None],
    ) -> None:
        """Call `body` for all points of a row."""

        def step(point: Point, accumulators: Values) -> Values:
            body(point)
            return accumulators

        self.fold(builder, row, valid, [], step, chains=2)

    def _point(
        self,
        builder: KernelBuilder,
        row: tuple[Index, ...],
        folded: tuple[Index, ...],
        valid: Index | None,
        tail: Index | None,
    ) -> Point:
        if self.vector == "kept":
            return Point((*row[:-1], *folded, row[-1]), self.mask(builder, valid), valid)
        return Point((*row, *folded), self.mask(builder, tail), tail)

    def mask(self, builder: KernelBuilder, valid: Index | None) -> SSAValue | None:
        """The mask of the first `valid` lanes; None for all."""
        return None if valid is None else builder.mask(valid, self.lanes)

    def load(
        self, builder: KernelBuilder, operand: int, memory: SSAValue, point: Point
    ) -> SSAValue:
        """An operand's elements at a point: a vector, or a scalar where the nest is scalar."""
        view = self.views[operand]
        if self.vector is None:
            return load_scalar(builder, view, memory, point.indices)
        return load_lanes(builder, view, memory, point.indices, self.lanes, point.valid)

    def store(
        self,
        builder: KernelBuilder,
        value: SSAValue,
        operand: int,
        memory: SSAValue,
        point: Point,
    ) -> None:
        """Store elements at a point."""
        view = self.views[operand]
        if self.vector is None:
            builder.store(to_storage(builder, value), memory, view.indices(point.indices))
        else:
            store_lanes(builder, value, view, memory, point.indices, self.lanes, point.valid)

    def points(
        self, builder: KernelBuilder, row: tuple[Index, ...], valid: Index | None
    ) -> list[Point]:
        """All points of a row, whose extents are numbers, one by one: for rows in registers."""
        extents = numbers_of(axis.extent for axis in self.folded)
        if self.vector == "kept":
            positions = product(*map(range, extents))
            return [self._point(builder, row, at, valid, None) for at in positions]
        count = prod(extents)
        starts = range(0, count, self.lanes)
        left = [count - start for start in starts]
        tails = [rest if rest < self.lanes else None for rest in left]
        return [
            self._point(builder, row, (start,), None, tail)
            for start, tail in zip(starts, tails, strict=True)
        ]

    def few_points(
        self, builder: KernelBuilder, row: tuple[Index, ...], vectors: int
    ) -> list[Point]:
        """
        The points of a row along the lanes that is so many vectors, where its number of elements is
        a value: the last one may have some of its lanes only.
        """
        last = (vectors - 1) * self.lanes
        found = [
            self._point(builder, row, (start,), None, None) for start in range(0, last, self.lanes)
        ]
        tail = builder.sub(self.count, last)
        return [*found, self._point(builder, row, (last,), None, tail)]

    def row_point(
        self, builder: KernelBuilder, row: tuple[Index, ...], valid: Index | None
    ) -> Point:
        """The first point of a row: where operands without folded axes are."""
        return self._point(builder, row, (0,) * len(self.folded), valid, None)

    def store_row(
        self,
        builder: KernelBuilder,
        value: SSAValue,
        operand: int,
        memory: SSAValue,
        point: Point,
    ) -> None:
        """Store the folded value of a row: a scalar if lanes were combined."""
        if self.vector == "folded":
            view = self.views[operand]
            builder.store(to_storage(builder, value), memory, view.indices(point.indices))
        else:
            self.store(builder, value, operand, memory, point)
