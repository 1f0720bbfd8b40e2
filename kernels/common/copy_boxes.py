"""
Copies between tensors in any layouts, as boxes of strided axes.

A copy is described per logical dimension by runs: `count` elements that go to `target`,
`target + 1`, ... from `source`, `source + step`, ... Slices, concatenations, pads and broadcasts
(step 0) are runs. Where a dimension is blocked on either side, a run is cut so that each piece
steps evenly through blocks and through the lanes of a block; its runs are numbers then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import extents_of, layout_of, stride_extents_of
from ...runtime.size import (
    Extent,
    Size,
    exact_quotient,
    floordiv,
    is_one,
    mod,
    numbers_of,
    sum_of,
)
from .physical_boxes import Box
from .strided_view import Axis, merge_axes

MAX_SINGLES = 2
"""Elements that are copied one by one where a blocked dimension is read in steps."""

MAX_BOXES = 12
"""Boxes that are worth loops of their own; more are copied element by element."""


@dataclass(frozen=True)
class DimensionSteps:
    """Where an index of one dimension lies: `index // block * outer + index % block * inner`."""

    block: int
    outer: Extent
    inner: Extent = 0

    def offset(self, index: Extent) -> Extent:
        """Elements from the first one to `index`."""
        if self.block == 1:
            return index * self.outer
        return floordiv(index, self.block) * self.outer + mod(index, self.block) * self.inner

    def along(self, block: int, step: Extent) -> tuple[Extent, Extent]:
        """Strides of an outer axis of blocks of `block` and of an inner one through a block."""
        if self.block == 1:
            return self.outer * block * step, self.outer * step
        return (self.outer, self.inner) if step != 0 else (0, 0)


@dataclass(frozen=True)
class TensorSteps:
    """A tensor by dimension: extents, steps, and its loop order (dimension, inner part)."""

    shape: tuple[Extent, ...]
    steps: tuple[DimensionSteps, ...]
    order: tuple[tuple[int, bool], ...]

    @staticmethod
    def of(value: SSAValue | Attribute) -> TensorSteps | None:
        """None when a dimension is blocked more than once."""
        tag, strides = layout_of(value), stride_extents_of(value)
        steps: dict[int, DimensionSteps] = {
            dim: DimensionSteps(1, strides[at]) for at, dim in enumerate(tag.outer)
        }
        for at, (dim, block) in enumerate(tag.inner, len(tag.outer)):
            if steps[dim].block > 1:
                return None
            if block > 1:
                steps[dim] = DimensionSteps(block, steps[dim].outer, strides[at])
        order = [(d, False) for d in tag.outer]
        order += [(d, True) for d, block in tag.inner if block > 1]
        return TensorSteps(
            extents_of(value), tuple(steps[d] for d in range(tag.rank)), tuple(order)
        )

    def permuted(self, permutation: Sequence[int]) -> TensorSteps:
        """The transposed tensor: dimension i is dimension `permutation[i]` of this one."""
        new = {old: dim for dim, old in enumerate(permutation)}
        return TensorSteps(
            tuple(self.shape[p] for p in permutation),
            tuple(self.steps[p] for p in permutation),
            tuple((new[d], inner) for d, inner in self.order),
        )

    def expanded(self, rank: int) -> TensorSteps:
        """With new leading dimensions of extent 1."""
        lead = rank - len(self.shape)
        return TensorSteps(
            (1,) * lead + self.shape,
            (DimensionSteps(1, 0),) * lead + self.steps,
            tuple((d, False) for d in range(lead))
            + tuple((d + lead, inner) for d, inner in self.order),
        )


@dataclass(frozen=True)
class Run:
    """`count` elements of one dimension, to `target` onwards from `source` in steps of `step`."""

    target: Extent
    count: Extent
    source: Extent
    step: Extent = 1


def runs_of(sources: Sequence[int]) -> list[Run]:
    """Runs that fetch `sources[i]` for element i of one dimension."""
    runs: list[Run] = []
    at = 0
    while at < len(sources):
        end = at + 1
        step = sources[end] - sources[at] if end < len(sources) else 1
        while end < len(sources) and sources[end] - sources[end - 1] == step:
            end += 1
        runs.append(Run(at, end - at, sources[at], step if end - at > 1 else 1))
        at = end
    return runs


@dataclass(frozen=True)
class _Piece:
    """`blocks` x `lanes` elements that step evenly on both sides."""

    blocks: Extent
    lanes: int
    run: Run


def _pieces(run: Run, source: DimensionSteps, target: DimensionSteps) -> list[_Piece] | None:
    """Pieces of a run; None where blocks and steps do not go together."""
    moving = source.block if run.step != 0 else 1
    block = max(moving, target.block)
    if block == 1:
        return [_Piece(run.count, 1, run)]
    if min(moving, target.block) not in (1, block):
        return None
    if any(isinstance(n, Size) for n in (run.target, run.count, run.source, run.step)):
        return None
    first, count, origin, step = numbers_of((run.target, run.count, run.source, run.step))
    if step not in (0, 1) and count > MAX_SINGLES:
        return None
    if step not in (0, 1):
        single = [Run(first + i, 1, origin + i * step) for i in range(count)]
        return [_Piece(1, 1, one) for one in single]
    by_target = target.block > 1
    start = first if by_target else origin
    head = min(count, -start % block)
    blocks, tail = divmod(count - head, block)
    other = (origin + head * step) % block if by_target and moving > 1 else 0
    found: list[_Piece] = []

    def add(first: int, count: int, lanes: int) -> None:
        if count and lanes:
            part = replace(
                run,
                target=run.target + first,
                source=run.source + first * run.step,
                count=count * lanes,
            )
            found.append(_Piece(count, lanes, part))

    def split(first: int, count: int, lanes: int) -> None:
        """Lanes of each block, parted where the other side passes from block to block."""
        at = (origin + first) % block if by_target and moving > 1 else 0
        before = min(lanes, block - at)
        add(first, count, before)
        add(first + before, count, lanes - before)

    split(0, 1, head)
    if other:
        split(head, blocks, block)
    else:
        add(head, blocks, block)
    split(head + blocks * block, 1, tail)
    return found


def copy_boxes(
    source: TensorSteps, target: TensorSteps, runs: Sequence[Sequence[Run]]
) -> list[Box] | None:
    """
    Boxes that copy the product of the runs of each dimension, in the order of the target.

    Values of a box are (source, target). None when a dimension is blocked in two sizes, or when
    there are too many boxes.
    """
    pieces: list[list[_Piece]] = []
    for dim, dimension_runs in enumerate(runs):
        found: list[_Piece] = []
        for run in dimension_runs:
            parts = _pieces(run, source.steps[dim], target.steps[dim])
            if parts is None:
                return None
            found += parts
        pieces.append(found)
    order = list(target.order)
    inside = {dim for dim, inner in order if inner}
    for dim, steps in enumerate(source.steps):
        if steps.block > 1 and dim not in inside:
            order.insert(order.index((dim, False)) + 1, (dim, True))
    if prod(len(found) for found in pieces) > MAX_BOXES:
        return None
    return [_box(source, target, order, choice) for choice in product(*pieces)]


def _box(
    source: TensorSteps,
    target: TensorSteps,
    order: Sequence[tuple[int, bool]],
    choice: Sequence[_Piece],
) -> Box:
    axes: list[Axis] = []
    for dim, inner in order:
        piece, side = choice[dim], int(inner)
        read, write = source.steps[dim], target.steps[dim]
        # A source that stands still is one element: its block does not matter.
        block = max(read.block if piece.run.step != 0 else 1, write.block)
        strides = (read.along(block, piece.run.step)[side], write.along(block, 1)[side])
        axes.append(Axis(piece.lanes if inner else piece.blocks, strides))
    offsets = (
        sum_of(s.offset(p.run.source) for s, p in zip(source.steps, choice, strict=True)),
        sum_of(s.offset(p.run.target) for s, p in zip(target.steps, choice, strict=True)),
    )
    return Box(tuple(axes), offsets)


def whole(shape: Sequence[Extent]) -> list[list[Run]]:
    """Runs that copy everything."""
    return [[Run(0, n, 0)] for n in shape]


def reshape_boxes(
    source: Sequence[tuple[Extent, Extent]], target: Sequence[tuple[Extent, Extent]]
) -> list[Box] | None:
    """
    One box that copies row-major order to row-major order between (extent, stride) dimensions.

    None when the dimensions have no common refinement, as in 4x6 to 3x8.
    """
    if any(extent == 0 for extent, _ in source):
        return []
    left = merge_axes([Axis(n, (s,)) for n, s in source])
    right = merge_axes([Axis(n, (s,)) for n, s in target])
    axes: list[Axis] = []
    while left and right:
        a, b = left.pop(), right.pop()
        small = _common(a.extent, b.extent)
        axes.append(Axis(small, (a.strides[0], b.strides[0])))
        for axis, side in ((a, left), (b, right)):
            more = exact_quotient(axis.extent, small)
            if more is None:
                return None
            if not is_one(more):
                side.append(Axis(more, (axis.strides[0] * small,)))
    # What is left has one element, which sizes by name do not say.
    return None if left or right else [Box(tuple(reversed(axes)), (0, 0))]


def _common(a: Extent, b: Extent) -> Extent:
    """The one of two extents that may divide the other: the smaller of numbers."""
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    return b if exact_quotient(a, b) is not None else a
