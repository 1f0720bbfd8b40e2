"""
How the elements of a tensor or buffer lie in memory.

`#engine.layout<"aBcd16b">` uses oneDNN's format tags: the letters `a`, `b`, `c`, ... are the
logical dimensions; their order is the physical order, outermost first; an upper-case letter is
a dimension that is also blocked, and `16b` is an inner block of 16 elements of dimension `b`.
After `z` comes `a'`.
So `aBcd16b` is nChw16c, `acdb` is NHWC, `Ba48b` holds a `[K, N]` matrix in panels of 48
columns, and `ABcd16b32a` an OIHW weight in blocks of 16 input by 32 output channels.
No layout means row-major, dense.

A blocked dimension is padded up to a multiple of its block. Padding lanes of constants are
zero; padding lanes of anything else hold unspecified values, and no operation lets them reach
a valid lane.

On memrefs the layout may also give the strides of the physical dimensions, in elements, for
buffers that are a part of a larger one: `#engine.layout<"aBcd16b", [53824, 13456, 928, 16, 1]>`.

Where a dimension is `?`, the layout has its size (`sizes.py`), one for each in order, and strides
may be sizes, too: `#engine.layout<"ab", ["S + 1", 1], sizes<"N", "S">>`. A blocked dimension is a
number.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import ArrayAttr, MemRefLayoutAttr, NoneAttr, StringAttr
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ...runtime.format_tag import FormatTag, dense_stride_extents, parse_format_tag
from ...runtime.size import Extent, Size, numbers_of
from ...runtime.size_text import parse_size
from .sizes import (
    ExtentPart,
    extent_part,
    parse_extent,
    parse_size_texts,
    part_extent,
    print_extents,
    verify_size_text,
)

_NONE = NoneAttr()


def physical_index(tag: FormatTag, dims: Sequence[AffineExpr]) -> list[AffineExpr]:
    """Affine expressions of the physical indices from the logical ones."""
    blocks = tag.blocked
    exprs = [dims[d] // blocks[d] if d in blocks else dims[d] for d in tag.outer]
    for at, (dim, block) in enumerate(tag.inner):
        below = prod(b for d, b in tag.inner[at + 1 :] if d == dim)
        expr = dims[dim] // below if below > 1 else dims[dim]
        exprs.append(expr % block)
    return exprs


@irdl_attr_definition
class LayoutAttr(MemRefLayoutAttr, ParametrizedAttribute):
    """
    A layout: a format tag and, on memrefs, optionally the physical strides.

    ```mlir
    #engine.layout<"abc", ["S * 16", 16, 1], sizes<"N", "S">>
    ```
    """

    name = "engine.layout"

    tag_name: StringAttr
    strides: ArrayAttr[ExtentPart] | NoneAttr
    open_sizes: ArrayAttr[StringAttr] | NoneAttr

    def __init__(
        self,
        tag: str | StringAttr,
        strides: Sequence[Extent] | None = None,
        sizes: Sequence[Size] = (),
    ):
        """`sizes` are those of the open dimensions, in order."""
        super().__init__(
            StringAttr(tag) if isinstance(tag, str) else tag,
            _NONE if strides is None else ArrayAttr([extent_part(s) for s in strides]),
            ArrayAttr([StringAttr(s.text) for s in sizes]) if sizes else _NONE,
        )

    @property
    def tag(self) -> FormatTag:
        return parse_format_tag(self.tag_name.data)

    @property
    def stride_extents(self) -> tuple[Extent, ...] | None:
        """Strides of the physical dimensions in elements; None means dense."""
        if isinstance(self.strides, NoneAttr):
            return None
        return tuple([part_extent(s) for s in self.strides])

    @property
    def physical_strides(self) -> tuple[int, ...] | None:
        """
        Strides of the physical dimensions in elements; None means dense.

        Raises `NeedsNumber` where one is a size.
        """
        strides = self.stride_extents
        return None if strides is None else numbers_of(strides)

    @property
    def sizes(self) -> tuple[Extent, ...]:
        """The sizes of the open dimensions, in order."""
        if isinstance(self.open_sizes, NoneAttr):
            return ()
        return tuple(parse_size(text.data) for text in self.open_sizes)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        strides: Attribute = _NONE
        sizes: Attribute = _NONE
        with parser.in_angle_brackets():
            tag = parser.parse_str_literal()
            while parser.parse_optional_punctuation(","):
                if parser.parse_optional_keyword("sizes"):
                    sizes = parse_size_texts(parser)
                else:
                    values = parser.parse_comma_separated_list(
                        parser.Delimiter.SQUARE, lambda: parse_extent(parser)
                    )
                    strides = ArrayAttr(values)
        return [StringAttr(tag), strides, sizes]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_string_literal(self.tag_name.data)
            if not isinstance(self.strides, NoneAttr):
                printer.print_string(", ")
                with printer.in_square_brackets():
                    print_extents(printer, self.strides)
            if not isinstance(self.open_sizes, NoneAttr):
                printer.print_string(", sizes<")
                print_extents(printer, self.open_sizes)
                printer.print_string(">")

    def verify(self) -> None:
        try:
            tag = self.tag
        except ValueError as error:
            raise VerifyException(f"layout {error}") from error
        strides, sizes = self.strides, self.open_sizes
        if not isinstance(strides, NoneAttr):
            if len(strides) != len(tag.outer) + len(tag.inner):
                raise VerifyException(
                    f"layout {self.tag_name.data} has {len(tag.outer) + len(tag.inner)} physical"
                    f" dimensions, but {len(strides)} strides"
                )
            for stride in strides:
                if isinstance(stride, StringAttr):
                    verify_size_text(stride.data)
        if not isinstance(sizes, NoneAttr):
            for text in sizes:
                verify_size_text(text.data)

    def get_affine_map(self) -> AffineMap:
        tag = self.tag
        strides = self.physical_strides
        if strides is None:
            raise ValueError("a dense layout's affine map depends on the shape")
        dims = [AffineExpr.dimension(i) for i in range(tag.rank)]
        result: AffineExpr = AffineExpr.constant(0)
        for index, stride in zip(physical_index(tag, dims), strides, strict=True):
            result = result + index * stride
        return AffineMap(tag.rank, 0, (result,))

    def get_strides(self) -> Sequence[int | None] | None:
        tag = self.tag
        strides = self.physical_strides
        if tag.inner or strides is None:
            return None
        logical = [0] * tag.rank
        for dim, stride in zip(tag.outer, strides, strict=True):
            logical[dim] = stride
        return logical

    def get_offset(self) -> int | None:
        return 0


def memref_layout(
    tag: str, strides: Sequence[Extent] | None, extents: Sequence[Extent]
) -> LayoutAttr | NoneAttr:
    """
    The layout of a memref whose logical dimensions have these extents, in its shortest form.

    Strides are those of physical dimensions; they are left out where elements lie densely, and so
    is the whole layout where all rows do and every extent is a number.
    """
    parsed = parse_format_tag(tag)
    if strides is not None and tuple(strides) == dense_stride_extents(
        parsed.physical_extents(extents)
    ):
        strides = None
    sizes = [size for size in extents if isinstance(size, Size)]
    if strides is None and not sizes and parsed.row_major:
        return _NONE
    return LayoutAttr(tag, strides, sizes)
