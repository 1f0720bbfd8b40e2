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

from .base import SHAPED, element_of, shape_of, tensor
from .movement import UNARY, MovementOp, results_of


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
            result_types=results_of(outs, result_type or tensor(shape_of(x), element_of(x))),
        )

    @property
    def group_count(self) -> int:
        return self.groups.value.data

    def inferred_shapes(self) -> list[tuple[int, ...]]:
        return [shape_of(self.input)]

    def verify_(self) -> None:
        shape, groups = shape_of(self.input), self.group_count
        if len(shape) < 2:
            raise VerifyException(f"'{self.name}' needs channels in dimension 1 of {list(shape)}")
        if groups < 1 or (shape[1] != -1 and shape[1] % groups):
            raise VerifyException(
                f"'{self.name}' cannot part {shape[1]} channels in {groups} groups"
            )
        super().verify_()
