"""A condition on data that the program rests on: `check`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import IntegerType, MemRefType, StringAttr, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from ...runtime.size import Extent
from .base import SHAPED, element_of, extents_of, tensor
from .movement import OUTS, MovementOp, results_of


@irdl_op_definition
class AssertOp(MovementOp):
    """
    The input, provided that all elements of the condition are true; else an error at run time.

    A program that was compiled for a model's declared shapes rests on run-time operands, such as
    axes or a new shape, being what the shapes say they are. The result is what is computed with
    after the check, so that no pass can drop it. `message` is said in the error.

    ```mlir
    %y = engine.assert %x, %holds {message = "the axes are not those of the declared shape"} : tensor<4xf32>, tensor<2xi1> -> tensor<4xf32>
    ```
    """

    name = "engine.assert"
    input = operand_def(SHAPED)
    condition = operand_def(SHAPED)
    outs = var_operand_def(MemRefType)
    message = prop_def(StringAttr)
    res = var_result_def(TensorType)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$input `,` $condition" + OUTS + "type($input) `,` type($condition) (`->` type($res)^)?"
    )

    def __init__(
        self,
        input: SSAValue | Operation,
        condition: SSAValue | Operation,
        message: str,
        *,
        outs: Sequence[SSAValue] = (),
    ):
        x = SSAValue.get(input)
        result = None if outs else tensor(extents_of(x), element_of(x))
        super().__init__(
            operands=[x, condition, outs],
            properties={"message": StringAttr(message)},
            result_types=results_of(outs, result),
        )

    def may_overwrite(self) -> tuple[int, ...]:
        return (0,)

    def may_fail(self) -> bool:
        return True

    def failure_message(self) -> str:
        return self.message.data

    def inferred_shapes(self) -> list[tuple[Extent, ...]]:
        return [extents_of(self.input)]

    def verify_(self) -> None:
        super().verify_()
        if element_of(self.condition) != IntegerType(1):
            raise VerifyException(
                f"'{self.name}' condition has elements of {element_of(self.condition)}, expected i1"
            )
