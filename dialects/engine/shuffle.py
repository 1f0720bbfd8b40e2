"""Interleaving groups of channels."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerAttr, MemRefType, TensorType, i64
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent, Size, mod
from .base import SHAPED, element_of, extents_of, tensor
from .movement import UNARY, MovementOp, results_of
from .sizes import shape_text


@irdl_op_definition
class ShuffleOp(MovementOp):
    """
    Interleave `groups` equal groups of channels, dimension 1: result channel `j * groups + g` is
    channel `j` of group `g`, `input[g * (C / groups) + j]`.

    What a model writes as reshape, transpose and reshape; as one operation it can run on blocks
    of channels.

    ```mlir
    %y = engine.shuffle %x {groups = 4 : i64} : tensor<1x112x8x8xf32> -> tensor<1x112x8x8xf32>
    ```
    """

    name = "engine.shuffle"
    input = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    groups = prop_def(IntegerAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = UNARY

    def __init__(
        self,
        input: SSAValue | Operation,
        groups: int,
        result_type: Attribute | None = None,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        super().__init__(
            operands=[x, outs],
            properties={"groups": IntegerAttr(groups, i64)},
            result_types=results_of(outs, result_type or tensor(extents_of(x), element_of(x))),
        )

    @property
    def group_count(self) -> int:
        return self.groups.value.data

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]

    def verify_(self) -> None:
        shape, groups = extents_of(self.input), self.group_count
        if len(shape) < 2:
            raise VerifyException(
                f"'{self.name}' needs channels in dimension 1 of {shape_text(shape)}"
            )
        if groups < 1 or not _may_divide(groups, shape[1]):
            raise VerifyException(
                f"'{self.name}' cannot part {shape[1]} channels in {groups} groups"
            )
        super().verify_()


def _may_divide(groups: int, channels: Extent) -> bool:
    """Whether channels can be parted: a number that is no multiple cannot."""
    rest = 0 if channels == -1 else mod(channels, groups)
    return rest == 0 or isinstance(rest, Size)
