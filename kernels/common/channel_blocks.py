"""
Operands of `[N, C, rows, columns]` operations as `[image, channel block, row, column, lane]`.

Convolutions and pooling see every operand through this one view, whatever its layout: blocks of
W channels (`aBcd16b`), channels last (`acdb`, the lanes are W neighbours), or row-major, where a
block is one channel. One-dimensional operations have one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.dialects.builtin import i1
from xdsl.ir import Attribute, SSAValue

from ...dialects.engine.base import element_of, extents_of, layout_of, stride_extents_of
from ...runtime.size import Extent, Size, ceildiv, floordiv, is_one, numbers_of
from ..builder import Index, KernelBuilder


@dataclass(frozen=True)
class ChannelBlocks:
    """Extents and strides (in elements) of the five dimensions."""

    extents: tuple[Extent, ...]
    strides: tuple[Extent, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents where they are numbers."""
        return numbers_of(self.extents)

    @property
    def images(self) -> Extent:
        """Number of images."""
        return self.extents[0]

    @property
    def plane(self) -> tuple[int, ...]:
        """Channel blocks, rows, columns and lanes of an image, where they are numbers."""
        return numbers_of(self.extents[1:])

    @property
    def blocks(self) -> int:
        """Number of channel blocks."""
        return numbers_of(self.extents[1:2])[0]

    @property
    def rows(self) -> Extent:
        """Rows of an image."""
        return self.extents[2]

    @property
    def columns(self) -> Extent:
        """Columns of an image."""
        return self.extents[3]

    @property
    def lanes(self) -> int:
        """Channels of a block."""
        return numbers_of(self.extents[4:])[0]

    def recut(self, pixels: Extent, rows: int) -> ChannelBlocks | None:
        """
        Rows and columns as `rows` equal runs of one row of `pixels`; a broadcast stays one.

        Pixels that are a value are one run. None where a gap lies, or may lie, between rows.
        """
        (n, c, h, w, lanes), (sn, sc, sh, sw, sl) = self.extents, self.strides
        if is_one(h * w):
            return self
        gaps = not (is_one(h) or is_one(w)) and sh != w * sw
        if h * w != pixels or gaps:
            return None
        step, run = sh if is_one(w) else sw, floordiv(pixels, rows)
        return ChannelBlocks((n, c, rows, run, lanes), (sn, sc, run * step, step, sl))

    def cast(self, b: KernelBuilder, memory: SSAValue) -> SSAValue:
        """The physical memref of the operand as this view."""
        return b.reshape(memory, self.extents, self.strides)

    def box(
        self,
        b: KernelBuilder,
        memory: SSAValue,
        offsets: Sequence[Index],
        sizes: Sequence[Index],
    ) -> SSAValue:
        """A part of the view; dimensions of extent 1 are broadcast and stay whole."""
        at = [0 if is_one(n) else o for o, n in zip(offsets, self.extents, strict=True)]
        extents = [
            min(s, n) if isinstance(s, int) and isinstance(n, int) else 1 if is_one(n) else s
            for s, n in zip(sizes, self.extents, strict=True)
        ]
        return b.subview(memory, at, extents)

    def index(self, position: Sequence[Index]) -> tuple[Index, ...]:
        """The position of an element with broadcast dimensions pinned to 0."""
        return tuple(0 if is_one(n) else i for i, n in zip(position, self.extents, strict=True))


def channel_blocks(value: SSAValue | Attribute, rank: int, lanes: int) -> ChannelBlocks | None:
    """
    The view of a value that lies, right-aligned, in a shape of `rank` (3 or 4), in blocks of
    `lanes` channels. None when its channels do not lie in such blocks.
    """
    shape, tag = extents_of(value), layout_of(value)
    physical = stride_extents_of(value)
    lead = rank - len(shape)
    if lead < 0 or rank not in (3, 4) or len(shape) != tag.rank:
        return None
    steps = dict(zip(tag.outer, physical, strict=False))
    extents: list[Extent] = [1] * lead + list(shape)
    strides: list[Extent] = [0] * lead + [steps[d] for d in range(len(shape))]
    if rank == 3:
        extents.insert(2, 1)
        strides.insert(2, 0)
    channels = extents[1]
    if tag.inner:
        if tag.inner != ((1 - lead, lanes),) or physical[-1] != 1:
            return None
        extents[1] = ceildiv(channels, lanes)
    elif lanes > 1:
        if strides[1] != 1 or isinstance(channels, Size) or channels % lanes:
            return None
        extents[1], strides[1] = channels // lanes, lanes
    return ChannelBlocks((*extents, lanes), (*strides, 1))


def broadcast_blocks(value: SSAValue | Attribute, rank: int, lanes: int) -> ChannelBlocks | None:
    """`channel_blocks`, or, for a value with one channel for all, its view with one lane."""
    shape = extents_of(value)
    channel = 1 - (rank - len(shape))
    if channel >= 0 and not is_one(shape[channel]):
        return channel_blocks(value, rank, lanes)
    tag = layout_of(value)
    if not tag.inner:
        return channel_blocks(value, rank, 1)
    found = channel_blocks(value, rank, tag.inner[0][1])
    return None if found is None else ChannelBlocks((*found.extents[:4], 1), found.strides)


def from_storage(b: KernelBuilder, value: SSAValue, element: Attribute) -> SSAValue:
    """What a scalar region sees of a value loaded from memory: a byte becomes an `i1`."""
    return b.cmpi("ne", value, 0) if element == i1 else value


def to_storage(
    b: KernelBuilder, value: SSAValue, element: Attribute, stored: Attribute
) -> SSAValue:
    """What memory holds of a value that a scalar region gives: an `i1` becomes a byte."""
    return b.cast(value, stored) if element == i1 else value


Loaded: TypeAlias = dict[tuple[SSAValue, tuple[Index, ...]], SSAValue]
"""Vectors of broadcast operands that are loaded already, by memory and position."""


@dataclass(frozen=True)
class BroadcastOperand:
    """An epilogue operand: its view and the element type its region argument has."""

    view: ChannelBlocks
    element: Attribute

    @staticmethod
    def of(value: SSAValue, rank: int, lanes: int) -> BroadcastOperand | None:
        """None when the operand's layout does not fit."""
        view = broadcast_blocks(value, rank, lanes)
        return None if view is None else BroadcastOperand(view, element_of(value))

    def load(
        self,
        b: KernelBuilder,
        memory: SSAValue,
        position: Sequence[Index],
        lanes: int,
        loaded: Loaded,
    ) -> SSAValue:
        """The vector at a position of a box; `loaded` remembers what broadcasts repeat."""
        at = self.view.index(position)
        found = loaded.get((memory, at))
        if found is None:
            if self.view.lanes == 1:
                found = b.load_splat(memory, at, lanes)
            else:
                found = b.vload(memory, at, lanes)
            found = from_storage(b, found, self.element)
            loaded[memory, at] = found
        return found
