"""The weights image: every constant of a program in its layout, at its offset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, MemRefType
from xdsl.ir import Attribute

from ...dialects.engine import ConstantOp, WeightAttr
from ...dialects.engine.base import layout_attr_of, layout_of, nbytes_of
from ...dialects.engine.weights import Array, ConstantAttr, WeightStore, dense_array, digest_of
from ...dialects.text import type_text
from ...runtime.program import PieceProvider

ALIGNMENT = 64

PIECE_BYTES = 2 << 20
"""How much of a constant is packed at once, where it need not be there as a whole."""


def packed(store: WeightStore, value: Attribute, type_: MemRefType) -> Array:
    """
    A constant as it is stored as `type_`: its physical array, padding lanes zero.

    Where nothing is padded it is a transposed view of the constant, not a copy.
    """
    return layout_of(type_).pack(store.array(value))


@dataclass(frozen=True)
class PackedConstant(PieceProvider):
    """A constant in the layout of `type`, made when it is asked for, as a whole or in pieces."""

    store: WeightStore
    value: ConstantAttr
    type: MemRefType

    def __call__(self) -> Array:
        return packed(self.store, self.value, self.type)

    def pieces(self, image: Array) -> Iterator[tuple[Array, Array]]:
        array = self.store.array(self.value)
        shape = layout_of(self.type).physical_shape(array.shape)
        whole = image.view(array.dtype).reshape(shape)
        for where, piece in layout_of(self.type).pack_pieces(array, PIECE_BYTES):
            yield whole[where], piece
            self.store.release(self.value)  # a padded piece is a copy, behind which pages stay


@dataclass(frozen=True)
class ImageSegment:
    """One constant in the image: `value` packed as `type` at byte `offset`."""

    value: ConstantAttr
    type: MemRefType
    offset: int
    nbytes: int

    def provider(self, store: WeightStore) -> PackedConstant:
        """What computes the array when the image is written."""
        return PackedConstant(store, self.value, self.type)

    @property
    def digest(self) -> str:
        """The weight's digest, empty for the small constants that the IR holds itself."""
        return self.value.digest.data if isinstance(self.value, WeightAttr) else ""

    @property
    def layout(self) -> str:
        """The format tag, empty for row-major."""
        layout = layout_attr_of(self.type)
        return "" if layout is None or layout.tag.row_major else layout.tag_name.data


@dataclass
class WeightsImage:
    """
    Offsets of the constants of one program; equal constants in equal layouts are stored once.

    Programs that share an image continue it: what one before has stored stays where it is.
    """

    segments: list[ImageSegment] = field(default_factory=list[ImageSegment])
    size: int = 0
    _known: dict[tuple[str, str], ImageSegment] = field(
        default_factory=dict[tuple[str, str], ImageSegment]
    )
    _used: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def continued(self) -> WeightsImage:
        """The image of a program after this one; its `segments` are those that it uses."""
        return WeightsImage([], self.size, dict(self._known))

    def offset_of(self, op: ConstantOp) -> int:
        """The offset of a constant, which is added to the image if it is new."""
        value, type_ = op.value, op.res.type
        assert isinstance(value, WeightAttr | DenseIntOrFPElementsAttr)
        assert isinstance(type_, MemRefType)
        if isinstance(value, WeightAttr):
            content = value.digest.data
        else:
            content = digest_of(dense_array(value))
        key = (content, type_text(type_))
        if key not in self._known:
            self._known[key] = ImageSegment(value, type_, self.size, nbytes_of(type_))
            self.size = -(-(self.size + nbytes_of(type_)) // ALIGNMENT) * ALIGNMENT
        segment = self._known[key]
        if key not in self._used:
            self._used.add(key)
            self.segments.append(segment)
        return segment.offset
