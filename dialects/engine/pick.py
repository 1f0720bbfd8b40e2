"""Channels of several tensors in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import DenseArrayBase, MemRefType, TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    ParsePropInAttrDict,
    irdl_op_definition,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, numbers_of
from .base import SHAPED, element_of, extents_of, int_array, int_values, nbytes_of, tensor
from .movement import OUTS, MovementOp, results_of
from .size_questions import may_be_same
from .sizes import shape_text


@irdl_op_definition
class PickOp(MovementOp):
    """
    Channels, dimension 1, of the inputs laid end to end: result channel `i` is number
    `channels[i]` of them.

    What a model writes as splits, concats and shuffles of channels, in one copy of what is read.

    ```mlir
    %y = engine.pick %a, %b {channels = array<i64: 0, 4, 1, 5>} : tensor<1x4x8x8xf32>, tensor<1x2x8x8xf32> -> tensor<1x4x8x8xf32>
    ```
    """

    name = "engine.pick"
    LEAST_RANK: ClassVar[int] = 2
    inputs = var_operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    channels = prop_def(DenseArrayBase)
    res = var_result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = "$inputs" + OUTS + "type($inputs) (`->` type($res)^)?"

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        channels: Sequence[int],
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        if result_type is None and not outs:
            images, _, *rest = extents_of(inputs[0])
            result_type = tensor((images, len(channels), *rest), element_of(inputs[0]))
        super().__init__(
            operands=[inputs, outs],
            properties={"channels": int_array(channels)},
            result_types=results_of(outs, result_type),
        )

    @property
    def chosen(self) -> tuple[int, ...]:
        """Of each channel of the result, which one it is."""
        return int_values(self.channels)

    @property
    def places(self) -> list[tuple[int, int]]:
        """Of each channel of the result, the number of its input and the channel there."""
        ends = [
            (number, at)
            for number, value in enumerate(self.inputs)
            for at in range(numbers_of(extents_of(value)[1:2])[0])
        ]
        return [ends[channel] for channel in self.chosen]

    def alike(self) -> Sequence[SSAValue]:
        return self.inputs

    def bytes_read_of(self, number: int) -> int:
        whole = nbytes_of(self.operands[number])
        count = numbers_of(extents_of(self.inputs[number])[1:2])[0]
        read = sum(1 for source, _ in self.places if source == number)
        return min(whole, whole // max(count, 1) * read)

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        images, _, *rest = extents_of(self.inputs[0])
        return [(images, len(self.chosen), *rest)]

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException(f"'{self.name}' needs an input")
        shapes = [extents_of(value) for value in self.inputs]
        first, total = shapes[0], 0
        for shape in shapes:
            fits = len(shape) == len(first) and len(shape) >= self.LEAST_RANK
            if not fits or not isinstance(shape[1], int) or shape[1] < 0:
                raise VerifyException(
                    f"'{self.name}' needs inputs of one rank, {self.LEAST_RANK} or more, with a"
                    f" number of channels, not {shape_text(shape)}"
                )
            pairs = zip((*first[:1], *first[2:]), (*shape[:1], *shape[2:]), strict=True)
            if not all(may_be_same(a, b) for a, b in pairs):
                raise VerifyException(
                    f"'{self.name}' inputs {shape_text(first)} and {shape_text(shape)} differ in"
                    " more than channels"
                )
            total += shape[1]
        wrong = [channel for channel in self.chosen if not 0 <= channel < total]
        if wrong:
            raise VerifyException(f"'{self.name}' takes channel {wrong[0]} of {total}")
        super().verify_()
