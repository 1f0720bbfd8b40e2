"""
Quantised element types, and where they stand while a model is converted.

A number of such a type is `scale * (stored - zero_point)`. The engine dialect has the stored
integers alone. Before its operations are built, `note_quantized_types` writes the types of operands
and results into attributes of the operations of this dialect and leaves plain integers; whoever
asks for the quantisation of an operation gets it by `quantized_operands` and `quantized_results`,
whichever of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    Float32Type,
    IntAttr,
    IntegerType,
    NoneType,
    f32,
    i64,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.rewriter import Rewriter
from xdsl.utils.exceptions import VerifyException

from ..dense_literal import float_text
from ..framework import StoredType, element_of, stored_tensor
from .op import TflOp

OPERAND_TYPES = "tfl.operand_types"
"""Discardable attribute of an operation: the element types of its operands, `none` for absent and
for plain ones."""

RESULT_TYPES = "tfl.result_types"
"""Discardable attribute of an operation: those of its results."""


@irdl_attr_definition
class QuantizedType(StoredType):
    """
    Integers that stand for real numbers, by one scale and zero point, or by one for each index of
    an axis.

    ```mlir
    tensor<1x8x8x16x!tfl.quantized<i8, 0.023, -3>>
    tensor<2x3x3x1x!tfl.quantized<i8, axis 0, [0.5, 0.25], [0, 0]>>
    ```
    """

    name = "tfl.quantized"

    storage: IntegerType
    axis: IntAttr
    """-1 where there is one scale for all."""
    scale_list: DenseArrayBase
    zero_list: DenseArrayBase

    @staticmethod
    def of(
        storage: IntegerType,
        scales: Sequence[float],
        zeros: Sequence[int],
        axis: int | None = None,
    ) -> QuantizedType:
        """The type of integers with these scales and zero points, along `axis` if it is given."""
        return QuantizedType(
            storage,
            IntAttr(-1 if axis is None else axis),
            DenseArrayBase.from_list(f32, list(scales)),
            DenseArrayBase.from_list(i64, list(zeros)),
        )

    @property
    def stored(self) -> Attribute:
        return self.storage

    @property
    def per_axis(self) -> int | None:
        """The axis along which scales differ."""
        return None if self.axis.data < 0 else self.axis.data

    @property
    def scales(self) -> npt.NDArray[np.float32]:
        """All scales."""
        return np.array(
            cast("DenseArrayBase[Float32Type]", self.scale_list).get_values(), np.float32
        )

    @property
    def zeros(self) -> npt.NDArray[np.int64]:
        """All zero points."""
        return np.array(cast("DenseArrayBase[IntegerType]", self.zero_list).get_values(), np.int64)

    @property
    def scale(self) -> float:
        """The scale where there is one; an f32."""
        return float(self.scales[0])

    @property
    def zero(self) -> int:
        """The zero point where there is one."""
        return int(self.zeros[0])

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            storage = parser.parse_type()
            if not isinstance(storage, IntegerType):
                parser.raise_error("expected the integer type that is stored")
            parser.parse_punctuation(",")
            if parser.parse_optional_keyword("axis") is None:
                scales = [float(parser.parse_number())]
                parser.parse_punctuation(",")
                zeros = [parser.parse_integer()]
                return QuantizedType.of(storage, scales, zeros).parameters
            axis = parser.parse_integer(allow_negative=False)
            parser.parse_punctuation(",")
            square = parser.Delimiter.SQUARE
            scales = parser.parse_comma_separated_list(square, parser.parse_number)
            parser.parse_punctuation(",")
            zeros = parser.parse_comma_separated_list(square, parser.parse_integer)
        return QuantizedType.of(storage, [float(s) for s in scales], zeros, axis).parameters

    def print_parameters(self, printer: Printer) -> None:
        scales = [float_text(float(s), f32) for s in self.scales]
        zeros = [str(z) for z in self.zeros]
        with printer.in_angle_brackets():
            printer.print_attribute(self.storage)
            if self.per_axis is None:
                printer.print_string(f", {scales[0]}, {zeros[0]}")
            else:
                lists = f"[{', '.join(scales)}], [{', '.join(zeros)}]"
                printer.print_string(f", axis {self.per_axis}, {lists}")

    def verify(self) -> None:
        count = len(self.scale_list)
        if count != len(self.zero_list):
            raise VerifyException(f"has {count} scales but {len(self.zero_list)} zero points")
        if count != 1 and self.per_axis is None:
            raise VerifyException(f"has {count} scales; expected 1, or an axis")


def quantized_of(type_: Attribute) -> QuantizedType | None:
    """The quantised element type of a tensor type, None for any other."""
    element = element_of(type_)
    return element if isinstance(element, QuantizedType) else None


def quantized_operands(op: TflOp) -> tuple[QuantizedType | None, ...]:
    """The quantisation of each operand by position, None for one without."""
    return _of(op, op.operand_slots, OPERAND_TYPES)


def quantized_results(op: TflOp) -> tuple[QuantizedType | None, ...]:
    """The quantisation of each result by position, None for one without."""
    return _of(op, op.result_slots, RESULT_TYPES)


def _of(
    op: TflOp, slots: Sequence[SSAValue | None], attribute: str
) -> tuple[QuantizedType | None, ...]:
    noted = op.attributes.get(attribute)
    if isinstance(noted, ArrayAttr):
        types = noted.data
        return tuple(t if isinstance(t, QuantizedType) else None for t in types)
    return tuple(None if value is None else quantized_of(value.type) for value in slots)


def note_quantized_types(function: FuncOp) -> None:
    """Move the quantisation of all values of a function from their types into attributes."""
    values: list[SSAValue] = []
    for op in function.walk():
        if isinstance(op, TflOp):
            for name, slots in ((OPERAND_TYPES, op.operand_slots), (RESULT_TYPES, op.result_slots)):
                types = _of(op, slots, name)
                if any(types):
                    op.attributes[name] = ArrayAttr([t or NoneType() for t in types])
        values.extend(op.results)
        values.extend(_arguments(block for region in op.regions for block in region.blocks))
    for value in values:
        if quantized_of(value.type) is not None:
            Rewriter.replace_value_with_new_type(value, stored_tensor(value.type))
    function.update_function_type()


def _arguments(blocks: Iterable[Block]) -> list[SSAValue]:
    return [argument for block in blocks for argument in block.args]
