"""
The loops of a strided copy.

Where source and target are contiguous along the same axis, or one of them along none, vectors
are moved along it (`elementwise_nest.py`). Where each is contiguous along an axis of its own,
square tiles go through registers and are transposed there: row-major images into blocks of
channels and back, channels first and last, matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute, SSAValue

from ...runtime.size import Extent, Size, floordiv, minimum, mod, product_of
from ...targets.target import Target
from ..builder import Index, KernelBuilder
from ..cost import typical
from ..template import storage_type
from .chunking import each_point
from .elementwise_nest import ElementwiseWriter, Nest
from .physical_boxes import Box
from .strided_view import Axis, StridedView, merge_axes

MAX_TILE = 16
"""Rows of a transposed tile: more would not fit into registers."""

MIN_CROSSED = 1024
"""Elements of a box from which on tiles are worth their code."""

UNROLL = 4


def copy_lanes(element: Attribute, target: Target) -> int:
    """Lanes of the vectors that move elements of a type."""
    return target.lanes(storage_type(element))


class CopyWriter:
    """Writes copies from `source` to `target`, memrefs of one element type."""

    def __init__(
        self,
        builder: KernelBuilder,
        source: SSAValue,
        target: SSAValue,
        element: Attribute,
        chunk: SSAValue,
        chunks: Extent,
    ):
        self.builder = builder
        self.source = source
        self.target = target
        # Booleans are moved as the bytes they are.
        self.element = storage_type(element)
        self.chunk = chunk
        self.chunks = chunks
        self.lanes = copy_lanes(element, builder.target)

    def write(self, boxes: Sequence[Box]) -> None:
        """All boxes, of (source, target)."""
        for box in boxes:
            if box.elements == 0:
                continue
            axes = merge_axes(box.axes)
            tile = _crossed_axes(axes)
            if tile is not None and is_crossed(box):
                self._crossed(axes, tile, box.offsets)
            else:
                self._straight(box)

    def _straight(self, box: Box) -> None:
        nest = Nest.of(box, self.lanes)
        lanes = self.lanes
        while lanes // 2 >= typical(nest.axes[-1].extent):
            lanes //= 2
        writer = ElementwiseWriter(
            self.builder,
            (self.source, self.target),
            (self.element, self.element),
            lanes,
            UNROLL,
            lambda values: values[0],
        )
        for part in nest.split(self.chunks, lanes * UNROLL):
            writer.write(part, self.chunk, self.chunks)

    def _crossed(
        self, axes: Sequence[Axis], tile: tuple[int, int], starts: tuple[Extent, ...]
    ) -> None:
        """Tiles over the axis `read` (contiguous in the source) and `write` (in the target)."""
        read, write = tile
        outer = [axis for i, axis in enumerate(axes) if i not in tile]
        size = min(self.lanes, MAX_TILE)
        extent = axes[read].extent
        blocks, rest = floordiv(extent, size), mod(extent, size)
        across, down = axes[read], axes[write]
        if blocks != 0:
            steps = tuple(s * size for s in across.strides)
            inner = [Axis(blocks, steps), Axis(size, across.strides), down]
            _TileWriter(self, [*outer, *inner], starts, size).write()
        if rest != 0:
            at = tuple(o + s * blocks * size for o, s in zip(starts, across.strides, strict=True))
            inner = [Axis(minimum(1, rest), (0, 0)), Axis(rest, across.strides), down]
            _TileWriter(self, [*outer, *inner], at, size).write()


def is_crossed(box: Box) -> bool:
    """Whether a box goes through transposed tiles."""
    return typical(box.elements) >= MIN_CROSSED and _crossed_axes(merge_axes(box.axes)) is not None


def _crossed_axes(axes: Sequence[Axis]) -> tuple[int, int] | None:
    """(axis contiguous in the source, axis contiguous in the target) where they differ."""
    reads = [i for i, a in enumerate(axes) if a.strides[0] == 1 and typical(a.extent) > 1]
    writes = [i for i, a in enumerate(axes) if a.strides[1] == 1 and typical(a.extent) > 1]
    if not reads or not writes or set(reads) & set(writes):
        return None
    # A broadcast along the target's axis needs no transpose: one element in every lane.
    if axes[writes[0]].strides[0] == 0:
        return None
    return reads[0], writes[0]


class _TileWriter:
    """Tiles of `size` x `size` over axes (..., blocks of read, read within a block, write)."""

    def __init__(
        self, copy: CopyWriter, axes: Sequence[Axis], starts: tuple[Extent, ...], size: int
    ):
        self.copy = copy
        self.b = copy.builder
        self.outer = [a.extent for a in axes[:-2]]
        self.columns, self.rows = axes[-2].extent, axes[-1].extent
        self.size = size
        *rest, within, down = axes
        # Each side has the axis along which it is contiguous last.
        orders = ([*rest, down, within], axes)
        self.views = [
            StridedView(
                copy.element,
                tuple(a.extent for a in order),
                tuple(a.strides[v] for a in order),
            )
            for v, order in enumerate(orders)
        ]
        self.memories = [
            self.b.reshape(
                argument,
                [view.extents[i] for i in view.kept],
                [view.strides[i] for i in view.kept],
                start,
            )
            for argument, view, start in zip(
                (copy.source, copy.target), self.views, starts, strict=True
            )
        ]

    def write(self) -> None:
        """The loops over tiles."""
        b, copy = self.b, self.copy
        units = product_of(self.outer)
        first: Index = 0
        last: Index = units
        if copy.chunks != 1:
            first = b.floordiv(b.mul(copy.chunk, units), copy.chunks)
            last = b.floordiv(b.mul(b.add(copy.chunk, 1), units), copy.chunks)
        full = b.round_down(self.rows, self.size)
        rest = b.sub(self.rows, full)
        with each_point(b, self.outer, first, last) as position:
            if full != 0:
                with b.loop(0, full, self.size) as tiles:
                    self._tile(position, tiles.index, self.size)
            if isinstance(self.rows, Size):
                with b.if_(b.cmpi("sgt", rest, 0)):
                    self._tile(position, full, rest)
            elif rest != 0:
                self._tile(position, full, rest)

    def _tile(self, position: Sequence[Index], start: Index, rows: Index) -> None:
        """A tile of `rows` vectors of as many elements as there are columns."""
        b, size = self.b, self.size
        read, write = self.views
        source, target = self.memories
        zero = b.splat(0, self.copy.element, size)
        mask = b.mask(self.columns, size)
        tile = [zero] * size
        number = b.number(rows)
        for row in range(size if number is None else number):
            # Beyond rows that are a value the last one is read again, and not stored.
            step = row if number is not None else b.min(b.sub(rows, 1), row)
            at = read.indices([*position, b.add(start, step), 0])
            tile[row] = b.vload(source, at, size, mask)
        mask = b.mask(rows, size)

        def store(column: int, value: SSAValue) -> None:
            b.vstore(value, target, write.indices([*position, column, start]), mask)

        count = b.number(self.columns)
        for column, value in enumerate(b.transpose(tile)[:count]):
            if count is not None:
                store(column, value)
            else:
                with b.if_(b.cmpi("sgt", self.columns, column)):
                    store(column, value)
